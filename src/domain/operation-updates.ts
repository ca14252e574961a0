/** The updates about captures, refunds and voids that a reading shows, or does not show any more. */
import type { Finding } from './finding.ts';
import { doneSince, UNDONE, undoneSince } from './news.ts';
import type { OperationKind } from './operation.ts';
import type { UpdateToSend } from './order-change.ts';
import type { OrderStatus } from './order.ts';
import type { PaymentSnapshot } from './payment.ts';

/** The sums that the transaction shows, or the recorded ones where there is no transaction. */
export function sumsOf(
  payment: PaymentSnapshot,
  { transaction }: Finding,
): Pick<PaymentSnapshot, 'capturedMinor' | 'refundedMinor'> {
  const { capturedMinor, refundedMinor } = transaction ?? payment;
  return { capturedMinor, refundedMinor };
}

/** The operations that the finding's transaction shows. */
export function operationsIn({ transaction }: Finding) {
  return transaction?.operations ?? [];
}

/** One update for each operation that was done and is not done any more. */
export function undone(payment: PaymentSnapshot, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  return undoneSince(payment.shown, operationsIn(finding))
    .filter(({ kind }) => kind !== 'void' || payment.status === 'VOIDED')
    .map(({ kind, name }) => ({ type: UNDONE[kind], cause: name, orderStatus }));
}

/** One update for each capture. Where the gateway lists no captures, one by the captured sum. */
export function captured(
  payment: PaymentSnapshot,
  finding: Finding,
  orderStatus: OrderStatus,
): UpdateToSend[] {
  const { capturedMinor } = sumsOf(payment, finding);
  const causes = doneNow('capture', payment, finding);
  if (causes.length === 0 && capturedMinor > payment.capturedMinor) causes.push(`captured-${capturedMinor}`);
  return causes.map((cause) => ({ type: 'order.captured', cause, orderStatus }));
}

/** The names of the operations of a kind that have become done since the last reading. */
function doneNow(kind: OperationKind, { shown }: PaymentSnapshot, finding: Finding): string[] {
  return doneSince(shown, operationsIn(finding)).flatMap((one) => (one.kind === kind ? [one.name] : []));
}

/** Once, and again if between two readings a void was taken back and another one succeeded. */
export function voided(payment: PaymentSnapshot, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  if (finding.status !== 'VOIDED') return [];
  const isUndone = undone(payment, finding, orderStatus).some(({ type }) => type === UNDONE.void);
  if (payment.status === 'VOIDED' && !isUndone) return [];
  return [{ type: 'order.voided', cause: finding.cause, orderStatus }];
}

/**
 * One update for each refund. If nothing is left afterwards, the last one is `order.refunded`. The void of
 * the rest may cause that too.
 */
export function refunded(
  payment: PaymentSnapshot,
  finding: Finding,
  orderStatus: OrderStatus,
): UpdateToSend[] {
  const { refundedMinor } = sumsOf(payment, finding);
  const causes = doneNow('refund', payment, finding);
  const isWhole = finding.status === 'REFUNDED';
  const isWholeNow = isWhole && payment.status !== 'REFUNDED';
  const isUnshown = causes.length === 0 && (refundedMinor > payment.refundedMinor || isWholeNow);
  if (isUnshown) causes.push(`refunded-${refundedMinor}`);
  return causes.map((cause, index) => {
    const isLast = isWhole && index === causes.length - 1;
    return { type: isLast ? 'order.refunded' : 'order.partially_refunded', cause, orderStatus };
  });
}

/**
 * Money that had gone back to the payer and did not stay there. A reversed capture is left out: the merchant
 * was never notified of a capture of late money.
 */
export function cameBack(
  payment: PaymentSnapshot,
  finding: Finding,
  orderStatus: OrderStatus,
): UpdateToSend[] {
  return undone(payment, finding, orderStatus).filter(({ type }) => type !== UNDONE.capture);
}
