/** The requests that wait for a second person. */
import { index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { MovedLine } from '../../domain/lines.ts';
import { at } from './columns.ts';
import { sql } from 'drizzle-orm';

export type ApprovedCall = 'refund' | 'accept' | 'give_back';

/** The fields of a request that its execution needs; those of a refund are null for a decision. */
export interface AskedOfSecond {
  readonly amount: number | null;
  readonly lines?: readonly MovedLine[];
}

/** Requests above FOUR_EYES_ABOVE. Nothing is done before a key of another name approves. */
export const approvals = pgTable(
  'approvals',
  {
    id: text().primaryKey(),
    paymentId: text('payment_id').notNull(),
    what: text().$type<ApprovedCall>().notNull(),
    /** The reference of the refund; of a decision about a review the approval's own id. */
    reference: text().notNull(),
    /** The same reference with another body is refused. */
    bodyHash: text('body_hash').notNull(),
    asked: jsonb().$type<AskedOfSecond>().notNull(),
    /** In minor units: what would be moved or accepted at most, as far as it was known. */
    amount: integer().notNull(),
    currency: text().notNull(),
    /** The name of the API key that asked, the person that was named with it, and why. */
    key: text().notNull(),
    actor: text().notNull(),
    reason: text(),
    askedAt: at('asked_at').notNull().defaultNow(),
    /** It can't be approved from then on. */
    expiresAt: at('expires_at').notNull(),
    state: text().$type<'awaiting' | 'approved' | 'rejected'>().notNull().default('awaiting'),
    decidedKey: text('decided_key'),
    decidedActor: text('decided_actor'),
    decidedReason: text('decided_reason'),
    decidedAt: at('decided_at'),
    /** The note of the decision, for the run that carries it out. */
    noteKey: text('note_key'),
    /** When a process last began to carry it out. */
    carriedAt: at('carried_at'),
    /** It was carried out: as an operation, or as a decision. Or it was refused, with this code. */
    doneAt: at('done_at'),
    code: text(),
    detail: text(),
  },
  (table) => [
    uniqueIndex('approvals_reference').on(table.paymentId, table.what, table.reference),
    index('approvals_state').on(table.state, table.id),
    index('approvals_undone')
      .on(table.carriedAt)
      .where(sql`state = 'approved' and done_at is null`),
  ],
);
