/** Reads a payment's row as the domain needs it. Pure. */
import type { Money } from '../domain/money.ts';
import { graceOf, type Accepted, type PaymentSnapshot } from '../domain/payment.ts';
import type { PaymentRow } from './payments.ts';

/** The amount that a payment was opened for. */
export function moneyOf(row: { amount: number; currency: string }): Money {
  return { amountMinor: row.amount, currency: row.currency };
}

/** A payment's row as the domain needs it. `account` is the account at its gateway. */
export function snapshotOf(
  row: PaymentRow,
  { account, isGoingBack = false }: { readonly account: string; readonly isGoingBack?: boolean },
): PaymentSnapshot {
  const { transactionUpdatedAt } = row;
  const accepted = acceptedOf(row);
  return {
    paymentId: row.id,
    orderReference: row.orderReference,
    n: row.n,
    account,
    sessionId: row.sessionId ?? '',
    money: moneyOf(row),
    status: row.status,
    reason: row.reason,
    reviewCode: row.reviewCode,
    reviewMark: row.reviewMark,
    closedBy: row.closedBy,
    dismissed: row.dismissed,
    mustGiveBack: row.mustGiveBack,
    capturedMinor: row.captured,
    refundedMinor: row.refunded,
    shown: row.shownOperations,
    disputes: row.disputes,
    transactionId: row.transactionId,
    surplus: row.surplus,
    expiryDueAt: expiryDueAt(row),
    isGoingBack,
    ...(transactionUpdatedAt !== null && { transactionUpdatedAt }),
    ...(accepted && { accepted }),
  };
}

/** When we call the payment expired, in milliseconds since the epoch. */
export function expiryDueAt({ createdAt, expiresAt }: PaymentRow): number {
  const lifetimeMs = Math.max(0, expiresAt.getTime() - createdAt.getTime());
  return expiresAt.getTime() + graceOf(lifetimeMs);
}

/** The values of the transaction that an operator has accepted; undefined where none were. */
export function acceptedOf(row: PaymentRow): Accepted | undefined {
  const { acceptedAmount: amountMinor, acceptedCurrency: currency, acceptedReference: reference } = row;
  if (amountMinor === null || currency === null || reference === null) return undefined;
  return { reference, money: { amountMinor, currency } };
}

/**
 * The currency of the money that the gateway holds of a payment: an accepted currency replaces the requested
 * one.
 */
export function currencyOf(row: Pick<PaymentRow, 'currency' | 'acceptedCurrency'>): string {
  return row.acceptedCurrency ?? row.currency;
}
