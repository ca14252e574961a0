/**
 * What a reading means for a payment's recorded operations, and what must be done after it is recorded. Pure.
 */
import type { OrderChange } from './order-change.ts';
import {
  isGiveBack,
  isUnfinished,
  traceOf,
  type OperationCause,
  type OperationKind,
  type OperationState,
} from './operation.ts';
import type { OrderSnapshot } from './order.ts';
import { type PaymentSnapshot } from './payment.ts';
import { mustGiveBackSurplus } from './surplus.ts';
import type { Transaction } from './transaction.ts';

/** A capture, refund or void, as the store has it. */
export interface RecordedOperation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly reference: string;
  /** The surplus transaction that it is about. Null: the payment's own. */
  readonly transactionId: string | null;
  readonly amount: number | null;
  readonly cause: OperationCause;
  readonly state: OperationState;
  readonly code: string | null;
  readonly isSent: boolean;
  /** How many other voids had failed before it was sent. */
  readonly failedVoids: number;
}

/**
 * An operation that failed without a trace at the gateway: we refused it, the gateway declined it, or it was
 * never confirmed.
 */
export interface FailedOperation {
  readonly operationId: string;
  readonly code: string;
  readonly detail: string;
}

export interface FinishedOperation extends Pick<
  RecordedOperation,
  'id' | 'kind' | 'reference' | 'transactionId' | 'cause' | 'code'
> {
  readonly state: 'done' | 'failed';
  readonly amountMinor: number | null;
  readonly detail: string | null;
  /** The gateway shows how it ended, or the gateway declined it. */
  readonly isByGateway: boolean;
}

/** Codes of failures that happened without the gateway. */
const OURS: ReadonlySet<string> = new Set([
  'operation_not_possible',
  'amount_too_large',
  'items_required',
  'not_needed',
]);

/** What a reading shows of a payment's money, and the operation that failed without a trace there. */
export interface ShownMoney {
  /** The payment's own transaction. */
  readonly transaction?: Transaction;
  readonly surplus?: readonly Transaction[];
  readonly failed?: FailedOperation;
}

/**
 * The operations that their transaction shows as finished, and the one in `failed`. `isNewer`: the reading of
 * the payment's own transaction is newer than what is recorded.
 */
export function finishedOperations(
  operations: readonly RecordedOperation[],
  { transaction: own, surplus = [], failed }: ShownMoney,
  isNewer = false,
): FinishedOperation[] {
  return operations.flatMap((operation): FinishedOperation[] => {
    const { transactionId: id } = operation;
    const transaction = id === null ? own : surplus.find(({ transactionId }) => transactionId === id);
    if (operation.state === 'done') return reversed(operation, transaction, id === null && isNewer);
    return shown(operation, transaction) ?? given(operation, failed);
  });
}

/** Null where the transaction shows nothing new about the operation. */
function shown(
  operation: RecordedOperation,
  transaction: Transaction | undefined,
): FinishedOperation[] | null {
  if (transaction === undefined) return null;
  const hasFailed = operation.state === 'failed';
  const isDeclined = hasFailed && operation.code === 'declined';
  const trace = traceOf({ ...operation, isDeclined }, transaction);
  if (trace.state === 'done')
    return [finished(operation, { state: 'done', amountMinor: trace.amountMinor, code: null, detail: null })];
  if (trace.state !== 'failed' || hasFailed) return null;
  const { amount: amountMinor } = operation;
  return [finished(operation, { state: 'failed', amountMinor, code: 'declined', detail: trace.reason })];
}

function given(operation: RecordedOperation, failed: FailedOperation | undefined): FinishedOperation[] {
  if (operation.state === 'failed' || failed?.operationId !== operation.id) return [];
  const { code, detail } = failed;
  const end = finished(operation, { state: 'failed', amountMinor: operation.amount, code, detail });
  return [{ ...end, isByGateway: !OURS.has(code) }];
}

function finished(
  { id, kind, reference, transactionId, cause }: RecordedOperation,
  end: Pick<FinishedOperation, 'state' | 'amountMinor' | 'code' | 'detail'>,
): FinishedOperation {
  return { id, kind, reference, transactionId, cause, ...end, isByGateway: true };
}

/**
 * Only where the gateway calls it reversed, or where the reading is newer than what is recorded: an older
 * answer may still show the failure that was corrected since.
 */
function reversed(
  operation: RecordedOperation,
  transaction: Transaction | undefined,
  isNewer: boolean,
): FinishedOperation[] {
  const { kind, reference, failedVoids, amount: amountMinor } = operation;
  const trace = transaction && traceOf({ kind, reference, isSent: true, failedVoids }, transaction);
  if (trace?.state !== 'failed' || !(trace.isReversed || isNewer)) return [];
  return [finished(operation, { state: 'failed', amountMinor, code: REVERSED, detail: trace.reason })];
}

/** The code of an operation that was done and that the gateway took back. */
const REVERSED = 'reversed';

/**
 * The failures that the merchant is notified of: failed captures, unless the response to the merchant's own
 * call already said so.
 */
export function failuresToTell(operations: readonly FinishedOperation[]): FinishedOperation[] {
  return operations.filter(({ kind, state, code, cause, isByGateway }) => {
    // An operation that was done and is not done any more has an update of its own type.
    if (kind !== 'capture' || state !== 'failed' || code === 'not_needed' || code === REVERSED) return false;
    return isByGateway || cause === 'auto_capture';
  });
}

/** Whether the payment's own money is being given back. Then it can't pay. */
export function isGoingBack(operations: readonly RecordedOperation[]): boolean {
  return operations.some(
    (operation) => operation.transactionId === null && isGiveBack(operation) && isUnfinished(operation),
  );
}

/**
 * What is left to do after a record: make the capture that was requested at creation, give the money back,
 * close the order's other session.
 */
export type NextStep = 'capture' | 'give_back' | 'close_others';

/** `"capture": "auto"`: an authorization has just paid the order and is captured at once. */
export function capturesNow(capture: string, { paysNow, status }: OrderChange): boolean {
  return capture === 'auto' && paysNow && status === 'AUTHORIZED';
}

/** The next steps after a record. Every later record repeats them, so that none is lost with a run. */
export function nextSteps(
  order: Pick<OrderSnapshot, 'paidPaymentId' | 'otherOpen'>,
  payment: Pick<PaymentSnapshot, 'paymentId' | 'mustGiveBack' | 'surplus'>,
  operations: readonly Pick<RecordedOperation, 'cause' | 'state'>[],
): NextStep[] {
  const isCapturing = operations.some(({ cause, state }) => cause === 'auto_capture' && state === 'pending');
  const hasPaid = order.paidPaymentId === payment.paymentId;
  const steps: [NextStep, boolean][] = [
    ['capture', isCapturing],
    ['give_back', payment.mustGiveBack || mustGiveBackSurplus(payment.surplus)],
    ['close_others', hasPaid && order.otherOpen !== null],
  ];
  return steps.flatMap(([step, isDue]) => (isDue ? [step] : []));
}
