/** One payment: one session at one gateway, opened for one order. Names and meaning: contract §3. */
import type { Dispute } from './dispute.ts';
import type { Money } from './money.ts';
import type { ShownStates } from './news.ts';
import type { Surplus } from './surplus.ts';

/** What a payment can be. A dispute is a fact beside the status. */
export type PaymentStatus =
  | 'PENDING'
  | 'ON_HOLD'
  | 'AUTHORIZED'
  | 'CAPTURED'
  | 'PARTIALLY_CAPTURED'
  | 'PARTIALLY_REFUNDED'
  | 'REFUNDED'
  | 'VOIDED'
  | 'FAILED'
  | 'DECLINED'
  | 'CANCELLED'
  | 'EXPIRED'
  | 'REVIEW';

export const PAYMENT_STATUSES = [
  'PENDING',
  'ON_HOLD',
  'AUTHORIZED',
  'CAPTURED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
  'VOIDED',
  'FAILED',
  'DECLINED',
  'CANCELLED',
  'EXPIRED',
  'REVIEW',
] as const satisfies readonly PaymentStatus[];

/**
 * Identifies a payment everywhere, also in its callback URL. Enough to name its workflow without the store.
 */
export interface PaymentKey {
  readonly paymentId: string;
  readonly orderReference: string;
  /** Counts the payments of an order, from 1. */
  readonly n: number;
}

/** The payment's key with its gateway: the input that its run is started with. */
export interface PaymentAddress extends PaymentKey {
  readonly gateway: string;
}

/** `auto`: captured as soon as it is authorized. `manual`: when the merchant asks for it. */
export type CaptureMode = 'auto' | 'manual';

/** What closed a payment before money came: money that arrives afterwards is late. */
export type ClosedBy = 'merchant' | 'expiry';

/**
 * Why a session is being closed at the gateway: the merchant cancels, or another payment has paid the order.
 */
export type Closing = 'merchant' | 'order_paid';

/** Why a person is asked. A closed list: the core acts on the code, while `reason` is for people. */
export const REVIEW_CODES = [
  /** For an hour the gateway gave no clear answer about it. */
  'unclear',
  'amount_mismatch',
  'currency_mismatch',
  'reference_mismatch',
  /** The gateway denies money that it had proved before. */
  'contradiction',
  /** On hold although the payment is closed, or beside another open or paying session. */
  'late_hold',
  'late_money',
  'order_already_paid',
  /** A further transaction of the session holds money, which can't pay. */
  'surplus_money',
  /** The order's amount or currency changed after the session was opened. */
  'order_changed',
  'give_back_failed',
  /** A capture was taken back, and the gateway holds nothing any more. */
  'capture_reversed',
  /** The session was found at the gateway while another session of the order was open. */
  'adopted',
] as const;

export type ReviewCode = (typeof REVIEW_CODES)[number];

/** The values of a transaction that an operator has accepted, although they differ from what was opened. */
export interface Accepted {
  readonly reference: string;
  readonly money: Money;
}

/** A payment as recorded: everything that a decision about it needs. */
export interface PaymentSnapshot extends PaymentKey {
  /** The gateway account in which its session was opened. */
  readonly account: string;
  /** Empty before the session is open. */
  readonly sessionId: string;
  readonly money: Money;
  /** Replaces the order's reference and money in comparisons. Account and session are never excepted. */
  readonly accepted?: Accepted;
  readonly status: PaymentStatus;
  /** For people. */
  readonly reason: string | null;
  /** Set while a person is asked: in REVIEW, or beside a settled status that stays as it is. */
  readonly reviewCode: ReviewCode | null;
  /** The question to a person, in words, about a settled payment whose status stays as it is. */
  readonly reviewMark: string | null;
  readonly closedBy: ClosedBy | null;
  /** An operator has dismissed it: it never changes the order again. */
  readonly dismissed: boolean;
  /** It holds money that it may not keep: the money has to go back. */
  readonly mustGiveBack: boolean;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** How the last recorded reading showed its operations. */
  readonly shown: ShownStates;
  /** What payers' banks have asked back. */
  readonly disputes: readonly Dispute[];
  /** The transaction that counts for the payment. Null before one is recorded. */
  readonly transactionId: string | null;
  /** The further transactions of its session that hold or held money. */
  readonly surplus: readonly Surplus[];
  /** RFC 3339. When the gateway last changed the transaction, if that is recorded. */
  readonly transactionUpdatedAt?: string;
  /** When we call the payment expired, in milliseconds since the epoch. */
  readonly expiryDueAt: number;
  /** An operation that gives its money back is unfinished. Surplus is left out. */
  readonly isGoingBack: boolean;
}

/**
 * Whether both name the same payment. All three parts are compared, since a key from outside may be invented.
 */
export function isSameKey(left: PaymentKey, right: PaymentKey): boolean {
  const isSameOrder = left.orderReference === right.orderReference && left.n === right.n;
  return left.paymentId === right.paymentId && isSameOrder;
}

/**
 * Whether a payment can still be paid in the ordinary way. Beside an open payment no other one may be opened.
 */
export function isOpen(status: PaymentStatus): status is 'PENDING' | 'ON_HOLD' {
  return status === 'PENDING' || status === 'ON_HOLD';
}

export const LONGEST_GRACE_MS = 15 * 60_000;

/**
 * How long we wait for a session after its lifetime, so that a payer who pays in the last minute can finish.
 */
export function graceOf(lifetimeMs: number): number {
  return Math.min(LONGEST_GRACE_MS, lifetimeMs / 4);
}

/** Whether the payment is over. A settled payment may still change, but only because the gateway says so. */
export function isSettled(status: PaymentStatus): boolean {
  return !isOpen(status) && status !== 'REVIEW';
}

/** Whether money is there, or was there: the gateway authorized it at some time. */
export function isMoney(status: PaymentStatus): boolean {
  return holdsMoney(status) || status === 'REFUNDED' || status === 'VOIDED';
}

/** Whether the payer's money is held or taken right now. */
export function holdsMoney(status: PaymentStatus): boolean {
  return (
    status === 'AUTHORIZED' ||
    status === 'CAPTURED' ||
    status === 'PARTIALLY_CAPTURED' ||
    status === 'PARTIALLY_REFUNDED'
  );
}

const HOUR_MS = 60 * 60_000;

/**
 * How often a payment is read without a trigger, in milliseconds: a hold by its interval, a review every
 * hour. Null where only the end of the session is awaited. `intervalsOf` in store/sweeps.ts is the same in
 * SQL; test/store/twin-rules.test.ts compares them.
 */
export function readEvery(
  { status, reviewCode }: Pick<PaymentSnapshot, 'status' | 'reviewCode'>,
  pollIntervalMs: number,
): number | null {
  if (status === 'ON_HOLD') return pollIntervalMs;
  if (reviewCode === null) return null;
  return reviewCode === 'late_hold' ? pollIntervalMs : HOUR_MS;
}
