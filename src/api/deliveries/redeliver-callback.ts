/** Runs a stored callback again at a person's request. */
import type { Service } from '../../service.ts';
import type { Asker } from '../../store/asker.ts';
import { markSignalled, type DeliveryRow } from '../../store/deliveries.ts';
import { findDelivery, writeAgain, type PaymentDelivery } from '../../store/redelivery.ts';
import { RunsUnavailable } from '../../temporal/run-calls.ts';
import { Refusal } from '../refusal.ts';

/**
 * Makes the payment's run look again, as if the callback had just arrived.
 * @throws Refusal `not_found`, `not_redeliverable`
 */
export async function redeliver(service: Service, id: string, asker: Asker): Promise<DeliveryRow> {
  const { db } = service.store;
  const stored = await findDelivery(db, id);
  if (stored === null) throw new Refusal('not_found', 'there is no such delivery');
  const again = await writeAgain(db, checked(stored), asker);
  const { paymentId, orderReference, n, gateway, eventId, contentHash, claim, receivedAt } = again;
  const address = { paymentId, orderReference: orderReference ?? '', n: n ?? 0, gateway };
  const signal = {
    eventId: eventId ?? '',
    contentHash: contentHash ?? '',
    claim,
    receivedAt: receivedAt.toISOString(),
  };
  // If Temporal is unavailable now, the forwarder signals the delivery later.
  await service.runs
    .callback(address, signal)
    .then(() => markSignalled(db, [again.id]))
    .catch((error: unknown) => {
      if (!(error instanceof RunsUnavailable)) throw error;
    });
  return stored;
}

function checked(stored: DeliveryRow): PaymentDelivery {
  const { id, outcome, paymentId, reason } = stored;
  if (paymentId !== null && (outcome === 'accepted' || outcome === 'duplicate'))
    return { ...stored, paymentId };
  throw new Refusal(
    'not_redeliverable',
    `delivery ${id} was ${outcome}${reason === null ? '' : ` (${reason})`}; only an accepted delivery or a duplicate of one can be run again`,
  );
}
