/** Who pays an order, and what becomes of it: decided under the order's lock, by one pure function. */
import { sameMoney, type Money } from './money.ts';
import { doneSince, shownAfter, UNDONE, undoneSince, type ShownStates } from './news.ts';
import type { OperationKind, ShownOperation } from './operation.ts';
import type { OrderStanding, OrderStatus, UpdateType } from './order.ts';
import { holdsMoney, isMoney, isSettled, type PaymentStatus } from './payment.ts';
import { difference, type Accepted, type Transaction } from './transaction.ts';

/** Who closed a payment before money came: money that arrives afterwards is late. */
export type ClosedBy = 'merchant' | 'expiry';

export type LateMoneyPolicy = 'give_back' | 'review' | 'accept';

/** The payment as it stands under the order's lock. */
export interface PaymentStanding {
  readonly id: string;
  readonly n: number;
  readonly money: Money;
  readonly status: PaymentStatus;
  readonly reason: string | null;
  /** Settled, and why a person has been asked although its status stands. */
  readonly mark: string | null;
  readonly closedBy: ClosedBy | null;
  /** An operator has taken it off our hands: it never touches the order again. */
  readonly dismissed: boolean;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** How its operations were shown when it was recorded last. */
  readonly shown?: ShownStates;
  /** An operation that gives its money back is not finished. */
  readonly isGoingBack?: boolean;
}

/** What a look at the gateway, a deadline or a person asks for. */
export interface Outcome {
  readonly status: PaymentStatus;
  readonly pays: boolean;
  readonly reason?: string;
  /** What caused it, stable over retries: part of the effect id. */
  readonly cause: string;
  readonly closedBy?: ClosedBy;
  /** Closed to make room for another session: told only where none follows. */
  readonly isReplaced?: true;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** As the transaction that proves it shows them; not told by itself, but taken from that. */
  readonly operations?: readonly ShownOperation[];
  /** The operator's recorded exception: pays although something differs. */
  readonly accept?: boolean;
  readonly dismiss?: boolean;
  /** The status stands: its reason is why a person is asked, or nobody need be any longer. */
  readonly marks?: boolean;
}

export interface Settlement {
  readonly status: PaymentStatus;
  readonly reason: string | null;
  readonly mark: string | null;
  readonly closedBy: ClosedBy | null;
  readonly dismissed: boolean;
  readonly orderStatus: OrderStatus;
  /** True in exactly one settlement of an order's life. */
  readonly paysNow: boolean;
  /** What the transaction shows is what a person has accepted: it holds from now on. */
  readonly accepts: boolean;
  readonly updates: readonly {
    readonly type: UpdateType;
    readonly cause: string;
    readonly orderStatus: OrderStatus;
    /** Not at once: what it tells of may be over in a moment. */
    readonly isDeferred?: true;
  }[];
}

/** What a look took for a mismatch before it heard that a person has accepted it is none. */
export function heldAccepted(
  outcome: Outcome,
  accepted: Accepted | undefined,
  transaction: Transaction | undefined,
): Outcome {
  if (accepted === undefined || transaction === undefined || !isMismatch(outcome)) return outcome;
  if (difference(accepted, transaction) !== null) return outcome;
  const { reason: _, ...rest } = outcome;
  return { ...rest, status: transaction.status as PaymentStatus, pays: transaction.authorized };
}

function isMismatch({ status, reason = '' }: Outcome): boolean {
  return status === 'REVIEW' && reason.endsWith('_mismatch');
}

/** Arbitrates an outcome between an order and one of its payments. */
export function settle(
  order: OrderStanding,
  payment: PaymentStanding,
  outcome: Outcome,
  policy: LateMoneyPolicy,
): Settlement {
  if (outcome.dismiss) return dismiss(order, payment, outcome);
  if (outcome.marks !== undefined) return marked(order, payment, outcome);
  if (saysNothing(outcome) && isMoney(payment.status)) return asItWas(order, payment, outcome);
  if (payment.isGoingBack && isAsked(payment, outcome)) return asItWas(order, payment, outcome);
  if (payment.dismissed && !outcome.accept) return quietly(order, payment, outcome);
  if (order.paidPaymentId === payment.id) return follow(order, payment, outcome);
  if (outcome.pays) return money(order, payment, outcome, policy);
  return withoutMoney(order, payment, outcome);
}

