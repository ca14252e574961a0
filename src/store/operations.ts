/** The idempotency record of captures, refunds and voids: one row for each that was ever requested. */
import { and, desc, eq, inArray } from 'drizzle-orm';
import { wrongLines, type LineHistory, type MovedLine, type WrongLine } from '../domain/lines.ts';
import type { OperationCause, OperationKind } from '../domain/operation.ts';
import { newId } from './new-ids.ts';
import type { Db } from './open.ts';
import type { PaymentRow } from './payments.ts';
import { operations } from './schema/operation-table.ts';
import { payments } from './schema/order-tables.ts';

export type OperationRow = typeof operations.$inferSelect;

/** The condition that an operation has not ended. */
export const isUnfinished = inArray(operations.state, ['pending', 'unknown']);

/** A requested operation. `wanted` in minor units; null means all that is left. */
export interface NewOperation {
  readonly paymentId: string;
  /** The surplus transaction that it is about. Absent: the payment's own. */
  readonly transactionId?: string;
  readonly kind: OperationKind;
  readonly reference: string;
  readonly bodyHash: string;
  readonly wanted: number | null;
  readonly lines?: readonly MovedLine[];
  readonly finalCapture: boolean;
  readonly reason?: string;
  readonly cause: OperationCause;
  /** The name of the API key, where a call asked for it. */
  readonly key?: string;
}

export interface OperationClaim {
  /** `reused`: the reference belongs to an operation with another body. */
  readonly kind: 'new' | 'known' | 'reused';
  readonly operation: OperationRow;
}

/** Lines that the order does not have, or that exceed what is left of them. */
export class WrongLines extends Error {
  override readonly name = 'WrongLines';
  readonly lines: readonly WrongLine[];

  constructor(lines: readonly WrongLine[]) {
    super(lines.map(({ index, field, detail }) => `line ${index}, ${field}: ${detail}`).join('; '));
    this.lines = lines;
  }
}

/**
 * Records an operation, or finds the one that has its reference. References are unique per payment and kind,
 * for all time.
 * @throws WrongLines
 */
export function claimOperation(db: Db, wanted: NewOperation): Promise<OperationClaim> {
  const { lines, kind } = wanted;
  if (lines === undefined || kind === 'void') return writeOperation(db, wanted);
  return db.transaction(async (tx) => {
    // Two parallel requests must not both take what is left of a line.
    const payment = await lockPayment(tx, wanted.paymentId);
    const known = await findOperation(tx, wanted.paymentId, wanted.reference, kind);
    if (known !== null) return knownAs(known, wanted);
    const earlier = await listOperations(tx, wanted.paymentId);
    const wrong = wrongLines(kind, lines, lineHistory(payment, earlier));
    if (wrong.length > 0) throw new WrongLines(wrong);
    return writeOperation(tx, wanted);
  });
}

async function lockPayment(tx: Db, paymentId: string): Promise<PaymentRow> {
  const [payment] = await tx.select().from(payments).where(eq(payments.id, paymentId)).for('no key update');
  if (payment === undefined) throw new Error(`claiming an operation: there is no payment ${paymentId}`);
  return payment;
}

/**
 * The history that the lines of the next operation on the same transaction are compared with. Null: the payment's
 * own.
 */
export function lineHistory(
  { request, captured }: Pick<PaymentRow, 'request' | 'captured'>,
  earlier: readonly OperationRow[],
  transactionId: string | null = null,
): LineHistory {
  const operations = earlier
    .filter((one) => one.transactionId === transactionId)
    .map(({ kind, state, lines, sentLines }) => ({ kind, state, lines: sentLines ?? lines }));
  return { ordered: request.lines, operations, capturedMinor: captured };
}

async function writeOperation(db: Db, wanted: NewOperation): Promise<OperationClaim> {
  const { lines, reason, ...rest } = wanted;
  const [made] = await db
    .insert(operations)
    .values({
      ...rest,
      id: newId('op'),
      state: 'pending',
      ...(lines && { lines }),
      ...(reason !== undefined && { reason }),
    })
    .onConflictDoNothing()
    .returning();
  if (made !== undefined) return { kind: 'new', operation: made };
  const known = await findOperation(db, wanted.paymentId, wanted.reference, wanted.kind);
  if (known === null)
    throw new Error(
      `claiming operation ${wanted.reference}: its row is gone; find out which program deletes rows`,
    );
  return knownAs(known, wanted);
}

function knownAs(operation: OperationRow, { bodyHash }: NewOperation): OperationClaim {
  return { kind: operation.bodyHash === bodyHash ? 'known' : 'reused', operation };
}

/**
 * The operation of a payment with this reference, or null. If several kinds share the reference and no kind
 * is given, the newest.
 */
export async function findOperation(
  db: Db,
  paymentId: string,
  reference: string,
  kind?: OperationKind,
): Promise<OperationRow | null> {
  const [operation] = await db
    .select()
    .from(operations)
    .where(
      and(
        eq(operations.paymentId, paymentId),
        eq(operations.reference, reference),
        kind === undefined ? undefined : eq(operations.kind, kind),
      ),
    )
    .orderBy(desc(operations.createdAt))
    .limit(1);
  return operation ?? null;
}

/** The operations of a payment, newest first. */
export function listOperations(db: Db, paymentId: string): Promise<OperationRow[]> {
  return db
    .select()
    .from(operations)
    .where(eq(operations.paymentId, paymentId))
    .orderBy(desc(operations.createdAt));
}

/** The operations of a payment that are not finished, oldest first. */
export function listUnfinished(db: Db, paymentId: string): Promise<OperationRow[]> {
  return db
    .select()
    .from(operations)
    .where(and(eq(operations.paymentId, paymentId), isUnfinished))
    .orderBy(operations.createdAt);
}
