/** What the processes of the service report about themselves, for people. Nothing depends on these rows. */
import { sql } from 'drizzle-orm';
import { bigint, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { at } from './columns.ts';

const counted = (name: string) => bigint(name, { mode: 'number' }).notNull();

/** Each process renews its row every half minute and deletes it when it stops. A killed one leaves its row. */
export const processes = pgTable('processes', {
  id: text().primaryKey(),
  /** `api`, `worker` or `api+worker`. */
  role: text().notNull(),
  /** The fingerprint of the host's name: the name itself may be a person's. */
  host: text().notNull(),
  pid: integer().notNull(),
  version: text().notNull(),
  /** TEMPORAL_WORKER_BUILD_ID. */
  build: text(),
  node: text().notNull(),
  startedAt: at('started_at').notNull(),
  seenAt: at('seen_at').notNull().defaultNow(),
  /** Resident memory. */
  memoryBytes: counted('memory_bytes'),
});

/** Calls to gateways by minute. All processes add to the same rows. */
export const gatewayCalls = pgTable(
  'gateway_calls',
  {
    gateway: text().notNull(),
    minute: at('minute').notNull(),
    operation: text().notNull(),
    outcome: text().notNull(),
    /** How long they took, in tenths of a decade of milliseconds: 20 is up to 100 ms. */
    step: integer().notNull(),
    calls: counted('calls'),
    totalMs: counted('total_ms'),
  },
  (table) => [
    primaryKey({ columns: [table.gateway, table.minute, table.operation, table.outcome, table.step] }),
    // Refusals are few, and the last one is asked for.
    index('gateway_calls_refused')
      .on(table.gateway, table.minute)
      .where(sql`outcome = 'credentials'`),
  ],
);

/** One pass over one listing of a gateway. */
export const sweepPasses = pgTable(
  'sweep_passes',
  {
    gateway: text().notNull(),
    /** When its sweep began. A sweep reads several listings. */
    startedAt: at('started_at').notNull(),
    listing: text().notNull(),
    /** When its last page was read; null while it is under way, or where it never ended. */
    finishedAt: at('finished_at'),
    pages: integer().notNull().default(0),
    /** Payments that were found to differ. */
    finds: integer().notNull().default(0),
    foreign: integer('foreign_rows').notNull().default(0),
    /** Why a page could not be read at last; null once it was read. */
    failure: text(),
  },
  (table) => [primaryKey({ columns: [table.gateway, table.startedAt, table.listing] })],
);

/** The size of the store in each hour, by which its growth is known. */
export const storeSizes = pgTable('store_sizes', {
  hour: at('hour').primaryKey(),
  bytes: counted('bytes'),
});
