import { isMoney, type PaymentStatus } from './payment.ts';

/** What a callback claims: evidence for the timeline and a hint where to look, never state. */
export interface Claim {
  readonly sessionId?: string;
  readonly transactionId?: string;
  readonly event?: string;
  readonly error?: string;
  /** The gateway's event that the signed part names. Compared with `Transaction.knownEvents`. */
  readonly eventRef?: string;
}

/** A verified callback, as a run receives it and as the log of deliveries marks it as handled. */
export interface Callback {
  readonly eventId: string;
  readonly contentHash: string;
  readonly claim: Claim;
  /** RFC 3339. */
  readonly receivedAt: string;
}

/** What the gateway has proved about a payment in answer to our reads. */
export interface Proved {
  readonly status: PaymentStatus;
  readonly transactionId: string | null;
  /** Where the gateway captures by itself, the same callback may mean the authorization or the capture. */
  readonly capture: string;
  /** The events that it showed as done, as `Transaction.knownEvents` names them. */
  readonly knownEvents: readonly string[];
}

/**
 * Whether a callback may tell more than is proved. A callback that only says that the transaction exists
 * tells nothing new once the money is proved: captures, refunds and voids have callbacks of their own, which
 * name their event. Neither does a callback about an event that was read already, such as the echo of our own
 * operation.
 */
export function tellsNews(claim: Claim, proved: Proved): boolean {
  if (!isMoney(proved.status) || claim.transactionId !== proved.transactionId) return true;
  if (claim.error !== undefined) return true;
  if (claim.event !== undefined)
    return claim.eventRef === undefined || !proved.knownEvents.includes(claim.eventRef);
  return proved.status === 'AUTHORIZED' && proved.capture !== 'manual';
}
