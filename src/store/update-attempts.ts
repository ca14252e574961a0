/** One attempt at a time to tell the merchant of an update: claimed, counted and kept. Contract §6. */
import { and, between, desc, eq, gt, isNull, lt, ne, not, or, sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';
import type { Page } from './lists.ts';
import type { OutboxState } from './outbox.ts';
import { outbox, updateAttempts } from './schema.ts';
import { changeTogether } from './one-statement.ts';

export type AttemptRow = typeof updateAttempts.$inferSelect;

/** An attempt that nobody else may make; `n` counts from 1. */
export interface ClaimedAttempt {
  readonly effectId: string;
  readonly n: number;
}

/**
 * Claims the next attempt for so long, counts it and writes it down before it is made. Null where the update is finished, another
 * attempt is under way, or it is too early. What a killed process has claimed is free again when its time is over. `teller` is the run
 * that tells it from now on, with the delays of a telling that begins where another run has told it before; null for the first attempt.
 */
export async function claimAttempt(
  db: Db,
  effectId: string,
  forMs: number,
  teller: string | null = null,
): Promise<ClaimedAttempt | null> {
  const [claimed] = await rows<{ n: number }>(
    db,
    sql`with claimed as (update outbox set attempts = attempts + 1,
          tries = 1 + case when teller is null or teller = ${teller} then tries else 0 end,
          teller = coalesce(${teller}::text, teller),
          claimed_until = now() + ${forMs} * interval '1 millisecond'
        where effect_id = ${effectId} and state = 'pending' and next_attempt_at <= now()
          and (claimed_until is null or claimed_until <= now())
        returning effect_id, attempts)
      insert into update_attempts (effect_id, n) select effect_id, attempts from claimed returning n`,
  );
  return claimed === undefined ? null : { effectId, n: claimed.n };
}

/** Holds a claim for so much longer; whether it is still ours. */
export async function renewClaim(db: Db, { effectId, n }: ClaimedAttempt, forMs: number): Promise<boolean> {
  const renewed = await db
    .update(outbox)
    .set({ claimedUntil: sql`now() + ${forMs} * interval '1 millisecond'` })
    .where(and(eq(outbox.effectId, effectId), eq(outbox.attempts, n), gt(outbox.claimedUntil, sql`now()`)))
    .returning({ effectId: outbox.effectId });
  return renewed.length === 1;
}

/** What came of one sending; a status, or why there was none. */
export interface SentAttempt {
  readonly status: number | null;
  readonly error: string | null;
  readonly ms: number;
  readonly answer: string | null;
}

/** What it means for the telling: a state other than `pending` ends it. */
export interface AttemptEnd {
  readonly state: OutboxState;
  readonly lastAnswer: string;
  /** Until the next one. */
  readonly retryAfterMs: number;
}

/** Keeps what came of an attempt and gives the claim back, unless it had run out and another attempt has begun. */
export async function finishAttempt(
  db: Db,
  { effectId, n }: ClaimedAttempt,
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
    })
    .where(and(eq(outbox.effectId, effectId), eq(outbox.state, 'pending'), isOurs));
  const kept = db
    .update(updateAttempts)
    .set({ ...sent })
    .where(and(eq(updateAttempts.effectId, effectId), eq(updateAttempts.n, n)));
  await changeTogether(db, [told, kept]);
}

/** The attempts at one update, the newest first; `cursor` is the number of the last one seen. */
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

/** The attempts to tell of a payment that were not heard, or not yet, the newest first. */
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
