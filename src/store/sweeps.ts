/**
 * The store's part of the sweep: from when to list, how far each listing is known, and the payments behind a
 * listing.
 */
import { and, eq, inArray, isNotNull, isNull, lt, min, or, sql, type SQL } from 'drizzle-orm';
import { LONGEST_GRACE_MS } from '../domain/payment.ts';
import type { ReviewCode } from '../domain/payment.ts';
import type { Db } from './open.ts';
import { changeTogether } from './one-statement.ts';
import { gateways, sweepMarks } from './schema/gateway-tables.ts';
import { payments } from './schema/order-tables.ts';
import { sweepPasses } from './schema/system-tables.ts';
import type { PaymentRow } from './payments.ts';
import { hasSurplus } from './surplus-condition.ts';
import { mayBeWoken } from './wakes.ts';

const OVERLAP_MS = 10 * 60_000;
/**
 * Twice `graceOf` the payment's lifetime: after the first period its run should have expired it, the second
 * is a reserve.
 */
const LONG_OVER = sql`now() - 2 * least(${LONGEST_GRACE_MS} * interval '1 millisecond', (expires_at - created_at) / 4)`;

export type SweepMark = typeof sweepMarks.$inferSelect;

/** How far the listings of a gateway are known, or those of all gateways. */
export function readMarks(db: Db, gateway?: string): Promise<SweepMark[]> {
  return db
    .select()
    .from(sweepMarks)
    .where(gateway === undefined ? undefined : eq(sweepMarks.gateway, gateway));
}

/**
 * From when a listing is read: ten minutes before its mark. A listing of new transactions starts before the
 * oldest open payment, whose transaction may have changed since. Holds and reviews are read by timers of
 * their own.
 */
export async function listingStart(
  db: Db,
  gateway: string,
  { mark, isOfNew }: { mark: Date; isOfNew: boolean },
): Promise<Date> {
  const oldest = isOfNew ? await oldestPending(db, gateway) : null;
  return new Date(Math.min(mark.getTime(), oldest?.getTime() ?? Infinity) - OVERLAP_MS);
}

async function oldestPending(db: Db, gateway: string): Promise<Date | null> {
  const [oldest] = await db
    .select({ at: min(payments.createdAt) })
    .from(payments)
    .where(and(eq(payments.gateway, gateway), eq(payments.status, 'PENDING')));
  return oldest?.at ? new Date(oldest.at) : null;
}

/** The result of a pass over a listing. */
export interface CompletePass {
  readonly gateway: string;
  readonly listing: string;
  readonly startedAt: Date;
  readonly pages: number;
  readonly found: number;
  readonly foreign: number;
}

/**
 * The listing was read to its last page. Only now its mark moves, and only forward. Recording the same pass
 * again changes nothing.
 */
export async function recordCompletePass(
  db: Db,
  { gateway, listing, startedAt: mark, pages, found: finds, foreign }: CompletePass,
): Promise<void> {
  const result = { pages, finds, foreign };
  const pass = db
    .insert(sweepPasses)
    .values({ gateway, startedAt: mark, listing, finishedAt: sql`now()`, ...result })
    .onConflictDoUpdate({
      target: [sweepPasses.gateway, sweepPasses.startedAt, sweepPasses.listing],
      set: { ...result, finishedAt: sql`now()`, failure: null },
      setWhere: isNull(sweepPasses.finishedAt),
    });
  const newMark = db
    .insert(sweepMarks)
    .values({ gateway, listing, mark, ...result })
    .onConflictDoUpdate({
      target: [sweepMarks.gateway, sweepMarks.listing],
      set: { mark, pages, foreign, finishedAt: sql`now()`, finds: sql`${sweepMarks.finds} + ${finds}` },
      setWhere: lt(sweepMarks.mark, mark),
    });
  await changeTogether(db, [pass, newMark]);
}

/** The payments behind rows of a listing: by the session, or by the transaction where no session is shown. */
export function findListed(
  db: Db,
  gateway: string,
  rows: readonly { readonly sessionId: string | null; readonly transactionId: string }[],
): Promise<PaymentRow[]> {
  if (rows.length === 0) return Promise.resolve([]);
  const sessionIds = rows.flatMap(({ sessionId }) => sessionId ?? []);
  const transactionIds = rows.flatMap((row) => (row.sessionId === null ? row.transactionId : []));
  const isListed = or(
    inArray(payments.sessionId, sessionIds),
    inArray(payments.transactionId, transactionIds),
    hasSurplus(transactionIds),
  );
  return db
    .select()
    .from(payments)
    .where(and(eq(payments.gateway, gateway), isListed));
}

/**
 * Payments that no run can be watching: open ones that should have expired long ago, and those on hold or in
 * review without a note for three of their reading intervals. Their run never began, since Temporal was away
 * when it was requested, or it is lost. Not those that were woken recently. In random order, so that some
 * that can't be helped do not hide the others.
 */
export function findUnwatched(
  db: Db,
  { limit, pollIntervalMs }: { readonly limit: number; readonly pollIntervalMs: number },
): Promise<PaymentRow[]> {
  const isLongOver = and(eq(payments.status, 'PENDING'), lt(payments.expiresAt, LONG_OVER));
  const isForgotten = and(
    or(inArray(payments.status, ['ON_HOLD', 'REVIEW']), isNotNull(payments.reviewMark)),
    // Qualified by hand: drizzle writes bare column names here, which would refer to `heard`.
    sql`not exists (select 1 from timeline heard where heard.payment_id = payments.id and heard.at > now() - ${intervalsOf(pollIntervalMs)})`,
  );
  return db
    .select()
    .from(payments)
    .where(and(or(isLongOver, isForgotten), mayBeWoken('unwatched')))
    .orderBy(sql`random()`)
    .limit(limit);
}

const MISSED_INTERVALS = 3;
const LATE_HOLD: ReviewCode = 'late_hold';

/**
 * A hold is read at the poll interval, also a late hold that is in review. Other reviews are read every hour.
 */
function intervalsOf(pollIntervalMs: number): SQL {
  const isPolled = sql`payments.status = 'ON_HOLD' or payments.review_code = ${LATE_HOLD}`;
  const hours = sql`case when ${isPolled} then ${pollIntervalMs}::float8 / 3600000 else 1 end`;
  return sql`${MISSED_INTERVALS} * (${hours}) * interval '1 hour'`;
}

/** Up to when missed callbacks have been counted; null before the first count. */
export async function callbacksCountedTo(db: Db, gateway: string): Promise<Date | null> {
  const [row] = await db
    .select({ to: gateways.callbacksCountedTo })
    .from(gateways)
    .where(eq(gateways.gateway, gateway));
  return row?.to ?? null;
}

export async function recordCallbacksCounted(db: Db, gateway: string, to: Date): Promise<void> {
  await db.update(gateways).set({ callbacksCountedTo: to }).where(eq(gateways.gateway, gateway));
}
