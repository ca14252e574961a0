/** The tables, the same for both stores. Money is an integer in minor units beside its currency. */
import { sql } from 'drizzle-orm';
import {
  bigserial,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { MovedLine } from '../domain/lines.ts';
import type { ShownStates } from '../domain/news.ts';
import type { OperationCause, OperationKind, OperationState } from '../domain/operation.ts';
import type { Customer, OrderLine, OrderStatus } from '../domain/order.ts';
import type { ClosedBy, PaymentStatus, ReviewCode } from '../domain/payment.ts';

const bytea = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** One row per order. It is the order's lock, and says which payment paid it. */
export const orders = pgTable('orders', {
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
});

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
    capture: text().notNull().default('manual'),
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
    index('payments_status').on(table.status, table.id).concurrently(),
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
}

/**
 * Received callbacks, accepted or refused. Of most headers only the name is kept. An unsigned body and a
 * refused callback are cut down, and refused callbacks beyond a limit are only counted.
 */
export const deliveries = pgTable(
  'deliveries',
  {
    id: text().primaryKey(),
    gateway: text().notNull(),
    /** Null where nothing is proved: a refused delivery never takes an event id. */
    eventId: text('event_id'),
    contentHash: text('content_hash'),
    paymentId: text('payment_id'),
    orderReference: text('order_reference'),
    n: integer(),
    /** accepted, duplicate, ignored or refused. */
    outcome: text().notNull(),
    /** received → signalled → handled. Can be claimed until it is handled. */
    state: text(),
    reason: text(),
    claim: jsonb().$type<Record<string, string>>().notNull().default({}),
    method: text().notNull(),
    target: text().notNull(),
    headers: jsonb().$type<Record<string, string>>().notNull(),
    body: bytea().notNull(),
    /**
     * Which secret signed, by the first characters of its hash. It shows when an old secret may be retired.
     */
    secret: text(),
    receipts: integer().notNull().default(1),
    receivedAt: at('received_at').notNull().defaultNow(),
    lastReceivedAt: at('last_received_at').notNull().defaultNow(),
    /** When a forwarder took it. It is free again 10 s later. */
    claimedAt: at('claimed_at'),
    handledAt: at('handled_at'),
  },
  (table) => [
    uniqueIndex('deliveries_event').on(table.gateway, table.eventId),
    index('deliveries_payment').on(table.paymentId, table.contentHash),
    index('deliveries_age').on(table.receivedAt),
    index('deliveries_refused')
      .on(table.receivedAt)
      .where(sql`outcome = 'refused'`),
    index('deliveries_outcome')
      .on(table.outcome, table.id)
      .where(sql`outcome <> 'accepted'`)
      .concurrently(),
    index('deliveries_received')
      .on(table.receivedAt)
      .where(sql`state = 'received'`),
    index('deliveries_unhandled')
      .on(table.receivedAt)
      .where(sql`state in ('received', 'signalled')`),
    index('deliveries_secret')
      .on(table.secret, table.lastReceivedAt)
      .where(sql`secret is not null`),
  ],
);

/** Captures, refunds and voids: the idempotency record of each, kept forever. */
export const operations = pgTable(
  'operations',
  {
    id: text().primaryKey(),
    paymentId: text('payment_id').notNull(),
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
    index('operations_named').on(table.reference, table.id).concurrently(),
    index('operations_unfinished')
      .on(table.updatedAt)
      .where(sql`state in ('pending', 'unknown')`),
  ],
);

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

/** Updates to the merchant, written together with the change that they announce. */
export const outbox = pgTable(
  'outbox',
  {
    effectId: text('effect_id').primaryKey(),
    orderReference: text('order_reference').notNull(),
    paymentId: text('payment_id').notNull(),
    sequence: integer().notNull(),
    type: text().notNull(),
    /** The exact bytes that every attempt sends. */
    body: text().notNull(),
    /** pending, delivered, gone, gave_up, superseded or off. */
    state: text().notNull(),
    /** How often it was sent in total. An attempt under way counts. */
    attempts: integer().notNull().default(0),
    /**
     * The same since the current series of attempts began. The delay before the next attempt depends on it.
     */
    tries: integer().notNull().default(0),
    lastAnswer: text('last_answer'),
    createdAt: at('created_at').notNull().defaultNow(),
    attemptedAt: at('attempted_at'),
    nextAttemptAt: at('next_attempt_at').notNull().defaultNow(),
    /** Until then one attempt is under way, and no other may be made. */
    claimedUntil: at('claimed_until'),
    /**
     * The run that sends it after the first attempt has failed. Null while a process makes the first attempt.
     */
    teller: text(),
    finishedAt: at('finished_at'),
  },
  (table) => [
    index('outbox_payment').on(table.paymentId),
    index('outbox_order').on(table.orderReference, table.sequence),
    index('outbox_newest').on(table.createdAt, table.effectId),
    index('outbox_ended')
      .on(table.state, table.createdAt, table.effectId)
      .where(sql`state not in ('pending', 'delivered')`)
      .concurrently(),
    index('outbox_gave_up')
      .on(table.finishedAt, table.effectId)
      .where(sql`state = 'gave_up'`)
      .concurrently(),
    index('outbox_untold')
      .on(table.nextAttemptAt)
      .where(sql`state = 'pending' and attempted_at is null`)
      .concurrently(),
    index('outbox_pending')
      .on(table.createdAt)
      .where(sql`state = 'pending'`),
  ],
);

/**
 * Each attempt to send an update, written before it is made, so that an attempt of a killed process is
 * visible.
 */
export const updateAttempts = pgTable(
  'update_attempts',
  {
    effectId: text('effect_id').notNull(),
    /** 1 is the first. */
    n: integer().notNull(),
    at: at('at').notNull().defaultNow(),
    status: integer(),
    /** Why there was no status. */
    error: text(),
    /** How long the answer took. Null while the attempt is under way, or where the process was killed. */
    ms: integer(),
    /** The first characters of the answer's body, as text. */
    answer: text(),
  },
  (table) => [primaryKey({ columns: [table.effectId, table.n] })],
);

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

export type WakeReason = 'sweep' | 'unwatched' | 'untold_update';

/**
 * Append-only: each call that moves money or makes a decision. Written before it is carried out, and
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
  'redeliver_delivery',
  'redeliver_update',
] as const;

export type AuditedCall = (typeof AUDITED_CALLS)[number];

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
