import type { MoveKind, Operation, Payment } from './paidonce-api.ts';

/** A button that moves all money that is left for its kind. */
export interface Move {
  readonly kind: MoveKind;
  readonly amountMinor: number;
  /**
   * The same for every press until an operation of this kind is known, so that a double click is one
   * operation.
   */
  readonly reference: string;
}

const HELD: readonly string[] = ['AUTHORIZED', 'PARTIALLY_CAPTURED'];

/**
 * The moves that the payment's state allows; none while an operation is under way, because its amount is not
 * certain.
 */
export function movesOf(payment: Payment, operations: readonly Operation[]): Move[] {
  if (isUnderWay(operations)) return [];
  const { status, authorizedAmount, capturedAmount, refundedAmount } = payment;
  const captured = capturedAmount ?? 0;
  const held = HELD.includes(status) ? (authorizedAmount ?? 0) - captured : 0;
  const left = {
    capture: held,
    // Many payment methods can't void the rest after a partial capture.
    void: captured === 0 ? held : 0,
    refund: status === 'REVIEW' ? 0 : captured - (refundedAmount ?? 0),
  };
  return (['capture', 'void', 'refund'] as const)
    .filter((kind) => left[kind] > 0)
    .map((kind) => ({ kind, amountMinor: left[kind], reference: referenceFor(kind, operations) }));
}

/** Whether an operation has not ended yet. */
export function isUnderWay(operations: readonly Operation[]): boolean {
  return operations.some(({ status }) => status === 'pending' || status === 'unknown');
}

/** A failed operation keeps its reference, so the next press gets a new one. */
function referenceFor(kind: MoveKind, operations: readonly Operation[]): string {
  return `shop-${kind}-${operations.filter((one) => one.kind === kind).length}`;
}

/** Whether a form may send this reference. */
export function isMoveReference(reference: string): boolean {
  return /^shop-(capture|refund|void)-\d{1,3}$/.test(reference);
}
