/** What `paymentSession` can do to the world. Implementations beside this file; workflows import the types only. */
import type { PaymentKey, PaymentStatus } from '../domain/payment.ts';
import type { OperationKind } from '../domain/operation.ts';
import type { Accepted, Reading, Transaction } from '../domain/transaction.ts';
import type { Money } from '../domain/money.ts';
import type { ClosingCause } from '../store/decisions.ts';
import type { OutcomeRecord, RecordedOutcome } from '../store/outcomes.ts';
import type { OperationCause } from '../store/schema.ts';
import type { Unavailable } from '../workflows/opening-plan.ts';

export type { HandledDelivery } from '../store/deliveries.ts';
export type { ClosingCause } from '../store/decisions.ts';
export type { NextStep, OutcomeRecord, RecordedOutcome } from '../store/outcomes.ts';
export type { Note } from '../store/timeline.ts';

export interface OpenSessionInput extends PaymentKey {
  readonly gateway: string;
  /** A session that a verified callback names, to be adopted if its own metadata names this payment. */
  readonly claimedSessionId?: string;
  /** The deliveries that started this run: foreign, if the payment turns out to be unknown. */
  readonly eventIds: readonly string[];
  /** An earlier try of the run may have opened a session whose answer was lost. */
  readonly isRetried: boolean;
  /** The run's first try, in milliseconds since the epoch. */
  readonly since: number;
}

/** The payment as its run finds it. */
export interface OpenedPayment {
  readonly kind: 'opened';
  readonly status: PaymentStatus;
  readonly account: string;
  readonly money: Money;
  readonly sessionId: string;
  readonly checkoutUrl: string;
  readonly transactionId?: string;
  readonly transactionUpdatedAt?: string;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** When the gateway takes no more payments, and when we ourselves call it expired. RFC 3339. */
  readonly expiresAt: string;
  readonly expiryDueAt: string;
  readonly pollIntervalMs: number;
  /** manual, or auto where the gateway may capture without being told. */
  readonly capture: string;
  /** Why it is what it is, where the status alone does not say. */
  readonly reason?: string;
  /** What a person has accepted of the transaction, if anybody has. */
  readonly accepted?: Accepted;
  /** How many operations the gateway has taken back. */
  readonly reversals: number;
  /** Why a person is asked although its status stands. */
  readonly mark: string | null;
  /** A person has taken it off our hands. */
  readonly isDismissed: boolean;
  /** An earlier try may have opened a session that the gateway does not show yet. */
  readonly mayHaveSurplus: boolean;
  readonly untold: readonly string[];
}

export type OpenSessionOutcome =
  | OpenedPayment
  /** The gateway is silent, refuses us, or does not show yet what a callback names. The run says when it is tried again. */
  | ({ readonly kind: 'unavailable' } & Unavailable)
  /** The gateway says no, or nothing could be opened before the payment expired. */
  | { readonly kind: 'rejected' | 'never_opened'; readonly reason: string }
  /** Settled earlier without ever having had a session. */
  | { readonly kind: 'closed'; readonly status: PaymentStatus; readonly reason: string }
  /** No row of ours and no session whose metadata names this payment. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface SessionInput extends PaymentKey {
  readonly gateway: string;
  readonly sessionId: string;
}

export interface PaymentActivities {
  /** Tries once to find, adopt or open the payment's one session. Looks before it creates whenever an earlier try may have arrived. */
  openSession(input: OpenSessionInput): Promise<OpenSessionOutcome>;
  /** Asks the gateway what is true. Silence and refusals are retried without end and never reach the workflow. */
  readTransaction(input: SessionInput & { readonly transactionId?: string }): Promise<Reading>;
  /** Closes the session at the gateway, if the store knows why; what became of it must be read afterwards. */
  cancelSession(input: SessionInput & { readonly because: ClosingCause }): Promise<'cancelled' | 'refused'>;
  /** Closes every other session that names this payment, and says how many there were. */
  cancelSurplusSessions(input: SessionInput): Promise<number>;
  /** Settles an outcome in one transaction. Idempotent. */
  recordOutcome(record: OutcomeRecord): Promise<RecordedOutcome>;
}

export interface OperationInput extends PaymentKey {
  /** The workflow's own time, in ms: with virtual time, it is not the process's. */
  readonly now: number;
  readonly gateway: string;
  readonly operationId: string;
}

/** How far one attempt at an operation has come, and everything that a decision about the payment needs. */
export interface OperationAttempt {
  /**
   * `finished`: it was, or the transaction shows that it is. `accepted`: the gateway works on it. `lost`: sent, and nothing shows it
   * yet. `busy`: not sent, try again. `refused`: nothing was done, and nothing will be.
   */
  readonly state: 'finished' | 'accepted' | 'lost' | 'busy' | 'refused';
  readonly operation: {
    readonly kind: OperationKind;
    readonly reference: string;
    readonly cause: OperationCause;
  };
  readonly payment: StandingPayment;
  /** As last read; absent where the operation was finished before, or the gateway's answer was not clear. */
  readonly transaction?: Transaction;
  readonly failure?: { readonly code: string; readonly detail: string };
  /** When it was sent, RFC 3339. */
  readonly sentAt?: string;
}

/** The payment's row as far as it decides what a transaction means. */
export interface StandingPayment {
  readonly status: PaymentStatus;
  readonly account: string;
  readonly sessionId: string;
  readonly money: Money;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly transactionUpdatedAt?: string;
  readonly reversals: number;
  readonly isMarked: boolean;
  readonly accepted?: Accepted;
}

export interface GiveBackInput extends PaymentKey {
  readonly gateway: string;
  readonly cause: 'late_money' | 'operator';
  /** Names the note of an operator's decision. */
  readonly noteKey?: string;
}

/** The next operation that gives money back; null where none is left to give, or none can. */
export interface GiveBackPlan {
  readonly operationId: string | null;
  /** In words, for people, what the operation is. */
  readonly about: string | null;
  readonly payment: StandingPayment;
  readonly transaction?: Transaction;
  /** Money is left, and no operation can return it. */
  readonly isStuck: boolean;
}

export interface MoneyActivities {
  /** Reads, looks for the operation's own trace, and only where there is none and it was never sent, sends it. */
  attemptOperation(input: OperationInput): Promise<OperationAttempt>;
  /** Writes down the operation that gives back what the gateway holds of a payment that may not keep it. */
  planGiveBack(input: GiveBackInput): Promise<GiveBackPlan>;
}

/** Whoever may start another workflow does it from here. */
export interface WakingActivities {
  /** Has `money/<payment id>` carry out what was written down, or give the money back. Durable when it returns. */
  wakeMoney(
    input: PaymentKey & { readonly gateway: string; readonly why: 'capture' | 'give_back' },
  ): Promise<void>;
  /** Asks every other open session of the order to close, since this payment has paid it. */
  closeOthers(input: PaymentKey): Promise<void>;
  /** Has the payment's own run look, and go on looking while it is in REVIEW. Durable when it returns. */
  watchPayment(input: PaymentKey & { readonly gateway: string }): Promise<void>;
}

export interface UpdateActivities {
  /** Tells the merchant one thing, until it has heard or three days are over. */
  notifyMerchant(effectId: string): Promise<'delivered' | 'gone' | 'gave_up' | 'superseded' | 'off'>;
}
