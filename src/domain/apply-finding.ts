/** Which payment pays an order, and what becomes of both: decided under the order's lock, by one pure function. */
import type { Finding } from './decide.ts';
import { sameMoney } from './money.ts';
import { doneSince, shownAfter, UNDONE, undoneSince, type ShownStates } from './news.ts';
import type { OperationKind } from './operation.ts';
import type { OrderSnapshot, OrderStatus, UpdateType } from './order.ts';
import {
  holdsMoney,
  isMoney,
  isSettled,
  type ClosedBy,
  type PaymentSnapshot,
  type PaymentStatus,
  type ReviewCode,
} from './payment.ts';

export type LateMoneyPolicy = 'give_back' | 'review' | 'accept';

/** What a finding changes about an order and one of its payments. */
export interface OrderChange {
  readonly status: PaymentStatus;
  readonly reason: string | null;
  readonly reviewCode: ReviewCode | null;
  readonly reviewMark: string | null;
  readonly closedBy: ClosedBy | null;
  readonly dismissed: boolean;
  readonly mustGiveBack: boolean;
  readonly orderStatus: OrderStatus;
  /** True in exactly one change of an order's life. */
  readonly paysNow: boolean;
  /** What the transaction shows is what a person has accepted: it holds from now on. */
  readonly accepts: boolean;
  readonly updates: readonly UpdateToSend[];
}

export interface UpdateToSend {
  readonly type: UpdateType;
  readonly cause: string;
  readonly orderStatus: OrderStatus;
  /** Not at once: what it tells of may be over in a moment. */
  readonly isDeferred?: true;
}

/** The payment as far as it decides what a finding changes. */
type Payment = Pick<
  PaymentSnapshot,
  | 'paymentId'
  | 'n'
  | 'money'
  | 'status'
  | 'reason'
  | 'reviewCode'
  | 'reviewMark'
  | 'closedBy'
  | 'dismissed'
  | 'mustGiveBack'
  | 'capturedMinor'
  | 'refundedMinor'
  | 'shown'
  | 'isGoingBack'
>;

/** Arbitrates a finding between an order and one of its payments. */
export function applyFinding(
  order: OrderSnapshot,
  payment: Payment,
  finding: Finding,
  policy: LateMoneyPolicy,
): OrderChange {
  if (finding.decision === 'dismiss') return dismiss(order, payment, finding);
  if (isMark(finding)) return mark(order, payment, finding);
  if (saysNothing(finding) && isMoney(payment.status)) return asItWas(order, payment, finding);
  if (payment.isGoingBack && isAsked(payment, finding)) return asItWas(order, payment, finding);
  if (payment.dismissed && finding.decision !== 'accept') return quietly(order, payment, finding);
  if (order.paidPaymentId === payment.paymentId) return follow(order, payment, finding);
  if (finding.pays) return money(order, payment, finding, policy);
  return withoutMoney(order, payment, finding);
}

/** Its status stands: a person is asked beside it, or need not be asked any longer. */
function isMark({ review, status }: Finding): boolean {
  return review !== undefined && status !== 'REVIEW';
}

/** Nothing was shown: that does not undo what the gateway had shown before. */
function saysNothing({ status }: Finding): boolean {
  return status === 'PENDING' || status === 'EXPIRED';
}

/** Money that was authorized or captured: it pays the order, or it is held against a payment that may not pay and has to go back. */
function money(
  order: OrderSnapshot,
  payment: Payment,
  finding: Finding,
  policy: LateMoneyPolicy,
): OrderChange {
  const obstacle = obstacleOf(order, payment, finding, policy);
  if (obstacle === null) return pay(order, payment, finding);
  if (isAsked(payment, finding)) return asItWas(order, payment, finding);
  if (!holdsMoney(finding.status)) return returned(order, payment, finding);
  // Whatever kept it from going back the first time has to be seen by a person.
  if (payment.reviewCode === 'give_back_failed') return review(order, payment, finding, 'give_back_failed');
  if (policy !== 'give_back' || obstacle === 'order_changed')
    return review(order, payment, finding, obstacle);
  const orderStatus = afterReview(order, payment);
  const back = cameBack(payment, finding, orderStatus);
  const late = change(payment, { ...finding, reason: obstacle }, orderStatus, back);
  return { ...late, mustGiveBack: true };
}

type Obstacle = 'order_already_paid' | 'late_money' | 'order_changed';

