/** The calls that move money, make a decision or start work for others. */
import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { at } from './columns.ts';

/**
 * Append-only: each call that moves money, makes a decision or starts work for others. Written before it is carried out, and
 * completed with its answer.
 */
export const audit = pgTable(
  'audit',
  {
    id: text().primaryKey(),
    at: at('at').notNull().defaultNow(),
    /** The name of the API key. */
    key: text().notNull(),
    /** The person's name that was given with the call. */
    actor: text(),
    address: text().notNull(),
    requestId: text('request_id').notNull(),
    what: text().$type<AuditedCall>().notNull(),
    /** The payment that the call named; it may not exist. */
    paymentId: text('payment_id'),
    /** The request, without lines. */
    asked: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** Null while the call is under way, or where the process ended before the answer. */
    status: integer(),
    /** The code of a refusal. */
    code: text(),
  },
  (table) => [
    index('audit_payment').on(table.paymentId, table.id),
    index('audit_key').on(table.key, table.id).concurrently(),
    index('audit_what').on(table.what, table.id).concurrently(),
  ],
);

export const AUDITED_CALLS = [
  'capture',
  'refund',
  'void',
  'cancel',
  'resolve',
  'look',
  'approve',
  'reject',
  'redeliver_delivery',
  'redeliver_update',
  'mark_attention',
  'reconcile',
  'backfill',
] as const;

export type AuditedCall = (typeof AUDITED_CALLS)[number];
