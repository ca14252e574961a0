/** Why a payment is looked at: nothing of it is believed, all of it asks for a look. */
import type { Callback } from './callback.ts';

/** A hit that proves nothing: the payer's browser, or a callback whose signature was missing or wrong. */
export interface UnprovedHit {
  readonly why: 'return' | 'unproved_callback';
  /** RFC 3339. */
  readonly at: string;
}

/** A look that we ask for ourselves. */
export interface LookRequest {
  readonly why: 'sweep' | 'unwatched' | 'operator' | 'refused_refund' | 'in_review';
  /** RFC 3339. */
  readonly at: string;
  readonly transactionId?: string;
}

/** Whatever asks for a look and is no verified callback. */
export type Poke = UnprovedHit | LookRequest;

/** What is read without being asked for: a callback is followed up, a hold polled, a review read by the hour. */
export type TimedLook = 'follow-up' | 'poll' | 'review';

/** Everything that a look is made for. */
export interface Triggers {
  readonly callbacks: readonly Callback[];
  readonly pokes: readonly Poke[];
  readonly timer: TimedLook | null;
  /** A last look is due: the session's lifetime is over, or a shopper came back after the gateway's own deadline. */
  readonly expiry: 'lifetime' | 'shopper' | null;
}
