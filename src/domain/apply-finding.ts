/** Decides, in one pure function under the order's lock, which payment pays an order and how both change. */
import type { Finding } from './finding.ts';
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
  /** An operator has accepted the values that the transaction shows: they hold from now on. */
  readonly accepts: boolean;
  readonly updates: readonly UpdateToSend[];
}

export interface UpdateToSend {
  readonly type: UpdateType;
  readonly cause: string;
  readonly orderStatus: OrderStatus;
  /** Not sent at once: another session may follow in a moment and make this update obsolete. */
  readonly isDeferred?: true;
}

/** The fields of a payment on which the effect of a finding depends. */
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

/** The finding leaves the status as it is. It only sets or removes the mark that asks a person. */
function isMark({ review, status }: Finding): boolean {
  return review !== undefined && status !== 'REVIEW';
}

/** The reading showed no money, which does not undo what the gateway had shown before. */
function saysNothing({ status }: Finding): boolean {
  return status === 'PENDING' || status === 'EXPIRED';
}

/**
 * Authorized or captured money. It pays the order, or it is held by a payment that may not pay and must go
 * back.
 */
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
  // Giving back failed before. A person must see why.
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
  // Money that is being sent back can't pay, even where an operator or the policy now would let it.
  if (payment.isGoingBack || isRefused(payment, finding)) return 'late_money';
  if (finding.decision === 'accept') return null;
  if (payment.closedBy !== null && policy !== 'accept') return 'late_money';
  return sameMoney(order.money, payment.money) ? null : 'order_changed';
}

/**
 * The payment's money is known and did not pay when it came: it goes back, or has gone back. The order's
 * amount may have changed since, and a later look must not find that the money fits now. The void of an
 * authorization that never existed is no money.
 */
function isRefused({ status }: Payment, finding: Finding): boolean {
  return isMoney(status) && (status !== 'VOIDED' || finding.status === 'VOIDED');
}

/** The payment is in REVIEW, and an operator wants to keep its money. */
function isAsked({ status }: Payment, { decision }: Finding): boolean {
  return decision === 'accept' && status === 'REVIEW';
}

/** Nothing changes. Money that an operator wanted to keep and can't must not cause any other change. */
function asItWas(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const { status, reason, reviewCode, reviewMark, closedBy, mustGiveBack } = payment;
  const kept = change(payment, finding, order.status);
  return { ...kept, status, reason, reviewCode, reviewMark, closedBy, mustGiveBack };
}

/**
 * UNKNOWN takes nothing back. The payment keeps its proved status, and a person looks into it until the
 * gateway confirms that status.
 */
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
  // A payment that has paid an order can't have been without money, even if the gateway now says so.
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

/**
 * Captured money was taken back and nothing is held. The order is paid by no money, so a person must see it.
 */
function isTakenBack(payment: Payment, finding: Finding): boolean {
  const { status, review: code } = finding;
  const isNothing =
    status === 'VOIDED' || (status === 'REVIEW' ? code === 'contradiction' : !isMoney(status));
  if (!isNothing) return false;
  if (payment.status === 'REVIEW') return payment.reviewCode === 'capture_reversed';
  return sumsOf(payment, finding).capturedMinor < payment.capturedMinor;
}

/** The sums that the transaction shows, or the recorded ones where there is no transaction. */
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

/** One update for each operation that was done and is not done any more. */
function undone(payment: Payment, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  return undoneSince(payment.shown, operationsIn(finding))
    .filter(({ kind }) => kind !== 'void' || payment.status === 'VOIDED')
    .map(({ kind, name }) => ({ type: UNDONE[kind], cause: name, orderStatus }));
}

/** One update for each capture. Where the gateway lists no captures, one by the captured sum. */
function captured(payment: Payment, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  const { capturedMinor } = sumsOf(payment, finding);
  const causes = doneNow('capture', payment, finding);
  if (causes.length === 0 && capturedMinor > payment.capturedMinor) causes.push(`captured-${capturedMinor}`);
  return causes.map((cause) => ({ type: 'order.captured', cause, orderStatus }));
}

/** The names of the operations of a kind that have become done since the last reading. */
function doneNow(kind: OperationKind, { shown }: Payment, finding: Finding): string[] {
  return doneSince(shown, operationsIn(finding)).flatMap((one) => (one.kind === kind ? [one.name] : []));
}

/** Once, and again if between two readings a void was taken back and another one succeeded. */
function voided(payment: Payment, finding: Finding, orderStatus: OrderStatus): UpdateToSend[] {
  if (finding.status !== 'VOIDED') return [];
  const isUndone = undone(payment, finding, orderStatus).some(({ type }) => type === UNDONE.void);
  if (payment.status === 'VOIDED' && !isUndone) return [];
  return [{ type: 'order.voided', cause: finding.cause, orderStatus }];
}

