/** The reconciliations: which transactions of a gateway were compared with ours, and which differ. */
import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { Compared, DriftClass, Explanation, Holding, Side } from '../../domain/reconcile.ts';
import { at } from './columns.ts';

/** `api`: by the gateway's listing. `evidence`: it can't list, so only our own payments were read. */
export type Coverage = 'api' | 'evidence';
export type ReconciliationState = 'running' | 'complete' | 'failed';
/** How many differences of a class were found, and how many of these nothing explains. */
export type Drift = Readonly<Record<DriftClass, { readonly found: number; readonly unexplained: number }>>;

export const reconciliations = pgTable(
  'reconciliations',
  {
    id: text().primaryKey(),
    gateway: text().notNull(),
    since: at('since').notNull(),
    /** Null where it has no end: everything is compared that the listing shows. */
    until: at('until'),
    coverage: text().$type<Coverage>().notNull(),
    /** The name of the API key that asked for it; null for the Schedule. */
    askedBy: text('asked_by'),
    state: text().$type<ReconciliationState>().notNull().default('running'),
    /** Why it failed. */
    failure: text(),
    startedAt: at('started_at').notNull().defaultNow(),
    finishedAt: at('finished_at'),
    compared: integer().notNull().default(0),
    matched: integer().notNull().default(0),
    /** Those of the matching ones that differed, until their run had looked. */
    repaired: integer().notNull().default(0),
    foreign: integer('foreign_rows').notNull().default(0),
    /** Null until it is complete. */
    drift: jsonb().$type<Drift>(),
  },
  (table) => [index('reconciliations_gateway').on(table.gateway, table.id)],
);

/**
 * What a reconciliation has compared. The rows of matching and foreign transactions are deleted after its end:
 * they only make each transaction count once, and show which payments the listing has left out.
 */
export const reconciliationRows = pgTable(
  'reconciliation_rows',
  {
    reconciliationId: text('reconciliation_id').notNull(),
    /** The transaction, or `payment/<id>`, or for a duplicate `order/<reference>`. */
    key: text().notNull(),
    class: text().$type<Compared | 'duplicate'>().notNull(),
    orderReference: text('order_reference'),
    paymentId: text('payment_id'),
    sessionId: text('session_id'),
    transactionId: text('transaction_id'),
    /** What was recorded when it was compared first. */
    here: jsonb().$type<Side>(),
    there: jsonb().$type<Side>(),
    explanation: text().$type<Explanation>(),
    isRepaired: boolean('is_repaired').notNull().default(false),
    /** The transactions of a duplicate. */
    holdings: jsonb().$type<readonly Holding[]>(),
  },
  (table) => [
    primaryKey({ columns: [table.reconciliationId, table.key] }),
    index('reconciliation_rows_passed')
      .on(table.reconciliationId)
      .where(sql`class in ('match', 'foreign')`),
    index('reconciliation_rows_order').on(table.reconciliationId, table.orderReference),
  ],
);

/**
 * Sessions of other shops on the account, so that each is read once and not at every reconciliation. Only for
 * gateways whose listing does not show to which shop a transaction belongs.
 */
export const foreignSessions = pgTable(
  'foreign_sessions',
  {
    gateway: text().notNull(),
    sessionId: text('session_id').notNull(),
    readAt: at('read_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.gateway, table.sessionId] }),
    index('foreign_sessions_read').on(table.readAt),
  ],
);
