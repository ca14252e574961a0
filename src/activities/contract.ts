/** What workflows can do to the world. The implementations are beside this file; workflows import these types only. */
import type { Callback } from '../domain/callback.ts';
import type { NextStep } from '../domain/finish-operations.ts';
import type { Money } from '../domain/money.ts';
import type { Closing, PaymentAddress, PaymentKey, PaymentStatus, ReviewCode } from '../domain/payment.ts';
import type { Triggers } from '../domain/trigger.ts';
import type { ClosingCause } from '../store/decisions.ts';

export type { ClosingCause } from '../store/decisions.ts';

/** A payment as far as its run watches it. */
export interface WatchedPayment {
  readonly status: PaymentStatus;
  /** Not null while a person is asked. */
  readonly reviewCode: ReviewCode | null;
  /** An operator has dismissed it. */
  readonly dismissed: boolean;
  readonly transactionId: string | null;
  /** What the last recorded read showed as done, as `Transaction.knownEvents`. */
  readonly knownEvents: readonly string[];
}

/** A payment with a session, as its run finds it. */
export interface OpenedPayment extends WatchedPayment {
  readonly kind: 'opened';
  readonly money: Money;
  readonly sessionId: string;
  readonly checkoutUrl: string;
  /** When the gateway takes no more payments, and when we ourselves call it expired. RFC 3339. */
  readonly expiresAt: string;
  readonly expiryDueAt: string;
  readonly pollIntervalMs: number;
  /** `manual`, or `auto` where the gateway may capture without being told. */
  readonly capture: string;
  /** An earlier try may have opened a session that the gateway does not show yet. */
  readonly mayHaveSurplus: boolean;
}

export interface OpenSessionInput extends PaymentAddress {
  /** Unique by run and try, so that a retry writes nothing twice. */
  readonly key: string;
  /** Those that wait. They may name a session, which is adopted if its own metadata names this payment. */
  readonly callbacks: readonly Callback[];
  /** An earlier try of the run may have opened a session whose answer was lost. */
  readonly isRetried: boolean;
  /** The run's first try, in milliseconds since the epoch. */
  readonly since: number;
}

/** What a try said that came to nothing. */
export interface Unavailable {
  readonly reason: string;
  /** In milliseconds, where the gateway said it. */
  readonly retryAfterMs?: number;
  /** The payment's own; RFC 3339. Absent where the try never began. */
  readonly expiresAt?: string;
}

export type OpenSessionOutcome =
  | OpenedPayment
  /** The gateway is silent, refuses us, or does not show yet what a callback names. The run says when it is tried again. */
  | ({ readonly kind: 'unavailable' } & Unavailable)
  | NoSession;

/** There will never be a session, and that is recorded. */
export interface NoSession {
  /**
   * `rejected`: the gateway says no. `never_opened`: the payment expired before there was one. `closed`: it was settled earlier without
   * one. `unknown`: no row of ours, and no session whose metadata names this payment.
   */
  readonly kind: 'rejected' | 'never_opened' | 'closed' | 'unknown';
  readonly status: PaymentStatus;
  readonly reason: string;
}

/** A payment that is to be closed although it never had a session. */
export interface CloseUnopenedInput extends PaymentAddress {
  readonly key: string;
  readonly because: ClosingCause;
  readonly callbacks: readonly Callback[];
}

export interface LookInput extends PaymentAddress {
  /** Unique by run and look, so that a retry writes nothing twice. */
  readonly key: string;
  readonly triggers: Triggers;
  /** Milliseconds since the epoch, by the run's clock: with virtual time it is not the process's. */
  readonly now: number;
  /** Since when the gateway's answers could not be understood. */
  readonly unclearSince: number | null;
  /** Why the session was closed, or is being closed, at the gateway. */
  readonly closing: Closing | null;
  /** An operator's decision about a payment that a person is asked about, and the key of its note. */
  readonly decided?: { readonly decision: 'accept' | 'dismiss'; readonly noteKey: string };
}

