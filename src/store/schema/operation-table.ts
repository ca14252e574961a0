/** The operations on a payment's money. */
import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { MovedLine } from '../../domain/lines.ts';
import type { OperationCause, OperationKind, OperationState } from '../../domain/operation.ts';
import { at } from './columns.ts';

/** Captures, refunds and voids: the idempotency record of each, kept forever. */
export const operations = pgTable(
  'operations',
  {
    id: text().primaryKey(),
    paymentId: text('payment_id').notNull(),
    /** The surplus transaction that it is about. Null: the payment's own. */
    transactionId: text('transaction_id'),
    kind: text().$type<OperationKind>().notNull(),
    /** The merchant's reference, or ours where no caller gave one. Unique by payment and kind. */
    reference: text().notNull(),
    /** The same reference with another body is refused. */
    bodyHash: text('body_hash').notNull(),
    /** The requested amount. Null: all that is left. */
    wanted: integer(),
    /** Reserved before the operation is sent, and from then on never spent twice. */
    amount: integer(),
    /** The requested lines. */
    lines: jsonb().$type<readonly MovedLine[]>(),
    /** The sent lines. Also set where no lines were requested and all that is left of them is moved. */
    sentLines: jsonb('sent_lines').$type<readonly MovedLine[]>(),
    finalCapture: boolean('final_capture').notNull().default(false),
    /** For the gateway, in the merchant's words. Kept only in this row. */
    reason: text(),
    cause: text().$type<OperationCause>().notNull(),
    /** The name of the API key that asked for it. Null where no call did. */
    key: text(),
    state: text().$type<OperationState>().notNull(),
    /** Why it failed: a stable code, and a text. */
    code: text(),
    detail: text(),
    /**
     * Written before it is sent. If it is set and there is no answer, the operation must not be sent again.
     */
    sentAt: at('sent_at'),
    /** Counts the idempotency keys that were used for it, from 0. */
    keyNumber: integer('key_number').notNull().default(0),
    /** When its present key was first used. */
    keySince: at('key_since'),
    /**
     * How many failed voids the gateway showed when this one was sent, ours and others. None of them is this
     * one.
     */
    failedVoids: integer('failed_voids').notNull().default(0),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
    finishedAt: at('finished_at'),
  },
  (table) => [
    uniqueIndex('operations_reference').on(table.paymentId, table.kind, table.reference),
    index('operations_state').on(table.state, table.id).concurrently(),
    index('operations_kind').on(table.kind, table.id).concurrently(),
    index('operations_cause').on(table.cause, table.id).concurrently(),
    index('operations_named').on(table.reference, table.id).concurrently(),
    index('operations_unfinished')
      .on(table.updatedAt)
      .where(sql`state in ('pending', 'unknown')`),
  ],
);
