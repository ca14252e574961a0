/** Reads the transaction of a payment whose money is to be moved. */
import { isStale } from '../domain/stale-reading.ts';
import { holdsMoney } from '../domain/payment.ts';
import { isKnownStatus, mismatch, type Transaction } from '../domain/transaction.ts';
import { snapshotOf } from '../store/payment-snapshot.ts';
import type { PaymentRow } from '../store/payments.ts';
import type { GatewayTools } from './ask-gateway.ts';

/**
 * The transaction, if the gateway shows one of this payment. Other money is never touched.
 * @throws GatewayUnavailable
 */
export async function readMatching(
  { gateway, signal }: Pick<GatewayTools, 'gateway' | 'signal'>,
  payment: PaymentRow,
): Promise<Transaction | null> {
  const { sessionId, transactionId } = payment;
  const at = { sessionId: sessionId ?? '', ...(transactionId !== null && { transactionId }) };
  const reading = await gateway.readPayment(at, { signal });
  if (reading.kind !== 'transaction') return null;
  const differs = mismatch(snapshotOf(payment, gateway), reading.transaction);
  return differs === 'account' || differs === 'session' ? null : reading.transaction;
}

/** No replica lags this long behind what it has shown before. */
const LONGEST_LAG_MS = 60 * 60_000;

/** Whether the answer is older than one that was acted on recently. Nothing may be sent on such an answer. */
export function lagsBehind(payment: PaymentRow, account: string, transaction: Transaction): boolean {
  const { transactionUpdatedAt: known, updatedAt } = payment;
  if (Date.now() - updatedAt.getTime() > LONGEST_LAG_MS) return false;
  const isOlder = Date.parse(transaction.updatedAt ?? '') < Date.parse(known ?? '');
  return isOlder || isStale(snapshotOf(payment, { account }), transaction);
}

/** Whether the transaction still holds money. */
export function holdsMoneyIn({ status }: Transaction): boolean {
  return isKnownStatus(status) && holdsMoney(status);
}
