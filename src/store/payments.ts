/** The rows of payments: find, open, adopt. */
import { and, desc, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Money } from '../domain/money.ts';
import type { PaymentStatus } from '../domain/payment.ts';
import { newReturnKey } from './new-ids.ts';
import type { Db } from './open.ts';
import { orders, payments, timeline } from './schema/order-tables.ts';
import { changeTogether } from './one-statement.ts';

export type PaymentRow = typeof payments.$inferSelect;
export type OrderRow = typeof orders.$inferSelect;

/** A session that the gateway has opened. */
export interface OpenedSession {
  readonly sessionId: string;
  readonly checkoutUrl: string;
  /** The run that opened it. Absent where no run has. */
  readonly runId?: string;
  /** How it was opened, for the timeline. */
  readonly text: string;
  /** Not recorded where the payment was closed meanwhile. A run rules that out by itself. */
  readonly ifPending?: boolean;
}

/** The session that counts. Null where the payment has none, since it was closed meanwhile. */
export interface KeptSession {
  readonly sessionId: string | null;
  readonly checkoutUrl: string | null;
}

/**
 * The session is open: keeps it, and deletes the customer's data, which is not needed any more. The first session
 * stays: a try that was believed dead may finish after another one, whose session a payer already has.
 * Returns the session that counts.
 */
export async function recordOpened(db: Db, paymentId: string, opened: OpenedSession): Promise<KeptSession> {
  const { sessionId, checkoutUrl, runId, text, ifPending } = opened;
  const isUnopened = and(
    isNull(payments.sessionId),
    ifPending === true ? eq(payments.status, 'PENDING') : undefined,
  );
  const isFirst = or(isUnopened, eq(payments.sessionId, sessionId));
  const payment = db
    .update(payments)
    .set({
      sessionId,
      checkoutUrl,
      ...(runId !== undefined && { runId }),
      request: sql`${payments.request} - 'customer'`,
      updatedAt: sql`now()`,
    })
    .where(and(eq(payments.id, paymentId), isFirst))
    .returning({ id: payments.id });
  const note = db
    .insert(timeline)
    .values({ paymentId, kind: 'operation', text, data: { sessionId }, key: `opened-${sessionId}` })
    .onConflictDoNothing();
  const changed = await changeTogether(db, [note, payment]);
  if (changed.length > 0) return { sessionId, checkoutUrl };
  const before = await findPayment(db, paymentId);
  return { sessionId: before?.sessionId ?? null, checkoutUrl: before?.checkoutUrl ?? null };
}

/** The request is still opening the session: the payment's run waits for so long from now. */
export async function renewLease(db: Db, paymentId: string, leaseMs: number): Promise<void> {
  await db
    .update(payments)
    .set({ openingUntil: sql`now() + ${leaseMs} * interval '1 millisecond'` })
    .where(and(eq(payments.id, paymentId), isNull(payments.sessionId)));
}

/** The request that was opening the session has given up: the payment's run need not wait for it any longer. */
export async function endLease(db: Db, paymentId: string): Promise<void> {
  await db
    .update(payments)
    .set({ openingUntil: sql`now()` })
    .where(and(eq(payments.id, paymentId), isNull(payments.sessionId)));
}

/** The run that watches the payment, unless another one has been noted. */
export async function recordRun(db: Db, paymentId: string, runId: string): Promise<void> {
  await db
    .update(payments)
    .set({ runId })
    .where(and(eq(payments.id, paymentId), isNull(payments.runId)));
}

/** A payment that its session's own metadata names as ours, although this store never had it or lost it. */
export interface AdoptedPayment {
  readonly paymentId: string;
  readonly orderReference: string;
  readonly n: number;
  readonly gateway: string;
  readonly money: Money;
  readonly sessionId: string;
  readonly checkoutUrl: string;
  readonly expiresAt: Date;
  readonly runId: string;
}

