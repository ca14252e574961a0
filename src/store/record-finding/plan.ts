/**
 * Plans a record: its result, and every row that it writes. Pure, under the lock that `recordFinding` holds.
 */
import { createHash } from 'node:crypto';
import { applyFinding, type LateMoneyPolicy } from '../../domain/apply-finding.ts';
import type { OrderChange } from '../../domain/order-change.ts';
import type { Callback } from '../../domain/callback.ts';
import { isStale } from '../../domain/stale-reading.ts';
import type { Decision, Finding } from '../../domain/finding.ts';
import {
  capturesNow,
  failuresToTell,
  finishedOperations,
  nextSteps,
  type FailedOperation,
  type FinishedOperation,
  type NextStep,
} from '../../domain/finish-operations.ts';
import { isPlain, shownAfter } from '../../domain/news.ts';
import type { Note } from '../../domain/note.ts';
import { effectId, type OrderStatus, type UpdateType } from '../../domain/order.ts';
import { isMoney, isSettled, type PaymentSnapshot } from '../../domain/payment.ts';
import type { Transaction } from '../../domain/transaction.ts';
import type { ClosingCause } from '../decisions.ts';
import { newId } from '../new-ids.ts';
import type { NewOperation } from '../operations.ts';
import { updateBody } from '../outbox.ts';
import { snapshotOf } from '../payment-snapshot.ts';
import type { OrderRow, PaymentRow } from '../payments.ts';
import type { outbox, timeline } from '../schema.ts';
import { noteKey, orderSnapshot, type Locked } from './lock-order.ts';

/** What is recorded about a payment. */
export interface FindingRecord {
  readonly paymentId: string;
  readonly orderReference: string;
  /** Unique by run and look, so that a retry writes nothing twice. */
  readonly key: string;
  /** What was read. It may show something about operations, whatever is decided about the payment. */
  readonly transaction?: Transaction;
  readonly failed?: FailedOperation;
  /** The callbacks that it answers. */
  readonly deliveries: readonly Callback[];
  /** The notes for the timeline, beside those about the payment's change. */
  readonly notes: (decision: Decision) => readonly Note[];
}

/** What is to be recorded, and how it is decided. */
export interface RecordRequest extends FindingRecord {
  /** The gateway account in which the payment was opened. */
  readonly account: string;
  /** Decides on the payment as it is under the lock. */
  readonly decide: (payment: PaymentSnapshot) => Decision;
  /** The key of the note of the operator's decision. Without it nothing is accepted or dismissed. */
  readonly noteKey?: string;
  /**
   * Why a payment without a session is closed; no gateway can confirm that. Without a cause that the store
   * has, it stays open.
   */
  readonly closing?: ClosingCause;
}

export interface RecordedFinding extends Pick<RecordPlan, 'paysNow' | 'next'> {
  readonly decision: Decision;
  /** The payment afterwards. */
  readonly payment: PaymentSnapshot;
  readonly row: PaymentRow;
  readonly orderStatus: OrderStatus;
  /** This record itself changed the payment's status. */
  readonly isChange: boolean;
  /** The new effects, of which this process notifies the merchant. */
  readonly effects: readonly string[];
  /** A record with this key was written before. */
  readonly isRepeated: boolean;
}

export interface RecordSettings {
  readonly policy: LateMoneyPolicy;
  readonly livemode: boolean;
  /** False where no ORDER_WEBHOOK_URL is set: updates are kept but not sent. */
  readonly tells: boolean;
}

/** Why a decision is refused that no operator has noted, or noted too long ago. */
export const UNDECIDED = 'no operator has decided that within the last hour: use paidonce resolve';

