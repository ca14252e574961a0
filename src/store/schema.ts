/** The tables, once for both stores. Money is an integer in minor units beside its currency. */
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

/** One row an order: its lock, and the arbiter of who paid it. */
export const orders = pgTable('orders', {
  reference: text().primaryKey(),
  amount: integer().notNull(),
  currency: text().notNull(),
  status: text().$type<OrderStatus>().notNull(),
  /** Set once, by a conditional update, and never again. */
  paidPaymentId: text('paid_payment_id'),
  paidAt: at('paid_at'),
  latestN: integer('latest_n').notNull(),
  /** Counts the updates sent to the merchant about this order. */
  sequence: integer().notNull().default(0),
  createdAt: at('created_at').notNull().defaultNow(),
  updatedAt: at('updated_at').notNull().defaultNow(),
});

/** One row a session at a gateway. */
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
    /** It holds money that it may not keep. */
    mustGiveBack: boolean('must_give_back').notNull().default(false),
    sessionId: text('session_id'),
    checkoutUrl: text('checkout_url'),
    transactionId: text('transaction_id'),
    transactionUpdatedAt: text('transaction_updated_at'),
    paymentMethod: text('payment_method'),
    /** Which of the gateway's events of money the last recorded read has shown: a callback about one of them is an echo. */
    knownEvents: jsonb('known_events').$type<readonly string[]>().notNull().default([]),
    authorized: integer().notNull().default(0),
    captured: integer().notNull().default(0),
    refunded: integer().notNull().default(0),
    /** What a person has accepted of its transaction, which holds in the place of the order's own; all three or none. */
    acceptedAmount: integer('accepted_amount'),
    acceptedCurrency: text('accepted_currency'),
    acceptedReference: text('accepted_reference'),
    /** How the gateway showed each operation last, by kind and name, so that each turn of it is told once. */
    shownOperations: jsonb('shown_operations').$type<ShownStates>().notNull().default({}),
    capture: text().notNull().default('manual'),
    /** 128 random bits that the return URL carries. */
    returnKey: text('return_key').notNull(),
    returnUrl: text('return_url'),
    /** What the gateway needs to open the session; emptied of the customer once it is open. */
    request: jsonb().$type<PaymentRequest>().notNull(),
    metadata: jsonb().$type<Record<string, string>>().notNull().default({}),
    runId: text('run_id'),
    expiresAt: at('expires_at').notNull(),
    /** When an authorization is expected to lapse; null where it does not or where there is none any more. */
    authorizationExpiresAt: at('authorization_expires_at'),
    /** Why a person is asked, in REVIEW or beside a settled status that stands. */
    reviewCode: text('review_code').$type<ReviewCode>(),
    /** What a person is asked, in words, about a settled payment whose status stands; null as a rule. */
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
  /** It was adopted: what its session was asked for, but for the money, is not known here. */
  readonly isAdopted?: true;
  /** Of the customer, keyed by the return key, so that another one is seen when the first is forgotten; goes when the payment is settled. */
  readonly customerHash?: string;
  readonly profileId?: string;
  readonly language?: string;
  readonly merchantReference2?: string;
}

/** Every inbound message, accepted or refused, byte for byte. */
export const deliveries = pgTable(
  'deliveries',
  {
    id: text().primaryKey(),
    gateway: text().notNull(),
    /** Null where nothing is proved: a refused delivery never takes a key. */
    eventId: text('event_id'),
    contentHash: text('content_hash'),
    paymentId: text('payment_id'),
    orderReference: text('order_reference'),
    n: integer(),
    /** accepted, duplicate, ignored or refused. */
    outcome: text().notNull(),
    /** received → signalled → handled; stays claimable until handled. */
    state: text(),
    reason: text(),
    claim: jsonb().$type<Record<string, string>>().notNull().default({}),
    method: text().notNull(),
    target: text().notNull(),
    headers: jsonb().$type<Record<string, string>>().notNull(),
    body: bytea().notNull(),
    /** Which secret signed, by the first characters of its hash: tells when an old one may be retired. */
    secret: text(),
    receipts: integer().notNull().default(1),
    receivedAt: at('received_at').notNull().defaultNow(),
    lastReceivedAt: at('last_received_at').notNull().defaultNow(),
    /** When a forwarder took it; it is free again 10 s later. */
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

/** Captures, refunds and voids: the idempotency record of each, for ever. */
export const operations = pgTable(
  'operations',
  {
    id: text().primaryKey(),
    paymentId: text('payment_id').notNull(),
    kind: text().$type<OperationKind>().notNull(),
    /** The merchant's, or ours where nobody asked: unique by payment and kind. */
    reference: text().notNull(),
    /** The same reference with another body is refused. */
    bodyHash: text('body_hash').notNull(),
    /** As asked for; null for all that is left. */
    wanted: integer(),
    /** Reserved before it is sent, and from then on never spent twice. */
    amount: integer(),
    /** As they were asked for. */
    lines: jsonb().$type<readonly MovedLine[]>(),
    /** As they were sent: also where nobody named them, and all that is left of them is moved. */
    sentLines: jsonb('sent_lines').$type<readonly MovedLine[]>(),
    finalCapture: boolean('final_capture').notNull().default(false),
    /** For the gateway, in the merchant's words: stays in this row. */
    reason: text(),
    cause: text().$type<OperationCause>().notNull(),
    /** The name of the API key that asked for it; null where nobody did. */
    key: text(),
    state: text().$type<OperationState>().notNull(),
    /** Why it failed: a stable code, and in words. */
    code: text(),
    detail: text(),
    /** Written before it is sent: found without an answer, it must not be sent again. */
    sentAt: at('sent_at'),
    /** How many failed voids the gateway showed when it was sent, ours and others: none of them is this one. */
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
    /** Equal for a retry of the same write. */
    key: text(),
  },
  (table) => [
    index('timeline_payment').on(table.paymentId, table.id),
    uniqueIndex('timeline_key').on(table.paymentId, table.key),
  ],
);

/** Updates to the merchant, written with the change that they tell of. */
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
    /** How often it was sent, ever; one that is under way counts. */
    attempts: integer().notNull().default(0),
    /** The same since the present telling began: the delay before the next one follows from it. */
    tries: integer().notNull().default(0),
    lastAnswer: text('last_answer'),
    createdAt: at('created_at').notNull().defaultNow(),
    attemptedAt: at('attempted_at'),
    nextAttemptAt: at('next_attempt_at').notNull().defaultNow(),
    /** Until then one attempt is under way, and nobody else may make one. */
    claimedUntil: at('claimed_until'),
    /** The run that tells it, once the first attempt has failed. Null while a process makes that one. */
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

/** Each sending of an update: written before it is made, so that one that a killed process has begun is seen. */
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
    /** How long the answer took. Null while it is under way, or where the process was killed. */
    ms: integer(),
    /** The first characters of the answer's body, as text. */
    answer: text(),
  },
  (table) => [primaryKey({ columns: [table.effectId, table.n] })],
);

