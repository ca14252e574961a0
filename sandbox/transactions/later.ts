/** What a transaction has yet to go through. */
import type { CallbackChoice } from '../callbacks/callback-plan.ts';
import type { EventError } from './transaction.ts';

/** A change that happens to a transaction by itself, later. */
export interface Resolution {
  readonly transactionId: string;
  readonly status: string;
  readonly atMs: number;
  readonly by?: string | undefined;
  /** Told as the result of the payment, of which nothing was told before. */
  readonly isResult?: boolean | undefined;
  readonly callback?: CallbackChoice;
}

/** How an operation on money goes, where it does not simply succeed at once. */
export interface Manner {
  /** Answered 202 and finished later. */
  readonly pending?: boolean | undefined;
  /** `corrected`: called failed at first, then found to have moved the money. `never`: pending for good. */
  readonly result?: 'success' | 'failure' | 'corrected' | 'never' | undefined;
  /** From the 202 to the event that completes it. */
  readonly afterMs?: number | undefined;
  /** From the failed event to its correction. */
  readonly correctAfterMs?: number | undefined;
  readonly error?: EventError | undefined;
}

/** The second half of an operation on money, which happens by itself later. */
export interface Late {
  /** The request that is completed, or the failed event that is corrected. */
  readonly id: string;
  readonly transactionId: string;
  readonly atMs: number;
  readonly step: 'complete' | 'correct';
  readonly isFinal?: boolean | undefined;
  readonly manner: Manner;
}

/** What a transaction does differently from others. */
export interface Quirk {
  /** The transaction. */
  readonly id: string;
  /** The operation whose first call times out, as paid for by a test card. */
  readonly timesOut?: string | undefined;
}
