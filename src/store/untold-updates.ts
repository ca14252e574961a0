/** Updates that no process and no run sends, so that another one must: found, kept or given up. */
import { and, eq, gt, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
import type { Db } from './open.ts';
import type { OutboxRow } from './outbox.ts';
import type { PaymentRow } from './payments.ts';
import { payments } from './schema/order-tables.ts';
import { outbox } from './schema/update-tables.ts';
import { mayBeWoken } from './wakes.ts';

/** The time between a commit and the first attempt of the process that made it. */
const FIRST_ATTEMPT_GRACE = sql`interval '1 second'`;

/** Updates whose first attempt is due and that no process sends, longest waiting first. */
export function findUntold(
  db: Db,
  limit: number,
): Promise<{ orderReference: string; sequence: number; effectId: string }[]> {
  const isUnclaimed = or(isNull(outbox.claimedUntil), lt(outbox.claimedUntil, sql`now()`));
  return db
    .select({
      orderReference: outbox.orderReference,
      sequence: outbox.sequence,
      effectId: outbox.effectId,
    })
    .from(outbox)
    .where(
      and(
        eq(outbox.state, 'pending'),
        isNull(outbox.attemptedAt),
        lt(outbox.nextAttemptAt, sql`now() - ${FIRST_ATTEMPT_GRACE}`),
        isUnclaimed,
      ),
    )
    .orderBy(outbox.nextAttemptAt, outbox.sequence)
    .limit(limit);
}

const WOKEN_SINCE = sql`now() - interval '30 days'`;

/** The recorded answer of an attempt that had no endpoint. */
export const NO_ENDPOINT = 'ORDER_WEBHOOK_URL is not set';

/** When the next attempt is due. Null where none follows, or none can be made without an endpoint. */
export function nextAttemptOf({ state, lastAnswer, nextAttemptAt }: OutboxRow): Date | null {
  return state === 'pending' && lastAnswer !== NO_ENDPOINT ? nextAttemptAt : null;
}

/**
 * An update whose retry is so late that no process and no run can be sending it: its run is lost, or never
 * learned that the first attempt failed. It counts as late only after 90 minutes where just the endpoint was
 * missing.
 */
function isRetryOverdue(update: SQL): SQL {
  return sql`(${update}.attempted_at is not null and (${update}.claimed_until is null or ${update}.claimed_until < now())
    and ${update}.next_attempt_at < now() - case when ${update}.last_answer = ${NO_ENDPOINT} then interval '90 minutes'
      when ${update}.teller is null then interval '1 minute' else interval '5 minutes' end)`;
}

const isAbandoned = and(
  eq(outbox.state, 'pending'),
  isRetryOverdue(sql`outbox`),
  gt(outbox.createdAt, WOKEN_SINCE),
);

/**
 * Payments with updates that no process and no run sends, except those whose run was woken for it recently.
 * In random order, so that some that can't be helped do not hide the others.
 */
export async function findAbandoned(db: Db, limit: number): Promise<PaymentRow[]> {
  const found = await db
    .select({ payment: payments })
    .from(outbox)
    .innerJoin(payments, eq(payments.id, outbox.paymentId))
    .where(and(isAbandoned, mayBeWoken('untold_update')))
    .orderBy(sql`random()`)
    .limit(limit);
  return [...new Map(found.map(({ payment }) => [payment.id, payment])).values()];
}

/** The updates of a payment that no process and no run sends, oldest first. */
export async function findAbandonedOf(db: Db, paymentId: string): Promise<string[]> {
  const found = await db
    .select({ effectId: outbox.effectId })
    .from(outbox)
    .where(and(eq(outbox.paymentId, paymentId), isAbandoned))
    .orderBy(outbox.sequence);
  return found.map(({ effectId }) => effectId);
}

/** Gives up updates that are so old that no run is woken for them any more. */
export async function giveUpUntold(db: Db): Promise<void> {
  await db
    .update(outbox)
    .set({ state: 'gave_up', finishedAt: sql`now()` })
    .where(and(eq(outbox.state, 'pending'), lt(outbox.createdAt, WOKEN_SINCE)));
}

/** An update that waits for an endpoint, or null. */
export async function findEndpointless(db: Db): Promise<string | null> {
  const isUntried = and(isNull(outbox.attemptedAt), lt(outbox.createdAt, sql`now() - interval '5 minutes'`));
  const [row] = await db
    .select({ effectId: outbox.effectId })
    .from(outbox)
    .where(and(eq(outbox.state, 'pending'), or(eq(outbox.lastAnswer, NO_ENDPOINT), isUntried)))
    .limit(1);
  return row?.effectId ?? null;
}

/** An endpoint is configured again: updates that were tried without one are due at once, for any run. */
export async function readmitUntold(db: Db): Promise<void> {
  await db
    .update(outbox)
    .set({ attemptedAt: null, teller: null, nextAttemptAt: sql`now()` })
    .where(and(eq(outbox.state, 'pending'), eq(outbox.lastAnswer, NO_ENDPOINT)));
}

/** There is no endpoint: the update is kept until a process has one. */
export async function keepUntold(db: Db, effectId: string): Promise<void> {
  await db
    .update(outbox)
    .set({ lastAnswer: NO_ENDPOINT, attemptedAt: sql`now()`, nextAttemptAt: sql`now()` })
    .where(and(eq(outbox.effectId, effectId), eq(outbox.state, 'pending')));
}
