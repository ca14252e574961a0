/** Opening payments: the order row is the lock, so that all parallel requests get the same session. */
import { and, desc, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import { sameMoney, type Money } from '../domain/money.ts';
import { isOpen } from '../domain/payment.ts';
import { newId, newReturnKey } from './ids.ts';
import type { Db } from './open.ts';
import { orders, payments, timeline, type PaymentRequest } from './schema.ts';
import { changeTogether } from './together.ts';

export type PaymentRow = typeof payments.$inferSelect;
export type OrderRow = typeof orders.$inferSelect;

/** What a merchant asks for. */
export interface NewPayment {
  readonly gateway: string;
  readonly orderReference: string;
  readonly money: Money;
  readonly lifetimeMs: number;
  readonly capture: string;
  readonly returnUrl?: string;
  readonly request: PaymentRequest;
  readonly metadata: Readonly<Record<string, string>>;
}

export type PaymentClaim =
  | { readonly kind: 'created' | 'open' | 'differs'; readonly payment: PaymentRow }
  | { readonly kind: 'payment_in_review' }
  | { readonly kind: 'order_already_paid' };

/** Finds the order's open payment or makes the next one, under the order's lock. */
export function claimPayment(db: Db, wanted: NewPayment): Promise<PaymentClaim> {
  return db.transaction(async (tx) => {
    const made = await insertOrder(tx, wanted);
    if (made !== undefined) return { kind: 'created', payment: await insertPayment(tx, wanted, 1) };
    const order = await lockOrder(tx, wanted);
    if (order.paidPaymentId !== null) return { kind: 'order_already_paid' };
    const unsettled = await tx
      .select()
      .from(payments)
      .where(
        and(
          eq(payments.orderReference, order.reference),
          inArray(payments.status, ['PENDING', 'ON_HOLD', 'REVIEW']),
        ),
      );
    if (unsettled.some((payment) => payment.status === 'REVIEW')) return { kind: 'payment_in_review' };
    const open = unsettled.find((payment) => isOpen(payment.status));
    if (open !== undefined) return { kind: isSame(open, wanted) ? 'open' : 'differs', payment: open };
    return { kind: 'created', payment: await insertPayment(tx, wanted, order.latestN + 1) };
  });
}

/** The order's row where there was none before: then nobody else has it until we commit, and it has no payment. */
async function insertOrder(tx: Db, wanted: NewPayment): Promise<{ reference: string } | undefined> {
  const { amountMinor: amount, currency } = wanted.money;
  const [made] = await tx
    .insert(orders)
    .values({ reference: wanted.orderReference, amount, currency, status: 'AWAITING_PAYMENT', latestN: 0 })
    .onConflictDoNothing()
    .returning({ reference: orders.reference });
  return made;
}

async function lockOrder(tx: Db, wanted: NewPayment): Promise<OrderRow> {
  const [order] = await tx
    .select()
    .from(orders)
    .where(eq(orders.reference, wanted.orderReference))
    .for('update');
  if (order === undefined)
    throw new Error(`locking order ${wanted.orderReference}: it is gone; is somebody deleting rows?`);
  return order;
}

function isSame(payment: PaymentRow, wanted: NewPayment): boolean {
  return payment.gateway === wanted.gateway && sameMoney(moneyOf(payment), wanted.money);
}

async function insertPayment(tx: Db, wanted: NewPayment, n: number): Promise<PaymentRow> {
  const { amountMinor: amount, currency } = wanted.money;
  const numbered = tx.$with('numbered').as(
    tx
      .update(orders)
      .set({ amount, currency, latestN: n, status: 'AWAITING_PAYMENT', updatedAt: sql`now()` })
      .where(eq(orders.reference, wanted.orderReference))
      .returning({ reference: orders.reference }),
  );
  const [payment] = await tx
    .with(numbered)
    .insert(payments)
    .values({
      id: newId('pay'),
      orderReference: wanted.orderReference,
      n,
      gateway: wanted.gateway,
      amount,
      currency,
      status: 'PENDING',
      capture: wanted.capture,
      returnKey: newReturnKey(),
      returnUrl: wanted.returnUrl ?? null,
      request: wanted.request,
      metadata: { ...wanted.metadata },
      expiresAt: new Date(Date.now() + wanted.lifetimeMs),
    })
    .returning();
  return payment as PaymentRow;
}

/**
 * The session is open: remembers it and forgets the customer, whom nobody needs here any more. The first one stays: a try that was
 * believed dead may come to its end after another, whose session somebody has been given. Returns the one that counts.
 */
export async function recordOpened(
  db: Db,
  paymentId: string,
  opened: { sessionId: string; checkoutUrl: string; runId: string; text: string },
): Promise<{ sessionId: string; checkoutUrl: string }> {
  const { sessionId, checkoutUrl, runId, text } = opened;
  const isFirst = or(isNull(payments.sessionId), eq(payments.sessionId, sessionId));
  const payment = db
    .update(payments)
    .set({
      sessionId,
      checkoutUrl,
      runId,
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
  const before = changed.length === 0 ? await findPayment(db, paymentId) : null;
  return {
    sessionId: before?.sessionId ?? sessionId,
    checkoutUrl: before?.checkoutUrl ?? checkoutUrl,
  };
}

/** A payment that is ours by its session's own metadata, though this store never heard of it or lost it. */
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

/** Writes the rows that an adopted session should have had; existing ones stay as they are. */
export function adoptPayment(db: Db, found: AdoptedPayment): Promise<PaymentRow | null> {
  const { amountMinor: amount, currency } = found.money;
  return db.transaction(async (tx) => {
    await tx
      .insert(orders)
      .values({
        reference: found.orderReference,
        amount,
        currency,
        status: 'AWAITING_PAYMENT',
        latestN: found.n,
      })
      .onConflictDoUpdate({
        target: orders.reference,
        set: { latestN: sql`greatest(${orders.latestN}, ${found.n})` },
      });
    await tx
      .insert(payments)
      .values({
        id: found.paymentId,
        orderReference: found.orderReference,
        n: found.n,
        gateway: found.gateway,
        amount,
        currency,
        // Only one payment of an order is open at a time; money on this one is looked at all the same.
        status: (await hasOpenPayment(tx, found)) ? 'REVIEW' : 'PENDING',
        sessionId: found.sessionId,
        checkoutUrl: found.checkoutUrl,
        returnKey: newReturnKey(),
        request: { lines: [] },
        runId: found.runId,
        expiresAt: found.expiresAt,
      })
      .onConflictDoNothing();
    const text = `session ${found.sessionId} adopted: its own metadata names this payment`;
    await tx
      .insert(timeline)
      .values({ paymentId: found.paymentId, kind: 'operation', text, key: `adopted-${found.sessionId}` })
      .onConflictDoNothing();
    return findPayment(tx, found.paymentId);
  });
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

/** The payment whose return URL carries this key, or null. */
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

/** What a payment was opened for. */
export function moneyOf(row: { amount: number; currency: string }): Money {
  return { amountMinor: row.amount, currency: row.currency };
}
