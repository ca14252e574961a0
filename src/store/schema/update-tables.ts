/** The outbox: updates to the merchant, and the attempts to send them. */
import { sql } from 'drizzle-orm';
import { bigint, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { at } from './columns.ts';

/** Updates to the merchant, written together with the change that they announce. */
export const outbox = pgTable(
  'outbox',
  {
    effectId: text('effect_id').primaryKey(),
    orderReference: text('order_reference').notNull(),
    paymentId: text('payment_id').notNull(),
    sequence: integer().notNull(),
    type: text().notNull(),
    /** The exact bytes that every attempt sends. */
    body: text().notNull(),
    /** pending, delivered, gone, gave_up, superseded or off. */
    state: text().notNull(),
    /** How often it was sent in total. An attempt under way counts. */
    attempts: integer().notNull().default(0),
    /**
     * The same since the current series of attempts began. The delay before the next attempt depends on it.
     */
    tries: integer().notNull().default(0),
    lastAnswer: text('last_answer'),
    createdAt: at('created_at').notNull().defaultNow(),
    attemptedAt: at('attempted_at'),
    nextAttemptAt: at('next_attempt_at').notNull().defaultNow(),
    /** Until then one attempt is under way, and no other may be made. */
    claimedUntil: at('claimed_until'),
    /**
     * The run that sends it after the first attempt has failed. Null while a process makes the first attempt.
     */
    teller: text(),
    finishedAt: at('finished_at'),
    /** When the merchant acknowledged it for the first time. */
    heardAt: at('heard_at'),
    /** Only of order.paid: how long that was after the record that the order is paid. */
    heardAfterMs: bigint('heard_after_ms', { mode: 'number' }),
  },
  (table) => [
    index('outbox_payment').on(table.paymentId),
    index('outbox_order').on(table.orderReference, table.sequence),
    index('outbox_newest').on(table.createdAt, table.effectId),
    index('outbox_ended')
      .on(table.state, table.createdAt, table.effectId)
      .where(sql`state not in ('pending', 'delivered')`)
      .concurrently(),
    index('outbox_type')
      .on(table.type, table.createdAt, table.effectId)
      .where(sql`type <> 'order.paid'`)
      .concurrently(),
    index('outbox_retried')
      .on(table.createdAt, table.effectId)
      .where(sql`attempts >= 2`)
      .concurrently(),
    index('outbox_unheard')
      .on(table.paymentId)
      .where(sql`state in ('pending', 'gave_up', 'gone')`)
      .concurrently(),
    index('outbox_gave_up')
      .on(table.finishedAt, table.effectId)
      .where(sql`state = 'gave_up'`)
      .concurrently(),
    index('outbox_untold')
      .on(table.nextAttemptAt)
      .where(sql`state = 'pending' and attempted_at is null`)
      .concurrently(),
    index('outbox_heard')
      .on(table.heardAt, table.heardAfterMs)
      .where(sql`heard_after_ms is not null`)
      .concurrently(),
    index('outbox_pending')
      .on(table.createdAt)
      .where(sql`state = 'pending'`),
  ],
);

/**
 * Each attempt to send an update, written before it is made, so that an attempt of a killed process is
 * visible.
 */
export const updateAttempts = pgTable(
  'update_attempts',
  {
    effectId: text('effect_id').notNull(),
    /** 1 is the first. */
    n: integer().notNull(),
    at: at('at').notNull().defaultNow(),
    status: integer(),
    /** Why there was no status. */
    error: text(),
    /** How long the answer took. Null while the attempt is under way, or where the process was killed. */
    ms: integer(),
    /** The first characters of the answer's body, as text. */
    answer: text(),
  },
  (table) => [
    primaryKey({ columns: [table.effectId, table.n] }),
    index('update_attempts_at').on(table.at).concurrently(),
  ],
);
