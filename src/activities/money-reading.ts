/** How activities that move money see a payment: its row, and the transaction as the gateway shows it now. */
import { isStale } from '../domain/decide.ts';
import { reversalsIn } from '../domain/news.ts';
import { mismatch, type Reading, type Transaction } from '../domain/transaction.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { acceptedOf } from '../store/accepted.ts';
import type { Db } from '../store/open.ts';
import { moneyOf, type PaymentRow } from '../store/payments.ts';
import type { StandingPayment } from './payment-activities.ts';

/** What an activity that moves money has in hand. */
export interface MoneyTools {
  readonly db: Db;
  readonly gateway: Gateway;
  readonly signal: AbortSignal;
}

/** The transaction, if the gateway shows one of this very payment: other money is never touched. */
export async function readMatching(
  { gateway, signal }: MoneyTools,
  payment: PaymentRow,
): Promise<Transaction | null> {
  const sessionId = payment.sessionId ?? '';
  const transactionId = payment.transactionId ?? undefined;
  const reading: Reading = await gateway.readPayment(
    { sessionId, ...(transactionId !== undefined && { transactionId }) },
    { signal },
  );
  if (reading.kind !== 'transaction') return null;
  const { id: paymentId, orderReference, n } = payment;
  const opened = {
    paymentId,
    orderReference,
    n,
    sessionId,
    account: gateway.account,
    money: moneyOf(payment),
  };
  const differs = mismatch(opened, reading.transaction);
  return differs === 'account' || differs === 'session' ? null : reading.transaction;
}

/** No replica lags so long behind what it has shown before. */
const LONGEST_LAG_MS = 60 * 60_000;

/** An answer older than one that was acted upon a moment ago: nothing may be sent on its word. */
export function lagsBehind(payment: PaymentRow, transaction: Transaction): boolean {
  const { transactionUpdatedAt: known, updatedAt } = payment;
  if (Date.now() - updatedAt.getTime() > LONGEST_LAG_MS) return false;
  const isOlder = Date.parse(transaction.updatedAt ?? '') < Date.parse(known ?? '');
  return isOlder || isStale(standingOf(payment, transaction.account), transaction);
}

/** The row as far as it decides what a transaction means. */
export function standingOf(payment: PaymentRow, account: string): StandingPayment {
  const { status, sessionId, captured, refunded, transactionUpdatedAt } = payment;
  const accepted = acceptedOf(payment);
  return {
    status,
    account,
    sessionId: sessionId ?? '',
    money: moneyOf(payment),
    capturedMinor: captured,
    refundedMinor: refunded,
    reversals: reversalsIn(payment.shownOperations),
    isMarked: payment.reviewMark !== null,
    ...(transactionUpdatedAt !== null && { transactionUpdatedAt }),
    ...(accepted && { accepted }),
  };
}
