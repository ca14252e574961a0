/** Tells merchants of authorizations that are about to lapse. */
import { announceExpiring, findExpiring } from '../store/expiring-authorizations.ts';
import type { Jobs } from './jobs.ts';

/** In one turn; the next one is a minute later. */
const MOST_ANNOUNCED = 200;

/** Announces each once, whichever process comes first. One without an address to tell leaves it to those that have one. */
export async function announceExpirings(
  deps: Omit<Jobs, 'money' | 'retentionMs' | 'pollIntervalMs'>,
): Promise<void> {
  if (!deps.tells) return;
  for (const payment of await findExpiring(deps.db, MOST_ANNOUNCED)) {
    if (deps.stopping.aborted) return;
    const effectId = await announceExpiring(deps.db, payment, deps);
    if (effectId === null) continue;
    deps.log.info(
      { payment: payment.id, effectId },
      'an authorization is about to lapse: the merchant is told',
    );
    deps.firstAttempts.tell(payment.orderReference, [effectId]);
  }
}
