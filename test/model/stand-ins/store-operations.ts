/** `src/store/operations.ts` in memory. */
import type { OperationKind } from '../../../src/domain/operation.ts';
import type { Db } from '../../../src/store/open.ts';
import type { NewOperation, OperationClaim, OperationRow } from '../../../src/store/operations.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { isUnfinished, tablesOf, type Tables } from '../world/tables.ts';
import { newId } from './store-new-ids.ts';

export type * from '../../../src/store/operations.ts';

export function claimOperation(db: Db, wanted: NewOperation): Promise<OperationClaim> {
  const tables = tablesOf(db);
  return tables.call('claim an operation', () => claim(tables, wanted));
}

export function claim(tables: Tables, wanted: NewOperation): OperationClaim {
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
    transactionId: wanted.transactionId ?? null,
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
    keyNumber: 0,
    keySince: null,
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

export class WrongLines extends Error {}

/** Orders have no lines here. */
export function lineHistory({ captured }: Pick<PaymentRow, 'captured'>) {
  return { ordered: [], operations: [], capturedMinor: captured };
}
