/** `src/store/outcomes.ts` in memory: the same pure functions, under a lock that needs no database. */
import { isOpen } from '../../../src/domain/payment.ts';
import type { Settlement } from '../../../src/domain/settle.ts';
import type { Db } from '../../../src/store/open.ts';
import {
  autoCapture,
  capturesNow,
  finishedNote,
  type FinishedOperation,
} from '../../../src/store/outcome-operations.ts';
import { noteKey, noteRows, settledRows, updateRows, type Locked } from '../../../src/store/outcome-rows.ts';
import { recordedOutcome, settleRecord } from '../../../src/store/outcome-settlement.ts';
import type { OutcomeRecord, RecordedOutcome, RecordSettings } from '../../../src/store/outcomes.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { OutboxRow } from '../../../src/store/outbox.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { isUnfinished, tablesOf, type Tables } from '../world/tables.ts';
import { isClosableNow, isUsedNow } from './store-decisions.ts';
import { markAnswered, markHandled } from './store-deliveries.ts';
import { operationRow } from './store-operations.ts';
import { takeForTelling } from './store-outbox.ts';

export type * from '../../../src/store/outcomes.ts';

export function recordOutcome(
  db: Db,
  record: OutcomeRecord,
  settings: RecordSettings,
): Promise<RecordedOutcome> {
  const tables = tablesOf(db);
  return tables.call('record an outcome', () => recorded(tables, record, settings));
}

function recorded(tables: Tables, record: OutcomeRecord, settings: RecordSettings): RecordedOutcome {
  const before = lock(tables, record, settings.teller);
  const isDecided = before.isWritten || isBacked(tables, before, record);
  const backed = isDecided ? record : { ...record, outcome: null, notes: [] };
  const result = settleRecord(before, backed, settings.policy);
  const { settled, finished, current, answersOthers } = result;
  if (settled !== null) tables.keeper.settling(before, settled, record);
  const told = write(tables, before, settled, finished, current, settings);
  const { id } = before.payment;
  if (answersOthers) markAnswered(tables, id);
  tables.keeper.settled(before, tables.payments.get(id) as PaymentRow);
  return recordedOutcome(before, result, told, settings.tells);
}

function isBacked(
  tables: Tables,
  { order }: Locked,
  { paymentId, outcome, closing, noteKey = '', key: by }: OutcomeRecord,
): boolean {
  if (closing !== undefined)
    return isClosableNow(tables, { paymentId, orderReference: order.reference }, closing);
  const decision = outcome?.accept ? 'accept' : outcome?.dismiss ? 'dismiss' : null;
  return decision === null || isUsedNow(tables, paymentId, { noteKey, decision, by });
}

function lock(tables: Tables, { paymentId, key }: OutcomeRecord, teller: string): Locked {
  const payment = tables.payments.get(paymentId);
  const order = payment && tables.orders.get(payment.orderReference);
  if (payment === undefined || order === undefined)
    throw new Error(`recording an outcome: there is no payment ${paymentId}`);
  const updates = [...tables.outbox.values()];
  const others = tables
    .paymentsOf(order.reference)
    .flatMap(({ id, status }) => (id === paymentId ? [] : status));
  const isAtHand = (row: OperationRow) =>
    isUnfinished(row) ||
    row.state === 'done' ||
    row.code === 'not_confirmed' ||
    (row.code === 'declined' && (row.kind !== 'void' || !isVoidedLater(row)));
  const isVoidedLater = ({ sentAt }: OperationRow) =>
    tables.operationsOf(paymentId).some((row) => row.kind === 'void' && Number(row.sentAt) > Number(sentAt));
  return {
    order,
    payment,
    now: new Date(),
    otherOpen: others.find(isOpen) ?? null,
    otherReviewed: others.includes('REVIEW'),
    unclaimed: updates
      .filter((one) => one.paymentId === paymentId && one.state === 'pending' && one.teller === null)
      .map(({ effectId }) => effectId),
    pending: takeForTelling(tables, paymentId, teller),
    known: updates.map(({ effectId }) => effectId),
    operations: tables
      .operationsOf(paymentId)
      .filter(isAtHand)
      .map((row) => ({ ...row, isSent: row.sentAt !== null })),
    unhandled: [...tables.deliveries.values()].filter(
      ({ paymentId: of, state, outcome }) =>
        of === paymentId && outcome === 'accepted' && (state === 'received' || state === 'signalled'),
    ).length,
    isReplaced: [...tables.decisions.values()].some(
      (one) => one.paymentId === paymentId && one.replaces && one.usedBy !== null,
    ),
    isWritten: tables.notes.get(paymentId)?.has(noteKey(key, 0)) === true,
  };
}

function write(
  tables: Tables,
  before: Locked,
  settled: Settlement | null,
  finished: readonly FinishedOperation[],
  record: OutcomeRecord,
  { livemode, tells, teller }: RecordSettings,
): string[] {
  const after = settled === null ? before : settledRows(before, settled, record);
  const updates = settled === null ? [] : updateRows(before, after, settled, { livemode, tells, teller });
  const notes = [...record.notes, ...finished.map(finishedNote)];
  for (const { paymentId, key, at } of noteRows(before.payment, settled, { ...record, notes }))
    tables.note(paymentId, key ?? '', at?.getTime() ?? Date.now());
  if (capturesNow(before, settled)) addAutoCapture(tables, before.payment.id);
  for (const operation of finished) finish(tables, operation);
  for (const update of updates)
    if (!tables.outbox.has(update.effectId)) tables.outbox.set(update.effectId, outboxRow(update));
  markHandled(tables, before.payment, record.deliveries);
  refuseTwoOpen(tables, after.payment);
  tables.payments.set(after.payment.id, after.payment);
  changeOrder(tables, before.order, after.order);
  return updates.map(({ effectId }) => effectId).filter((effect) => !before.known.includes(effect));
}

function addAutoCapture(tables: Tables, paymentId: string): void {
  const operation = autoCapture(paymentId);
  const isThere = tables.operationsOf(paymentId).some(({ reference }) => reference === operation.reference);
  if (!isThere) tables.operations.set(operation.id, operationRow(operation.id, operation));
}

function finish(tables: Tables, { id, state, code, detail, amountMinor }: FinishedOperation): void {
  tables.changeOperation(id, { state, code, detail, amount: amountMinor, finishedAt: new Date() });
}

function outboxRow(update: ReturnType<typeof updateRows>[number]): OutboxRow {
  const now = new Date();
  return {
    ...update,
    attempts: 0,
    tries: 0,
    lastAnswer: null,
    createdAt: now,
    attemptedAt: null,
    nextAttemptAt: update.nextAttemptAt ?? now,
    claimedUntil: null,
    teller: update.teller ?? null,
    finishedAt: null,
  };
}

/** The partial unique index. */
function refuseTwoOpen(tables: Tables, payment: PaymentRow): void {
  if (!isOpen(payment.status)) return;
  const others = tables.paymentsOf(payment.orderReference).filter(({ id }) => id !== payment.id);
  if (others.some(({ status }) => isOpen(status)))
    throw new Error(`duplicate key value violates unique constraint "payments_one_open" (${payment.id})`);
}

/** The conditional update. */
function changeOrder(tables: Tables, before: OrderRow, after: OrderRow): void {
  if (after === before) return;
  if (after.paidPaymentId !== before.paidPaymentId && before.paidPaymentId !== null)
    throw new Error(`recording an outcome: order ${before.reference} was paid in between`);
  tables.orders.set(after.reference, after);
}