/** Nothing was shown to a run, which may not have heard what was recorded since: that does not undo what the gateway had shown. */
function saysNothing({ status }: Outcome): boolean {
  return status === 'PENDING' || status === 'EXPIRED';
}

/** Money that was authorized or captured: it pays the order, or it is held against a payment that may not pay and has to go back. */
function money(
  order: OrderStanding,
  payment: PaymentStanding,
  outcome: Outcome,
  policy: LateMoneyPolicy,
): Settlement {
  const obstacle = obstacleOf(order, payment, outcome, policy);
  if (obstacle === null) return pay(order, payment, outcome);
  if (isAsked(payment, outcome)) return asItWas(order, payment, outcome);
  if (!holdsMoney(outcome.status)) return returned(order, payment, outcome);
  // Whatever kept it from going back the first time has to be seen by a person.
  if (payment.reason === GIVE_BACK_FAILED) return review(order, payment, outcome, GIVE_BACK_FAILED);
  if (policy !== 'give_back' || obstacle === 'order_changed')
    return review(order, payment, outcome, obstacle);
  const orderStatus = afterReview(order, payment);
  const back = cameBack(payment, outcome, orderStatus);
  return settlement(payment, { ...outcome, reason: obstacle }, orderStatus, back);
}

/** The reason of a review of what is on hold and may not be waited for: it is polled like any other hold. */
export const LATE_HOLD = 'late_hold';

/** The reason of a review of a paid order whose capture was taken back, and nothing is held any more. */
export const CAPTURE_REVERSED = 'capture_reversed';

/** The reason of a review that money ends in which could not be given back. */
export const GIVE_BACK_FAILED = 'give_back_failed';

function obstacleOf(
  order: OrderStanding,
  payment: PaymentStanding,
  outcome: Outcome,
  policy: LateMoneyPolicy,
): string | null {
  if (order.paidPaymentId !== null) return 'order_already_paid';
  // Whatever anybody or the policy says by now: what is being sent back can't pay.
  if (payment.isGoingBack || isRefused(payment, outcome)) return 'late_money';
  if (outcome.accept) return null;
  if (payment.closedBy !== null && policy !== 'accept') return 'late_money';
  if (!sameMoney(order.money, payment.money)) return 'order_changed';
  return null;
}

/**
 * Its money is known, and did not pay when it came: it goes back, or has gone. The order may have another amount by now, and a run that
 * looks late must not find that it fits. A void of what was never there is no money.
 */
function isRefused({ status }: PaymentStanding, outcome: Outcome): boolean {
  return isMoney(status) && (status !== 'VOIDED' || outcome.status === 'VOIDED');
}

/** It is in REVIEW, and an operator wants to keep its money. */
function isAsked({ status }: PaymentStanding, { accept }: Outcome): boolean {
  return accept === true && status === 'REVIEW';
}

/** Stays as it is: what can't be accepted must not go anywhere else because somebody wanted to keep it. */
function asItWas(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  const { status, closedBy, mark } = payment;
  const kept = settlement(payment, { ...outcome, status, ...reasonOf(payment) }, order.status);
  return { ...kept, closedBy, mark };
}

