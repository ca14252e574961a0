/** What a settlement makes of a payment's operations: pure, under the lock that recordOutcome holds. */
import { traceOf, type OperationKind, type OperationState } from '../domain/operation.ts';
import { holdsMoney } from '../domain/payment.ts';
import type { Settlement } from '../domain/settle.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { NextStep, OutcomeRecord } from './outcomes.ts';
import type { NewOperation } from './operations.ts';
import type { Locked } from './outcome-rows.ts';
import type { OperationCause } from './schema.ts';
import type { Note } from './timeline.ts';
import { newId } from './ids.ts';

/** As much of an operation as a settlement needs. */
export interface StoredOperation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly reference: string;
  readonly amount: number | null;
  readonly cause: OperationCause;
  readonly state: OperationState;
  readonly code: string | null;
  readonly isSent: boolean;
  /** How many other voids had failed before it was sent. */
  readonly failedVoids: number;
}

export interface FinishedOperation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly reference: string;
  readonly cause: OperationCause;
  readonly state: 'done' | 'failed';
  readonly amountMinor: number | null;
  readonly code: string | null;
  readonly detail: string | null;
  /** The gateway itself shows how it ended, or that it was declined there. */
  readonly isByGateway: boolean;
}

/** Codes of what failed before or beside the gateway. */
const OURS: ReadonlySet<string> = new Set([
  'operation_not_possible',
  'amount_too_large',
  'items_required',
  'not_needed',
]);

/** Whatever the transaction shows as finished, and the one that is said to have come to nothing. */
export function finishedOperations(
  operations: readonly StoredOperation[],
  { transaction, failed }: Pick<OutcomeRecord, 'transaction' | 'failed'>,
  isNewer = false,
): FinishedOperation[] {
  return operations.flatMap((operation): FinishedOperation[] => {
    const { id, kind, reference, cause, amount } = operation;
    const at = { id, kind, reference, cause };
    if (operation.state === 'done') return takenBack(operation, transaction, isNewer);
    const isDeclined = operation.code === 'declined' && operation.state === 'failed';
    const trace =
      transaction === undefined
        ? { state: 'absent' as const }
        : traceOf({ ...operation, isDeclined }, transaction);
    if (trace.state === 'done')
      return [
        { ...at, state: 'done', amountMinor: trace.amountMinor, code: null, detail: null, isByGateway: true },
      ];
    if (operation.state === 'failed') return [];
    if (trace.state === 'failed')
      return [
        {
          ...at,
          state: 'failed',
          amountMinor: amount,
          code: 'declined',
          detail: trace.reason,
          isByGateway: true,
        },
      ];
    if (failed?.operationId !== id) return [];
    const { code, detail } = failed;
    return [{ ...at, state: 'failed', amountMinor: amount, code, detail, isByGateway: !OURS.has(code) }];
  });
}

/** Only what the gateway calls so itself, or says later than what is known: an older answer may show what was to be corrected. */
function takenBack(
  { id, kind, reference, cause, amount, failedVoids }: StoredOperation,
  transaction: Transaction | undefined,
  isNewer: boolean,
): FinishedOperation[] {
  const trace = transaction && traceOf({ kind, reference, isSent: true, failedVoids }, transaction);
  if (trace?.state !== 'failed' || !(trace.isReversed || isNewer)) return [];
  const failed = { state: 'failed', code: REVERSED, detail: trace.reason, isByGateway: true } as const;
  return [{ id, kind, reference, cause, amountMinor: amount, ...failed }];
}

/** The code of what was done, and taken back by the gateway. */
const REVERSED = 'reversed';

/** A capture that fails is news to the merchant, except where the answer to its own call says already that it can't be. */
export function withFailures(
  { order, payment }: Locked,
  settled: Settlement | null,
  finished: readonly FinishedOperation[],
): Settlement | null {
  const failures = finished.filter(isNews);
  if (failures.length === 0) return settled;
  const standing = settled ?? unchanged(order, payment);
  const { orderStatus } = standing;
  const updates = failures.map(
    ({ reference }) => ({ type: 'order.capture_failed', cause: reference, orderStatus }) as const,
  );
  return { ...standing, updates: [...standing.updates, ...updates] };
}

function isNews({ kind, state, code, cause, isByGateway }: FinishedOperation): boolean {
  // What was done and is not any more is told as that.
  if (kind !== 'capture' || state !== 'failed' || code === 'not_needed' || code === REVERSED) return false;
  return isByGateway || cause === 'auto_capture';
}

function unchanged(order: Locked['order'], payment: Locked['payment']): Settlement {
  const { status, reason, reviewMark: mark, closedBy, dismissed } = payment;
  const { status: orderStatus } = order;
  const nothing = { paysNow: false, accepts: false, updates: [] };
  return { status, reason, mark, closedBy, dismissed, orderStatus, ...nothing };
}

export function finishedNote({ kind, reference, state, amountMinor, code, detail }: FinishedOperation): Note {
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

/** `"capture": "auto"`: the order is paid by an authorization that nobody has captured yet. */
export function capturesNow({ payment }: Locked, settled: Settlement | null): boolean {
  return payment.capture === 'auto' && settled?.paysNow === true && settled.status === 'AUTHORIZED';
}

export function autoCapture(paymentId: string): NewOperation & { id: string; state: 'pending' } {
  return {
    id: newId('op'),
    paymentId,
    kind: 'capture',
    reference: AUTO_CAPTURE,
    bodyHash: AUTO_CAPTURE,
    wanted: null,
    finalCapture: false,
    cause: 'auto_capture',
    state: 'pending',
  };
}

const AUTO_CAPTURE = 'auto-capture';

/** Whether money of the payment is on its way back: then it can't pay. */
export function isGoingBack(operations: readonly StoredOperation[]): boolean {
  return operations.some(
    ({ cause, state }) =>
      (cause === 'late_money' || cause === 'operator') && (state === 'pending' || state === 'unknown'),
  );
}

/** What must be done now that it is recorded. Said again by every later record, so that none is lost with a run. */
export function nextSteps(before: Locked, settled: Settlement | null): NextStep[] {
  const { order, payment, otherOpen } = before;
  const paidPaymentId = settled?.paysNow === true ? payment.id : order.paidPaymentId;
  const status = settled?.status ?? payment.status;
  const isDismissed = settled?.dismissed ?? payment.dismissed;
  const steps: NextStep[] = [];
  const isCapturing = before.operations.some(
    ({ cause, state }) => cause === 'auto_capture' && state === 'pending',
  );
  if (capturesNow(before, settled) || isCapturing) steps.push('capture');
  if (holdsMoney(status) && paidPaymentId !== payment.id && !isDismissed) steps.push('give_back');
  if (paidPaymentId === payment.id && otherOpen !== null) steps.push('close_others');
  return steps;
}
