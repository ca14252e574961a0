/** The log of received callbacks, and of those that a backfill has added. */
import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Clue } from '../../domain/refusal-clue.ts';
import { at, bytea } from './columns.ts';

/**
 * Received callbacks, accepted or refused. Of most headers only the name is kept. An unsigned body and a
 * refused callback are cut down, and refused callbacks beyond a limit are only counted.
 */
export const deliveries = pgTable(
  'deliveries',
  {
    id: text().primaryKey(),
    gateway: text().notNull(),
    /** Null where nothing is proved: a refused delivery never takes an event id. */
    eventId: text('event_id'),
    /**
     * The event of a row that a backfill has written. It claims nothing: the delivery of the same event is a row of
     * its own, and lists then leave this one out.
     */
    backfilledEventId: text('backfilled_event_id'),
    /** Which backfill has written it. */
    backfillId: text('backfill_id'),
    contentHash: text('content_hash'),
    paymentId: text('payment_id'),
    orderReference: text('order_reference'),
    n: integer(),
    /** accepted, duplicate, ignored, refused or backfilled. */
    outcome: text().notNull(),
    /**
     * received → signalled → handled. Can be claimed until it is handled. `parked` before `received`: it names a
     * transaction that no payment has yet.
     */
    state: text(),
    reason: text(),
    claim: jsonb().$type<Record<string, string>>().notNull().default({}),
    method: text().notNull(),
    target: text().notNull(),
    headers: jsonb().$type<Record<string, string>>().notNull(),
    body: bytea().notNull(),
    /**
     * Which secret signed, by the first characters of its hash. It shows when an old secret may be retired.
     */
    secret: text(),
    /**
     * Why its signature does not match, or is too old: what would have to be different. Null where nothing was
     * wrong with it.
     */
    clues: jsonb().$type<readonly Clue[]>(),
    /** 0 where it was backfilled. */
    receipts: integer().notNull().default(1),
    receivedAt: at('received_at').notNull().defaultNow(),
    lastReceivedAt: at('last_received_at').notNull().defaultNow(),
    /** When a forwarder took it: no other takes it for 10 s, or longer where it was signalled. */
    claimedAt: at('claimed_at'),
    handledAt: at('handled_at'),
  },
  (table) => [
    uniqueIndex('deliveries_event').on(table.gateway, table.eventId),
    index('deliveries_payment').on(table.paymentId, table.contentHash),
    index('deliveries_age').on(table.receivedAt),
    index('deliveries_refused')
      .on(table.receivedAt)
      .where(sql`outcome = 'refused'`),
    index('deliveries_other')
      .on(table.receivedAt)
      .where(sql`outcome = 'ignored' and reason = 'other'`)
      .concurrently(),
    index('deliveries_outcome')
      .on(table.outcome, table.id)
      .where(sql`outcome <> 'accepted'`)
      .concurrently(),
    index('deliveries_reason')
      .on(sql`left(split_part(reason, ':', 1), 60)`, table.id)
      .where(sql`reason is not null`)
      .concurrently(),
    index('deliveries_received')
      .on(table.receivedAt)
      .where(sql`state = 'received'`),
    index('deliveries_unhandled')
      .on(table.receivedAt)
      .where(sql`state in ('received', 'signalled')`),
    index('deliveries_parked')
      .on(table.gateway, sql`(claim->>'transactionId')`)
      .where(sql`state = 'parked'`)
      .concurrently(),
    uniqueIndex('deliveries_backfilled')
      .on(table.gateway, table.backfilledEventId)
      .where(sql`backfilled_event_id is not null`)
      .concurrently(),
    index('deliveries_secret')
      .on(table.secret, table.lastReceivedAt)
      .where(sql`secret is not null`),
  ],
);
