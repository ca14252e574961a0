import type { StripeEvent } from '../records/stripe-objects.ts';
import type { StripeLedger } from '../records/stripe-ledger.ts';
import type { Delivery, EventRecord } from '../records/stripe-records.ts';

/** The event with the number of endpoints that have not confirmed it yet. */
export function eventView({ event, id }: EventRecord, ledger: StripeLedger): StripeEvent {
  const pending = new Set(unconfirmed(id, ledger).map(({ endpointId }) => endpointId));
  return { ...structuredClone(event), pending_webhooks: pending.size };
}

/** Whether every endpoint has confirmed the event. */
export function isDelivered({ id }: EventRecord, ledger: StripeLedger): boolean {
  return unconfirmed(id, ledger).length === 0;
}

/** Deliveries to endpoints that none of their deliveries of this event reached. */
function unconfirmed(eventId: string, ledger: StripeLedger): Delivery[] {
  const all = ledger.deliveries.underKey(eventId).filter((delivery) => delivery.eventId === eventId);
  const reached = new Set(
    all.filter(({ state }) => state === 'delivered').map(({ endpointId }) => endpointId),
  );
  return all.filter(({ endpointId }) => !reached.has(endpointId));
}