/** All rows to write, and the next steps. */
export interface RecordPlan {
  /** Null where nothing changes about the payment and the order. */
  readonly change: OrderChange | null;
  /** The transaction that proves it. */
  readonly transaction: Transaction | undefined;
  /** The rows afterwards: the same objects where nothing changes. */
  readonly order: OrderRow;
  readonly payment: PaymentRow;
  readonly finished: readonly FinishedOperation[];
  readonly autoCapture: (NewOperation & { readonly id: string; readonly state: 'pending' }) | null;
  readonly updates: readonly (typeof outbox.$inferInsert)[];
  readonly notes: readonly (typeof timeline.$inferInsert)[];
  /** It proves money or an operation, and other callbacks have come that may add nothing to it. */
  readonly answersOthers: boolean;
  readonly paysNow: boolean;
  readonly next: readonly NextStep[];
}

/** Applies the decision to the payment and its order, including what others have recorded since. */
export function planRecord(
  before: Locked,
  decided: { readonly payment: PaymentSnapshot; readonly decision: Decision },
  record: FindingRecord,
  settings: RecordSettings,
): RecordPlan {
  const finding = findingOf(before, decided);
  const transaction = finding?.transaction ?? record.transaction;
  const isOld = transaction !== undefined && isOvertaken(before.payment, decided.payment, transaction);
  const finished = finishedOperations(
    before.operations,
    { ...(transaction && { transaction }), ...(record.failed && { failed: record.failed }) },
    transaction !== undefined && isNewer(before.payment, transaction),
  );
  const moved = finding && applyFinding(orderSnapshot(before), decided.payment, finding, settings.policy);
  const change = withFailures(before, moved, finished);
  // An overtaken reading may still show that an operation has failed. Its sums are not valid any more.
  const rows = change === null ? before : changedRows(before, change, isOld ? undefined : transaction);
  const autoCapture =
    moved !== null && capturesNow(before.payment.capture, moved) ? newAutoCapture(before) : null;
  const isProved = change !== null && isMoney(change.status) && transaction !== undefined && !isOld;
  return {
    change,
    transaction,
    order: rows.order,
    payment: rows.payment,
    finished,
    autoCapture,
    updates: change === null ? [] : updateRows(before, rows, change, settings),
    notes: noteRows(before, change, finished, record, decided.decision),
    answersOthers: isProved && before.unhandled > record.deliveries.length,
    paysNow: change?.paysNow ?? false,
    next: nextSteps(
      { paidPaymentId: rows.order.paidPaymentId, otherOpen: before.otherOpen },
      { paymentId: rows.payment.id, mustGiveBack: rows.payment.mustGiveBack },
      [...before.operations, ...(autoCapture === null ? [] : [autoCapture])],
    ),
  };
}

/**
 * Null where nothing was found, or where another record has shown a later state of the transaction meanwhile.
 */
function findingOf(
  { payment }: Locked,
  { payment: snapshot, decision }: { readonly payment: PaymentSnapshot; readonly decision: Decision },
): Finding | null {
  if (decision.kind !== 'find') return null;
  const { finding } = decision;
  const { transaction } = finding;
  return transaction !== undefined && isOvertaken(payment, snapshot, transaction) ? null : finding;
}

function isOvertaken(row: PaymentRow, payment: PaymentSnapshot, transaction: Transaction): boolean {
  return transaction.transactionId === row.transactionId && isStale(payment, transaction);
}

/** Whether the transaction is newer than what is recorded. Without timestamps it is not. */
function isNewer({ transactionUpdatedAt: known }: PaymentRow, { updatedAt: said }: Transaction): boolean {
  return known !== null && said !== undefined && Date.parse(said) > Date.parse(known);
}

/** Adds the updates about operations that failed. */
function withFailures(
  { order, payment }: Locked,
  moved: OrderChange | null,
  finished: readonly FinishedOperation[],
): OrderChange | null {
  const failures = failuresToTell(finished);
  if (failures.length === 0) return moved;
  const standing = moved ?? unchanged(order, payment);
  const { orderStatus } = standing;
  const updates = failures.map(
    ({ reference }) => ({ type: 'order.capture_failed', cause: reference, orderStatus }) as const,
  );
  return { ...standing, updates: [...standing.updates, ...updates] };
}