/** UNKNOWN takes nothing back: the payment stays what it was proved to be, and a person looks into it until the gateway says so again. */
function marked(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  const { reason, marks, ...rest } = outcome;
  const stays = asItWas(order, payment, rest);
  if (!isSettled(payment.status) || payment.dismissed) return stays;
  const mark = marks === true ? (reason ?? 'unclear') : null;
  if ((mark === null) === (payment.mark === null)) return { ...stays, mark };
  const cause = `unclear-${outcome.cause}`;
  const told: Update = { type: 'order.review', cause, orderStatus: order.status };
  const isPayer = order.paidPaymentId === payment.id;
  const ended = isPayer ? reviewEnded(payment, outcome, order.status) : [];
  return { ...stays, mark, updates: mark === null ? ended : [told] };
}

function pay(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  const paid = { type: 'order.paid', cause: outcome.cause, orderStatus: 'PAID' } as const;
  const captures = (outcome.operations ?? []).filter(({ kind }) => kind === 'capture');
  const shown = shownAfter({}, captures);
  const status = payment.status === 'REVIEW' ? 'PENDING' : payment.status;
  const begun = { ...payment, status, mark: null, capturedMinor: outcome.capturedMinor, shown };
  const after = follow({ ...order, status: 'PAID', paidPaymentId: payment.id }, begun, outcome);
  return { ...after, paysNow: true, updates: [paid, ...after.updates] };
}

/** What happens to an order after this payment has paid it. */
function follow(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  const gone = undone(payment, outcome, order.status);
  if (isTakenBack(payment, outcome)) return review(order, payment, outcome, CAPTURE_REVERSED, gone);
  if (outcome.status === 'REVIEW') return review(order, payment, outcome, outcome.reason ?? 'unclear', gone);
  // What has paid an order can't turn out never to have been there, however often the gateway says so.
  if (!isMoney(outcome.status)) return review(order, payment, outcome, 'contradiction', gone);
  const orderStatus =
    ({ VOIDED: 'VOIDED', REFUNDED: 'REFUNDED' } as const)[outcome.status as string] ?? 'PAID';
  const updates: Update[] = [
    ...reviewEnded(payment, outcome, orderStatus),
    ...undone(payment, outcome, orderStatus),
    ...captured(payment, outcome, orderStatus),
    ...voided(payment, outcome, orderStatus),
    ...refunded(payment, outcome, orderStatus),
  ];
  const accepts = outcome.accept === true;
  return { ...settlement(payment, outcome, orderStatus, updates), accepts };
}

type Update = Settlement['updates'][number];

function reviewEnded(
  { status, reason, mark }: PaymentStanding,
  { cause }: Outcome,
  orderStatus: OrderStatus,
): Update[] {
  if (status !== 'REVIEW' && mark === null) return [];
  const why = codeOf(mark ?? reason ?? 'unclear');
  return [{ type: 'order.review_ended', cause: `${why}-${cause}`, orderStatus }];
}

/** Captured money is gone, and so is what was held: an order that is paid by nothing is for a person to see to. */
function isTakenBack(payment: PaymentStanding, outcome: Outcome): boolean {
  const { status, reason } = outcome;
  const isNothing =
    status === 'VOIDED' || (status === 'REVIEW' ? reason === 'contradiction' : !isMoney(status));
  if (!isNothing) return false;
  if (payment.status === 'REVIEW') return payment.reason === CAPTURE_REVERSED;
  return outcome.capturedMinor < payment.capturedMinor;
}

/** Each operation that was done and is not any more. */
function undone(payment: PaymentStanding, { operations = [] }: Outcome, orderStatus: OrderStatus): Update[] {
  return undoneSince(payment.shown ?? {}, operations)
    .filter(({ kind }) => kind !== 'void' || payment.status === 'VOIDED')
    .map(({ kind, name }) => ({ type: UNDONE[kind], cause: name, orderStatus }));
}

/** Each capture by itself; by the sum where the gateway shows none. */
function captured(payment: PaymentStanding, outcome: Outcome, orderStatus: OrderStatus): Update[] {
  const { capturedMinor } = outcome;
  const causes = doneNow('capture', payment, outcome);
  if (causes.length === 0 && capturedMinor > payment.capturedMinor) causes.push(`captured-${capturedMinor}`);
  return causes.map((cause) => ({ type: 'order.captured', cause, orderStatus }));
}

