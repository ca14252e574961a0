/** Decides, in one pure function under the order's lock, which payment pays an order and how both change. */
import { disputeUpdates } from './dispute.ts';
import type { Finding } from './finding.ts';
import { sameMoney } from './money.ts';
import { shownAfter, type ShownStates } from './news.ts';
import { cameBack, captured, operationsIn, refunded, sumsOf, undone, voided } from './operation-updates.ts';
import { asItWas, change, type OrderChange } from './order-change.ts';
import { statusAfterReview } from './order-status.ts';
import type { OrderSnapshot } from './order.ts';
import { holdsMoney, isMoney, type PaymentSnapshot } from './payment.ts';
import { dismiss, mark, quietly, review, reviewEnded } from './review.ts';
import { withSurplus } from './surplus-change.ts';
import { withoutSurplusMark } from './surplus.ts';
import { withoutMoney } from './without-money.ts';

export type LateMoneyPolicy = 'give_back' | 'review' | 'accept';

/** Arbitrates a finding between an order and one of its payments. */
export function applyFinding(
  order: OrderSnapshot,
  payment: PaymentSnapshot,
  finding: Finding,
  policy: LateMoneyPolicy,
): OrderChange {
  const isPayer = order.paidPaymentId === payment.paymentId;
  const own = arbitrate(order, withoutSurplusMark(payment), finding, policy);
  const change = withSurplus(own, payment, finding, { isGivenBack: policy === 'give_back', isPayer });
  const { orderStatus, updates } = change;
  const disputed = disputeUpdates(payment.disputes, finding.transaction ?? {});
  if (disputed.length === 0) return change;
  return { ...change, updates: [...updates, ...disputed.map((update) => ({ ...update, orderStatus }))] };
}

function arbitrate(
  order: OrderSnapshot,
  payment: PaymentSnapshot,
  finding: Finding,
  policy: LateMoneyPolicy,
): OrderChange {
  if (finding.isOfSurplus) return asItWas(order, payment, finding);
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
  payment: PaymentSnapshot,
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
  const orderStatus = statusAfterReview(order, payment);
  const back = cameBack(payment, finding, orderStatus);
  const late = change(payment, { ...finding, reason: obstacle }, orderStatus, back);
  return { ...late, mustGiveBack: true };
}

type Obstacle = 'order_already_paid' | 'late_money' | 'order_changed';

function obstacleOf(
  order: OrderSnapshot,
  payment: PaymentSnapshot,
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
function isRefused({ status }: PaymentSnapshot, finding: Finding): boolean {
  return isMoney(status) && (status !== 'VOIDED' || finding.status === 'VOIDED');
}

/** The payment is in REVIEW, and an operator wants to keep its money. */
function isAsked({ status }: PaymentSnapshot, { decision }: Finding): boolean {
  return decision === 'accept' && status === 'REVIEW';
}

function pay(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
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
function follow(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
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

/**
 * Captured money was taken back and nothing is held. The order is paid by no money, so a person must see it.
 */
function isTakenBack(payment: PaymentSnapshot, finding: Finding): boolean {
  const { status, review: code } = finding;
  const isNothing =
    status === 'VOIDED' || (status === 'REVIEW' ? code === 'contradiction' : !isMoney(status));
  if (!isNothing) return false;
  if (payment.status === 'REVIEW') return payment.reviewCode === 'capture_reversed';
  return sumsOf(payment, finding).capturedMinor < payment.capturedMinor;
}

/**
 * Money that could not pay is back with the payer. If a give-back failed and another one succeeded between
 * two readings, the merchant is notified of both.
 */
function returned(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
  const orderStatus = statusAfterReview(order, payment);
  const back = cameBack(payment, finding, orderStatus);
  const isNews = payment.status !== finding.status || back.length > 0;
  const update = { type: 'order.late_payment_returned', cause: finding.cause, orderStatus } as const;
  return change(payment, finding, orderStatus, isNews ? [...back, update] : []);
}
