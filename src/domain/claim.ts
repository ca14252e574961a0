import { isMoney, type PaymentStatus } from './payment.ts';

/** What a callback claims: evidence for the timeline and a hint where to look, never state. */
export interface Claim {
  readonly sessionId?: string;
  readonly transactionId?: string;
  readonly event?: string;
  readonly error?: string;
}

/** What the gateway has proved of a payment in answer to a read of ours. */
export interface Proved {
  readonly status: PaymentStatus;
  readonly transactionId: string | null;
  /** Where the gateway captures by itself, one and the same callback may speak of the authorization or of the capture. */
  readonly capture: string;
}

/**
 * Whether a callback could tell more than what is proved. One that says no more than that the transaction is there can't, once its
 * money is: captures, refunds and voids have callbacks of their own, which name their event.
 */
export function tellsNews(claim: Claim, proved: Proved): boolean {
  if (!isMoney(proved.status) || claim.transactionId !== proved.transactionId) return true;
  if (claim.event !== undefined || claim.error !== undefined) return true;
  return proved.status === 'AUTHORIZED' && proved.capture !== 'manual';
}
