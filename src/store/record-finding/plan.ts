/**
 * Plans a record: its result, and every row that it writes. Pure, under the lock that `recordFinding` holds.
 */
import type { OrderChange } from '../../domain/order-change.ts';
import { applyFinding } from '../../domain/apply-finding.ts';
import type { Decision, Finding } from '../../domain/finding.ts';
import {
  capturesNow,
  failuresToTell,
  finishedOperations,
  nextSteps,
  type FinishedOperation,
  type NextStep,
} from '../../domain/finish-operations.ts';
import type { OrderStatus } from '../../domain/order.ts';
import { isMoney, type PaymentSnapshot } from '../../domain/payment.ts';
import { isStale } from '../../domain/stale-reading.ts';
import type { Transaction } from '../../domain/transaction.ts';
import { newId } from '../new-ids.ts';
import type { NewOperation } from '../operations.ts';
import { snapshotOf } from '../payment-snapshot.ts';
import type { OrderRow, PaymentRow } from '../payments.ts';
import type { findings } from '../schema/stats-tables.ts';
import type { outbox } from '../schema/update-tables.ts';
import type { timeline } from '../schema/order-tables.ts';
import { changedRows, type ChangedRows } from './changed-rows.ts';
import { findingRow } from './finding-row.ts';
import { orderSnapshot, type Locked } from './lock-order.ts';
import { noteRows } from './note-rows.ts';
import type { FindingRecord, RecordSettings } from './record-request.ts';
import { updateRows } from './update-rows.ts';

/** All rows to write, and the next steps. */
export interface RecordPlan extends ChangedRows {
  /** Null where nothing changes about the payment and the order. */
  readonly change: OrderChange | null;
  /** The transaction that proves it. */
  readonly transaction: Transaction | undefined;
  readonly finished: readonly FinishedOperation[];
  /** For the statistics. Null where nothing has changed that they count. */
  readonly counted: typeof findings.$inferInsert | null;
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
  const surplus = record.surplus ?? finding?.surplus ?? [];
  const isOld = transaction !== undefined && isOvertaken(before.payment, decided.payment, transaction);
  const finished = finishedOperations(
    before.operations,
    { surplus, ...(transaction && { transaction }), ...(record.failed && { failed: record.failed }) },
    transaction !== undefined && isNewer(before.payment, transaction),
  );
  const moved = finding && applyFinding(orderSnapshot(before), decided.payment, finding, settings.policy);
  const change = withFailures(before, moved, finished);
  // An overtaken reading may still show that an operation has failed. Its sums are not valid any more.
  const shown = { transaction: isOld ? undefined : transaction, foundBy: record.foundBy };
  const rows = change === null ? before : changedRows(before, change, shown);
  const autoCapture =
    moved !== null && capturesNow(before.payment.capture, moved) ? newAutoCapture(before) : null;
  const isProved = change !== null && isMoney(change.status) && transaction !== undefined && !isOld;
  return {
    change,
    transaction,
    order: rows.order,
    payment: rows.payment,
    finished,
    counted: change === null ? null : findingRow(before, rows, change, { transaction, finished }),
    autoCapture,
    updates: change === null ? [] : updateRows(before, rows, change, settings),
    notes: noteRows(before, change, finished, record, decided.decision),
    answersOthers: isProved && before.unhandled > record.deliveries.length,
    paysNow: change?.paysNow ?? false,
    next: nextSteps(
      { paidPaymentId: rows.order.paidPaymentId, otherOpen: before.otherOpen },
      {
        paymentId: rows.payment.id,
        mustGiveBack: rows.payment.mustGiveBack,
        surplus: rows.payment.surplus,
      },
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
  const { status, reason, reviewCode, reviewMark, closedBy, dismissed, mustGiveBack, surplus } = payment;
  const stays = { status, reason, reviewCode, reviewMark, closedBy, dismissed, mustGiveBack, surplus };
  return { ...stays, orderStatus, paysNow: false, accepts: false, updates: [] };
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

/** A record as it was written. */
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
