/** What a record comes to: pure, under the lock that recordOutcome holds. */
import { isStale } from '../domain/decide.ts';
import { reversalsIn } from '../domain/news.ts';
import type { OrderStanding } from '../domain/order.ts';
import { isMoney } from '../domain/payment.ts';
import {
  heldAccepted,
  settle,
  type LateMoneyPolicy,
  type Outcome,
  type PaymentStanding,
  type Settlement,
} from '../domain/settle.ts';
import type { Accepted, Transaction } from '../domain/transaction.ts';
import { acceptedOf } from './accepted.ts';
import {
  finishedOperations,
  isGoingBack,
  nextSteps,
  withFailures,
  type FinishedOperation,
} from './outcome-operations.ts';
import type { Locked } from './outcome-rows.ts';
import type { OutcomeRecord, RecordedOutcome } from './outcomes.ts';
import { moneyOf, type PaymentRow } from './payments.ts';

export interface Settled {
  /** Null where nothing changes about the payment. */
  readonly settled: Settlement | null;
  readonly finished: readonly FinishedOperation[];
  /** The record, less what has been overtaken. */
  readonly current: OutcomeRecord;
  /** It proves money, or what was done with it, and callbacks came beside it that may say no more than that. */
  readonly answersOthers: boolean;
  /** What a person has accepted of the transaction, in this record or before. */
  readonly accepted: Accepted | undefined;
}

/** Arbitrates a record between its payment, the order and what others have recorded since. */
export function settleRecord(before: Locked, record: OutcomeRecord, policy: LateMoneyPolicy): Settled {
  const { payment, operations } = before;
  // A try that was believed dead may come to its end after the next one, and after whatever was settled since.
  const isLate = before.isWritten || isOvertaken(payment, record.transaction);
  const finished = finishedOperations(operations, record, isNewer(payment, record.transaction));
  const outcome = isLate || record.outcome === null ? null : outcomeOf(before, record.outcome, record);
  const moved = outcome && settle(orderStanding(before), paymentStanding(before), outcome, policy);
  const settled = withFailures(before, moved, finished);
  const { transaction, ...rest } = record;
  // What has been overtaken may still show that an operation has failed; its sums are not those of the payment any more.
  const current: OutcomeRecord = isLate || transaction === undefined ? rest : { ...rest, transaction };
  const isProved = settled !== null && isMoney(settled.status) && current.transaction !== undefined;
  const answersOthers = isProved && before.unhandled > record.deliveries.length;
  const accepted = settled?.accepts && transaction ? transaction : acceptedOf(payment);
  return { settled, finished, current, answersOthers, accepted: accepted && termsOf(accepted) };
}

/** As it was decided, with what a person has accepted and what the transaction shows beside it. */
function outcomeOf(
  { payment, isReplaced }: Locked,
  decided: Outcome,
  { transaction }: OutcomeRecord,
): Outcome {
  const isForAnother = isReplaced && decided.closedBy === 'merchant';
  const outcome = {
    ...heldAccepted(decided, acceptedOf(payment), transaction),
    ...(isForAnother && { isReplaced: true as const }),
  };
  return transaction === undefined ? outcome : { ...outcome, operations: transaction.operations };
}

/** Said later than what is known; without times to tell by, nothing is. */
function isNewer({ transactionUpdatedAt: known }: PaymentRow, transaction: Transaction | undefined): boolean {
  const said = transaction?.updatedAt;
  return known !== null && said !== undefined && Date.parse(said) > Date.parse(known);
}

function termsOf({ reference, money }: Accepted): Accepted {
  return { reference, money };
}

/** What whoever recorded it has to know. `told` are the effects that are new. */
export function recordedOutcome(
  before: Locked,
  { settled, accepted }: Pick<Settled, 'settled' | 'accepted'>,
  told: readonly string[],
  tells: boolean,
): RecordedOutcome {
  const { order, payment, pending, unclaimed } = before;
  return {
    status: settled?.status ?? payment.status,
    reason: settled === null ? payment.reason : settled.reason,
    orderStatus: settled?.orderStatus ?? order.status,
    isChange: settled !== null && settled.status !== payment.status,
    paysNow: settled?.paysNow ?? false,
    untold: tells ? [...new Set([...pending, ...told])] : [],
    ...(tells && unclaimed.length > 0 && { again: unclaimed }),
    next: nextSteps(before, settled),
    mark: settled === null ? payment.reviewMark : settled.mark,
    ...(accepted && { accepted }),
  };
}

/** Another run has recorded a later state of the transaction meanwhile. */
function isOvertaken(payment: PaymentRow, transaction: Transaction | undefined): boolean {
  if (transaction === undefined || transaction.transactionId !== payment.transactionId) return false;
  const { status, captured: capturedMinor, refunded: refundedMinor, transactionUpdatedAt } = payment;
  const updatedAt = transactionUpdatedAt === null ? {} : { transactionUpdatedAt };
  const reversals = reversalsIn(payment.shownOperations);
  return isStale(
    { status, capturedMinor, refundedMinor, reversals, isMarked: false, ...updatedAt },
    transaction,
  );
}

function orderStanding({ order, otherOpen, otherReviewed }: Locked): OrderStanding {
  const { reference, status, paidPaymentId, latestN } = order;
  return { reference, money: moneyOf(order), status, paidPaymentId, latestN, otherOpen, otherReviewed };
}

function paymentStanding({ payment, operations }: Locked): PaymentStanding {
  const { id, n, status, reason, reviewMark, closedBy, dismissed, captured, refunded } = payment;
  return {
    id,
    n,
    money: moneyOf(payment),
    status,
    reason,
    mark: reviewMark,
    closedBy,
    dismissed,
    capturedMinor: captured,
    refundedMinor: refunded,
    shown: payment.shownOperations,
    isGoingBack: isGoingBack(operations),
  };
}
