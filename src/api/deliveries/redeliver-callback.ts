/** A person has a stored callback run again. */
import type { Service } from '../../service.ts';
import type { Asker } from '../../store/asker.ts';
import { markSignalled, type DeliveryRow } from '../../store/deliveries.ts';
import { findDelivery, writeAgain, type PaymentDelivery } from '../../store/redelivery.ts';
import { RunsUnavailable } from '../../temporal/run-calls.ts';
import { Refusal } from '../refusal.ts';

/** Has the run of its payment look once more, as if the callback had just come. @throws Refusal `not_found`, `not_redeliverable` */
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
  // What Temporal does not take now, the forwarder brings.
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
    `delivery ${id} was ${outcome}${reason === null ? '' : ` (${reason})`}; only one that was accepted, or a duplicate of one, can be run again`,
  );
}
