/** How far old data has been deleted. */
import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

/**
 * How far texts, bodies and answers have been deleted, for each kind of row that has some: `retention.ts`.
 */
export const retentionMarks = pgTable('retention_marks', {
  what: text().primaryKey(),
  /** Rows up to here are done, or are listed in `retention_left`. An id or a time, as text. */
  mark: text(),
  /** The end of the current stretch; null between two. */
  upto: text(),
  /** How many parts of that stretch are done. */
  turn: integer().notNull().default(0),
});

/** Rows that were passed because their payment, operation or update had not ended. They are checked again. */
export const retentionLeft = pgTable(
  'retention_left',
  {
    what: text().notNull(),
    /** The id of the payment, the operation or the update. */
    id: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.what, table.id] })],
);