/** Whose account this store belongs to, by gateway. */
export const gateways = pgTable('gateways', {
  gateway: text().primaryKey(),
  account: text().notNull(),
  mode: text().notNull(),
  /** Up to when missed callbacks have been counted. */
  callbacksCountedTo: at('callbacks_counted_to'),
});

/** How far each listing of a gateway is known to its last page, and what its last complete pass came to. */
export const sweepMarks = pgTable(
  'sweep_marks',
  {
    gateway: text().notNull(),
    listing: text().notNull(),
    /** When the last complete pass began: what came after it is not known yet. */
    mark: at('mark').notNull(),
    finishedAt: at('finished_at').notNull().defaultNow(),
    pages: integer().notNull(),
    /** Transactions of others on the same account in that pass. */
    foreign: integer('foreign_rows').notNull(),
    /** Payments found to differ, by all passes. */
    finds: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.gateway, table.listing] })],
);

/** Whom we have woken by ourselves, and why: what keeps many processes from waking one run again and again. */
export const wakes = pgTable(
  'wakes',
  {
    paymentId: text('payment_id').notNull(),
    why: text().$type<WakeReason>().notNull(),
    /** What was seen; something else is a reason to wake at once. */
    about: text().notNull(),
    /** Who took it, so that a retry knows its own. */
    takenBy: text('taken_by').notNull(),
    /** Whether the run has been told; what has not been is taken up by whichever process comes next. */
    told: boolean().notNull(),
    /** How often it was told about the same: the next time is ever further away. */
    times: integer().notNull().default(0),
    dueAt: at('due_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.paymentId, table.why] }),
    index('wakes_due').on(table.told, table.dueAt),
  ],
);

export type WakeReason = 'sweep' | 'unwatched' | 'untold_update';

/** Append-only: each call that moves money or decides, written before it is carried out, and with its answer after. */
export const audit = pgTable(
  'audit',
  {
    id: text().primaryKey(),
    at: at('at').notNull().defaultNow(),
    /** The name of the API key. */
    key: text().notNull(),
    /** The name that was given beside it. */
    actor: text(),
    address: text().notNull(),
    requestId: text('request_id').notNull(),
    what: text().$type<AuditedCall>().notNull(),
    /** As the call named it: there may be no such payment. */
    paymentId: text('payment_id'),
    /** What was asked for, without lines. */
    asked: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** Null while it is under way, or where the process ended before it was answered. */
    status: integer(),
    /** Of a refusal. */
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

/** How far texts, bodies and answers have been deleted, for each kind of row that has some: `retention.ts`. */
export const retentionMarks = pgTable('retention_marks', {
  what: text().primaryKey(),
  /** Rows up to here are done, or stand in `retention_left`; an id or a time, as text. */
  mark: text(),
  /** The end of the stretch that is being done; null between two. */
  upto: text(),
  /** How many parts of that stretch are done. */
  turn: integer().notNull().default(0),
});

/** Rows that were passed because their payment, operation or update had not ended: they are looked at again. */
export const retentionLeft = pgTable(
  'retention_left',
  {
    what: text().notNull(),
    /** Of the payment, the operation or the update. */
    id: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.what, table.id] })],
);
