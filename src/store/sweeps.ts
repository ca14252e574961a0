/** What the sweep needs of the store: from when to list, and what is known of what it found. */
import { and, eq, inArray, lt, min, or, sql } from 'drizzle-orm';
import { LONGEST_GRACE_MS, type PaymentKey } from '../domain/payment.ts';
import type { Db } from './open.ts';
import { gateways, payments } from './schema.ts';
import type { PaymentRow } from './payments.ts';

const OVERLAP_MS = 10 * 60_000;
/** `graceOf` of the payment's lifetime, and as long again, in which its run is given time to have called it expired. */
const LONG_OVER = sql`now() - 2 * least(${LONGEST_GRACE_MS} * interval '1 millisecond', (expires_at - created_at) / 4)`;

/** From min(oldest pending payment, last complete sweep) − 10 minutes. Holds and reviews are read by timers of their own. */
export async function sweepStart(db: Db, gateway: string, now: Date): Promise<Date> {
  const [oldest] = await db
    .select({ at: min(payments.createdAt) })
    .from(payments)
    .where(and(eq(payments.gateway, gateway), eq(payments.status, 'PENDING')));
  const [mark] = await db.select().from(gateways).where(eq(gateways.gateway, gateway));
  const times = [oldest?.at, mark?.lastCompleteSweep ?? now].filter((at) => at !== null && at !== undefined);
  return new Date(Math.min(...times.map((at) => new Date(at).getTime())) - OVERLAP_MS);
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
 * Payments that nobody can be watching: open ones whose time was over long ago, and held or reviewed ones of which nothing was
 * heard for a day though they are read every hour. Their run never began, since Temporal was away when they were asked for, or it
 * is lost. In no order, so that some that can't be helped do not hide the others.
 */
export function findUnwatched(db: Db, limit: number): Promise<PaymentRow[]> {
  const isLongOver = and(eq(payments.status, 'PENDING'), lt(payments.expiresAt, LONG_OVER));
  const isForgotten = and(
    inArray(payments.status, ['ON_HOLD', 'REVIEW']),
    // Qualified by hand: drizzle writes bare column names here, which would mean those of `heard`.
    sql`not exists (select 1 from timeline heard where heard.payment_id = payments.id and heard.at > now() - interval '1 day')`,
  );
  return db
    .select()
    .from(payments)
    .where(or(isLongOver, isForgotten))
    .orderBy(sql`random()`)
    .limit(limit);
}

/** The listing was read to its last page: only now may the mark move. */
export async function recordCompleteSweep(
  db: Db,
  gateway: string,
  startedAt: Date,
  finds: number,
): Promise<void> {
  await db
    .update(gateways)
    .set({ lastCompleteSweep: startedAt, sweepFinds: sql`${gateways.sweepFinds} + ${finds}` })
    .where(eq(gateways.gateway, gateway));
}
