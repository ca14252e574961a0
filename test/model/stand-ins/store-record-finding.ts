/** `src/store/record-finding/write.ts` in memory: the same pure functions, with a simple lock. */
import type { Decision } from '../../../src/domain/finding.ts';
import { isGoingBack, type FinishedOperation } from '../../../src/domain/finish-operations.ts';
import { isOpen } from '../../../src/domain/payment.ts';
import type { Db } from '../../../src/store/open.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { OutboxRow } from '../../../src/store/outbox.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { snapshotOf } from '../../../src/store/payment-snapshot.ts';
import { noteKey, type Locked } from '../../../src/store/record-finding/lock-order.ts';
import {
  planRecord,
  recordedFinding,
  type RecordedFinding,
  type RecordPlan,
} from '../../../src/store/record-finding/plan.ts';
import type { RecordRequest, RecordSettings } from '../../../src/store/record-finding/record-request.ts';
import { isUnfinished, tablesOf, type Tables } from '../world/tables.ts';
import { isClosableNow, isUsedNow } from './store-decisions.ts';
import { markAnswered, markHandled } from './store-deliveries.ts';
import { operationRow } from './store-operations.ts';

export type * from '../../../src/store/record-finding/write.ts';

export function recordFinding(
  db: Db,
  record: RecordRequest,
  settings: RecordSettings,
): Promise<RecordedFinding> {
  const tables = tablesOf(db);
  return tables.call('record a finding', () => {
    const before = lock(tables, record);
    const payment = snapshotOf(before.payment, {
      account: record.account,
      isGoingBack: isGoingBack(before.operations),
    });
    const decision = backed(tables, before, record, record.decide(payment));
    const plan = planRecord(before, { payment, decision }, record, settings);
    const finding = decision.kind === 'find' ? decision.finding : null;
    if (plan.change !== null)
      tables.keeper.settling(before, plan.change, { finding, transaction: plan.transaction });
    const effects = write(tables, before, plan, record);
    if (plan.change !== null) tables.keeper.settled(before, plan.payment);
    return recordedFinding(before, payment, decision, plan, effects);
  });
}

function backed(
  tables: Tables,
  { order, payment }: Locked,
  { closing, noteKey = '', key: by }: RecordRequest,
  decision: Decision,
): Decision {
  if (decision.kind !== 'find') return decision;
  const at = { paymentId: payment.id, orderReference: order.reference };
  if (closing !== undefined && !isClosableNow(tables, at, closing)) return { kind: 'keep' };
  const decided = decision.finding.decision;
  const isDecided =
    decided === undefined || isUsedNow(tables, payment.id, { noteKey, decision: decided, by });
  return isDecided ? decision : { kind: 'refuse', reason: 'no operator has decided that' };
}

function lock(tables: Tables, { paymentId, key }: RecordRequest): Locked {
  const payment = tables.payments.get(paymentId);
  const order = payment && tables.orders.get(payment.orderReference);
  if (payment === undefined || order === undefined)
    throw new Error(`recording a finding: there is no payment ${paymentId}`);
  const others = tables
    .paymentsOf(order.reference)
    .flatMap(({ id, status }) => (id === paymentId ? [] : status));
  const isAtHand = (row: OperationRow) =>
    isUnfinished(row) ||
    row.state === 'done' ||
    row.code === 'not_confirmed' ||
    (row.code === 'declined' && (row.kind !== 'void' || !isVoidedLater(row)));
  const isVoidedLater = ({ sentAt, transactionId }: OperationRow) =>
    tables
      .operationsOf(paymentId)
      .filter((row) => row.kind === 'void' && row.transactionId === transactionId)
      .some((row) => Number(row.sentAt) > Number(sentAt));
  return {
    order,
    payment,
    now: new Date(),
    otherOpen: others.find(isOpen) ?? null,
    otherReviewed: others.includes('REVIEW'),
    isReplacing: [...tables.decisions.values()].some(
      (one) => one.paymentId === paymentId && one.replaces && one.usedBy !== null,
    ),
    known: [...tables.outbox.keys()],
    operations: tables
      .operationsOf(paymentId)
      .filter(isAtHand)
      .map((row) => ({ ...row, isSent: row.sentAt !== null })),
    unhandled: [...tables.deliveries.values()].filter(
      ({ paymentId: of, state, outcome }) =>
        of === paymentId && outcome === 'accepted' && (state === 'received' || state === 'signalled'),
    ).length,
    isRepeated: tables.notes.get(paymentId)?.has(noteKey(key, 0)) === true,
  };
}

function write(tables: Tables, before: Locked, plan: RecordPlan, { deliveries }: RecordRequest): string[] {
  for (const { paymentId, key, at } of plan.notes)
    tables.note(paymentId, key ?? '', at?.getTime() ?? Date.now());
  if (plan.autoCapture !== null) addAutoCapture(tables, plan.autoCapture);
  for (const operation of plan.finished) finish(tables, operation);
  for (const update of plan.updates)
    if (!tables.outbox.has(update.effectId)) tables.outbox.set(update.effectId, outboxRow(update));
  markHandled(tables, before.payment, deliveries);
  refuseTwoOpen(tables, plan.payment);
  tables.payments.set(plan.payment.id, plan.payment);
  changeOrder(tables, before.order, plan.order);
  if (plan.answersOthers) markAnswered(tables, before.payment.id);
  return plan.updates.map(({ effectId }) => effectId).filter((effect) => !before.known.includes(effect));
}

function addAutoCapture(tables: Tables, operation: NonNullable<RecordPlan['autoCapture']>): void {
  const isThere = tables
    .operationsOf(operation.paymentId)
    .some(({ reference }) => reference === operation.reference);
  if (!isThere) tables.operations.set(operation.id, operationRow(operation.id, operation));
}

function finish(tables: Tables, { id, state, code, detail, amountMinor }: FinishedOperation): void {
  tables.changeOperation(id, { state, code, detail, amount: amountMinor, finishedAt: new Date() });
}

function outboxRow(update: RecordPlan['updates'][number]): OutboxRow {
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
    teller: null,
    finishedAt: null,
    heardAt: null,
    heardAfterMs: null,
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
    throw new Error(`recording a finding: order ${before.reference} was paid in between`);
  tables.orders.set(after.reference, after);
}
