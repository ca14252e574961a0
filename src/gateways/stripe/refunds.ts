import type { ShownOperation } from '../../domain/operation.ts';
import { referenceOf } from './metadata.ts';
import type { Refund } from './stripe-objects.ts';

/** Stripe's refunds as operations, oldest first. */
export function refundsOf(refunds: readonly Refund[]): ShownOperation[] {
  return oldestFirst(refunds).map(toOperation);
}

/** Only money that has left counts: a pending refund may still come to nothing. */
export function refundedSum(operations: readonly ShownOperation[]): number {
  return operations
    .filter(({ kind, state }) => kind === 'refund' && state === 'done')
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** Stripe lists the newest first. The sort is stable, so its order decides within a second. */
export function oldestFirst(refunds: readonly Refund[]): Refund[] {
  const timeOf = ({ created }: Refund): number => created?.getTime() ?? 0;
  return refunds.toReversed().sort((left, right) => timeOf(left) - timeOf(right));
}

function toOperation(refund: Refund): ShownOperation {
  const state = stateOf(refund.status);
  // The money had left the balance, and came back.
  const isReversed = state === 'failed' && Boolean(refund.failure_balance_transaction);
  return {
    kind: 'refund',
    reference: referenceOf(refund.metadata) ?? null,
    amountMinor: refund.amount,
    state,
    eventId: refund.id,
    ...(state === 'failed' && {
      reason: refund.failure_reason ?? `the refund is ${refund.status ?? 'failed'}`,
    }),
    ...(isReversed && { isReversed }),
  };
}

function stateOf(status: Refund['status']): ShownOperation['state'] {
  if (status === 'succeeded') return 'done';
  return status === 'failed' || status === 'canceled' ? 'failed' : 'pending';
}
