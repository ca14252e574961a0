/** Records what became of a payment's money: what the gateway shows, or that it could not be given back. */
import { decide } from '../domain/decide.ts';
import type { Decision, Finding } from '../domain/finding.ts';
import type { FailedOperation } from '../domain/finish-operations.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { GatewayTools } from './ask-gateway.ts';
import type { OperationInput } from './contract.ts';

/**
 * Records what the transaction says about the payment, if anything. Returns whether this put the payment in
 * REVIEW.
 */
export async function recordTransaction(
  moving: GatewayTools,
  {
    transaction,
    failed,
    now,
    ...record
  }: {
    readonly paymentId: string;
    readonly orderReference: string;
    readonly key: string;
    readonly now: number;
    readonly transaction?: Transaction;
    readonly failed?: FailedOperation;
  },
): Promise<boolean> {
  const decided = transaction && ({ kind: 'transaction', transaction } as const);
  const recorded = await moving.record({
    ...record,
    account: moving.gateway.account,
    decide: (payment): Decision =>
      decided === undefined ? { kind: 'keep' } : decide(payment, decided, { now, unclearSince: null }),
    deliveries: [],
    notes: () => [],
    ...(transaction && { transaction }),
    ...(failed && { failed }),
  });
  return recorded.decision.kind === 'find' && recorded.payment.status === 'REVIEW';
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
