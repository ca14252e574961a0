/**
 * The names of facts: what an event tells, as `Claim.eventRef`, and what a reading shows, as
 * `Transaction.knownEvents`. Several types of events tell one fact, and Stripe may make two Event objects for
 * one fact. An event whose fact was read already needs no look.
 */
export const FACTS = {
  authorized: 'authorized',
  voided: 'voided',
  failed: 'failed',
  processing: 'processing',
  captured: (sumMinor: number) => `captured:${sumMinor}`,
  /** The sum that Stripe counts as refunded on the charge. */
  refunded: (sumMinor: number) => `refunded:${sumMinor}`,
  refund: (id: string, status: string) => `refund:${id}:${status}`,
  dispute: (id: string, status: string) => `dispute:${id}:${status}`,
  session: (status: string, paymentStatus: string) => `session:${status}:${paymentStatus}`,
} as const;
