/** Updates to the merchant: their bodies and their delivery. Contract §6. */
import { and, eq, gt, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
import type { OrderStatus, UpdateType } from '../domain/order.ts';
import type { PaymentAddress } from '../domain/payment.ts';
import type { Db } from './open.ts';
import type { OrderRow, PaymentRow } from './payments.ts';
import { outbox } from './schema/update-tables.ts';
import { payments } from './schema/order-tables.ts';
import { mayBeWoken } from './wakes.ts';

export type OutboxRow = typeof outbox.$inferSelect;
export type OutboxState = 'pending' | 'delivered' | 'gone' | 'gave_up' | 'superseded' | 'off';

const WOKEN_SINCE = sql`now() - interval '30 days'`;

/** The recorded answer of an attempt that had no endpoint. */
export const NO_ENDPOINT = 'ORDER_WEBHOOK_URL is not set';

/** The version of the body's shape. Within a version, fields are only added. */
export const API_VERSION = '2026-11-01';

/**
 * The body of an update, made once, together with the change that it announces. Every attempt sends the same
 * bytes.
 */
export function updateBody(
  update: { type: UpdateType; orderStatus: OrderStatus },
  about: { order: OrderRow; payment: PaymentRow; sequence: number; livemode: boolean },
): string {
  const { order, payment } = about;
  const reason = payment.reviewMark ?? payment.reason;
  const data = {
    orderReference: order.reference,
    orderStatus: update.orderStatus,
    sequence: about.sequence,
    paymentId: payment.id,
    gateway: payment.gateway,
    livemode: about.livemode,
    sessionId: payment.sessionId,
    transactionId: payment.transactionId,
    status: payment.status,
    amount: payment.amount,
    currency: payment.currency,
    authorizedAmount: payment.authorized,
    capturedAmount: payment.captured,
    refundedAmount: payment.refunded,
    ...acceptedIn(payment),
    ...(update.type === 'order.authorization_expiring' &&
      payment.authorizationExpiresAt !== null && {
        authorizationExpiresAt: payment.authorizationExpiresAt.toISOString(),
      }),
    ...(order.paidAt !== null && { paidAt: order.paidAt.toISOString() }),
    ...(payment.paymentMethod !== null && { paymentMethod: payment.paymentMethod }),
    ...(reason !== null && { reason }),
  };
  return JSON.stringify({
    type: update.type,
    timestamp: new Date().toISOString(),
    apiVersion: API_VERSION,
    data,
  });
}

/**
 * The requested values stay as they were. If an operator has accepted other values, the sums in the body
 * refer to these.
 */
function acceptedIn(payment: PaymentRow): { accepted?: object } {
  const { acceptedAmount: amount, acceptedCurrency: currency, acceptedReference: reference } = payment;
  return amount === null ? {} : { accepted: { amount, currency, reference } };
}

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

/** The update, or null. */
export async function readUpdate(db: Db, effectId: string): Promise<ReadUpdate | null> {
  const [row] = await db
    .select({
      update: outbox,
      // Qualified by hand: drizzle writes bare column names here, which would refer to `later`. A review
      // concerns one payment, so a change of another payment of the order does not end it. A partial or
      // failed capture does not end a lapse announcement either: that ends when nothing is held, or with its
      // deadline.
      hasLater: sql<boolean>`case when outbox.type = 'order.authorization_expiring' then not exists (select 1 from payments held
          where held.id = outbox.payment_id and held.status in ('AUTHORIZED', 'PARTIALLY_CAPTURED')
            and outbox.effect_id like '%/' || to_char(held.authorization_expires_at at time zone 'UTC', 'YYYY-MM-DD'))
        else exists (select 1 from outbox later where later.order_reference = outbox.order_reference
          and later.sequence > outbox.sequence
          and (outbox.type <> 'order.review' or later.payment_id = outbox.payment_id)) end`,
      isEarly: sql<boolean>`exists (select 1 from outbox earlier where earlier.order_reference = outbox.order_reference
        and earlier.sequence < outbox.sequence and earlier.state = 'pending' and earlier.attempted_at is null
        and earlier.next_attempt_at <= now() and earlier.created_at > now() - interval '30 seconds')`,
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

/** Gives up updates that are so old that no run is woken for them any more. */
export async function giveUpUntold(db: Db): Promise<void> {
  await db
    .update(outbox)
    .set({ state: 'gave_up', finishedAt: sql`now()` })
    .where(and(eq(outbox.state, 'pending'), lt(outbox.createdAt, WOKEN_SINCE)));
}

/** There is no endpoint: the update is kept until a process has one. */
export async function keepUntold(db: Db, effectId: string): Promise<void> {
  await db
    .update(outbox)
    .set({ lastAnswer: NO_ENDPOINT, attemptedAt: sql`now()`, nextAttemptAt: sql`now()` })
    .where(and(eq(outbox.effectId, effectId), eq(outbox.state, 'pending')));
}

/** The update is not true any more, so it is not sent again. */
export async function supersede(db: Db, effectId: string): Promise<void> {
  const lastAnswer = 'the order has moved on';
  await db
    .update(outbox)
    .set({ state: 'superseded', lastAnswer, attemptedAt: sql`now()`, finishedAt: sql`now()` })
    .where(and(eq(outbox.effectId, effectId), eq(outbox.state, 'pending')));
}

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
