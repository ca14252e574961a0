/**
 * The activities of the workflows. They are implemented beside this file. Workflows import only these types.
 */
import type { Callback } from '../domain/callback.ts';
import type { NextStep } from '../domain/finish-operations.ts';
import type { OpenedPayment, WatchedPayment } from '../domain/opened-payment.ts';
import type { Closing, PaymentAddress, PaymentKey, PaymentStatus } from '../domain/payment.ts';
import type { Triggers } from '../domain/trigger.ts';
import type { ClosingCause } from '../store/decisions.ts';

export type { ClosingCause } from '../store/decisions.ts';

export interface OpenSessionInput extends PaymentAddress {
  /** Unique by run and try, so that a retry writes nothing twice. */
  readonly key: string;
  /**
   * The callbacks that wait. One may name a session, which is adopted if its own metadata names this payment.
   */
  readonly callbacks: readonly Callback[];
  /** An earlier try of this run may have opened a session, and its answer was lost. */
  readonly isRetried: boolean;
  /** When the run made its first try, in milliseconds since the epoch. */
  readonly since: number;
}

/** Why a try failed. */
export interface Unavailable {
  readonly reason: string;
  /** In milliseconds, if the gateway gave it. */
  readonly retryAfterMs?: number;
  /** The payment's own expiry, RFC 3339. Absent where the try never began. */
  readonly expiresAt?: string;
}

export type OpenSessionOutcome =
  | OpenedPayment
  /**
   * The gateway is silent, refuses our credentials or call, or does not show yet the session that a callback
   * names. The run decides when to try again.
   */
  | ({ readonly kind: 'unavailable' } & Unavailable)
  | NoSession;

/** There will never be a session, and that is recorded. */
export interface NoSession {
  /**
   * `rejected`: the gateway refused it. `never_opened`: the payment expired before it had a session.
   * `closed`: it was settled before, without a session. `unknown`: there is no row of ours, and no session
   * whose metadata names this payment.
   */
  readonly kind: 'rejected' | 'never_opened' | 'closed' | 'unknown';
  readonly status: PaymentStatus;
  readonly reason: string;
}

/** A payment to be closed that never had a session. */
export interface CloseUnopenedInput extends PaymentAddress {
  readonly key: string;
  readonly because: ClosingCause;
  readonly callbacks: readonly Callback[];
}

export interface LookInput extends PaymentAddress {
  /** Unique by run and look, so that a retry writes nothing twice. */
  readonly key: string;
  readonly triggers: Triggers;
  /**
   * Milliseconds since the epoch, by the run's clock: under virtual time it differs from the process's clock.
   */
  readonly now: number;
  /** Since when the gateway's answers could not be understood. */
  readonly unclearSince: number | null;
  /** Why the session was closed, or is being closed, at the gateway. */
  readonly closing: Closing | null;
  /** An operator's decision about a payment in review, and the key of the operator's note. */
  readonly decided?: { readonly decision: 'accept' | 'dismiss'; readonly noteKey: string };
}

export interface LookResult {
  /** `wait`: nothing to act on yet. `unclear`: the gateway's answer can't be understood. */
  readonly answer: 'clear' | 'wait' | 'unclear';
  /** For people, and for the history: the gateway's answer and our decision. */
  readonly said: string;
  /** The gateway does not show the session. */
  readonly isAbsent: boolean;
  readonly unclearSince: number | null;
  readonly payment: WatchedPayment;
  readonly next: readonly NextStep[];
  /** The result of an operator's decision. */
  readonly decided?: 'done' | 'not_in_review' | { readonly refused: string } | undefined;
}

export interface SessionInput extends PaymentAddress {
  readonly sessionId: string;
}

export interface CancelInput extends SessionInput {
  readonly because: ClosingCause;
}

export interface PaymentActivities {
  /**
   * Tries once to find, adopt or open the payment's one session. If an earlier try may have reached the
   * gateway, it searches before it creates.
   */
  openSession(input: OpenSessionInput): Promise<OpenSessionOutcome>;
  /**
   * Closes a payment that has no session, if the store has a reason for it. Changes nothing where another
   * process has opened the session meanwhile (`hasSession`).
   */
  closeUnopened(
    input: CloseUnopenedInput,
  ): Promise<{ readonly status: PaymentStatus; readonly hasSession: boolean }>;
  /**
   * Reads the gateway, decides under the order's lock and records. Silence and refusals are retried without
   * end.
   */
  lookAtPayment(input: LookInput): Promise<LookResult>;
  /**
   * Closes the session at the gateway, if the store has a reason for it. A look must follow, to see how the
   * session ended.
   */
  cancelSession(input: CancelInput): Promise<'cancelled' | 'refused'>;
  /** Closes every other session that names this payment. Returns how many there were. */
  cancelSurplusSessions(input: SessionInput): Promise<number>;
}

export interface OperationInput extends PaymentAddress {
  readonly key: string;
  /** The run's own time, in milliseconds since the epoch. */
  readonly now: number;
  readonly operationId: string;
  /** The run gives money back. If such an operation can't be done, a person must act. */
  readonly isGivingBack: boolean;
}

/** The state of an operation after an attempt. All of it is recorded. */
export interface AttemptResult {
  /**
   * `finished`: done. `accepted`: the gateway works on it. `lost`: sent, and no reading shows it yet. `busy`:
   * not sent, try again. `refused`: nothing was done, and nothing will be. `given_up`: sent, and never shown.
   */
  readonly state: 'finished' | 'accepted' | 'lost' | 'busy' | 'refused' | 'given_up';
  /** No more money has to go back, or no more can. */
  readonly endsGiveBack: boolean;
  /** The payment is in REVIEW now. */
  readonly isInReview: boolean;
}

export interface GiveBackInput extends PaymentAddress {
  readonly key: string;
  /** The run's own time, in milliseconds since the epoch. */
  readonly now: number;
  readonly cause: 'late_money' | 'operator';
  /** The key of the note of an operator's decision. */
  readonly noteKey?: string;
}

/** The next operation that gives money back. Null where no money is left, or none can be given back. */
export interface GiveBackPlan {
  readonly operationId: string | null;
  /** Describes the operation, for people. */
  readonly about: string | null;
  /** The payment is in REVIEW now. */
  readonly isInReview: boolean;
}

export interface MoneyActivities {
  /**
   * Reads, and looks for the operation's own trace. Sends it only if there is no trace and it was never sent.
   * Records the result.
   */
  attemptOperation(input: OperationInput): Promise<AttemptResult>;
  /** Records the operation that gives back what the gateway holds of a payment that may not keep it. */
  planGiveBack(input: GiveBackInput): Promise<GiveBackPlan>;
}

/** The activities that start or wake another workflow. */
export interface WakingActivities {
  /**
   * Has `money/<payment id>` carry out the recorded operations, or give the money back. Durable when it
   * returns.
   */
  wakeMoney(input: PaymentAddress & { readonly why: 'capture' | 'give_back' }): Promise<void>;
  /** Asks every other open session of the order to close, since this payment has paid it. */
  closeOthers(input: PaymentKey): Promise<void>;
  /**
   * Has the payment's own run look, and continue to look while the payment is in REVIEW. Durable when it
   * returns.
   */
  watchPayment(input: PaymentAddress): Promise<void>;
}

export interface UpdateActivities {
  /**
   * Notifies the merchant of one update whose first attempt failed, until it is acknowledged or three days
   * are over.
   */
  notifyMerchant(effectId: string): Promise<'delivered' | 'gone' | 'gave_up' | 'superseded' | 'off'>;
}
