/** One payment: one session at one gateway, opened for one order. Names and meaning: contract §3. */
import type { Money } from './money.ts';
import type { ShownStates } from './news.ts';

/** What a payment can be. `DISPUTED` is reserved by the contract and not produced yet. */
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

/** What identifies a payment everywhere, also in its callback URL: enough to name its workflow without the store. */
export interface PaymentKey {
  readonly paymentId: string;
  readonly orderReference: string;
  /** Counts the payments of an order, from 1. */
  readonly n: number;
}

/** Which gateway has it, beside what identifies it: what its run is started with. */
export interface PaymentAddress extends PaymentKey {
  readonly gateway: string;
}

/** What closed a payment before money came: money that arrives afterwards is late. */
export type ClosedBy = 'merchant' | 'expiry';

/** Why a session is being closed at the gateway: the merchant cancels, or another payment has paid the order. */
export type Closing = 'merchant' | 'order_paid';

/** Why a person is asked. Closed: the core steers by it, while `reason` is for people. */
export const REVIEW_CODES = [
  /** The gateway could not say for an hour what became of it. */
  'unclear',
  'amount_mismatch',
  'currency_mismatch',
  'reference_mismatch',
  /** The gateway denies money that it had proved. */
  'contradiction',
  /** On hold although it is closed, or beside another open or paying session. */
  'late_hold',
  'late_money',
  'order_already_paid',
  /** The order's amount or currency changed after the session was opened. */
  'order_changed',
  'give_back_failed',
  /** A capture was taken back, and nothing is held any more. */
  'capture_reversed',
  /** Found at the gateway while another session of the order was open. */
  'adopted',
] as const;

export type ReviewCode = (typeof REVIEW_CODES)[number];

/** What a person has accepted of a transaction, although it differs from what was opened. */
export interface Accepted {
  readonly reference: string;
  readonly money: Money;
}

/** A payment as it is recorded: everything that a decision about it needs. */
export interface PaymentSnapshot extends PaymentKey {
  /** The gateway's account that it was opened in. */
  readonly account: string;
  /** Empty before the session is open. */
  readonly sessionId: string;
  readonly money: Money;
  /** Takes the place of the order's own reference and money; account and session are never excepted. */
  readonly accepted?: Accepted;
  readonly status: PaymentStatus;
  /** For people. */
  readonly reason: string | null;
  /** Not null while a person is asked: in REVIEW, or beside a settled status that stands. */
  readonly reviewCode: ReviewCode | null;
  /** What a person is asked, in words, about a settled payment whose status stands. */
  readonly reviewMark: string | null;
  readonly closedBy: ClosedBy | null;
  /** An operator has dismissed it: it never touches the order again. */
  readonly dismissed: boolean;
  /** It holds money that it may not keep: the money has to go back. */
  readonly mustGiveBack: boolean;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** How the gateway showed its operations when it was recorded last. */
  readonly shown: ShownStates;
  /** RFC 3339; when the gateway last changed the transaction, as far as that is recorded. */
  readonly transactionUpdatedAt?: string;
  /** When we call it expired, in milliseconds since the epoch. */
  readonly expiryDueAt: number;
  /** An operation that gives its money back is not finished. */
  readonly isGoingBack: boolean;
}

/** Whether both name one payment. All three are compared: any part of a key from outside may be made up. */
export function isSameKey(left: PaymentKey, right: PaymentKey): boolean {
  const isSameOrder = left.orderReference === right.orderReference && left.n === right.n;
  return left.paymentId === right.paymentId && isSameOrder;
}

/** Whether a payment can still be paid in the ordinary way, so that no other may be opened beside it. */
export function isOpen(status: PaymentStatus): status is 'PENDING' | 'ON_HOLD' {
  return status === 'PENDING' || status === 'ON_HOLD';
}

export const LONGEST_GRACE_MS = 15 * 60_000;

/** How long a session is waited for after its lifetime: a payer who is paying in the last minute is given time to finish. */
export function graceOf(lifetimeMs: number): number {
  return Math.min(LONGEST_GRACE_MS, lifetimeMs / 4);
}

/** Whether nothing is expected any more. A settled payment may still change, but only because the gateway says so. */
export function isSettled(status: PaymentStatus): boolean {
  return !isOpen(status) && status !== 'REVIEW';
}

/** Whether the money is there, or was: the gateway has authorized it at some time. */
export function isMoney(status: PaymentStatus): boolean {
  return holdsMoney(status) || status === 'REFUNDED' || status === 'VOIDED';
}

/** Whether money of the payer's is held or taken right now. */
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
 * How often a payment is read without being asked for, in milliseconds: a hold by its interval, a review by the hour. Null where nothing
 * is expected but what the session's end brings. `isForgotten` in store/sweeps.ts is the same in SQL; test/store/twin-rules.test.ts
 * compares them.
 */
export function readEvery(
  { status, reviewCode }: Pick<PaymentSnapshot, 'status' | 'reviewCode'>,
  pollIntervalMs: number,
): number | null {
  if (status === 'ON_HOLD') return pollIntervalMs;
  if (reviewCode === null) return null;
  return reviewCode === 'late_hold' ? pollIntervalMs : HOUR_MS;
}
