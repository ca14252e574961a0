/** What the sweep needs of the store: from when to list, how far each listing is known, and what is known of what it found. */
import { and, eq, inArray, isNotNull, lt, min, or, sql, type SQL } from 'drizzle-orm';
import { LONGEST_GRACE_MS, type PaymentKey } from '../domain/payment.ts';
import type { ReviewCode } from '../domain/payment.ts';
import type { Db } from './open.ts';
import { gateways, payments, sweepMarks } from './schema.ts';
import type { PaymentRow } from './payments.ts';
import { mayBeWoken } from './wakes.ts';

const OVERLAP_MS = 10 * 60_000;
/** `graceOf` of the payment's lifetime, and as long again, in which its run is given time to have called it expired. */
const LONG_OVER = sql`now() - 2 * least(${LONGEST_GRACE_MS} * interval '1 millisecond', (expires_at - created_at) / 4)`;

export type SweepMark = typeof sweepMarks.$inferSelect;

/** How far the listings of a gateway are known, or those of all. */
export function readMarks(db: Db, gateway?: string): Promise<SweepMark[]> {
  return db
    .select()
    .from(sweepMarks)
    .where(gateway === undefined ? undefined : eq(sweepMarks.gateway, gateway));
}

/**
 * From when a listing is read: ten minutes before its mark. What is new is read from before the oldest payment that is still open, whose
 * transaction may have become something since. Holds and reviews are read by timers of their own.
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

/** What a pass over a listing has come to. */
export interface CompletePass {
  readonly gateway: string;
  readonly listing: string;
  readonly startedAt: Date;
  readonly pages: number;
  readonly found: number;
  readonly foreign: number;
}

/** The listing was read to its last page: only now does its mark move, and only on. The same pass again changes nothing. */
export async function recordCompletePass(
  db: Db,
  { gateway, listing, startedAt: mark, pages, found: finds, foreign }: CompletePass,
): Promise<void> {
  await db
    .insert(sweepMarks)
    .values({ gateway, listing, mark, pages, foreign, finds })
    .onConflictDoUpdate({
      target: [sweepMarks.gateway, sweepMarks.listing],
      set: { mark, pages, foreign, finishedAt: sql`now()`, finds: sql`${sweepMarks.finds} + ${finds}` },
      setWhere: lt(sweepMarks.mark, mark),
    });
}

/** The payments behind these sessions. */
export function findBySessions(
  db: Db,
  gateway: string,
  sessionIds: readonly string[],
): Promise<PaymentRow[]> {
  if (sessionIds.length === 0) return Promise.resolve([]);
  return db
    .select()
    .from(payments)
    .where(and(eq(payments.gateway, gateway), inArray(payments.sessionId, [...sessionIds])));
}

/** The payment that a session was opened for; null where it is not one of ours. */
export async function findKeyBySession(
  db: Db,
  gateway: string,
  sessionId: string,
): Promise<PaymentKey | null> {
  const [found] = await db
    .select({ paymentId: payments.id, orderReference: payments.orderReference, n: payments.n })
    .from(payments)
    .where(and(eq(payments.gateway, gateway), eq(payments.sessionId, sessionId)))
    .limit(1);
  return found ?? null;
}

/**
 * Payments that nobody can be watching: open ones whose time was over long ago, and those on hold or for a person of which nothing was
 * heard for three of the intervals at which they are read. Their run never began, since Temporal was away when they were asked for, or it
 * is lost. Not those that were woken a while ago, and in no order, so that some that can't be helped do not hide the others.
 */
export function findUnwatched(
  db: Db,
  { limit, pollIntervalMs }: { readonly limit: number; readonly pollIntervalMs: number },
): Promise<PaymentRow[]> {
  const isLongOver = and(eq(payments.status, 'PENDING'), lt(payments.expiresAt, LONG_OVER));
  const isForgotten = and(
    or(inArray(payments.status, ['ON_HOLD', 'REVIEW']), isNotNull(payments.reviewMark)),
    // Qualified by hand: drizzle writes bare column names here, which would mean those of `heard`.
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

/** A hold is read at the poll's interval, also one that came too late and is for a person; what else is for a person by the hour. */
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