/**
 * One update for each refund. If nothing is left afterwards, the last one is `order.refunded`. The void of
 * the rest may cause that too.
 */
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
  // An unclear answer is reported in the gateway's words. Every other code needs no explanation.
  const reason = code === 'unclear' ? (finding.reason ?? code) : code;
  const isKnown = payment.status === 'REVIEW' && payment.reason === reason;
  const told = { type: 'order.review', cause: `${code}-${finding.cause}`, orderStatus } as const;
  return {
    ...change(payment, { ...finding, status: 'REVIEW', reason }, orderStatus),
    reviewCode: code,
    updates: isKnown ? updates : [...updates, told],
  };
}

/**
 * Money that could not pay is back with the payer. If a give-back failed and another one succeeded between
 * two readings, the merchant is notified of both.
 */
function returned(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const orderStatus = afterReview(order, payment);
  const back = cameBack(payment, finding, orderStatus);
  const isNews = payment.status !== finding.status || back.length > 0;
  const update = { type: 'order.late_payment_returned', cause: finding.cause, orderStatus } as const;
  return change(payment, finding, orderStatus, isNews ? [...back, update] : []);
}

/**
 * Money that had gone back to the payer and did not stay there. A reversed capture is left out: the merchant
 * was never notified of a capture of late money.
 */
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
  // The session was closed to make room for another one. Notify the merchant only if none follows.
  const isReplaced = order.isReplacing && finding.closedBy === 'merchant';
  const deferred = isReplaced && { isDeferred: true as const };
  const updates = isNews ? [...back, { type, cause: finding.cause, orderStatus, ...deferred }] : [];
  return change(payment, finding, orderStatus, updates);
}

/** No payment can pay the order any more, and the merchant does not know that yet. */
function isEnd(order: OrderSnapshot, now: OrderStatus): boolean {
  return now !== order.status && (now === 'PAYMENT_FAILED' || now === 'CANCELLED');
}

/**
 * The last two did not pay the order: a session that was closed before its money came, and money that could
 * not pay and has gone back.
 */
const FAILURES: Partial<Record<PaymentStatus, UpdateType>> = {
  FAILED: 'order.payment_failed',
  DECLINED: 'order.payment_declined',
  CANCELLED: 'order.payment_cancelled',
  EXPIRED: 'order.payment_expired',
  VOIDED: 'order.payment_cancelled',
  REFUNDED: 'order.late_payment_returned',
};

function hold(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  // A hold on a closed payment, or beside another open session, may still turn into money. It is put in
  // REVIEW and watched, instead of keeping the order pending.
  const isLate = payment.closedBy !== null || order.paidPaymentId !== null || order.otherOpen !== null;
  if (isLate) return review(order, payment, finding, 'late_hold');
  const orderStatus = order.otherReviewed ? 'REVIEW' : 'PAYMENT_PENDING';
  const update = { type: 'order.payment_pending', cause: finding.cause, orderStatus } as const;
  return change(payment, finding, orderStatus, payment.status === 'ON_HOLD' ? [] : [update]);
}

/**
 * A review that ends without any money. The payment opens again, unless it was closed or another session is
 * open or has paid.
 */
function reopen(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const isFree = order.paidPaymentId === null && order.otherOpen === null && payment.closedBy === null;
  if (!isFree) return asItWas(order, payment, finding);
  return change(payment, finding, order.otherReviewed ? 'REVIEW' : 'AWAITING_PAYMENT');
}

function dismiss(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const orderStatus = afterReview(order, payment);
  const type = payment.closedBy === 'merchant' ? 'order.payment_cancelled' : 'order.payment_failed';
  // The merchant knows of the review. It does not know yet that the order can be paid again.
  const updates = isEnd(order, orderStatus) ? [{ type, cause: 'dismissed', orderStatus } as const] : [];
  return { ...change(payment, finding, orderStatus, updates), dismissed: true };
}

function quietly(order: OrderSnapshot, payment: Payment, finding: Finding): OrderChange {
  const changed = change(payment, finding, order.status);
  if (isSettled(finding.status)) return changed;
  // Neither open nor in REVIEW again: either would keep the order from getting a new payment.
  const { status, reason } = payment;
  return { ...changed, status, reason };
}

/** The order's status once this payment needs no review any more. */
function afterReview(order: OrderSnapshot, payment: Payment): OrderStatus {
  return payment.status === 'REVIEW' ? without(order, payment) : order.status;
}

/**
 * The order's status once this payment can't pay it: as the other open payment makes it, or as the last
 * payment that could pay has ended.
 */
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
