/** `src/store/operation-attempts.ts` in memory. */
import type { Db } from '../../../src/store/open.ts';
import type { Attempt, KnownAtSending } from '../../../src/store/operation-attempts.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import { isUnfinished, tablesOf, type Tables } from '../world/tables.ts';

/** Three statements, so that others may run between them. */
export async function readAttempt(db: Db, operationId: string): Promise<Attempt> {
  const tables = tablesOf(db);
  const operation = await tables.call('read an operation', () => tables.operations.get(operationId));
  const payment = operation && tables.payments.get(operation.paymentId);
  if (operation === undefined || payment === undefined)
    throw new Error(`there is no operation ${operationId}`);
  const { paidPaymentId = null } = tables.orders.get(payment.orderReference) ?? {};
  const all = await tables.call('read the others', () => othersOf(tables, operation));
  const others = all.filter(({ state }) => state !== 'failed');
  return { operation, payment, paidPaymentId, others, othersSent: sentOf(all) };
}

function othersOf(tables: Tables, { id, paymentId }: OperationRow): OperationRow[] {
  return tables.operationsOf(paymentId).filter((other) => other.id !== id);
}

function isFailedVoid({ kind, state, sentAt }: OperationRow): boolean {
  return kind === 'void' && state === 'failed' && sentAt !== null;
}

function sentOf(others: readonly OperationRow[]): string {
  return others
    .filter(({ sentAt }) => sentAt !== null)
    .map(({ id, sentAt }) => `${id}@${sentAt?.getTime()}`)
    .join(' ');
}

export function markSending(
  db: Db,
  operationId: string,
  amountMinor: number,
  { othersSent, failedVoids: shownFailed = 0 }: KnownAtSending = {},
): Promise<OperationRow | null> {
  const tables = tablesOf(db);
  const sentAt = new Date();
  return tables.call('mark as being sent', () => {
    const operation = tables.operations.get(operationId);
    if (operation === undefined || operation.sentAt !== null || !isUnfinished(operation)) return null;
    const others = othersOf(tables, operation);
    if (othersSent !== undefined && sentOf(others) !== othersSent) return null;
    const ofSame = others.filter(({ transactionId }) => transactionId === operation.transactionId);
    const failedVoids = Math.max(shownFailed, ofSame.filter(isFailedVoid).length);
    const keySince = operation.keySince ?? sentAt;
    tables.changeOperation(operationId, { amount: amountMinor, failedVoids, sentAt, keySince });
    return tables.operations.get(operationId) ?? null;
  });
}

export function markNotSent(db: Db, operationId: string, sentAt: Date): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('mark as not sent', () => {
    const operation = sentThen(tables, operationId, sentAt);
    if (operation?.state === 'pending')
      tables.changeOperation(operationId, { sentAt: null, code: null, detail: null });
  });
}

export function keepAnswer(
  db: Db,
  operationId: string,
  sentAt: Date,
  answer: { code: 'busy' | 'declined'; detail: string },
): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('keep an answer', () => {
    if (sentThen(tables, operationId, sentAt)?.state === 'pending')
      tables.changeOperation(operationId, answer);
  });
}

export function renewKey(db: Db, { id, keyNumber }: Pick<OperationRow, 'id' | 'keyNumber'>): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('take the next key', () => {
    const operation = tables.operations.get(id);
    if (operation === undefined || !isUnfinished(operation) || operation.keyNumber !== keyNumber) return;
    const unsent = { state: 'pending', sentAt: null, code: null, detail: null } as const;
    tables.changeOperation(id, { ...unsent, keyNumber: keyNumber + 1, keySince: null });
  });
}

/** The operation, where its last attempt is still the one of that time. */
function sentThen(tables: Tables, operationId: string, sentAt: Date): OperationRow | undefined {
  const operation = tables.operations.get(operationId);
  return operation?.sentAt?.getTime() === sentAt.getTime() ? operation : undefined;
}

export function markUnknown(db: Db, operationId: string, code: 'key_spent' | null = null): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('mark as unknown', () => {
    const operation = tables.operations.get(operationId);
    if (operation === undefined || !isUnfinished(operation)) return;
    const kept = operation.code === 'busy' ? null : operation.code;
    tables.changeOperation(operationId, { state: 'unknown', code: code ?? kept });
  });
}
