/** Creates payments. The order row is the lock, so that all parallel requests get the same session. */
import { createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { and, eq, getTableColumns, inArray, sql, type SQL } from 'drizzle-orm';
import { differences, moneyDifferences, type AskedFor, type Difference } from '../domain/asked-for.ts';
import type { Money } from '../domain/money.ts';
import type { Customer } from '../domain/order.ts';
import { isOpen, type CaptureMode } from '../domain/payment.ts';
import { newId, newReturnKey } from './new-ids.ts';
import { supersedeDeferred } from './outbox.ts';
import type { Db } from './open.ts';
import { moneyOf } from './payment-snapshot.ts';
import type { OrderRow, PaymentRow } from './payments.ts';
import { orders, payments, type PaymentRequest } from './schema/order-tables.ts';

/** A merchant's request for a payment. */
export interface NewPayment {
  readonly gateway: string;
  readonly orderReference: string;
  readonly money: Money;
  readonly expiresAt: Date;
  readonly capture: CaptureMode;
  readonly returnUrl?: string;
  readonly request: PaymentRequest;
  readonly metadata: Readonly<Record<string, string>>;
  /** The lease: how long the request itself may be opening the session, in milliseconds. Absent where its run opens it. */
  readonly leaseMs?: number;
  /** Whether a different customer needs a different session. Set where the open session may be replaced. */
  readonly comparesCustomer?: boolean;
}

export type PaymentClaim =
  | { readonly kind: 'created' | 'open'; readonly payment: PaymentRow }
  | {
      readonly kind: 'differs';
      readonly payment: PaymentRow;
      readonly differences: readonly Difference[];
    }
  | { readonly kind: 'payment_in_review' }
  | { readonly kind: 'order_already_paid' };

/** Finds the order's open payment, or creates the next one, under the order's lock. */
export async function claimPayment(db: Db, wanted: NewPayment): Promise<PaymentClaim> {
  const first = await insertBoth(db, wanted);
  if (first !== undefined) return { kind: 'created', payment: first };
  return db.transaction(async (tx) => {
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
    if (open !== undefined) return compared(tx, open, wanted);
    return { kind: 'created', payment: await insertNext(tx, wanted, order.latestN + 1) };
  });
}

/** Creates a new order and its first payment in one statement. Undefined where the order exists. */
async function insertBoth(db: Db, wanted: NewPayment): Promise<PaymentRow | undefined> {
  const { amountMinor: amount, currency } = wanted.money;
  const order = { reference: wanted.orderReference, amount, currency, latestN: 1 };
  const made = db.$with('made').as(
    db
      .insert(orders)
      .values({ ...order, status: 'AWAITING_PAYMENT' })
      .onConflictDoNothing()
      .returning({ reference: orders.reference }),
  );
  const row = selected(rowOf(wanted, 1));
  const [payment] = await db
    .with(made)
    .insert(payments)
    .select(sql`select ${row} from made`)
    .returning();
  return payment;
}

/** A new row as the list of a select, with every column in its position. */
function selected(row: typeof payments.$inferInsert): SQL {
  const values = Object.entries(getTableColumns(payments)).map(([name, column]) => {
    const value = row[name as keyof typeof row] ?? column.default ?? null;
    return value instanceof Object && 'getSQL' in value ? sql`${value}` : sql`${sql.param(value, column)}`;
  });
  return sql.join(values, sql`, `);
}

async function lockOrder(tx: Db, wanted: NewPayment): Promise<OrderRow> {
  const [order] = await tx
    .select()
    .from(orders)
    .where(eq(orders.reference, wanted.orderReference))
    .for('update');
  if (order === undefined)
    throw new Error(
      `locking order ${wanted.orderReference}: its row is gone; find out which program deletes rows`,
    );
  return order;
}

/**
 * The open payment, if it fits the request. The return URL and the merchant's metadata are taken from the
 * latest request.
 */
async function compared(tx: Db, open: PaymentRow, wanted: NewPayment): Promise<PaymentClaim> {
  const different = differencesOf(open, wanted);
  if (different.length > 0) return { kind: 'differs', payment: open, differences: different };
  const { returnUrl = null, metadata } = wanted;
  if (open.returnUrl === returnUrl && isDeepStrictEqual(open.metadata, metadata))
    return { kind: 'open', payment: open };
  const [payment = open] = await tx
    .update(payments)
    .set({ returnUrl, metadata: { ...metadata }, updatedAt: sql`now()` })
    .where(eq(payments.id, open.id))
    .returning();
  return { kind: 'open', payment };
}

/**
 * A payment on hold can't be replaced, and of an adopted one only the gateway and the money are known, so
 * only these are compared.
 */
function differencesOf(open: PaymentRow, wanted: NewPayment): Difference[] {
  const [was, is] = [askedFor({ ...open, money: moneyOf(open) }), askedFor(wanted)];
  if (open.status === 'ON_HOLD' || open.request.isAdopted) return moneyDifferences(was, is);
  const found = differences(was, is);
  if (!wanted.comparesCustomer) return found;
  const hash = customerHash(open.returnKey, wanted.request.customer);
  if (hash === open.request.customerHash) return found;
  return [...found, { pointer: '/customer', detail: 'not the customer of the open session' }];
}

function askedFor({
  gateway,
  money,
  capture,
  request,
}: Pick<NewPayment, 'gateway' | 'money' | 'capture' | 'request'>): AskedFor {
  const { lines, profileId, merchantReference2, options } = request;
  return {
    gateway,
    money,
    capture,
    lines,
    ...(profileId !== undefined && { profileId }),
    ...(merchantReference2 !== undefined && { merchantReference2 }),
    ...(options && { options: canonical(options) }),
  };
}

/**
 * The customer is deleted once the session is open. The hash shows afterwards whether another one is
 * requested.
 */
function customerHash(returnKey: string, customer: Customer | undefined): string | undefined {
  if (customer === undefined) return undefined;
  return createHmac('sha256', returnKey).update(canonical(customer)).digest('base64url');
}

function canonical(value: object): string {
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify(entries.map(([name, of]) => [name, typeof of === 'object' ? canonical(of) : of]));
}

async function insertNext(tx: Db, wanted: NewPayment, n: number): Promise<PaymentRow> {
  const { amountMinor: amount, currency } = wanted.money;
  const numbered = tx.$with('numbered').as(
    tx
      .update(orders)
      .set({ amount, currency, latestN: n, status: 'AWAITING_PAYMENT', updatedAt: sql`now()` })
      .where(eq(orders.reference, wanted.orderReference))
      .returning({ reference: orders.reference }),
  );
  const [payment] = await tx.with(numbered).insert(payments).values(rowOf(wanted, n)).returning();
  await supersedeDeferred(tx, wanted.orderReference);
  return payment as PaymentRow;
}

function rowOf(wanted: NewPayment, n: number): typeof payments.$inferInsert {
  const { gateway, orderReference, money, capture, returnUrl = null, request, metadata, expiresAt } = wanted;
  const { leaseMs } = wanted;
  const returnKey = newReturnKey();
  const hash = customerHash(returnKey, request.customer);
  return {
    id: newId('pay'),
    orderReference,
    n,
    gateway,
    amount: money.amountMinor,
    currency: money.currency,
    status: 'PENDING',
    capture,
    returnKey,
    returnUrl,
    request: { ...request, ...(hash !== undefined && { customerHash: hash }) },
    metadata: { ...metadata },
    expiresAt,
    ...(leaseMs !== undefined && { openingUntil: new Date(Date.now() + leaseMs) }),
  };
}