export interface LookResult {
  /** `wait`: nothing to act on yet. `unclear`: the gateway can't be understood. */
  readonly answer: 'clear' | 'wait' | 'unclear';
  /** For people, and for the history: what the gateway said and what was decided. */
  readonly said: string;
  /** The gateway does not show the session. */
  readonly isAbsent: boolean;
  readonly unclearSince: number | null;
  readonly payment: WatchedPayment;
  readonly next: readonly NextStep[];
  /** What came of an operator's decision. */
  readonly decided?: 'done' | 'not_in_review' | { readonly refused: string } | undefined;
}

export interface SessionInput extends PaymentAddress {
  readonly sessionId: string;
}

export interface CancelInput extends SessionInput {
  readonly because: ClosingCause;
}

export interface PaymentActivities {
  /** Tries once to find, adopt or open the payment's one session; looks before it creates where an earlier try may have arrived. */
  openSession(input: OpenSessionInput): Promise<OpenSessionOutcome>;
  /** Closes a payment that has no session, if the store knows why. */
  closeUnopened(input: CloseUnopenedInput): Promise<{ readonly status: PaymentStatus }>;
  /** Asks the gateway what is true, decides under the order's lock and records it. Silence and refusals are retried without end. */
  lookAtPayment(input: LookInput): Promise<LookResult>;
  /** Closes the session at the gateway, if the store knows why; what became of it must be looked at afterwards. */
  cancelSession(input: CancelInput): Promise<'cancelled' | 'refused'>;
  /** Closes every other session that names this payment, and says how many there were. */
  cancelSurplusSessions(input: SessionInput): Promise<number>;
}

export interface OperationInput extends PaymentAddress {
  readonly key: string;
  /** The run's own time, in milliseconds since the epoch. */
  readonly now: number;
  readonly operationId: string;
  /** The run gives money back: an operation of that which can't be done is for a person to see to. */
  readonly isGivingBack: boolean;
}

/** How far an operation has come. All of it is recorded. */
export interface AttemptResult {
  /**
   * `finished`: it is done. `accepted`: the gateway works on it. `lost`: sent, and nothing shows it yet. `busy`: not sent, try again.
   * `refused`: nothing was done, and nothing will be. `given_up`: sent, and never shown.
   */
  readonly state: 'finished' | 'accepted' | 'lost' | 'busy' | 'refused' | 'given_up';
  /** No more money has to go back, or none can. */
  readonly endsGiveBack: boolean;
  /** The payment is in REVIEW now. */
  readonly isInReview: boolean;
}

export interface GiveBackInput extends PaymentAddress {
  readonly key: string;
  /** The run's own time, in milliseconds since the epoch. */
  readonly now: number;
  readonly cause: 'late_money' | 'operator';
  /** Names the note of an operator's decision. */
  readonly noteKey?: string;
}

/** The next operation that gives money back; null where none is left to give, or none can. */
export interface GiveBackPlan {
  readonly operationId: string | null;
  /** In words, for people, what the operation is. */
  readonly about: string | null;
  /** The payment is in REVIEW now. */
  readonly isInReview: boolean;
}

export interface MoneyActivities {
  /** Reads, looks for the operation's own trace, sends it only where there is none and it was never sent, and records what came of it. */
  attemptOperation(input: OperationInput): Promise<AttemptResult>;
  /** Writes down the operation that gives back what the gateway holds of a payment that may not keep it. */
  planGiveBack(input: GiveBackInput): Promise<GiveBackPlan>;
}

/** What starts or wakes another workflow. */
export interface WakingActivities {
  /** Has `money/<payment id>` carry out what was written down, or give the money back. Durable when it returns. */
  wakeMoney(input: PaymentAddress & { readonly why: 'capture' | 'give_back' }): Promise<void>;
  /** Asks every other open session of the order to close, since this payment has paid it. */
  closeOthers(input: PaymentKey): Promise<void>;
  /** Has the payment's own run look, and go on looking while it is in REVIEW. Durable when it returns. */
  watchPayment(input: PaymentAddress): Promise<void>;
}

export interface UpdateActivities {
  /** Tells the merchant one thing whose first attempt has failed, until it has heard or three days are over. */
  notifyMerchant(effectId: string): Promise<'delivered' | 'gone' | 'gave_up' | 'superseded' | 'off'>;
}
