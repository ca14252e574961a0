/** Why a payment is looked at. A trigger is never believed: it only asks for a look. */
import type { Callback } from './callback.ts';

/**
 * A poke from outside, which proves nothing: the payer's browser, or a callback that was refused or not
 * understood. It may wake a run, and never starts one.
 */
export interface Poke {
  readonly why: 'return' | 'unproved_callback';
  /** RFC 3339. */
  readonly at: string;
}

/** A look that the service asks for itself. It may start a run. */
export interface LookRequest {
  readonly why: 'sweep' | 'reconciliation' | 'unwatched' | 'operator' | 'refused_refund' | 'in_review';
  /** RFC 3339. */
  readonly at: string;
  readonly transactionId?: string;
}

/**
 * Looks that the run itself starts: a callback is followed up, a hold is polled, a review is read every hour.
 */
export type TimedLook = 'follow-up' | 'poll' | 'review';

/** All triggers of one look. */
export interface Triggers {
  readonly callbacks: readonly Callback[];
  readonly pokes: readonly Poke[];
  readonly requests: readonly LookRequest[];
  readonly timer: TimedLook | null;
  /**
   * A last look is due: the session's lifetime is over, or a payer came back after the gateway's own
   * deadline.
   */
  readonly expiry: 'lifetime' | 'payer' | null;
}