/** The names of the operations of a kind that are done, and were not before. */
function doneNow(
  kind: OperationKind,
  { shown = {} }: PaymentStanding,
  { operations = [] }: Outcome,
): string[] {
  return doneSince(shown, operations).flatMap((one) => (one.kind === kind ? [one.name] : []));
}

/** Once, and again where a void was taken back and made up for before anybody looked. */
function voided(payment: PaymentStanding, outcome: Outcome, orderStatus: OrderStatus): Update[] {
  if (outcome.status !== 'VOIDED') return [];
  const isUndone = undone(payment, outcome, orderStatus).some(({ type }) => type === UNDONE.void);
  if (payment.status === 'VOIDED' && !isUndone) return [];
  return [{ type: 'order.voided', cause: outcome.cause, orderStatus }];
}

/** Each refund by itself, the last one as what makes the whole of it. The void of a rest may do that too. */
function refunded(payment: PaymentStanding, outcome: Outcome, orderStatus: OrderStatus): Update[] {
  const { refundedMinor, status } = outcome;
  const causes = doneNow('refund', payment, outcome);
  const isWholeNow = status === 'REFUNDED' && payment.status !== 'REFUNDED';
  const isUnshown = causes.length === 0 && (refundedMinor > payment.refundedMinor || isWholeNow);
  if (isUnshown) causes.push(`refunded-${refundedMinor}`);
  return causes.map((cause, index) => {
    const isWhole = status === 'REFUNDED' && index === causes.length - 1;
    return { type: isWhole ? 'order.refunded' : 'order.partially_refunded', cause, orderStatus };
  });
}

/** A reason may hold a gateway's words; an effect's id holds none of them. */
function codeOf(reason: string): string {
  return reason.split(':')[0] ?? reason;
}

function review(
  order: OrderStanding,
  payment: PaymentStanding,
  outcome: Outcome,
  reason: string,
  updates: readonly Update[] = [],
): Settlement {
  const orderStatus = order.paidPaymentId === null ? 'REVIEW' : order.status;
  const known = payment.status === 'REVIEW' && payment.reason === reason;
  const cause = `${codeOf(reason)}-${outcome.cause}`;
  return {
    ...settlement(payment, { ...outcome, status: 'REVIEW', reason }, orderStatus),
    updates: known ? updates : [...updates, { type: 'order.review', cause, orderStatus }],
  };
}

/** The payer has the money again that could not pay. It may have come back and gone again before anybody looked: the merchant hears of both. */
function returned(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  const orderStatus = afterReview(order, payment);
  const back = cameBack(payment, outcome, orderStatus);
  const isNews = payment.status !== outcome.status || back.length > 0;
  const update = { type: 'order.late_payment_returned', cause: outcome.cause, orderStatus } as const;
  return settlement(payment, outcome, orderStatus, isNews ? [...back, update] : []);
}

/** Money that had gone back to the payer and did not stay there. The merchant never heard of a capture of late money, so not of its end. */
function cameBack(payment: PaymentStanding, outcome: Outcome, orderStatus: OrderStatus): Update[] {
  return undone(payment, outcome, orderStatus).filter(({ type }) => type !== UNDONE.capture);
}

function withoutMoney(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  if (outcome.status === 'REVIEW') return review(order, payment, outcome, outcome.reason ?? 'unclear');
  if (outcome.status === 'ON_HOLD') return hold(order, payment, outcome);
  if (outcome.status === 'PENDING') return reopen(order, payment, outcome);
  const orderStatus = without(order, { ...payment, closedBy: outcome.closedBy ?? payment.closedBy });
  const isLatest = order.paidPaymentId === null && order.latestN === payment.n;
  const back = isLatest ? cameBack(payment, outcome, orderStatus) : [];
  const isOther = isLatest && payment.status !== outcome.status;
  const isHeard = isOther || back.length > 0 || isEnd(order, orderStatus);
  const type = FAILURES[outcome.status];
  const isNews = type !== undefined && isHeard;
  const deferred = outcome.isReplaced && { isDeferred: true as const };
  const updates = isNews ? [...back, { type, cause: outcome.cause, orderStatus, ...deferred }] : [];
  return settlement(payment, outcome, orderStatus, updates);
}

