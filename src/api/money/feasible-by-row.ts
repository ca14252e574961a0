/** Refuses operations that our own row rules out, before anything is written or the gateway is read. Pure. */
import { linesOfRest, type LineHistory, type MovedLine } from '../../domain/lines.ts';
import { feasible, type OperationKind, type ProductRules } from '../../domain/operation.ts';
import type { Transaction } from '../../domain/transaction.ts';
import { currencyOf } from '../../store/payment-snapshot.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { inMoney } from '../payments/amounts-in-text.ts';
import { Refusal } from '../refusal.ts';

/**
 * The run refuses what a payment method does not offer, since only the gateway's answer says for certain
 * which method it was.
 */
const ANY_METHOD: ProductRules = {
  voids: 'rest_too',
  captures: 'many',
  refunds: 'any_time',
  finalCapture: true,
  lines: 'optional',
  authorizationDays: null,
};

/**
 * Applies the domain's rule to the payment's row. A row may lag behind its transaction, which then allows
 * less than the row: the same rule decides again on the gateway's own answer.
 * @throws Refusal
 */
export function refuseImpossible(
  payment: PaymentRow,
  paidPaymentId: string | null,
  { kind, wanted: amountMinor }: { kind: OperationKind; wanted: number | null },
): void {
  const { id, status, orderReference } = payment;
  if (status === 'REVIEW')
    throw new Refusal('payment_in_review', `payment ${id} is in REVIEW; resolve it first`);
  if (paidPaymentId !== id)
    throw new Refusal(
      'payment_not_paid',
      `payment ${id} is ${status} and has not paid order ${orderReference}`,
    );
  const found = feasible({ kind, amountMinor, finalCapture: false }, shownBy(payment), ANY_METHOD, 0);
  if (found.ok) return;
  const detail = inMoney(found.detail, currencyOf(payment));
  if (found.code === 'amount_too_large') throw new Refusal('amount_too_large', detail);
  const hint = kind === 'refund' ? `; ${CAPTURED_ELSEWHERE}` : '';
  throw new Refusal('operation_not_possible', `payment ${id}: ${detail}${hint}`);
}

const CAPTURED_ELSEWHERE =
  'void what is only authorized; if it was captured outside paidonce, send the request again';

/** The transaction according to our row. The rule reads only its sums and its status. */
function shownBy({ status, authorized, captured, refunded }: PaymentRow): Transaction {
  const sums = {
    gatewayStatus: status,
    capturableMinor: status === 'VOIDED' ? 0 : authorized - captured,
    capturedMinor: captured,
    refundedMinor: refunded,
  } satisfies Partial<Transaction>;
  return sums as Partial<Transaction> as Transaction;
}

/**
 * Refuses a partial amount without lines if the payment method works by lines.
 * @throws Refusal `items_required`
 */
export function refuseUnnamed(
  { lines: needed }: Pick<ProductRules, 'lines'>,
  { kind, wanted, lines }: { kind: OperationKind; wanted: number | null; lines?: readonly MovedLine[] },
  history: LineHistory,
): void {
  if (needed === 'optional' || kind === 'void' || lines !== undefined || wanted === null) return;
  if (history.ordered.length === 0 || linesOfRest(kind, wanted, history) !== null) return;
  throw new Refusal('items_required', ITEMS_REQUIRED);
}

export const ITEMS_REQUIRED =
  'this payment method captures and refunds order lines; give them as items, or leave the amount out for all that is left';
