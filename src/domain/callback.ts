import { isMoney, type PaymentStatus } from './payment.ts';

/** What a callback claims: evidence for the timeline and a hint where to look, never state. */
export interface Claim {
  readonly sessionId?: string;
  readonly transactionId?: string;
  readonly event?: string;
  readonly error?: string;
  /** Which event of the gateway's it is about, as the signed part says: compared with `Transaction.knownEvents`. */
  readonly eventRef?: string;
}

/** A verified callback as a run is told of it, and as the log of deliveries is told that it was handled. */
export interface Callback {
  readonly eventId: string;
  readonly contentHash: string;
  readonly claim: Claim;
  /** RFC 3339. */
  readonly receivedAt: string;
}

/** What the gateway has proved of a payment in answer to a read of ours. */
export interface Proved {
  readonly status: PaymentStatus;
  readonly transactionId: string | null;
  /** Where the gateway captures by itself, one and the same callback may speak of the authorization or of the capture. */
  readonly capture: string;
  /** What it showed as done, as `Transaction.knownEvents`. */
  readonly knownEvents: readonly string[];
}

/**
 * Whether a callback could tell more than what is proved. One that says no more than that the transaction is there can't, once its
 * money is: captures, refunds and voids have callbacks of their own, which name their event. Nor can one about an event that was read:
 * the echo of an operation of ours.
 */
export function tellsNews(claim: Claim, proved: Proved): boolean {
  if (!isMoney(proved.status) || claim.transactionId !== proved.transactionId) return true;
  if (claim.error !== undefined) return true;
  if (claim.event !== undefined)
    return claim.eventRef === undefined || !proved.knownEvents.includes(claim.eventRef);
  return proved.status === 'AUTHORIZED' && proved.capture !== 'manual';
}
