/** The idempotency record of captures, refunds and voids: what was requested, and its state. */
import { and, desc, eq, inArray, isNull, like, ne, sql } from 'drizzle-orm';
import { wrongLines, type LineHistory, type MovedLine, type WrongLine } from '../domain/lines.ts';
import type { OperationCause, OperationKind } from '../domain/operation.ts';
import { useDecision } from './decisions.ts';
import { NoSuchRow } from './errors.ts';
import { newId } from './new-ids.ts';
import { rows, type Db } from './open.ts';
import { findPayment, type PaymentRow } from './payments.ts';
import { operations } from './schema/operation-table.ts';
import { orders, payments } from './schema/order-tables.ts';

const isUnfinished = inArray(operations.state, ['pending', 'unknown']);

export type OperationRow = typeof operations.$inferSelect;

/** A requested operation. `wanted` in minor units; null means all that is left. */
export interface NewOperation {
  readonly paymentId: string;
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

/** The history that the lines of the next operation are compared with. */
export function lineHistory(
  { request, captured }: Pick<PaymentRow, 'request' | 'captured'>,
  earlier: readonly OperationRow[],
): LineHistory {
  const operations = earlier.map(({ kind, state, lines, sentLines }) => ({
    kind,
    state,
    lines: sentLines ?? lines,
  }));
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
export interface Sending {
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
  { othersSent, sentLines = null, failedVoids = 0 }: Sending = {},
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
  and o.kind = 'void' and o.state = 'failed' and o.sent_at is not null)`;

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

/** The gateway did nothing in the try that was marked at this time, so the operation may be sent again. */
export async function markNotSent(db: Db, operationId: string, sentAt: Date): Promise<void> {
  await db
    .update(operations)
    .set({ sentAt: null, sentLines: null, code: null, detail: null, updatedAt: sql`now()` })
    .where(and(eq(operations.id, operationId), eq(operations.sentAt, sentAt), isUnfinished));
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

/** The operation was sent, and the answer was lost. */
export async function markUnknown(db: Db, operationId: string): Promise<void> {
  await db
    .update(operations)
    .set({ state: 'unknown', updatedAt: sql`now()` })
    .where(and(eq(operations.id, operationId), isUnfinished));
}

/** An operation, or money that must go back, that no run seems to work on any more. */
export interface Forgotten {
  readonly payment: PaymentRow;
  /** Null where the money that must go back was forgotten. */
  readonly operation: Pick<OperationRow, 'id' | 'kind' | 'wanted' | 'amount'> | null;
}

/**
 * Takes forgotten operations and money, each at growing intervals: a run that exists and only waits for its
 * gateway keeps every signal in its history. In random order, so that some that can't be helped do not hide
 * the others.
 */
export async function takeForgotten(db: Db, limit: number): Promise<Forgotten[]> {
  const taken = await rows<{ payment_id: string; operation: Forgotten['operation'] }>(
    db,
    sql`with idle as (
        update operations set updated_at = now() where id in (select id from operations where state in ('pending', 'unknown')
          and updated_at < now() - case when sent_at is null or code is not null
            then greatest(interval '1 minute', least((now() - created_at) / 2, interval '1 hour')) else interval '90 minutes' end
          order by random() limit ${limit} for update skip locked)
        returning payment_id, id, kind, wanted, amount),
      held as (
        update payments set updated_at = now() where id in (select p.id from payments p
          join orders o on o.reference = p.order_reference
          where p.must_give_back and o.paid_payment_id is distinct from p.id and p.updated_at < now() - interval '15 minutes'
            and not exists (select 1 from operations w where w.payment_id = p.id and w.state in ('pending', 'unknown'))
          order by random() limit ${limit} for update of p skip locked)
        returning id)
      select payment_id, json_build_object('id', id, 'kind', kind, 'wanted', wanted, 'amount', amount) as operation from idle
      union all select id, null from held`,
  );
  const found = await Promise.all(taken.map((row) => findPayment(db, row.payment_id)));
  return taken.flatMap((row, index) => {
    const payment = found[index];
    return payment ? [{ payment, operation: row.operation }] : [];
  });
}

/**
 * Records the next operation that gives money back, or returns the one that is under way. Null where the
 * money may not go back (any more). The order's lock decides which came first: this, or the payment paying
 * its order.
 */
export async function claimGiveBack(
  db: Db,
  paymentId: string,
  { kind, cause, noteKey }: { kind: 'refund' | 'void'; cause: OperationCause; noteKey?: string | undefined },
): Promise<OperationRow | null> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from ${orders} where reference =
      (select order_reference from ${payments} where id = ${paymentId}) for update`);
    const earlier = await tx
      .select()
      .from(operations)
      .where(and(eq(operations.paymentId, paymentId), like(operations.reference, 'give-back-%')));
    const open = earlier.find(({ state }) => state === 'pending' || state === 'unknown');
    if (open !== undefined) return open;
    if (!(await mayGoBack(tx, paymentId, cause))) return null;
    if (cause === 'operator' && !(await isDecided(tx, paymentId, noteKey))) return null;
    return nextGiveBack(tx, paymentId, { kind, cause }, earlier.length + 1);
  });
}

/** One decision covers all of a payment's money, in as many operations as it takes. */
function isDecided(tx: Db, paymentId: string, noteKey = ''): Promise<boolean> {
  return useDecision(tx, paymentId, { noteKey, decision: 'give_back', by: 'give_back' });
}

/** The paying payment keeps its money, except where an operator began to give it back in a review. */
async function mayGoBack(tx: Db, paymentId: string, cause: OperationCause): Promise<boolean> {
  const [found] = await rows<{ dismissed: boolean; is_payer: boolean; is_reviewed: boolean }>(
    tx,
    sql`select p.dismissed, o.paid_payment_id is not distinct from p.id as is_payer, p.status = 'REVIEW' or exists (select 1
        from operations w where w.payment_id = p.id and w.cause = 'operator' and w.created_at > o.paid_at) as is_reviewed
      from payments p join orders o on o.reference = p.order_reference where p.id = ${paymentId}`,
  );
  if (found === undefined || found.dismissed) return false;
  return !found.is_payer || (cause === 'operator' && found.is_reviewed);
}

async function nextGiveBack(
  tx: Db,
  paymentId: string,
  { kind, cause }: { kind: 'refund' | 'void'; cause: OperationCause },
  n: number,
): Promise<OperationRow> {
  const reference = `give-back-${n}`;
  const wanted = {
    paymentId,
    kind,
    reference,
    bodyHash: reference,
    wanted: null,
    finalCapture: false,
    cause,
  };
  return (await claimOperation(tx, wanted)).operation;
}