function obstacleOf(
  order: OrderSnapshot,
  payment: Payment,
  finding: Finding,
  policy: LateMoneyPolicy,
): Obstacle | null {
  if (order.paidPaymentId !== null) return 'order_already_paid';
  // Whatever a person or the policy says by now: what is being sent back can't pay.
  if (payment.isGoingBack || isRefused(payment, finding)) return 'late_money';
  if (finding.decision === 'accept') return null;
  if (payment.closedBy !== null && policy !== 'accept') return 'late_money';
  return sameMoney(order.money, payment.money) ? null : 'order_changed';
}

/**
 * Its money is known, and did not pay when it came: it goes back, or has gone. The order may have another amount by now, and a run that
 * looks late must not find that it fits. A void of what was never there is no money.
 */
function isRefused({ status }: Payment, finding: Finding): boolean {
  return isMoney(status) && (status !== 'VOIDED' || finding.status === 'VOIDED');
}

/** It is in REVIEW, and an operator wants to keep its money. */
function isAsked({ status }: Payment, { decision }: Finding): boolean {
  return decision === 'accept' && status === 'REVIEW';
}

/** Stays as it is: what can't be accepted must not go anywhere else because an operator wanted to keep it. */
function asItWas(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const { status, reason, reviewCode, reviewMark, closedBy, mustGiveBack } = payment;
  const kept = change(payment, finding, order.status);
  return { ...kept, status, reason, reviewCode, reviewMark, closedBy, mustGiveBack };
}

/** UNKNOWN takes nothing back: the payment stays what it was proved to be, and a person looks into it until the gateway says so again. */
function mark(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const { review: reviewCode = null, reason, cause } = finding;
  const stays = asItWas(order, payment, finding);
  if (!isSettled(payment.status) || payment.dismissed) return stays;
  const reviewMark = reviewCode === null ? null : (reason ?? reviewCode);
  const marked = { ...stays, reviewCode, reviewMark };
  if ((reviewMark === null) === (payment.reviewMark === null)) return marked;
  const orderStatus = order.status;
  if (reviewCode !== null)
    return { ...marked, updates: [{ type: 'order.review', cause: `${reviewCode}-${cause}`, orderStatus }] };
  const isPayer = order.paidPaymentId === payment.paymentId;
  return { ...marked, updates: isPayer ? reviewEnded(payment, finding, orderStatus) : [] };
}

function pay(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const paid = { type: 'order.paid', cause: finding.cause, orderStatus: 'PAID' } as const;
  const { capturedMinor } = sumsOf(payment, finding);
  const captures = operationsIn(finding).filter(({ kind }) => kind === 'capture');
  const shown: ShownStates = shownAfter({}, captures);
  const status = payment.status === 'REVIEW' ? 'PENDING' : payment.status;
  const begun = { ...payment, status, reviewCode: null, reviewMark: null, capturedMinor, shown };
  const after = follow({ ...order, status: 'PAID', paidPaymentId: payment.paymentId }, begun, finding);
  return { ...after, paysNow: true, updates: [paid, ...after.updates] };
}

/** What happens to an order after this payment has paid it. */
function follow(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const gone = undone(payment, finding, order.status);
  if (isTakenBack(payment, finding)) return review(order, payment, finding, 'capture_reversed', gone);
  if (finding.status === 'REVIEW') return review(order, payment, finding, finding.review ?? 'unclear', gone);
  // What has paid an order can't turn out never to have been there, however often the gateway says so.
  if (!isMoney(finding.status)) return review(order, payment, finding, 'contradiction', gone);
  const orderStatus = finding.status === 'VOIDED' || finding.status === 'REFUNDED' ? finding.status : 'PAID';
  const updates = [
    ...reviewEnded(payment, finding, orderStatus),
    ...undone(payment, finding, orderStatus),
    ...captured(payment, finding, orderStatus),
    ...voided(payment, finding, orderStatus),
    ...refunded(payment, finding, orderStatus),
  ];
  return { ...change(payment, finding, orderStatus, updates), accepts: finding.decision === 'accept' };
}

function reviewEnded(
  { status, reviewCode, reviewMark }: Payment,
  { cause }: Finding,
  orderStatus: OrderStatus,
): UpdateToSend[] {
  if (status !== 'REVIEW' && reviewMark === null) return [];
  return [{ type: 'order.review_ended', cause: `${reviewCode ?? 'unclear'}-${cause}`, orderStatus }];
}

/** Captured money is gone, and so is what was held: an order that is paid by nothing is for a person to see to. */
function isTakenBack(payment: Payment, finding: Finding): boolean {
  const { status, review: code } = finding;
  const isNothing =
    status === 'VOIDED' || (status === 'REVIEW' ? code === 'contradiction' : !isMoney(status));
  if (!isNothing) return false;
  if (payment.status === 'REVIEW') return payment.reviewCode === 'capture_reversed';
  return sumsOf(payment, finding).capturedMinor < payment.capturedMinor;
}

