/** Orders, their payments, and what happened to each. The tables are the same for both stores. */
import { sql, type SQL } from 'drizzle-orm';
import { bigserial, boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { Dispute } from '../../domain/dispute.ts';
import type { FoundBy } from '../../domain/found-by.ts';
import type { ShownStates } from '../../domain/news.ts';
import type { Customer, OrderLine, OrderStatus } from '../../domain/order.ts';
import type { Surplus } from '../../domain/surplus.ts';
import type { CaptureMode, ClosedBy, PaymentStatus, ReviewCode } from '../../domain/payment.ts';
import { at } from './columns.ts';

/** One row per order. It is the order's lock, and says which payment paid it. */
export const orders = pgTable(
  'orders',
  {
    reference: text().primaryKey(),
    amount: integer().notNull(),
    currency: text().notNull(),
    status: text().$type<OrderStatus>().notNull(),
    /** Set once and never changed: under the row's lock, and the condition of the update is a second guard. */
    paidPaymentId: text('paid_payment_id'),
    paidAt: at('paid_at'),
    latestN: integer('latest_n').notNull(),
    /** Counts the updates to the merchant about this order. */
    sequence: integer().notNull().default(0),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    index('orders_status')
      .on(table.status)
      .where(sql`status <> 'PAID'`)
      .concurrently(),
  ],
);

type Indexed = Parameters<ReturnType<typeof index>['on']>;

/** An index of the rows that match, made while the table is in use. */
const ofSome = (name: string, isIndexed: SQL, ...on: Indexed) =>
  index(name)
    .on(...on)
    .where(isIndexed)
    .concurrently();

const HAS_REFERENCE2 = sql`request ->> 'merchantReference2' is not null`;

/** One row per payment: one attempt to pay an order. It has one session at most. */
export const payments = pgTable(
  'payments',
  {
    id: text().primaryKey(),
    orderReference: text('order_reference').notNull(),
    n: integer().notNull(),
    gateway: text().notNull(),
    amount: integer().notNull(),
    currency: text().notNull(),
    status: text().$type<PaymentStatus>().notNull(),
    reason: text(),
    closedBy: text('closed_by').$type<ClosedBy>(),
    dismissed: boolean().notNull().default(false),
    /** The payment holds money that it may not keep. */
    mustGiveBack: boolean('must_give_back').notNull().default(false),
    sessionId: text('session_id'),
    checkoutUrl: text('checkout_url'),
    transactionId: text('transaction_id'),
    transactionUpdatedAt: text('transaction_updated_at'),
    paymentMethod: text('payment_method'),
    /** Which trigger made the look that found it paid. Null where it has not paid, or where that is not known. */
    foundBy: text('found_by').$type<FoundBy>(),
    /**
     * The gateway's money events that the last recorded reading has shown. A callback about one of them is an
     * echo.
     */
    knownEvents: jsonb('known_events').$type<readonly string[]>().notNull().default([]),
    authorized: integer().notNull().default(0),
    captured: integer().notNull().default(0),
    refunded: integer().notNull().default(0),
    /**
     * The values of its transaction that an operator has accepted. They replace the order's own. All three or
     * none.
     */
    acceptedAmount: integer('accepted_amount'),
    acceptedCurrency: text('accepted_currency'),
    acceptedReference: text('accepted_reference'),
    /**
     * How the last reading showed each operation, by kind and name, so that each change is announced once.
     */
    shownOperations: jsonb('shown_operations').$type<ShownStates>().notNull().default({}),
    disputes: jsonb().$type<readonly Dispute[]>().notNull().default([]),
    /** Further transactions of its session that hold or held money. */
    surplus: jsonb().$type<readonly Surplus[]>().notNull().default([]),
    capture: text().$type<CaptureMode>().notNull().default('manual'),
    /** 128 random bits in the return URL. */
    returnKey: text('return_key').notNull(),
    returnUrl: text('return_url'),
    /** What the gateway needs to open the session. The customer is removed once the session is open. */
    request: jsonb().$type<PaymentRequest>().notNull(),
    metadata: jsonb().$type<Record<string, string>>().notNull().default({}),
    runId: text('run_id'),
    /**
     * Until then the request that created the payment may be opening its session, and its run waits. Null where
     * the run alone opens it.
     */
    openingUntil: at('opening_until'),
    expiresAt: at('expires_at').notNull(),
    /** When an authorization is expected to lapse. Null where it does not lapse, or where none is left. */
    authorizationExpiresAt: at('authorization_expires_at'),
    /** Why a person is asked, in REVIEW or beside a settled status that stays as it is. */
    reviewCode: text('review_code').$type<ReviewCode>(),
    /**
     * The question to a person, in words, about a settled payment whose status stays as it is. Usually null.
     */
    reviewMark: text('review_mark'),
    reviewSince: at('review_since'),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('payments_order_n').on(table.orderReference, table.n),
    uniqueIndex('payments_one_open')
      .on(table.orderReference)
      .where(sql`status in ('PENDING', 'ON_HOLD')`),
    uniqueIndex('payments_return_key').on(table.returnKey),
    index('payments_session').on(table.gateway, table.sessionId),
    index('payments_transaction')
      .on(table.transactionId)
      .where(sql`transaction_id is not null`)
      .concurrently(),
    index('payments_amount').on(table.amount, table.currency, table.id).concurrently(),
    ofSome('payments_method', sql`payment_method is not null`, table.paymentMethod, table.id),
    ofSome('payments_reason', sql`reason is not null`, sql`left(split_part(reason, ':', 1), 60)`, table.id),
    ofSome('payments_found_by', sql`found_by <> 'callback'`, table.foundBy, table.id),
    ofSome('payments_accepted', sql`accepted_amount is not null`, table.id),
    ofSome('payments_refunded', sql`refunded > 0`, table.id),
    ofSome('payments_disputed', sql`disputes <> '[]'::jsonb`, table.id),
    ofSome('payments_reference2', HAS_REFERENCE2, sql`(request ->> 'merchantReference2')`, table.id),
    index('payments_lapsing')
      .on(table.authorizationExpiresAt)
      .where(sql`authorization_expires_at is not null`),
    index('payments_must_give_back')
      .on(table.updatedAt)
      .where(sql`must_give_back`)
      .concurrently(),
    index('payments_marked')
      .on(table.reviewSince)
      .where(sql`review_mark is not null`),
    index('payments_surplus')
      .on(table.updatedAt)
      .where(sql`surplus <> '[]'::jsonb`)
      .concurrently(),
    index('payments_created').on(table.createdAt, table.gateway).concurrently(),
    index('payments_status').on(table.status, table.id).concurrently(),
    index('payments_unopened')
      .on(table.createdAt)
      .where(sql`status = 'PENDING' and session_id is null`)
      .concurrently(),
    index('payments_unsettled')
      .on(table.gateway, table.createdAt)
      .where(sql`status in ('PENDING', 'ON_HOLD', 'REVIEW')`),
  ],
);

export interface PaymentRequest {
  readonly lines: readonly OrderLine[];
  readonly customer?: Customer;
  /** The session was adopted. Of its request, only the money is known here. */
  readonly isAdopted?: true;
  /**
   * A hash of the customer, keyed by the return key, so that a different customer is noticed after the first
   * one is deleted. Removed when the payment is settled.
   */
  readonly customerHash?: string;
  readonly profileId?: string;
  readonly language?: string;
  readonly merchantReference2?: string;
  /** What only the payment's gateway understands. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Append-only: what happened to a payment, in words and data. */
export const timeline = pgTable(
  'timeline',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    paymentId: text('payment_id').notNull(),
    at: at('at').notNull().defaultNow(),
    kind: text().notNull(),
    text: text().notNull(),
    data: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** The same for a retry of the same write. */
    key: text(),
  },
  (table) => [
    index('timeline_payment').on(table.paymentId, table.id),
    uniqueIndex('timeline_key').on(table.paymentId, table.key),
  ],
);
