import type { MoveKind, Operation, Payment } from './paidonce-api.ts';

/** A button that moves money: all that is left of its kind. */
export interface Move {
  readonly kind: MoveKind;
  readonly amountMinor: number;
  /** The same for every press until an operation of this kind is known: a double click is one operation. */
  readonly reference: string;
}

const HELD: readonly string[] = ['AUTHORIZED', 'PARTIALLY_CAPTURED'];

/** What the payment's state allows; nothing while an operation is under way, because its amount is not certain. */
export function movesOf(payment: Payment, operations: readonly Operation[]): Move[] {
  if (isUnderWay(operations)) return [];
  const { status, authorizedAmount, capturedAmount, refundedAmount } = payment;
  const captured = capturedAmount ?? 0;
  const held = HELD.includes(status) ? (authorizedAmount ?? 0) - captured : 0;
  const left = {
    capture: held,
    // Many payment methods do not void the rest of what was partly captured.
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

/** An operation that failed keeps its reference, so that the next press is a new one. */
function referenceFor(kind: MoveKind, operations: readonly Operation[]): string {
  return `shop-${kind}-${operations.filter((one) => one.kind === kind).length}`;
}

/** Whether a form may send this reference. */
export function isMoveReference(reference: string): boolean {
  return /^shop-(capture|refund|void)-\d{1,3}$/.test(reference);
}
