/** What is known of an attempt at moving money: read from the transaction, written beside the operation, told to its run. */
import { crashPoint } from '../crash-points.ts';
import { traceOf } from '../domain/operation.ts';
import type { Transaction } from '../domain/transaction.ts';
import { keepAnswer, markNotSent, markUnknown, type Attempt } from '../store/operations.ts';
import { standingOf, type MoneyTools } from './money-reading.ts';
import type { OperationAttempt } from './payment-activities.ts';

/** What the transaction itself says of the operation; null where it says nothing. */
export function shownBy(tools: MoneyTools, at: Attempt, transaction: Transaction): OperationAttempt | null {
  const { operation } = at;
  const trace = traceOf({ ...operation, isSent: operation.sentAt !== null }, transaction);
  if (trace.state === 'done') return result(tools, at, 'finished', { transaction });
  if (trace.state === 'pending') return result(tools, at, 'accepted', { transaction });
  if (trace.state === 'failed')
    return refused(tools, at, transaction, { code: 'declined', detail: trace.reason });
  return null;
}

/** It has come to nothing; why, unless somebody has found out before and written it down. */
export function refused(
  tools: MoneyTools,
  at: Attempt,
  transaction: Transaction | null,
  failure = writtenDown(at),
): OperationAttempt {
  return result(tools, at, 'refused', { ...(transaction && { transaction }), failure });
}

function writtenDown({ operation: { code, detail } }: Attempt): { code: string; detail: string } {
  return { code: code ?? 'declined', detail: detail ?? 'no reason was given' };
}

/** Sent, and nobody knows what became of it. */
export async function lost(
  tools: MoneyTools,
  at: Attempt,
  transaction?: Transaction,
): Promise<OperationAttempt> {
  const { operation, payment } = at;
  crashPoint('attempt.unknown.before', payment.orderReference);
  if (operation.state !== 'unknown') await markUnknown(tools.db, operation.id);
  crashPoint('attempt.unknown.after', payment.orderReference);
  return result(tools, at, 'lost', transaction && { transaction });
}

/** Nothing was done: the mark is taken away again. */
export async function takeBack({ db }: MoneyTools, { operation, payment }: Attempt): Promise<void> {
  crashPoint('attempt.not-sent.before', payment.orderReference);
  await markNotSent(db, operation.id, operation.sentAt as Date);
  crashPoint('attempt.not-sent.after', payment.orderReference);
}

/** What was answered, and has to be made certain by a read. */
export async function writeAnswer(
  { db }: MoneyTools,
  { operation, payment }: Attempt,
  code: 'busy' | 'declined',
  detail: string,
): Promise<void> {
  crashPoint('attempt.answer.before', payment.orderReference);
  await keepAnswer(db, operation.id, operation.sentAt as Date, { code, detail });
  crashPoint('attempt.answer.after', payment.orderReference);
}

/** The attempt as its run is told of it. */
export function result(
  { gateway }: MoneyTools,
  { operation, payment }: Attempt,
  state: OperationAttempt['state'],
  more: Pick<OperationAttempt, 'transaction' | 'failure'> = {},
): OperationAttempt {
  const { kind, reference, cause, sentAt } = operation;
  return {
    state,
    operation: { kind, reference, cause },
    payment: standingOf(payment, gateway.account),
    ...(sentAt !== null && { sentAt: sentAt.toISOString() }),
    ...more,
  };
}
