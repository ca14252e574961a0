/** Figures that only the store has, and the marks of the background jobs. */
import { eq, sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';
import { gateways } from './schema/gateway-tables.ts';

export interface StoreFigures {
  readonly outboxPending: number;
  readonly outboxOldest: number;
  readonly review: number;
  readonly reviewOldest: number;
  readonly pending: number;
  readonly onHold: number;
  readonly unhandledOldest: number;
  readonly operationsPending: number;
  readonly operationsUnknown: number;
  readonly operationsOldest: number;
}

/** One statement over partial indexes, cheap enough for every scrape. */
export async function readFigures(db: Db): Promise<StoreFigures> {
  const [row] = await rows<StoreFigures>(
    db,
    sql`select
      (select count(*)::int from outbox where state = 'pending') as "outboxPending",
      (select coalesce(extract(epoch from now() - min(created_at)), 0)::float from outbox where state = 'pending') as "outboxOldest",
      (select count(*)::int from payments where status = 'REVIEW' or review_mark is not null) as "review",
      (select coalesce(extract(epoch from now() - min(review_since)), 0)::float from payments
        where status = 'REVIEW' or review_mark is not null) as "reviewOldest",
      (select count(*)::int from payments where status = 'PENDING') as "pending",
      (select count(*)::int from payments where status = 'ON_HOLD') as "onHold",
      (select coalesce(extract(epoch from now() - min(received_at)), 0)::float from deliveries
        where state in ('received', 'signalled')) as "unhandledOldest",
      (select count(*)::int from operations where state = 'pending') as "operationsPending",
      (select count(*)::int from operations where state = 'unknown') as "operationsUnknown",
      (select coalesce(extract(epoch from now() - min(created_at)), 0)::float from operations
        where state in ('pending', 'unknown')) as "operationsOldest"`,
  );
  return row as StoreFigures;
}

/** The number of payments of each gateway that are not settled, or have an operation under way. */
export function countLive(db: Db): Promise<{ gateway: string; count: number }[]> {
  return rows(
    db,
    sql`select gateway, count(*)::int as count from (
        select id, gateway from payments where status in ('PENDING', 'ON_HOLD', 'REVIEW')
        union select p.id, p.gateway from operations o join payments p on p.id = o.payment_id where o.state in ('pending', 'unknown')) live
      group by gateway order by gateway`,
  );
}

/** Checks that the store answers, has its tables and accepts writes. @throws where it does not */
export async function ping(db: Db): Promise<void> {
  const [row] = await rows<{ readOnly: string }>(
    db,
    sql`select current_setting('transaction_read_only') as "readOnly" from (select 1) one
      left join (select 1 from gateways limit 1) tables on true`,
  );
  if (row?.readOnly === 'on')
    throw new Error(
      'the database is read-only: it may be a standby, or failing over; check that DATABASE_URL leads to the primary',
    );
}

export type GatewayRow = typeof gateways.$inferSelect;

/** The store belongs to another account or mode than the configured one. */
export class WrongAccount extends Error {
  override readonly name = 'WrongAccount';
}

/**
 * Writes the gateway's account into the store at first start.
 * @throws WrongAccount where the store has another one
 */
export async function stampGateway(
  db: Db,
  stamp: { gateway: string; account: string; mode: string },
): Promise<void> {
  await db.insert(gateways).values(stamp).onConflictDoNothing();
  const row = await readGateway(db, stamp.gateway);
  if (row !== null && (row.account !== stamp.account || row.mode !== stamp.mode)) {
    throw new WrongAccount(
      `this store belongs to ${row.gateway} account ${row.account} (${row.mode}), but ${stamp.account} (${stamp.mode}) is configured; ` +
        'use another DATA_DIR or DATABASE_URL, or the account that it belongs to',
    );
  }
}

/** A gateway's marks, or null before its first start. */
export async function readGateway(db: Db, gateway: string): Promise<GatewayRow | null> {
  const [row] = await db.select().from(gateways).where(eq(gateways.gateway, gateway));
  return row ?? null;
}

/** All gateways that this store has ever served. */
export function readGateways(db: Db): Promise<GatewayRow[]> {
  return db.select().from(gateways);
}