function unchanged({ status: orderStatus }: OrderRow, payment: PaymentRow): OrderChange {
  const { status, reason, reviewCode, reviewMark, closedBy, dismissed, mustGiveBack } = payment;
  const stays = { status, reason, reviewCode, reviewMark, closedBy, dismissed, mustGiveBack };
  return { ...stays, orderStatus, paysNow: false, accepts: false, updates: [] };
}

function changedRows(
  before: Locked,
  change: OrderChange,
  transaction: Transaction | undefined,
): Pick<RecordPlan, 'order' | 'payment'> {
  const { payment, now } = before;
  const { status, reason, reviewCode, reviewMark, closedBy, dismissed, mustGiveBack } = change;
  return {
    order: changedOrder(before, change),
    payment: {
      ...payment,
      status,
      reason,
      reviewCode,
      reviewMark,
      closedBy,
      dismissed,
      mustGiveBack,
      reviewSince: reviewCode === null ? null : (payment.reviewSince ?? now),
      updatedAt: now,
      ...(transaction && shownBy(payment, transaction)),
      ...(transaction && change.accepts && acceptedIn(transaction)),
      ...(isSettled(status) && hasCustomer(payment) && { request: withoutCustomer(payment) }),
    },
  };
}

function hasCustomer({ request }: PaymentRow): boolean {
  return 'customer' in request || 'customerHash' in request;
}

/** Drops the customer's contact data once no session can be opened any more. */
function withoutCustomer({ request }: PaymentRow): PaymentRow['request'] {
  const { customer: _, customerHash: __, ...rest } = request;
  return rest;
}

function shownBy({ shownOperations }: PaymentRow, transaction: Transaction): Partial<PaymentRow> {
  const { authorizationExpiresAt: lapse } = transaction;
  return {
    shownOperations: shownAfter(shownOperations, transaction.operations),
    transactionId: transaction.transactionId,
    transactionUpdatedAt: transaction.updatedAt ?? null,
    authorizationExpiresAt: lapse === undefined ? null : new Date(lapse),
    paymentMethod: transaction.paymentMethod ?? null,
    knownEvents: transaction.knownEvents ?? [],
    authorized: transaction.authorizedMinor,
    captured: transaction.capturedMinor,
    refunded: transaction.refundedMinor,
  };
}

function acceptedIn({ reference, money }: Transaction): Partial<PaymentRow> {
  const { amountMinor, currency } = money;
  return { acceptedAmount: amountMinor, acceptedCurrency: currency, acceptedReference: reference };
}

function changedOrder({ order, payment, now }: Locked, change: OrderChange): OrderRow {
  const { paysNow, updates, orderStatus } = change;
  if (!paysNow && updates.length === 0 && orderStatus === order.status) return order;
  return {
    ...order,
    status: orderStatus,
    sequence: order.sequence + updates.length,
    updatedAt: now,
    ...(paysNow && { paidPaymentId: payment.id, paidAt: now }),
  };
}

const AUTO_CAPTURE = 'auto-capture';

function newAutoCapture({ payment }: Locked): RecordPlan['autoCapture'] {
  return {
    id: newId('op'),
    paymentId: payment.id,
    kind: 'capture',
    reference: AUTO_CAPTURE,
    bodyHash: AUTO_CAPTURE,
    wanted: null,
    finalCapture: false,
    cause: 'auto_capture',
    state: 'pending',
  };
}

/** The updates that announce the change to the merchant. */
function updateRows(
  before: Locked,
  { order, payment }: Pick<RecordPlan, 'order' | 'payment'>,
  change: OrderChange,
  { livemode, tells }: RecordSettings,
): (typeof outbox.$inferInsert)[] {
  return change.updates.map((update, index) => {
    const sequence = before.order.sequence + index + 1;
    const key = { orderReference: order.reference, paymentId: payment.id };
    return {
      ...key,
      effectId: freshEffect(before.known, effectId(key, update.type, plain(update.cause)), update.type),
      sequence,
      type: update.type,
      body: updateBody(update, { order, payment, sequence, livemode }),
      state: tells ? 'pending' : 'off',
      ...(update.isDeferred && { nextAttemptAt: new Date(before.now.getTime() + DEFERRED_MS) }),
    };
  });
}

