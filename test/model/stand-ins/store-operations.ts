/** `src/store/operations.ts` in memory. */
import type { OperationCause, OperationKind } from '../../../src/domain/operation.ts';
import type { Db } from '../../../src/store/open.ts';
import type {
  Attempt,
  Forgotten,
  NewOperation,
  OperationClaim,
  OperationRow,
  Sending,
} from '../../../src/store/operations.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { isUnfinished, tablesOf, type Tables } from '../world/tables.ts';
import { isUsedNow } from './store-decisions.ts';
import { newId } from './store-new-ids.ts';

export type * from '../../../src/store/operations.ts';

const MINUTE_MS = 60_000;

export function claimOperation(db: Db, wanted: NewOperation): Promise<OperationClaim> {
  const tables = tablesOf(db);
  return tables.call('claim an operation', () => claim(tables, wanted));
}

function claim(tables: Tables, wanted: NewOperation): OperationClaim {
  const known = found(tables, wanted.paymentId, wanted.reference, wanted.kind);
  if (known !== null)
    return { kind: known.bodyHash === wanted.bodyHash ? 'known' : 'reused', operation: known };
  const operation = operationRow(newId('op'), wanted);
  tables.operations.set(operation.id, operation);
  return { kind: 'new', operation };
}

export function operationRow(id: string, wanted: NewOperation): OperationRow {
  const now = new Date();
  return {
    ...wanted,
    id,
    lines: wanted.lines ?? null,
    sentLines: null,
    reason: wanted.reason ?? null,
    key: wanted.key ?? null,
    amount: null,
    state: 'pending',
    code: null,
    detail: null,
    sentAt: null,
    failedVoids: 0,
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
  };
}

function found(
  tables: Tables,
  paymentId: string,
  reference: string,
  kind: OperationKind | undefined,
): OperationRow | null {
  const is = (row: OperationRow) => row.reference === reference && (kind === undefined || row.kind === kind);
  return tables.operationsOf(paymentId).findLast(is) ?? null;
}

export function findOperation(
  db: Db,
  paymentId: string,
  reference: string,
  kind?: OperationKind,
): Promise<OperationRow | null> {
  const tables = tablesOf(db);
  return tables.call('find an operation', () => found(tables, paymentId, reference, kind));
}

export function listOperations(db: Db, paymentId: string): Promise<OperationRow[]> {
  const tables = tablesOf(db);
  return tables.call('list operations', () => tables.operationsOf(paymentId).reverse());
}

export function listUnfinished(db: Db, paymentId: string): Promise<OperationRow[]> {
  const tables = tablesOf(db);
  return tables.call('list unfinished', () => tables.operationsOf(paymentId).filter(isUnfinished));
}

/** Three statements, so that others may come between. */
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
  { othersSent, failedVoids: shownFailed = 0 }: Sending = {},
): Promise<OperationRow | null> {
  const tables = tablesOf(db);
  const sentAt = new Date();
  return tables.call('mark as being sent', () => {
    const operation = tables.operations.get(operationId);
    if (operation === undefined || operation.sentAt !== null || !isUnfinished(operation)) return null;
    const others = othersOf(tables, operation);
    if (othersSent !== undefined && sentOf(others) !== othersSent) return null;
    const failedVoids = Math.max(shownFailed, others.filter(isFailedVoid).length);
    tables.changeOperation(operationId, { amount: amountMinor, failedVoids, sentAt });
    return tables.operations.get(operationId) ?? null;
  });
}

export function markNotSent(db: Db, operationId: string, sentAt: Date): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('mark as not sent', () => {
    const operation = sentThen(tables, operationId, sentAt);
    if (operation !== undefined && isUnfinished(operation))
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

/** The operation, where it is still the try of that moment. */
function sentThen(tables: Tables, operationId: string, sentAt: Date): OperationRow | undefined {
  const operation = tables.operations.get(operationId);
  return operation?.sentAt?.getTime() === sentAt.getTime() ? operation : undefined;
}

export function markUnknown(db: Db, operationId: string): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('mark as unknown', () => {
    const operation = tables.operations.get(operationId);
    if (operation !== undefined && isUnfinished(operation))
      tables.changeOperation(operationId, { state: 'unknown' });
  });
}

export function takeForgotten(db: Db): Promise<Forgotten[]> {
  const tables = tablesOf(db);
  return tables.call('take what is forgotten', () => {
    const now = Date.now();
    const operations = [...tables.operations.values()].filter((operation) => isIdle(operation, now));
    const payments = [...tables.payments.values()].filter((payment) => isHeld(tables, payment, now));
    for (const { id } of operations) tables.changeOperation(id, {});
    for (const { id } of payments) tables.changePayment(id, {});
    return [
      ...operations.map((operation) => ({ paymentId: operation.paymentId, operation })),
      ...payments.map(({ id }) => ({ paymentId: id, operation: null })),
    ].map(({ paymentId, operation }) => ({
      payment: tables.payments.get(paymentId) as PaymentRow,
      operation,
    }));
  });
}

function isIdle(operation: OperationRow, now: number): boolean {
  if (!isUnfinished(operation)) return false;
  const age = now - operation.createdAt.getTime();
  const rare = Math.max(MINUTE_MS, Math.min(age / 2, 60 * MINUTE_MS));
  return (
    now - operation.updatedAt.getTime() >
    (operation.sentAt === null || operation.code !== null ? rare : 90 * MINUTE_MS)
  );
}

function isHeld(tables: Tables, payment: PaymentRow, now: number): boolean {
  const { id, mustGiveBack, orderReference, updatedAt } = payment;
  const isPayer = tables.orders.get(orderReference)?.paidPaymentId === id;
  if (!mustGiveBack || isPayer) return false;
  if (now - updatedAt.getTime() <= 15 * MINUTE_MS) return false;
  return !tables.operationsOf(id).some(isUnfinished);
}

export function claimGiveBack(
  db: Db,
  paymentId: string,
  { kind, cause, noteKey = '' }: { kind: 'refund' | 'void'; cause: OperationCause; noteKey?: string },
): Promise<OperationRow | null> {
  const tables = tablesOf(db);
  return tables.call('claim a give-back', () => {
    const earlier = tables
      .operationsOf(paymentId)
      .filter(({ reference }) => reference.startsWith('give-back-'));
    const open = earlier.find(isUnfinished);
    if (open !== undefined) return open;
    if (!mayGoBack(tables, paymentId, cause)) return null;
    const use = { noteKey, decision: 'give_back', by: 'give_back' } as const;
    if (cause === 'operator' && !isUsedNow(tables, paymentId, use)) return null;
    const reference = `give-back-${earlier.length + 1}`;
    const common = { wanted: null, finalCapture: false, bodyHash: reference };
    return claim(tables, { ...common, paymentId, kind, reference, cause }).operation;
  });
}

function mayGoBack(tables: Tables, paymentId: string, cause: OperationCause): boolean {
  const payment = tables.payments.get(paymentId) as PaymentRow;
  const { paidPaymentId = null, paidAt = null } = tables.orders.get(payment.orderReference) ?? {};
  if (payment.dismissed) return false;
  if (paidPaymentId !== paymentId) return true;
  const isBegun = tables
    .operationsOf(paymentId)
    .some((row) => row.cause === 'operator' && paidAt !== null && row.createdAt > paidAt);
  return cause === 'operator' && (payment.status === 'REVIEW' || isBegun);
}

export class WrongLines extends Error {}

/** Orders have no lines here. */
export function lineHistory({ captured }: Pick<PaymentRow, 'captured'>) {
  return { ordered: [], operations: [], capturedMinor: captured };
}