/** As the transaction shows them; as they were where there is none. */
function sumsOf(
  payment: Payment,
  { transaction }: Finding,
): Pick<PaymentSnapshot, 'capturedMinor' | 'refundedMinor'> {
  const { capturedMinor, refundedMinor } = transaction ?? payment;
  return { capturedMinor, refundedMinor };
}

function operationsIn({ transaction }: Finding) {
  return transaction?.operations ?? [];
}

/** Each operation that was done and is not any more. */
function undone(payment: Payment, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  return undoneSince(payment.shown, operationsIn(finding))
    .filter(({ kind }) => kind !== 'void' || payment.status === 'VOIDED')
    .map(({ kind, name }) => ({ type: UNDONE[kind], cause: name, orderStatus }));
}

/** Each capture by itself; by the sum where the gateway shows none. */
function captured(payment: Payment, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  const { capturedMinor } = sumsOf(payment, finding);
  const causes = doneNow('capture', payment, finding);
  if (causes.length === 0 && capturedMinor > payment.capturedMinor) causes.push(`captured-${capturedMinor}`);
  return causes.map((cause) => ({ type: 'order.captured', cause, orderStatus }));
}

/** The names of the operations of a kind that are done, and were not before. */
function doneNow(kind: OperationKind, { shown }: Payment, finding: Finding): string[] {
  return doneSince(shown, operationsIn(finding)).flatMap((one) => (one.kind === kind ? [one.name] : []));
}

/** Once, and again where a void was taken back and made up for before anybody looked. */
function voided(payment: Payment, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  if (finding.status !== 'VOIDED') return [];
  const isUndone = undone(payment, finding, orderStatus).some(({ type }) => type === UNDONE.void);
  if (payment.status === 'VOIDED' && !isUndone) return [];
  return [{ type: 'order.voided', cause: finding.cause, orderStatus }];
}

/** Each refund by itself, the last one as what makes the whole of it. The void of a rest may do that too. */
function refunded(payment: Payment, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  const { refundedMinor } = sumsOf(payment, finding);
  const causes = doneNow('refund', payment, finding);
  const isWhole = finding.status === 'REFUNDED';
  const isWholeNow = isWhole && payment.status !== 'REFUNDED';
  const isUnshown = causes.length === 0 && (refundedMinor > payment.refundedMinor || isWholeNow);
  if (isUnshown) causes.push(`refunded-${refundedMinor}`);
  return causes.map((cause, index) => {
    const isLast = isWhole && index === causes.length - 1;
    return { type: isLast ? 'order.refunded' : 'order.partially_refunded', cause, orderStatus };
  });
}

function review(
  order: OrderSnapshot,
  payment: Payment,
  finding: Finding,
  code: ReviewCode,
  updates: readonly UpdateToSend[] = [],
): OrderChange {
  const orderStatus = order.paidPaymentId === null ? 'REVIEW' : order.status;
  // What could not be understood is told in the gateway's words; every other code says all there is to say.
  const reason = code === 'unclear' ? (finding.reason ?? code) : code;
  const isKnown = payment.status === 'REVIEW' && payment.reason === reason;
  const told = { type: 'order.review', cause: `${code}-${finding.cause}`, orderStatus } as const;
  return {
    ...change(payment, { ...finding, status: 'REVIEW', reason }, orderStatus),
    reviewCode: code,
    updates: isKnown ? updates : [...updates, told],
  };
}

/** The payer has the money again that could not pay. It may have come back and gone again before anybody looked: the merchant hears of both. */
function returned(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const orderStatus = afterReview(order, payment);
  const back = cameBack(payment, finding, orderStatus);
  const isNews = payment.status !== finding.status || back.length > 0;
  const update = { type: 'order.late_payment_returned', cause: finding.cause, orderStatus } as const;
  return change(payment, finding, orderStatus, isNews ? [...back, update] : []);
}

/** Money that had gone back to the payer and did not stay there. The merchant never heard of a capture of late money, so not of its end. */
function cameBack(payment: Payment, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  return undone(payment, finding, orderStatus).filter(({ type }) => type !== UNDONE.capture);
}

