/** Scheduled changes of transactions. */
import type { CallbackChoice } from '../callbacks/callback-plan.ts';
import type { EventError } from './transaction.ts';

/** A later change of a transaction. */
export interface Resolution {
  readonly transactionId: string;
  readonly status: string;
  readonly atMs: number;
  readonly by?: string | undefined;
  /** The change is reported as the result of the payment, which was not reported before. */
  readonly isResult?: boolean | undefined;
  readonly callback?: CallbackChoice;
}

/** How a capture, refund or void proceeds if it does not succeed at once. */
export interface Manner {
  /** The request is answered 202 and finished later. */
  readonly pending?: boolean | undefined;
  /** `corrected`: reported as failed first, then as done. `never`: pending forever. */
  readonly result?: 'success' | 'failure' | 'corrected' | 'never' | undefined;
  /** Time from the 202 to the event that completes it. */
  readonly afterMs?: number | undefined;
  /** Time from the failed event to its correction. */
  readonly correctAfterMs?: number | undefined;
  readonly error?: EventError | undefined;
}

/** The later part of a capture, refund or void. */
export interface Late {
  /** The request that is completed, or the failed event that is corrected. */
  readonly id: string;
  readonly transactionId: string;
  readonly atMs: number;
  readonly step: 'complete' | 'correct';
  readonly isFinal?: boolean | undefined;
  readonly manner: Manner;
}

/** Special behaviour of a transaction. */
export interface Quirk {
  /** The transaction. */
  readonly id: string;
  /** The operation whose first call times out, because a test card paid. */
  readonly timesOut?: string | undefined;
}
