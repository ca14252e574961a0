import { pgTable, text } from 'drizzle-orm/pg-core';
import { at } from './columns.ts';

/** What people have written on things that need somebody. The things themselves are in the other tables. */
export const attentionMarks = pgTable('attention_marks', {
  /** The id of the item: `review/pay_…`. */
  item: text().primaryKey(),
  /** The person that looks after it. */
  owner: text(),
  snoozedUntil: at('snoozed_until'),
  note: text(),
  /** The last person that changed the mark, and the name of the API key. */
  actor: text().notNull(),
  key: text().notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
});
