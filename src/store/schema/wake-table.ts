/** The runs that we wake ourselves. */
import { boolean, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { at } from './columns.ts';

/**
 * The runs that we have woken ourselves, and why. It stops many processes from waking the same run
 * repeatedly.
 */
export const wakes = pgTable(
  'wakes',
  {
    paymentId: text('payment_id').notNull(),
    why: text().$type<WakeReason>().notNull(),
    /** What was seen. A different value is a reason to wake at once. */
    about: text().notNull(),
    /** The process or pass that took it, so that a retry recognizes its own. */
    takenBy: text('taken_by').notNull(),
    /** Whether the run has been signalled. If not, the next process does it. */
    told: boolean().notNull(),
    /** How often it was signalled about the same. Each time the next wake is later. */
    times: integer().notNull().default(0),
    dueAt: at('due_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.paymentId, table.why] }),
    index('wakes_due').on(table.told, table.dueAt),
  ],
);

export type WakeReason = 'sweep' | 'reconciliation' | 'unwatched' | 'untold_update';
