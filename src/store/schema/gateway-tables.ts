/** The gateways' accounts, and how far they have been read. */
import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { at } from './columns.ts';

/** The account that this store belongs to, by gateway. */
export const gateways = pgTable('gateways', {
  gateway: text().primaryKey(),
  account: text().notNull(),
  mode: text().notNull(),
  /** Up to when missed callbacks have been counted. */
  callbacksCountedTo: at('callbacks_counted_to'),
});

/** How far each listing of a gateway has been read completely, and the result of its last complete pass. */
export const sweepMarks = pgTable(
  'sweep_marks',
  {
    gateway: text().notNull(),
    listing: text().notNull(),
    /** When the last complete pass began. Later changes are not known yet. */
    mark: at('mark').notNull(),
    finishedAt: at('finished_at').notNull().defaultNow(),
    pages: integer().notNull(),
    /** Transactions of other shops in the same account, in that pass. */
    foreign: integer('foreign_rows').notNull(),
    /** Payments that were found to differ, in all passes. */
    finds: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.gateway, table.listing] })],
);
