/** The rows of a reconciliation, made from a payment and what the gateway shows. */
import { GatewayRejected } from '../gateways/gateway-errors.ts';
import type { Gateway } from '../gateways/gateway.ts';
import {
  compareShown,
  explanationOf,
  sideHere,
  sideThere,
  type Recorded,
  type ShownMoney,
  type Side,
} from '../domain/reconcile.ts';
import type { Reading, Transaction, TransactionStatus } from '../domain/transaction.ts';
import { snapshotOf } from '../store/payment-snapshot.ts';
import type { PaymentRow } from '../store/payments.ts';
import type { ComparedRow, Moving } from '../store/reconciled.ts';

/** The payment as the comparison needs it. */
export function recordedOf(payment: PaymentRow, account: string, moving: Moving): Recorded {
  return snapshotOf(payment, { account, isGoingBack: moving.back.has(payment.id) });
}

/** The result of comparing a transaction of a payment of ours. `shown` is null where the gateway shows none. */
export function comparedRow(
  payment: PaymentRow,
  transactionId: string | null,
  shown: ShownMoney | null,
  { account, moving }: { readonly account: string; readonly moving: Moving },
): ComparedRow {
  const recorded = recordedOf(payment, account, moving);
  const found = shown === null ? 'missing_there' : compareShown(recorded, shown);
  const isKnownHere = found !== 'match' && found !== 'missing_here';
  return {
    key: transactionId ?? `payment/${payment.id}`,
    class: found,
    orderReference: payment.orderReference,
    paymentId: payment.id,
    sessionId: payment.sessionId,
    transactionId,
    here: found === 'missing_here' ? null : sideHere(recorded, transactionId),
    there: shown === null ? null : sideThere(shown),
    // Money that is not recorded is not what a person was asked about.
    explanation: isKnownHere ? explanationOf(recorded, transactionId, moving.any.has(payment.id)) : null,
  };
}

/** What was stored of a transaction, as it was shown. */
export function shownOf(transactionId: string | null, there: Side): ShownMoney {
  const { status, amount: amountMinor, currency, captured, refunded } = there;
  return {
    transactionId: transactionId ?? '',
    status: status as TransactionStatus,
    money: { amountMinor, currency },
    ...(captured !== undefined && { capturedMinor: captured }),
    ...(refunded !== undefined && { refundedMinor: refunded }),
  };
}

/** Reads one transaction of a payment. Null where the gateway does not show it. @throws GatewayUnavailable */
export async function readShown(
  gateway: Gateway,
  payment: PaymentRow,
  transactionId: string | null,
  signal: AbortSignal,
): Promise<ShownMoney | null> {
  if (payment.sessionId === null) return null;
  const at = { sessionId: payment.sessionId, ...(transactionId !== null && { transactionId }) };
  const reading = await gateway.readPayment(at, { signal }).catch((error: unknown): Reading => {
    if (error instanceof GatewayRejected) return { kind: 'unreadable', reason: error.message };
    throw error;
  });
  if (reading.kind === 'transaction') {
    const all: readonly Transaction[] = [reading.transaction, ...(reading.surplus ?? [])];
    return all.find((one) => transactionId === null || one.transactionId === transactionId) ?? null;
  }
  if (reading.kind !== 'unreadable') return null;
  const money = { amountMinor: payment.amount, currency: payment.currency };
  return { transactionId: transactionId ?? '', status: 'UNCLEAR', money };
}
