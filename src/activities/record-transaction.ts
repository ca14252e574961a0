/** Records what became of a payment's money: what the gateway shows, or that it could not be given back. */
import { decide, decideSurplus } from '../domain/decide.ts';
import type { Decision, Finding } from '../domain/finding.ts';
import type { FailedOperation } from '../domain/finish-operations.ts';
import { isMarkedForSurplus, mustGiveBackSurplus } from '../domain/surplus.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { RecordedFinding } from '../store/record-finding/plan.ts';
import type { GatewayTools } from './ask-gateway.ts';
import type { OperationInput } from './contract.ts';

/**
 * Records what the transactions say about the payment, if anything. Returns whether the payment's own run must
 * look after it: a person is asked, or new surplus must go back.
 */
export async function recordTransaction(
  moving: GatewayTools,
  {
    transaction,
    surplus = [],
    failed,
    now,
    ...record
  }: {
    readonly paymentId: string;
    readonly orderReference: string;
    readonly key: string;
    readonly now: number;
    /** The payment's own. */
    readonly transaction?: Transaction;
    readonly surplus?: readonly Transaction[];
    readonly failed?: FailedOperation;
  },
): Promise<boolean> {
  const reading = transaction && ({ kind: 'transaction', transaction, surplus } as const);
  const recorded = await moving.record({
    ...record,
    account: moving.gateway.account,
    decide: (payment): Decision =>
      reading === undefined
        ? decideSurplus(payment, surplus)
        : decide(payment, reading, { now, unclearSince: null }),
    deliveries: [],
    notes: () => [],
    surplus,
    ...(transaction && { transaction }),
    ...(failed && { failed }),
  });
  return isToWatch(recorded);
}

function isToWatch({ decision, payment }: RecordedFinding): boolean {
  if (decision.kind !== 'find') return false;
  const isOfSurplus = decision.finding.surplus !== undefined;
  const isOwed = mustGiveBackSurplus(payment.surplus) || isMarkedForSurplus(payment);
  return payment.status === 'REVIEW' || (isOfSurplus && isOwed);
}

/** Money could not be given back: a person must act. */
export async function recordStuck(
  moving: GatewayTools,
  { paymentId, orderReference, key }: Pick<OperationInput, 'paymentId' | 'orderReference' | 'key'>,
  detail: string,
  transaction?: Transaction,
): Promise<void> {
  const finding: Finding = {
    status: 'REVIEW',
    pays: false,
    review: 'give_back_failed',
    cause: key,
    ...(transaction && { transaction }),
  };
  await moving.record({
    paymentId,
    orderReference,
    key,
    account: moving.gateway.account,
    decide: () => ({ kind: 'find', finding }),
    deliveries: [],
    notes: () => [{ kind: 'operation', text: `could not be given back: ${detail}` }],
  });
}

/** Surplus could not be given back: a person must act. The payment keeps its status. */
export async function recordStuckSurplus(
  moving: GatewayTools,
  { paymentId, orderReference, key }: Pick<OperationInput, 'paymentId' | 'orderReference' | 'key'>,
  transactionId: string,
  detail: string,
): Promise<void> {
  await moving.record({
    paymentId,
    orderReference,
    key,
    account: moving.gateway.account,
    decide: ({ status }) => {
      const finding = { status, pays: false, isOfSurplus: true, cause: key } as const;
      return { kind: 'find', finding: { ...finding, stuckSurplus: transactionId } };
    },
    deliveries: [],
    notes: () => [{ kind: 'operation', text: `surplus ${transactionId} could not be given back: ${detail}` }],
  });
}
