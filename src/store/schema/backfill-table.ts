import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { at } from './columns.ts';

export type BackfillState = 'running' | 'complete' | 'failed';

/** The backfills: how often the events of a gateway were written to the log of deliveries. */
export const backfills = pgTable(
  'backfills',
  {
    id: text().primaryKey(),
    gateway: text().notNull(),
    since: at('since').notNull(),
    until: at('until').notNull(),
    /** What is left out of that period, in sentences. */
    limits: jsonb().$type<readonly string[]>().notNull(),
    /** The name of the API key that asked for it; null where a person started the run itself. */
    askedBy: text('asked_by'),
    state: text().$type<BackfillState>().notNull().default('running'),
    /** Why it failed. */
    failure: text(),
    startedAt: at('started_at').notNull().defaultNow(),
    finishedAt: at('finished_at'),
    /** So far. They grow with each page. */
    read: integer('events_read').notNull().default(0),
    written: integer('events_written').notNull().default(0),
    known: integer('events_known').notNull().default(0),
    foreign: integer('events_foreign').notNull().default(0),
  },
  (table) => [index('backfills_gateway').on(table.gateway, table.id)],
);
