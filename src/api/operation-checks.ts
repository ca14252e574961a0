/** What can be seen to be impossible from our own rows, before anything is written down or anybody is asked. Pure. */
import type { OperationKind } from '../domain/operation.ts';
import type { OrderLine } from '../domain/order.ts';
import type { OperationLine } from '../store/schema.ts';
import type { PaymentRow } from '../store/payments.ts';
import { Problem, type FieldProblem } from './problem.ts';

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
    throw new Problem('amount_too_large', `${wanted} was asked for, at most ${left} can be ${PAST[kind]}`);
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

/** What is wrong with lines beside the lines of the order; nothing where those are not known. */
export function wrongLines(
  known: readonly OrderLine[],
  lines: readonly OperationLine[] = [],
): FieldProblem[] {
  if (known.length === 0) return [];
  return lines.flatMap((line, index) => {
    const ordered = known.find(({ lineId }) => lineId === line.lineId);
    const complain = (field: string, detail: string) => [{ pointer: `/items/${index}/${field}`, detail }];
    if (ordered === undefined) return complain('lineId', "expected the lineId of one of the order's items");
    if (!isPartOf(line.amountMinor, ordered.amountMinor))
      return complain('amount', `expected a part of the ${ordered.amountMinor} of this line`);
    if ((line.quantity ?? 0) > ordered.quantity)
      return complain('quantity', `expected at most the ${ordered.quantity} of this line`);
    return [];
  });
}

/** Lines may be negative, and then so are their parts. */
function isPartOf(part: number, whole: number): boolean {
  return Math.abs(part) <= Math.abs(whole) && part * whole >= 0;
}
