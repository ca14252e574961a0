/** One attempt at an operation: what it must know, and the marks that keep it from being sent twice. */
import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import type { MovedLine } from '../domain/lines.ts';
import { NoSuchRow } from './errors.ts';
import type { Db } from './open.ts';
import { isUnfinished, type OperationRow } from './operations.ts';
import { findPayment, type PaymentRow } from './payments.ts';
import { operations } from './schema/operation-table.ts';
import { orders, payments } from './schema/order-tables.ts';

/** All that an attempt must know before it calls the gateway. */
export interface Attempt {
  readonly operation: OperationRow;
  readonly payment: PaymentRow;
  /**
   * The payment that paid the order. Only its money may be captured, and its money is given back only on
   * request.
   */
  readonly paidPaymentId: string | null;
  /**
   * The payment's other operations, except failed ones. A reading that lags behind may not even show those
   * that are done.
   */
  readonly others: readonly OperationRow[];
  /**
   * Which other operations were sent, and when. A reading of the money is valid as long as this text is
   * unchanged.
   */
  readonly othersSent: string;
}

/** @throws NoSuchRow when there is no such operation */
export async function readAttempt(db: Db, operationId: string): Promise<Attempt> {
  const [operation] = await db.select().from(operations).where(eq(operations.id, operationId));
  const payment = operation && (await findPayment(db, operation.paymentId));
  if (operation === undefined || !payment) throw new NoSuchRow(`there is no operation ${operationId}`);
  const [order] = await db
    .select({ paidPaymentId: orders.paidPaymentId })
    .from(orders)
    .where(eq(orders.reference, payment.orderReference));
  const all = await db
    .select()
    .from(operations)
    .where(and(eq(operations.paymentId, payment.id), ne(operations.id, operationId)));
  const others = all.filter(({ state }) => state !== 'failed');
  return {
    operation,
    payment,
    paidPaymentId: order?.paidPaymentId ?? null,
    others,
    othersSent: sentOf(all),
  };
}

/** Names each sent operation with its time, so the text changes whenever another one is sent. */
function sentOf(others: readonly Pick<OperationRow, 'id' | 'sentAt'>[]): string {
  return others
    .flatMap(({ id, sentAt }) => (sentAt === null ? [] : `${id}@${sentAt.toISOString()}`))
    .sort()
    .join(' ');
}

/** What is known when the operation is sent. */
export interface KnownAtSending {
  /** As it was read with the attempt. Left out: not compared. */
  readonly othersSent?: string;
  readonly sentLines?: readonly MovedLine[] | null;
  /**
   * How many failed voids the gateway shows, ours and others. It may not show all of ours yet, so ours are
   * counted in any case.
   */
  readonly failedVoids?: number;
}

/**
 * Reserves the amount with its lines, and marks the operation as sent before it is sent. After a crash from
 * here on, the operation is looked for in readings and never sent again. Returns the marked row. Null where
 * another try has sent it, or where another operation of the payment was sent since `othersSent` was read: a
 * try that paused and was believed dead would spend money that was reserved meanwhile.
 */
export async function markSending(
  db: Db,
  operationId: string,
  amountMinor: number,
  { othersSent, sentLines = null, failedVoids = 0 }: KnownAtSending = {},
): Promise<OperationRow | null> {
  const sentAt = new Date();
  return db.transaction(async (tx) => {
    if (othersSent !== undefined && (await lockSent(tx, operationId)) !== othersSent) return null;
    const marked = await tx
      .update(operations)
      .set({
        amount: amountMinor,
        sentLines,
        failedVoids: sql`greatest(${failedVoids}, ${oursFailed})`,
        sentAt,
        keySince: sql`coalesce(${operations.keySince}, ${sentAt.toISOString()}::timestamptz)`,
        updatedAt: sql`now()`,
      })
      .where(and(eq(operations.id, operationId), isNull(operations.sentAt), isUnfinished))
      .returning();
    return marked[0] ?? null;
  });
}

/**
 * Names are written out: drizzle renders a column without its table, which would refer to the inner table.
 */
const oursFailed = sql`(select count(*) from operations o where o.payment_id = operations.payment_id and o.id <> operations.id
  and o.transaction_id is not distinct from operations.transaction_id and o.kind = 'void' and o.state = 'failed' and o.sent_at is not null)`;

/** From here to the end of the transaction, no other transaction marks an operation of this payment. */
async function lockSent(tx: Db, operationId: string): Promise<string> {
  await tx.execute(sql`select 1 from ${payments} where id =
    (select payment_id from ${operations} where id = ${operationId}) for no key update`);
  const others = await tx
    .select({ id: operations.id, sentAt: operations.sentAt })
    .from(operations)
    .where(
      and(
        eq(operations.paymentId, sql`(select payment_id from ${operations} where id = ${operationId})`),
        ne(operations.id, operationId),
      ),
    );
  return sentOf(others);
}

/**
 * The gateway did nothing in the try that was marked at this time, so the operation may be sent again. Not where
 * another try has sent it by the same mark meanwhile.
 */
export async function markNotSent(db: Db, operationId: string, sentAt: Date): Promise<void> {
  const isOnlyMarked = eq(operations.state, 'pending');
  await db
    .update(operations)
    .set({ sentAt: null, sentLines: null, code: null, detail: null, updatedAt: sql`now()` })
    .where(and(eq(operations.id, operationId), eq(operations.sentAt, sentAt), isOnlyMarked));
}

/**
 * The key can have no effect any more, and the gateway does not show the operation, so it may be sent again
 * with the next key.
 */
export async function renewKey(
  db: Db,
  { id, keyNumber }: Pick<OperationRow, 'id' | 'keyNumber'>,
): Promise<void> {
  await db
    .update(operations)
    .set({
      keyNumber: keyNumber + 1,
      keySince: null,
      state: 'pending',
      sentAt: null,
      sentLines: null,
      code: null,
      detail: null,
      updatedAt: sql`now()`,
    })
    .where(and(eq(operations.id, id), eq(operations.keyNumber, keyNumber), isUnfinished));
}

/** Keeps the gateway's answer to the try that was marked at this time. Only a read can confirm it. */
export async function keepAnswer(
  db: Db,
  operationId: string,
  sentAt: Date,
  { code, detail }: { code: 'busy' | 'declined'; detail: string },
): Promise<void> {
  await db
    .update(operations)
    .set({ code, detail, updatedAt: sql`now()` })
    .where(
      and(eq(operations.id, operationId), eq(operations.sentAt, sentAt), eq(operations.state, 'pending')),
    );
}

/** The operation was sent, and the answer was lost. `code`: `key_spent` where its key has no effect any more. */
export async function markUnknown(
  db: Db,
  operationId: string,
  code: 'key_spent' | null = null,
): Promise<void> {
  await db
    .update(operations)
    // Another try may have been told "busy" meanwhile; what is unknown is not sent again as if nothing was done.
    .set({ state: 'unknown', code: code ?? sql`nullif(${operations.code}, 'busy')`, updatedAt: sql`now()` })
    .where(and(eq(operations.id, operationId), isUnfinished));
}
