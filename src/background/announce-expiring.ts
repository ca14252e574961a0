/** Notifies merchants of authorizations that are about to lapse. */
import { announceExpiring, findExpiring } from '../store/expiring-authorizations.ts';
import type { Jobs } from './jobs.ts';

/** The most in one turn. The next turn is a minute later. */
const MOST_ANNOUNCED = 200;

/** Announces each one once, by any process. A process without ORDER_WEBHOOK_URL leaves it to the others. */
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
      'an authorization is about to lapse: the merchant is notified',
    );
    deps.firstAttempts.tell(payment.orderReference, [effectId]);
  }
}
