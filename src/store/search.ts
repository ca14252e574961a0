/** Finds what an id belongs to, for any kind of id. Exact matches only, each by an index. */
import { and, desc, eq, inArray, isNotNull, sql, type SQL } from 'drizzle-orm';
import { amountsWritten } from './amounts.ts';
import { isOnlyRow } from './backfilled.ts';
import { rows, type Db } from './open.ts';
import { deliveries } from './schema/delivery-table.ts';
import { gateways } from './schema/gateway-tables.ts';
import { operations } from './schema/operation-table.ts';
import { orders, payments } from './schema/order-tables.ts';
import { outbox } from './schema/update-tables.ts';
import { hasSurplus } from './surplus-condition.ts';

export interface Hit {
  readonly kind: 'order' | 'payment' | 'operation' | 'delivery' | 'update';
  /** The id that matched. */
  readonly by: 'reference' | 'id' | 'session' | 'transaction' | 'workflow' | 'event' | 'amount';
  readonly id: string;
  /** Null for a callback that belongs to no order of ours. */
  readonly orderReference: string | null;
  readonly paymentId: string | null;
  /** In the words of its kind. */
  readonly status: string;
  /** In minor units. Null where it has no amount, or where the amount is not known yet. */
  readonly amount: number | null;
  readonly currency: string | null;
  readonly createdAt: Date;
}

export interface Found {
  readonly hits: readonly Hit[];
  /** There are more hits than are shown. */
  readonly hasMore: boolean;
}

const MOST_HITS = 20;
const ONE_MORE = MOST_HITS + 1;

/** Finds what has this id or this amount. Hits by a unique id come first, then the newest. */
export async function search(db: Db, q: string): Promise<Found> {
  const found = await Promise.all([
    ordersNamed(db, q),
    paymentsWhere(db, 'id', eq(payments.id, q)),
    paymentsWhere(db, 'workflow', workflowIs(q)),
    paymentsWhere(db, 'session', and(ofAnyGateway(payments.gateway), eq(payments.sessionId, q))),
    paymentsWhere(db, 'transaction', and(isNotNull(payments.transactionId), eq(payments.transactionId, q))),
    paymentsWhere(db, 'transaction', hasSurplus([q])),
    deliveriesWhere(db, 'id', eq(deliveries.id, q)),
    deliveriesWhere(db, 'event', and(ofAnyGateway(deliveries.gateway), eq(deliveries.eventId, q))),
    deliveriesWhere(
      db,
      'event',
      and(ofAnyGateway(deliveries.gateway), eq(deliveries.backfilledEventId, q), isOnlyRow),
    ),
    updatesWith(db, q),
    operationsWhere(db, 'id', eq(operations.id, q)),
    operationsWhere(db, 'reference', eq(operations.reference, q)),
    paymentsOver(db, q),
  ]);
  const hits = found.flat();
  return { hits: hits.slice(0, MOST_HITS), hasMore: hits.length > MOST_HITS };
}

async function ordersNamed(db: Db, q: string): Promise<Hit[]> {
  const found = await db.select().from(orders).where(eq(orders.reference, q));
  return found.map(({ reference, status, amount, currency, createdAt }) => ({
    kind: 'order',
    by: 'reference',
    id: reference,
    orderReference: reference,
    paymentId: null,
    status,
    amount,
    currency,
    createdAt,
  }));
}

async function paymentsWhere(db: Db, by: Hit['by'], wanted: SQL | undefined): Promise<Hit[]> {
  if (wanted === undefined) return [];
  const { id, orderReference, status, amount, currency, createdAt } = payments;
  const found = await db
    .select({ id, orderReference, status, amount, currency, createdAt })
    .from(payments)
    .where(wanted)
    .orderBy(desc(id))
    .limit(ONE_MORE);
  return found.map((row) => ({ kind: 'payment', by, paymentId: row.id, ...row }));
}

/**
 * Restricts to the gateways, with which the indexes of ids begin. `gateways` has every gateway that this
 * store has ever served.
 */
function ofAnyGateway(column: typeof payments.gateway | typeof deliveries.gateway): SQL {
  return sql`${column} in (select ${gateways.gateway} from ${gateways})`;
}

/** `payment/<order>/<n>` and `money/<payment>`: the ids of runs in Temporal. */
function workflowIs(q: string): SQL | undefined {
  const [, paymentId] = /^money\/(.+)$/.exec(q) ?? [];
  if (paymentId !== undefined) return eq(payments.id, paymentId);
  const [, reference, n] = /^payment\/(.+)\/([1-9]\d{0,8})$/.exec(q) ?? [];
  return reference === undefined
    ? undefined
    : and(eq(payments.orderReference, reference), eq(payments.n, Number(n)));
}

async function deliveriesWhere(db: Db, by: Hit['by'], wanted: SQL | undefined): Promise<Hit[]> {
  const { id, orderReference, paymentId, outcome: status, receivedAt: createdAt } = deliveries;
  const found = await db
    .select({ id, orderReference, paymentId, status, createdAt })
    .from(deliveries)
    .where(wanted)
    .limit(ONE_MORE);
  return found.map((row) => ({ kind: 'delivery', by, amount: null, currency: null, ...row }));
}

async function updatesWith(db: Db, q: string): Promise<Hit[]> {
  const { effectId: id, orderReference, paymentId, state: status, createdAt } = outbox;
  const found = await db
    .select({ id, orderReference, paymentId, status, createdAt })
    .from(outbox)
    .where(eq(id, q));
  return found.map((row) => ({ kind: 'update', by: 'id', amount: null, currency: null, ...row }));
}

async function operationsWhere(db: Db, by: Hit['by'], wanted: SQL): Promise<Hit[]> {
  const { id, paymentId, state: status, createdAt } = operations;
  const { orderReference } = payments;
  const amount = sql<number | null>`coalesce(${operations.amount}, ${operations.wanted})`;
  const currency = sql<string>`coalesce(${payments.acceptedCurrency}, ${payments.currency})`;
  const found = await db
    .select({ id, paymentId, orderReference, status, amount, currency, createdAt })
    .from(operations)
    .innerJoin(payments, eq(payments.id, operations.paymentId))
    .where(wanted)
    .orderBy(desc(id))
    .limit(ONE_MORE);
  return found.map((row) => ({ kind: 'operation', by, ...row }));
}

/**
 * The newest payments of an amount that a person wrote. Each currency is searched by itself, since most
 * stores hold money of one currency. It is a range, since with an equality PostgreSQL may scan all payments
 * from the newest on for a rare currency.
 */
async function paymentsOver(db: Db, q: string): Promise<Hit[]> {
  const [first, ...others] = amountsWritten(q);
  if (first === undefined) return [];
  const currencies = JSON.stringify([first, ...others].map(({ currency }) => currency));
  const newest = await rows<{ id: string }>(
    db,
    sql`select hit.id from jsonb_array_elements_text(${currencies}::jsonb) as wanted(currency)
      cross join lateral (select id from payments where amount = ${first.amountMinor}
          and currency >= wanted.currency and currency <= wanted.currency
        order by currency desc, id desc limit ${ONE_MORE}) hit
      order by hit.id desc limit ${ONE_MORE}`,
  );
  const ids = newest.map(({ id }) => id);
  return ids.length === 0 ? [] : paymentsWhere(db, 'amount', inArray(payments.id, ids));
}