/** Nobody can pay the order any more, which the merchant does not know yet. */
function isEnd(order: OrderStanding, now: OrderStatus): boolean {
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

function hold(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  // A hold on what is closed, or beside another open session, may still turn into money: it is watched, not waited for.
  const isLate = payment.closedBy !== null || order.paidPaymentId !== null || order.otherOpen !== null;
  if (isLate) return review(order, payment, outcome, LATE_HOLD);
  const orderStatus = order.otherReviewed ? 'REVIEW' : 'PAYMENT_PENDING';
  const update = { type: 'order.payment_pending', cause: outcome.cause, orderStatus } as const;
  return settlement(payment, outcome, orderStatus, payment.status === 'ON_HOLD' ? [] : [update]);
}

/** A review that ends with nothing having happened. Beside an open or a paying session there is no place for another one. */
function reopen(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  const isFree = order.paidPaymentId === null && order.otherOpen === null && payment.closedBy === null;
  if (!isFree) return asItWas(order, payment, outcome);
  return settlement(payment, outcome, order.otherReviewed ? 'REVIEW' : 'AWAITING_PAYMENT');
}

function reasonOf({ reason }: PaymentStanding): { reason?: string } {
  return reason === null ? {} : { reason };
}

function dismiss(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  const orderStatus = afterReview(order, payment);
  const type = payment.closedBy === 'merchant' ? 'order.payment_cancelled' : 'order.payment_failed';
  // The merchant has been told of the review: that the order can be paid again is news.
  const updates = isEnd(order, orderStatus) ? [{ type, cause: 'dismissed', orderStatus } as const] : [];
  return { ...settlement(payment, outcome, orderStatus, updates), dismissed: true };
}

function quietly(order: OrderStanding, payment: PaymentStanding, outcome: Outcome): Settlement {
  const settled = settlement(payment, outcome, order.status);
  // It must neither be waited for nor reviewed again: either would keep the order from a new payment.
  return isSettled(outcome.status) ? settled : { ...settled, status: payment.status, reason: payment.reason };
}

/** The order once this payment needs no review any more. */
function afterReview(order: OrderStanding, payment: PaymentStanding): OrderStatus {
  return payment.status === 'REVIEW' ? without(order, payment) : order.status;
}

/** The order once this payment can't pay it: what another one makes of it, or how the last one that could has ended. */
function without(order: OrderStanding, payment: PaymentStanding): OrderStatus {
  if (order.paidPaymentId !== null) return order.status;
  if (order.otherReviewed) return 'REVIEW';
  if (order.otherOpen !== null) return order.otherOpen === 'ON_HOLD' ? 'PAYMENT_PENDING' : 'AWAITING_PAYMENT';
  const couldPay = !isSettled(payment.status);
  return couldPay || order.latestN === payment.n ? statusWithout(payment) : order.status;
}

function statusWithout(payment: { closedBy: ClosedBy | null }): OrderStatus {
  return payment.closedBy === 'merchant' ? 'CANCELLED' : 'PAYMENT_FAILED';
}

function settlement(
  payment: PaymentStanding,
  outcome: Outcome,
  orderStatus: OrderStatus,
  updates: Settlement['updates'] = [],
): Settlement {
  return {
    status: outcome.status,
    reason: outcome.reason ?? null,
    mark: null,
    closedBy: outcome.closedBy ?? payment.closedBy,
    dismissed: payment.dismissed && !outcome.accept,
    orderStatus,
    paysNow: false,
    accepts: false,
    updates,
  };
}
