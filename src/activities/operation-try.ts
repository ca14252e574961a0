/** The result of one try of an operation, and the marks that go with it. */
import { crashable } from '../crash-points.ts';
import type { FailedOperation } from '../domain/finish-operations.ts';
import { traceOf } from '../domain/operation.ts';
import type { Transaction } from '../domain/transaction.ts';
import { markNotSent, markUnknown, type Attempt } from '../store/operation-attempts.ts';
import type { GatewayTools } from './ask-gateway.ts';
import type { AttemptResult } from './contract.ts';

/** The result of one try, and what the gateway showed during it. */
export interface Tried {
  readonly state: Exclude<AttemptResult['state'], 'given_up'>;
  /** Absent where the operation was finished before, or where the gateway's answer was not clear. */
  readonly transaction?: Transaction;
  readonly failure?: Failure;
  readonly sentAt: Date | null;
}

/** Why the operation failed. */
export type Failure = Omit<FailedOperation, 'operationId'>;

/** A try that ends in this state. */
export function tried(
  { operation: { sentAt } }: Attempt,
  state: Tried['state'],
  more: Pick<Tried, 'transaction' | 'failure'> = {},
): Tried {
  return { state, sentAt, ...more };
}

/** What the transaction itself shows of the operation; null where it shows nothing. */
export function shownBy(at: Attempt, transaction: Transaction): Tried | null {
  const { operation } = at;
  const trace = traceOf({ ...operation, isSent: operation.sentAt !== null }, transaction);
  if (trace.state === 'done') return tried(at, 'finished', { transaction });
  if (trace.state === 'pending') return tried(at, 'accepted', { transaction });
  if (trace.state === 'failed') return refused(at, transaction, { code: 'declined', detail: trace.reason });
  return null;
}

/** The operation came to nothing. The reason is given, unless it was recorded before. */
export function refused(at: Attempt, transaction: Transaction | null, failure = writtenDown(at)): Tried {
  return tried(at, 'refused', { ...(transaction && { transaction }), failure });
}

function writtenDown({ operation: { code, detail } }: Attempt): Failure {
  return { code: code ?? 'declined', detail: detail ?? 'no reason was given' };
}

/** The operation was sent, and its result is unknown. */
export async function lost(
  moving: GatewayTools,
  at: Attempt,
  {
    transaction,
    isKeySpent = false,
  }: { readonly transaction?: Transaction; readonly isKeySpent?: boolean } = {},
): Promise<Tried> {
  if (at.operation.state !== 'unknown' || isKeySpent)
    await writeUnknown(moving, at, isKeySpent ? 'key_spent' : null);
  return tried(at, 'lost', transaction && { transaction });
}

const writeUnknown = crashable(
  { before: 'attempt.unknown.before', after: 'attempt.unknown.after' },
  ({ db }: GatewayTools, { operation }: Attempt, code: 'key_spent' | null) =>
    markUnknown(db, operation.id, code),
  orderOf,
);

/** Nothing was done, so the mark that it was sent is removed. */
export const takeBack = crashable(
  { before: 'attempt.not-sent.before', after: 'attempt.not-sent.after' },
  ({ db }: GatewayTools, { operation }: Attempt) => markNotSent(db, operation.id, operation.sentAt as Date),
  orderOf,
);

/** For crash points: the order of an attempt. */
export function orderOf({ payment }: Attempt): string {
  return payment.orderReference;
}
