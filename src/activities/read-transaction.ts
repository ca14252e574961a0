/** Reads the transactions of a payment whose money is to be moved. */
import { isStale } from '../domain/stale-reading.ts';
import { isOldSurplus, isOurSurplus, ownAndSurplus } from '../domain/surplus-reading.ts';
import { surplusNamed } from '../domain/surplus.ts';
import { holdsMoney, type PaymentSnapshot } from '../domain/payment.ts';
import { isKnownStatus, mismatch, type Reading, type Transaction } from '../domain/transaction.ts';
import { snapshotOf } from '../store/payment-snapshot.ts';
import type { OperationRow } from '../store/operations.ts';
import type { PaymentRow } from '../store/payments.ts';
import type { GatewayTools } from './ask-gateway.ts';

/** The money of a payment's session, as the gateway shows it. */
export interface SeenMoney {
  /** The payment's own transaction. Null where the gateway does not show it. */
  readonly own: Transaction | null;
  readonly surplus: readonly Transaction[];
}

/** The transaction that an operation is about. */
export function transactionOf(
  { transactionId: surplusId }: Pick<OperationRow, 'transactionId'>,
  { own, surplus }: SeenMoney,
): Transaction | null {
  if (surplusId === null) return own;
  return surplus.find(({ transactionId }) => transactionId === surplusId) ?? null;
}

/**
 * The transactions that the gateway shows of this payment. Other money is never touched.
 * @throws GatewayUnavailable
 */
export async function readMatching(
  { gateway, signal }: Pick<GatewayTools, 'gateway' | 'signal'>,
  payment: PaymentRow,
): Promise<SeenMoney> {
  const { sessionId, transactionId } = payment;
  const at = { sessionId: sessionId ?? '', ...(transactionId !== null && { transactionId }) };
  const reading = await gateway.readPayment(at, { signal });
  const snapshot = snapshotOf(payment, gateway);
  const { own, surplus } = ownAndSurplus(snapshot, reading);
  return { own: ownIn(snapshot, own), surplus: surplus.filter((one) => isOurSurplus(snapshot, one)) };
}

function ownIn(snapshot: PaymentSnapshot, reading: Reading): Transaction | null {
  if (reading.kind !== 'transaction') return null;
  const differs = mismatch(snapshot, reading.transaction);
  return differs === 'account' || differs === 'session' ? null : reading.transaction;
}

/** No replica lags this long behind what it has shown before. */
const LONGEST_LAG_MS = 60 * 60_000;

/** Whether the answer is older than one that was acted on recently. Nothing may be sent on such an answer. */
export function lagsBehind(payment: PaymentRow, account: string, transaction: Transaction): boolean {
  const { transactionUpdatedAt: known, updatedAt } = payment;
  if (Date.now() - updatedAt.getTime() > LONGEST_LAG_MS) return false;
  const surplus = surplusNamed(payment.surplus, transaction.transactionId);
  if (surplus !== undefined) return isOldSurplus(surplus, transaction);
  const isOlder = Date.parse(transaction.updatedAt ?? '') < Date.parse(known ?? '');
  return isOlder || isStale(snapshotOf(payment, { account }), transaction);
}

/** Whether the transaction still holds money. */
export function holdsMoneyIn({ status }: Transaction): boolean {
  return isKnownStatus(status) && holdsMoney(status);
}
