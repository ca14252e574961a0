/** Counts a callback whose sender is verified, and raises the alarms about it. */
import type { Gateway } from '../../gateways/gateway.ts';
import type { Delivery } from '../../gateways/verification.ts';
import type { Service } from '../../service.ts';
import type { LogAnswer } from '../../store/log-delivery.ts';
import { isParked } from './log-entry.ts';

/** Which secret has signed is counted too, since it shows when an old one may be retired. */
export function countDelivery(
  service: Service,
  gateway: Gateway,
  delivery: Delivery,
  { outcome, result }: { readonly outcome: 'verified' | 'stale'; readonly result: LogAnswer['result'] },
): void {
  const { metrics, log } = service;
  const { eventId, kind, key, secretIndex, secretFingerprint } = delivery;
  const reason = result === 'ignored' ? { reason: ignoredAs(delivery) } : {};
  metrics.deliveries.inc({
    gateway: gateway.id,
    outcome: outcome === 'stale' ? 'stale' : isParked(delivery) ? 'parked' : result,
    ...reason,
  });
  const group = gateway.secrets.find(({ fingerprints }) => fingerprints[secretIndex] === secretFingerprint);
  metrics.secretHits.inc({
    gateway: gateway.id,
    kind: group?.kind ?? 'unknown',
    secret: String(secretIndex),
  });
  if (kind === 'unclear') log.error({ gateway: gateway.id, eventId }, 'validly signed, but not understood');
  if (kind === 'payment' && key !== null && result === 'ignored')
    log.error(
      { gateway: gateway.id, eventId, payment: key.paymentId },
      'a callback is about a payment that this store has lost: was an older backup restored? See docs/operations.md',
    );
}

/** `lost`: about a payment of ours that the store has lost. */
function ignoredAs({ kind, key }: Delivery): string {
  if (kind !== 'payment') return kind;
  return key === null ? 'foreign' : 'lost';
}
