/** What the statistics are counted from, and what is counted. */
import { bigint, bigserial, boolean, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { FoundBy } from '../../domain/found-by.ts';
import { at } from './columns.ts';

/** How a payment ended at first, or that a person is asked about it. */
export const OUTCOMES = ['paid', 'declined', 'failed', 'cancelled', 'expired', 'review'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const minor = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);

/**
 * Append-only: each finding that changed a payment's outcome or its money, written with the change. Narrow
 * rows, so that a week of them is counted in milliseconds.
 */
export const findings = pgTable(
  'findings',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    at: at('at').notNull().defaultNow(),
    paymentId: text('payment_id').notNull(),
    gateway: text().notNull(),
    currency: text().notNull(),
    outcome: text().$type<Outcome>(),
    /** Set where it is paid. Null: not known. */
    foundBy: text('found_by').$type<FoundBy>(),
    paymentMethod: text('payment_method'),
    /** Why it was declined or has failed, in the gateway's words. */
    reason: text(),
    isFirstCapture: boolean('is_first_capture').notNull().default(false),
    /** What has moved, in minor units. Negative where the gateway took it back. */
    authorized: minor('authorized'),
    captured: minor('captured'),
    refunded: minor('refunded'),
    voided: minor('voided'),
    /** Refunds and voids of money that has paid no order. */
    givenBack: minor('given_back'),
  },
  (table) => [index('findings_at').on(table.at)],
);

/**
 * The statistics of each hour, for long ranges. They stay when the rows that were counted are deleted. Their
 * kinds: store/stats/count-rows.ts.
 */
export const statsCounts = pgTable(
  'stats_counts',
  {
    hour: at('hour').notNull(),
    gateway: text().notNull(),
    kind: text().notNull(),
    detail: text().notNull(),
    /** Empty where no money is counted. */
    currency: text().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
    /** In minor units. */
    amount: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.hour, table.gateway, table.kind, table.detail, table.currency] })],
);

/** The hours that are in `stats_counts`, without a gap. */
export const statsHours = pgTable('stats_hours', {
  hour: at('hour').primaryKey(),
  countedAt: at('counted_at').notNull().defaultNow(),
});

/** When which version of the service ran. Every process extends the row of its version each minute. */
export const serviceRuns = pgTable(
  'service_runs',
  {
    version: text().notNull(),
    since: at('since').notNull().defaultNow(),
    until: at('until').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.version, table.since] }),
    index('service_runs_until').on(table.until),
  ],
);