/** Longer than the API needs to open the next session, or a merchant to ask for it again. */
const DEFERRED_MS = 60_000;

/** A cause may be an id of the gateway. In our ids it must be short ASCII. */
function plain(cause: string): string {
  return isPlain(cause) ? cause : createHash('sha256').update(cause).digest('hex').slice(0, 32);
}

/**
 * An event may happen to a payment again, long after it was over: a failure after a review, or a void after a
 * reversed one. It then gets a new id.
 */
function freshEffect(known: readonly string[], effect: string, type: UpdateType): string {
  if (type === 'order.paid') return effect;
  const earlier = known.filter((id) => id === effect || id.startsWith(`${effect}-again-`)).length;
  return earlier === 0 ? effect : `${effect}-again-${earlier}`;
}

/** The notes for the timeline. A repeated record notes only what it changes, under keys of its own. */
function noteRows(
  { payment, isRepeated }: Locked,
  change: OrderChange | null,
  finished: readonly FinishedOperation[],
  record: FindingRecord,
  decision: Decision,
): (typeof timeline.$inferInsert)[] {
  const notes: Note[] = [
    ...(isRepeated ? [] : record.notes(decision)),
    ...finished.map(finishedNote),
    ...decisionNotes(payment, change),
    ...(change?.updates ?? []).map(
      ({ type }) => ({ kind: 'update', text: `${type} queued for the merchant` }) as const,
    ),
  ];
  const key = isRepeated ? `${record.key}-again` : record.key;
  return notes.map((note, index) => ({
    ...note,
    at: note.at === undefined ? new Date() : new Date(note.at),
    paymentId: payment.id,
    key: noteKey(key, index),
  }));
}

function finishedNote({ kind, reference, state, amountMinor, code, detail }: FinishedOperation): Note {
  const amount = amountMinor === null ? '' : ` of ${amountMinor} minor units`;
  const why = state === 'done' ? '' : `: ${detail ?? code}`;
  return {
    kind: 'operation',
    text: `${kind} ${reference}${amount} ${state === 'done' ? 'done' : 'failed'}${why}`,
    data: {
      kind,
      reference,
      state,
      ...(amountMinor !== null && { amount: amountMinor }),
      ...(code !== null && { code }),
    },
  };
}

function decisionNotes(payment: PaymentRow, change: OrderChange | null): Note[] {
  if (change === null) return [];
  if (change.reviewMark !== payment.reviewMark) return [markNote(payment, change)];
  if (change.status === payment.status && change.reason === payment.reason) return [];
  const why = change.reason === null ? '' : ` (${change.reason})`;
  const paid = change.paysNow ? `; order ${payment.orderReference} is paid by this payment` : '';
  return [
    {
      kind: 'decision',
      text: `${payment.status} became ${change.status}${why}${paid}`,
      data: { from: payment.status, to: change.status },
    },
  ];
}

function markNote({ status: from }: PaymentRow, { status, reviewMark: mark }: OrderChange): Note {
  const text =
    mark === null
      ? `${from} became ${status}: the gateway says so clearly again, the review mark is gone`
      : `${status} stands, and a person is asked: ${mark}`;
  return { kind: 'decision', text, data: { from, to: status, mark } };
}

/** The result for the recorder. `effects` are the new ones. */
export function recordedFinding(
  before: Locked,
  payment: PaymentSnapshot,
  decision: Decision,
  plan: RecordPlan,
  effects: readonly string[],
): RecordedFinding {
  return {
    decision,
    payment: snapshotOf(plan.payment, payment),
    row: plan.payment,
    orderStatus: plan.order.status,
    isChange: plan.payment.status !== before.payment.status,
    paysNow: plan.paysNow,
    next: plan.next,
    effects,
    isRepeated: before.isRepeated,
  };
}