/** Writes the rows that an adopted session should have had. Existing rows stay as they are. */
export function adoptPayment(db: Db, found: AdoptedPayment): Promise<PaymentRow | null> {
  return db.transaction(async (tx) => {
    await lockAdopting(tx, found);
    // An order has only one open payment at a time. Money on this one is still looked at.
    const status = (await hasOpenPayment(tx, found)) ? 'REVIEW' : 'PENDING';
    const adopted = await tx
      .insert(payments)
      .values(adoptedRow(found, status))
      .onConflictDoNothing()
      .returning({ id: payments.id });
    if (adopted.length > 0) await awaitAgain(tx, found);
    const text = `session ${found.sessionId} adopted: its own metadata names this payment`;
    await tx
      .insert(timeline)
      .values({ paymentId: found.paymentId, kind: 'operation', text, key: `adopted-${found.sessionId}` })
      .onConflictDoNothing();
    return findPayment(tx, found.paymentId);
  });
}

/** Locks the order's row until the end of the transaction, and creates it where it is missing. */
async function lockAdopting(tx: Db, { orderReference, n, money }: AdoptedPayment): Promise<void> {
  const { amountMinor: amount, currency } = money;
  await tx
    .insert(orders)
    .values({ reference: orderReference, amount, currency, status: 'AWAITING_PAYMENT', latestN: n })
    .onConflictDoUpdate({
      target: orders.reference,
      set: { latestN: sql`greatest(${orders.latestN}, ${n})` },
    });
}

/** An order that could not be paid any more can be paid again, by the session that was found. */
async function awaitAgain(tx: Db, { orderReference }: AdoptedPayment): Promise<void> {
  await tx
    .update(orders)
    .set({ status: 'AWAITING_PAYMENT', updatedAt: sql`now()` })
    .where(
      and(eq(orders.reference, orderReference), inArray(orders.status, ['PAYMENT_FAILED', 'CANCELLED'])),
    );
}

function adoptedRow(found: AdoptedPayment, status: PaymentStatus): typeof payments.$inferInsert {
  return {
    id: found.paymentId,
    orderReference: found.orderReference,
    n: found.n,
    gateway: found.gateway,
    amount: found.money.amountMinor,
    currency: found.money.currency,
    status,
    ...(status === 'REVIEW' && { reviewCode: 'adopted' as const }),
    sessionId: found.sessionId,
    checkoutUrl: found.checkoutUrl,
    returnKey: newReturnKey(),
    request: { lines: [], isAdopted: true },
    runId: found.runId,
    expiresAt: found.expiresAt,
  };
}

async function hasOpenPayment(tx: Db, { orderReference, paymentId }: AdoptedPayment): Promise<boolean> {
  const open = await tx
    .select({ id: payments.id })
    .from(payments)
    .where(
      and(eq(payments.orderReference, orderReference), inArray(payments.status, ['PENDING', 'ON_HOLD'])),
    );
  return open.some(({ id }) => id !== paymentId);
}

/** The payment, or null. */
export async function findPayment(db: Db, paymentId: string): Promise<PaymentRow | null> {
  const [payment] = await db.select().from(payments).where(eq(payments.id, paymentId));
  return payment ?? null;
}

/** The payment whose return URL has this key, or null. */
export async function findByReturnKey(
  db: Db,
  gateway: string,
  returnKey: string,
): Promise<PaymentRow | null> {
  const [payment] = await db
    .select()
    .from(payments)
    .where(and(eq(payments.returnKey, returnKey), eq(payments.gateway, gateway)));
  return payment ?? null;
}

/** The order and its payments, newest first, or null. */
export async function findOrder(
  db: Db,
  reference: string,
): Promise<{ order: OrderRow; payments: PaymentRow[] } | null> {
  const [order] = await db.select().from(orders).where(eq(orders.reference, reference));
  if (order === undefined) return null;
  const all = await db
    .select()
    .from(payments)
    .where(eq(payments.orderReference, reference))
    .orderBy(desc(payments.n));
  return { order, payments: all };
}
