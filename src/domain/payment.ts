/** One payment: one session at one gateway, opened for one order. Names and meaning: contract §3. */

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
