/** Stripe's types of events about payments. */

/** What our endpoint is subscribed to: each change of a payment by at least one, and nothing else. */
export const SUBSCRIBED_EVENTS = [
  'checkout.session.completed',
  'checkout.session.expired',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'payment_intent.succeeded',
  'payment_intent.amount_capturable_updated',
  'payment_intent.processing',
  'payment_intent.canceled',
  'charge.captured',
  'charge.refunded',
  'charge.expired',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
] as const;

/** Also understood, where another subscription or `stripe listen` sends them. */
const MORE = [
  'payment_intent.payment_failed',
  'charge.succeeded',
  'charge.failed',
  'charge.pending',
  'charge.updated',
  'charge.refund.updated',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
] as const;

const KNOWN: ReadonlySet<string> = new Set<string>([...SUBSCRIBED_EVENTS, ...MORE]);

/** Whether an event of this type can be about a payment of ours. A thin event has `v1.` before the type. */
export function isAboutPayments(type: string): boolean {
  return KNOWN.has(type.replace(/^v1\./, ''));
}