function withoutMoney(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  if (finding.status === 'REVIEW') return review(order, payment, finding, finding.review ?? 'unclear');
  if (finding.status === 'ON_HOLD') return hold(order, payment, finding);
  if (finding.status === 'PENDING') return reopen(order, payment, finding);
  const orderStatus = without(order, { ...payment, closedBy: finding.closedBy ?? payment.closedBy });
  const isLatest = order.paidPaymentId === null && order.latestN === payment.n;
  const back = isLatest ? cameBack(payment, finding, orderStatus) : [];
  const isOther = isLatest && payment.status !== finding.status;
  const isHeard = isOther || back.length > 0 || isEnd(order, orderStatus);
  const type = FAILURES[finding.status];
  const isNews = type !== undefined && isHeard;
  // Closed to make room for another session: told only where none follows.
  const isReplaced = order.isReplacing && finding.closedBy === 'merchant';
  const deferred = isReplaced && { isDeferred: true as const };
  const updates = isNews ? [...back, { type, cause: finding.cause, orderStatus, ...deferred }] : [];
  return change(payment, finding, orderStatus, updates);
}

/** No payment can pay the order any more, which the merchant does not know yet. */
function isEnd(order: OrderSnapshot, now: OrderStatus): boolean {
  return now !== order.status && (now === 'PAYMENT_FAILED' || now === 'CANCELLED');
}

/** The last two without having paid: a session closed before money came, and money that could not pay and has gone back. */
const FAILURES: Partial<Record<PaymentStatus, UpdateType>> = {
  FAILED: 'order.payment_failed',
  DECLINED: 'order.payment_declined',
  CANCELLED: 'order.payment_cancelled',
  EXPIRED: 'order.payment_expired',
  VOIDED: 'order.payment_cancelled',
  REFUNDED: 'order.late_payment_returned',
};

function hold(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  // A hold on what is closed, or beside another open session, may still turn into money: it is watched, not waited for.
  const isLate = payment.closedBy !== null || order.paidPaymentId !== null || order.otherOpen !== null;
  if (isLate) return review(order, payment, finding, 'late_hold');
  const orderStatus = order.otherReviewed ? 'REVIEW' : 'PAYMENT_PENDING';
  const update = { type: 'order.payment_pending', cause: finding.cause, orderStatus } as const;
  return change(payment, finding, orderStatus, payment.status === 'ON_HOLD' ? [] : [update]);
}

/** A review that ends with nothing having happened. Beside an open or a paying session there is no place for another one. */
function reopen(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const isFree = order.paidPaymentId === null && order.otherOpen === null && payment.closedBy === null;
  if (!isFree) return asItWas(order, payment, finding);
  return change(payment, finding, order.otherReviewed ? 'REVIEW' : 'AWAITING_PAYMENT');
}

function dismiss(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const orderStatus = afterReview(order, payment);
  const type = payment.closedBy === 'merchant' ? 'order.payment_cancelled' : 'order.payment_failed';
  // The merchant has been told of the review: that the order can be paid again is news.
  const updates = isEnd(order, orderStatus) ? [{ type, cause: 'dismissed', orderStatus } as const] : [];
  return { ...change(payment, finding, orderStatus, updates), dismissed: true };
}

function quietly(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const changed = change(payment, finding, order.status);
  if (isSettled(finding.status)) return changed;
  // It must neither be waited for nor reviewed again: either would keep the order from a new payment.
  const { status, reason } = payment;
  return { ...changed, status, reason };
}

/** The order once this payment needs no review any more. */
function afterReview(order: OrderSnapshot, payment: Payment): OrderStatus {
  return payment.status === 'REVIEW' ? without(order, payment) : order.status;
}

/** The order once this payment can't pay it: what another one makes of it, or how the last one that could has ended. */
function without(order: OrderSnapshot, payment: Payment): OrderStatus {
  if (order.paidPaymentId !== null) return order.status;
  if (order.otherReviewed) return 'REVIEW';
  if (order.otherOpen !== null) return order.otherOpen === 'ON_HOLD' ? 'PAYMENT_PENDING' : 'AWAITING_PAYMENT';
  const couldPay = !isSettled(payment.status);
  if (!couldPay && order.latestN !== payment.n) return order.status;
  return payment.closedBy === 'merchant' ? 'CANCELLED' : 'PAYMENT_FAILED';
}

function change(
  payment: Payment,
  { status, reason, closedBy, decision }: Finding,
  orderStatus: OrderStatus,
  updates: readonly UpdateToSend[] = [],
): OrderChange {
  return {
    status,
    reason: reason ?? null,
    reviewCode: null,
    reviewMark: null,
    closedBy: closedBy ?? payment.closedBy,
    dismissed: payment.dismissed && decision !== 'accept',
    mustGiveBack: false,
    orderStatus,
    paysNow: false,
    accepts: false,
    updates,
  };
}
