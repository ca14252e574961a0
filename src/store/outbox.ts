/** The outbox: updates to the merchant, each sent until it is acknowledged or superseded. Contract §6. */
import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import type { PaymentAddress } from '../domain/payment.ts';
import type { Db } from './open.ts';
import { payments } from './schema/order-tables.ts';
import { outbox } from './schema/update-tables.ts';

export type OutboxRow = typeof outbox.$inferSelect;
export type OutboxState = 'pending' | 'delivered' | 'gone' | 'gave_up' | 'superseded' | 'off';

/** An update, as an attempt reads it. */
export interface ReadUpdate extends OutboxRow {
  /** The order has changed since, or the payment where the update is about the payment alone. */
  readonly hasLater: boolean;
  /** An earlier update of the order is about to be sent for the first time. */
  readonly isEarly: boolean;
  /**
   * How long until an attempt may be made, since another one is under way or was made a moment ago. 0: now.
   */
  readonly waitMs: number;
}

// In these conditions every name is qualified by hand: drizzle writes bare column names, which would refer to
// `later` or `earlier`.

/**
 * A review concerns one payment, so a change of another payment of the order does not end it. A partial or failed
 * capture does not end a lapse announcement either: that ends when nothing is held, or with its deadline.
 */
export const HAS_LATER = sql<boolean>`case when outbox.type = 'order.authorization_expiring' then not exists (select 1 from payments held
    where held.id = outbox.payment_id and held.status in ('AUTHORIZED', 'PARTIALLY_CAPTURED')
      and outbox.effect_id like '%/' || to_char(held.authorization_expires_at at time zone 'UTC', 'YYYY-MM-DD'))
  else exists (select 1 from outbox later where later.order_reference = outbox.order_reference
    and later.sequence > outbox.sequence
    and (outbox.type <> 'order.review' or later.payment_id = outbox.payment_id)) end`;

export const IS_EARLY = sql<boolean>`exists (select 1 from outbox earlier where earlier.order_reference = outbox.order_reference
  and earlier.sequence < outbox.sequence and earlier.state = 'pending' and earlier.attempted_at is null
  and earlier.next_attempt_at <= now() and earlier.created_at > now() - interval '30 seconds')`;

/** The update, or null. */
export async function readUpdate(db: Db, effectId: string): Promise<ReadUpdate | null> {
  const [row] = await db
    .select({
      update: outbox,
      hasLater: HAS_LATER,
      isEarly: IS_EARLY,
      waitMs:
        sql<number>`ceil(extract(epoch from greatest(outbox.next_attempt_at, outbox.claimed_until, now()) - now()) * 1000)`.mapWith(
          Number,
        ),
    })
    .from(outbox)
    .where(eq(outbox.effectId, effectId));
  if (row === undefined) return null;
  const { update, hasLater, isEarly, waitMs } = row;
  return { ...update, hasLater, isEarly, waitMs };
}

/** All updates about a payment, oldest first. */
export function listUpdates(db: Db, paymentId: string): Promise<OutboxRow[]> {
  return db.select().from(outbox).where(eq(outbox.paymentId, paymentId)).orderBy(outbox.sequence);
}

/** The payment of an update, with what is needed to find its run; null where there is none. */
export async function paymentOfUpdate(db: Db, effectId: string): Promise<PaymentAddress | null> {
  const { id: paymentId, orderReference, n, gateway } = payments;
  const [found] = await db
    .select({ paymentId, orderReference, n, gateway })
    .from(outbox)
    .innerJoin(payments, eq(payments.id, outbox.paymentId))
    .where(eq(outbox.effectId, effectId));
  return found ?? null;
}

/** Supersedes the deferred update about a session, once another session has replaced it. */
export async function supersedeDeferred(tx: Db, orderReference: string): Promise<void> {
  await tx
    .update(outbox)
    .set({ state: 'superseded', finishedAt: sql`now()` })
    .where(
      and(
        eq(outbox.orderReference, orderReference),
        eq(outbox.state, 'pending'),
        eq(outbox.type, 'order.payment_cancelled'),
        isNull(outbox.attemptedAt),
        gt(outbox.nextAttemptAt, sql`now()`),
      ),
    );
}

/** The update is not true any more, so it is not sent again. */
export async function supersede(db: Db, effectId: string): Promise<void> {
  const lastAnswer = 'the order has moved on';
  await db
    .update(outbox)
    .set({ state: 'superseded', lastAnswer, attemptedAt: sql`now()`, finishedAt: sql`now()` })
    .where(and(eq(outbox.effectId, effectId), eq(outbox.state, 'pending')));
}
