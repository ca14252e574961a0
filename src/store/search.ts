/** Finds what an id belongs to, for any kind of id. Exact matches only, each by an index. */
import { and, desc, eq, inArray, isNotNull, sql, type Column, type SQL } from 'drizzle-orm';
import { amountsWritten } from '../domain/amounts.ts';
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
  readonly by:
    | 'reference'
    | 'merchantReference2'
    | 'id'
    | 'session'
    | 'transaction'
    | 'surplus'
    | 'workflow'
    | 'event'
    | 'amount';
  /** The text that matched: the whole search, or one of several. */
  readonly matched: string;
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

/** More texts are not searched for. */
export const MOST_TEXTS = 10;

/**
 * Finds what has this id or this amount. Several ids may be given, with blanks, commas or semicolons between them. Hits
 * by a unique id come first, then the newest. Where nothing has it as it is written, small and large letters count as the same
 * if all of the id is in one of them.
 */
export async function search(db: Db, q: string): Promise<Found> {
  const texts = textsOf(q);
  const found = await searchFor(db, q, texts);
  const [only, ...others] = texts;
  if (found.hits.length > 0 || only === undefined || others.length > 0) return found;
  const written = [only.toUpperCase(), only.toLowerCase()].filter((text) => text !== only);
  return written.length === 0 ? found : searchFor(db, q, written);
}

async function searchFor(db: Db, q: string, texts: string[]): Promise<Found> {
  const { id, gateway, sessionId, transactionId } = payments;
  const found = await Promise.all([
    ordersNamed(db, texts),
    paymentsWhere(db, 'id', id, inArray(id, texts)),
    ...texts.map((text) => paymentsWhere(db, 'workflow', textOf(text), workflowIs(text))),
    paymentsWhere(db, 'session', sessionId, and(ofAnyGateway(gateway), inArray(sessionId, texts))),
    paymentsWhere(
      db,
      'transaction',
      transactionId,
      and(isNotNull(transactionId), inArray(transactionId, texts)),
    ),
    paymentsWithSurplus(db, texts),
    deliveriesWhere(db, 'id', deliveries.id, inArray(deliveries.id, texts)),
    deliveriesWhere(
      db,
      'event',
      deliveries.eventId,
      and(ofAnyGateway(deliveries.gateway), inArray(deliveries.eventId, texts)),
    ),
    deliveriesWhere(
      db,
      'event',
      deliveries.backfilledEventId,
      and(ofAnyGateway(deliveries.gateway), inArray(deliveries.backfilledEventId, texts), isOnlyRow),
    ),
    updatesWith(db, texts),
    operationsWhere(db, 'id', operations.id, texts),
    operationsWhere(db, 'reference', operations.reference, texts),
    ...texts.map((text) => paymentsWhere(db, 'merchantReference2', textOf(text), hasReference2(text))),
    paymentsOver(db, q),
  ]);
  const hits = found.flat();
  return { hits: hits.slice(0, MOST_HITS), hasMore: hits.length > MOST_HITS };
}

/** An amount is one text, although it may have a blank or a comma. */
function textsOf(q: string): string[] {
  const parts = q.split(/[\s,;]+/).filter((part) => part !== '');
  if ([q, ...parts].some((part) => amountsWritten(part).length > 0)) return [q];
  return parts.length > 1 ? [...new Set([q, ...parts])].slice(0, MOST_TEXTS + 1) : [q];
}

/**
 * As the index has it. One text at a time: PostgreSQL has no statistics of a partial index, takes several texts for
 * many rows, and would read all payments from the newest on.
 */
function hasReference2(text: string): SQL {
  return sql`${payments.request} ->> 'merchantReference2' = ${text}`;
}

function textOf(text: string): SQL<string> {
  return sql<string>`${text}::text`;
}

/** The column or expression that has the searched text. */
type Searched = Column | SQL<string>;

async function ordersNamed(db: Db, texts: string[]): Promise<Hit[]> {
  const found = await db.select().from(orders).where(inArray(orders.reference, texts));
  return found.map(({ reference, status, amount, currency, createdAt }) => ({
    kind: 'order',
    by: 'reference',
    matched: reference,
    id: reference,
    orderReference: reference,
    paymentId: null,
    status,
    amount,
    currency,
    createdAt,
  }));
}

async function paymentsWhere(
  db: Db,
  by: Hit['by'],
  searched: Searched,
  wanted: SQL | undefined,
): Promise<Hit[]> {
  if (wanted === undefined) return [];
  const { id, orderReference, status, amount, currency, createdAt } = payments;
  const matched = sql<string>`${searched}`.as('matched');
  const found = await db
    .select({ id, orderReference, status, amount, currency, createdAt, matched })
    .from(payments)
    .where(wanted)
    .orderBy(desc(id))
    .limit(ONE_MORE);
  return found.map((row) => ({ kind: 'payment', by, paymentId: row.id, ...row }));
}

async function paymentsWithSurplus(db: Db, texts: string[]): Promise<Hit[]> {
  const { id, orderReference, status, amount, currency, createdAt, surplus } = payments;
  const found = await db
    .select({ id, orderReference, status, amount, currency, createdAt, surplus })
    .from(payments)
    .where(hasSurplus(texts))
    .orderBy(desc(id))
    .limit(ONE_MORE);
  return found.map(({ surplus: all, ...row }) => {
    const matched = all.find(({ transactionId }) => texts.includes(transactionId))?.transactionId ?? '';
    return { kind: 'payment', by: 'surplus', paymentId: row.id, matched, ...row };
  });
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

async function deliveriesWhere(
  db: Db,
  by: Hit['by'],
  searched: Searched,
  wanted: SQL | undefined,
): Promise<Hit[]> {
  const { id, orderReference, paymentId, outcome: status, receivedAt: createdAt } = deliveries;
  const matched = sql<string>`${searched}`.as('matched');
  const found = await db
    .select({ id, orderReference, paymentId, status, createdAt, matched })
    .from(deliveries)
    .where(wanted)
    .limit(ONE_MORE);
  return found.map((row) => ({ kind: 'delivery', by, amount: null, currency: null, ...row }));
}

async function updatesWith(db: Db, texts: string[]): Promise<Hit[]> {
  const { effectId: id, orderReference, paymentId, state: status, createdAt } = outbox;
  const found = await db
    .select({ id, orderReference, paymentId, status, createdAt, matched: id })
    .from(outbox)
    .where(inArray(id, texts));
  return found.map((row) => ({ kind: 'update', by: 'id', amount: null, currency: null, ...row }));
}

async function operationsWhere(
  db: Db,
  by: Hit['by'],
  searched: typeof operations.id | typeof operations.reference,
  texts: string[],
): Promise<Hit[]> {
  const { id, paymentId, state: status, createdAt } = operations;
  const { orderReference } = payments;
  const amount = sql<number | null>`coalesce(${operations.amount}, ${operations.wanted})`;
  const currency = sql<string>`coalesce(${payments.acceptedCurrency}, ${payments.currency})`;
  const found = await db
    .select({ id, paymentId, orderReference, status, amount, currency, createdAt, matched: searched })
    .from(operations)
    .innerJoin(payments, eq(payments.id, operations.paymentId))
    .where(inArray(searched, texts))
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
  return ids.length === 0 ? [] : paymentsWhere(db, 'amount', textOf(q), inArray(payments.id, ids));
}
