/** Attempts to notify the merchant of an update, one at a time: claimed, counted and kept. Contract §6. */
import { and, between, desc, eq, gt, inArray, isNull, lt, lte, ne, not, or, sql } from 'drizzle-orm';
import { SUPERSEDED_BY_LATER } from '../domain/order.ts';
import type { Db } from './open.ts';
import type { Page } from './lists.ts';
import { HAS_LATER, IS_EARLY, type OutboxRow, type OutboxState } from './outbox.ts';
import { outbox, updateAttempts } from './schema/update-tables.ts';
import { changeTogether } from './one-statement.ts';

export type AttemptRow = typeof updateAttempts.$inferSelect;

/** An update with an attempt that only its claimer may make: the one that `attempts` counts last, from 1. */
export type ClaimedUpdate = OutboxRow;

/** What names a claimed attempt. */
export type ClaimedAttempt = Pick<ClaimedUpdate, 'effectId' | 'attempts'>;

/**
 * Claims the next attempt for `forMs`, counts it and records it before it is made. Null where the update is
 * finished or superseded, another attempt is under way, or it is too early: `readUpdate` says which. The claim of
 * a killed process expires with its time. `teller` is the run that sends the update from now on; if another run
 * sent it before, the delays start again. Null for the first attempt.
 */
export async function claimAttempt(
  db: Db,
  effectId: string,
  forMs: number,
  teller: string | null = null,
): Promise<ClaimedUpdate | null> {
  const isPassing = inArray(outbox.type, [...SUPERSEDED_BY_LATER]);
  const claimed = db.$with('claimed').as(
    db
      .update(outbox)
      .set({
        attempts: sql`${outbox.attempts} + 1`,
        tries: sql`1 + case when ${outbox.teller} is null or ${outbox.teller} = ${teller} then ${outbox.tries} else 0 end`,
        teller: sql`coalesce(${teller}::text, ${outbox.teller})`,
        claimedUntil: sql`now() + ${forMs} * interval '1 millisecond'`,
      })
      .where(
        and(
          eq(outbox.effectId, effectId),
          eq(outbox.state, 'pending'),
          lte(outbox.nextAttemptAt, sql`now()`),
          or(isNull(outbox.claimedUntil), lte(outbox.claimedUntil, sql`now()`)),
          not(sql`(${isPassing} and ${HAS_LATER})`),
          not(IS_EARLY),
        ),
      )
      .returning(),
  );
  const counted = db
    .$with('counted', {})
    .as(sql`insert into update_attempts (effect_id, n) select effect_id, attempts from claimed`);
  const [update] = await db.with(claimed, counted).select().from(claimed);
  return update ?? null;
}

/** Extends a claim. Returns whether it is still ours. */
export async function renewClaim(
  db: Db,
  { effectId, attempts: n }: ClaimedAttempt,
  forMs: number,
): Promise<boolean> {
  const renewed = await db
    .update(outbox)
    .set({ claimedUntil: sql`now() + ${forMs} * interval '1 millisecond'` })
    .where(and(eq(outbox.effectId, effectId), eq(outbox.attempts, n), gt(outbox.claimedUntil, sql`now()`)))
    .returning({ effectId: outbox.effectId });
  return renewed.length === 1;
}

/** The result of an attempt: a status, or why there was none. */
export interface SentAttempt {
  readonly status: number | null;
  readonly error: string | null;
  readonly ms: number;
  readonly answer: string | null;
}

/** What the attempt means for the update: any state other than `pending` ends it. */
export interface AttemptEnd {
  readonly state: OutboxState;
  readonly lastAnswer: string;
  /** Until the next attempt. */
  readonly retryAfterMs: number;
}

/** The first acknowledgement counts: an update may be sent again. The name is qualified by hand: `orders` is inside. */
const HEARD = {
  heardAt: sql`coalesce(${outbox.heardAt}, now())`,
  heardAfterMs: sql`coalesce(${outbox.heardAfterMs}, case when ${outbox.type} = 'order.paid' then
    (select 1000 * extract(epoch from now() - o.paid_at) from orders o where o.reference = outbox.order_reference)::bigint end)`,
};

/**
 * Records the result of an attempt and releases the claim, unless the claim had expired and another attempt
 * has begun.
 */
export async function finishAttempt(
  db: Db,
  { effectId, attempts: n }: ClaimedAttempt,
  sent: SentAttempt,
  { state, lastAnswer, retryAfterMs }: AttemptEnd,
): Promise<void> {
  const isOurs = or(eq(outbox.attempts, n), ne(sql`${state}::text`, 'pending'));
  const told = db
    .update(outbox)
    .set({
      state,
      lastAnswer,
      claimedUntil: null,
      attemptedAt: sql`now()`,
      nextAttemptAt: sql`now() + ${retryAfterMs} * interval '1 millisecond'`,
      ...(state !== 'pending' && { finishedAt: sql`now()` }),
      ...(state === 'delivered' && HEARD),
    })
    .where(and(eq(outbox.effectId, effectId), eq(outbox.state, 'pending'), isOurs));
  const kept = db
    .update(updateAttempts)
    .set({ ...sent })
    .where(and(eq(updateAttempts.effectId, effectId), eq(updateAttempts.n, n)));
  await changeTogether(db, [told, kept]);
}

/** The attempts at one update, newest first. `cursor` is the number of the last one seen. */
export async function pageOfAttempts(
  db: Db,
  effectId: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: number | undefined },
): Promise<Page<AttemptRow>> {
  const isOlder = cursor === undefined ? undefined : lt(updateAttempts.n, cursor);
  const found = await db
    .select()
    .from(updateAttempts)
    .where(and(eq(updateAttempts.effectId, effectId), isOlder))
    .orderBy(desc(updateAttempts.n))
    .limit(limit + 1);
  return { rows: found.slice(0, limit), hasMore: found.length > limit };
}

/** The attempts for a payment's updates that were not acknowledged, or not yet, newest first. */
export async function failedAttempts(
  db: Db,
  paymentId: string,
  limit: number,
): Promise<(AttemptRow & { type: string })[]> {
  const isHeard = between(updateAttempts.status, 200, 299);
  const found = await db
    .select({ attempt: updateAttempts, type: outbox.type })
    .from(updateAttempts)
    .innerJoin(outbox, eq(outbox.effectId, updateAttempts.effectId))
    .where(and(eq(outbox.paymentId, paymentId), or(isNull(updateAttempts.status), not(isHeard))))
    .orderBy(desc(updateAttempts.at))
    .limit(limit);
  return found.map(({ attempt, type }) => ({ ...attempt, type }));
}
