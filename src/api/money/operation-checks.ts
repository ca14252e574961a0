/** What can be seen to be impossible from our own rows, before anything is written down or anybody is asked. Pure. */
import { linesOfRest, type LineHistory, type MovedLine } from '../../domain/lines.ts';
import { formatMoney } from '../../domain/money.ts';
import type { OperationKind, ProductRules } from '../../domain/operation.ts';
import { currencyOf } from '../../store/accepted.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { Problem } from '../http/problem.ts';

/**
 * Refuses what the payment's row rules out. A row may lag behind its transaction, which only ever leaves less to be done: whatever
 * passes is decided by the gateway's own answer.
 * @throws Problem
 */
export function refuseImpossible(
  payment: PaymentRow,
  paidPaymentId: string | null,
  { kind, wanted }: { kind: OperationKind; wanted: number | null },
): void {
  const { id, status, orderReference } = payment;
  if (status === 'REVIEW')
    throw new Problem('payment_in_review', `payment ${id} is in REVIEW; resolve it first`);
  if (paidPaymentId !== id)
    throw new Problem(
      'payment_not_paid',
      `payment ${id} is ${status} and has not paid order ${orderReference}`,
    );
  const left = leftOf(payment, kind);
  if (left <= 0) throw new Problem('operation_not_possible', `payment ${id} is ${status}: ${NOTHING[kind]}`);
  if (wanted !== null && wanted > left)
    throw new Problem(
      'amount_too_large',
      `${inWords(payment, wanted)} was asked for, at most ${inWords(payment, left)} can be ${PAST[kind]}`,
    );
}

function inWords(payment: PaymentRow, amountMinor: number): string {
  return formatMoney({ amountMinor, currency: currencyOf(payment) });
}

const PAST = { capture: 'captured', refund: 'refunded', void: 'voided' } as const;

const NOTHING = {
  capture: 'nothing is left to be captured',
  refund:
    'nothing is left to be refunded as far as we know; what was only authorized is voided instead, and after a capture by another hand ask again',
  void: 'nothing is left to be voided; what was captured is refunded instead',
} as const;

function leftOf({ status, authorized, captured, refunded }: PaymentRow, kind: OperationKind): number {
  if (kind === 'refund') return captured - refunded;
  return status === 'VOIDED' ? 0 : authorized - captured;
}

/**
 * Refuses a part without lines where the payment method is about lines.
 * @throws Problem `items_required`
 */
export function refuseUnnamed(
  { lines: needed }: Pick<ProductRules, 'lines'>,
  { kind, wanted, lines }: { kind: OperationKind; wanted: number | null; lines?: readonly MovedLine[] },
  history: LineHistory,
): void {
  if (needed === 'optional' || kind === 'void' || lines !== undefined || wanted === null) return;
  if (history.ordered.length === 0 || linesOfRest(kind, wanted, history) !== null) return;
  throw new Problem('items_required', ITEMS_REQUIRED);
}

export const ITEMS_REQUIRED =
  'this payment method captures and refunds lines of the order: name them as items, or leave the amount out for all that is left';
