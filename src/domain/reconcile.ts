/**
 * The reconciliation's comparison: a transaction as the gateway shows it, and what is recorded of its payment.
 * Stricter than the sweep, which asks only whether a look is worth its price. Pure.
 */
import { hasOtherSums } from './compare-listing.ts';
import { sameMoney, type Money } from './money.ts';
import { holdsMoney, isMoney, isOpen, type PaymentSnapshot, type PaymentStatus } from './payment.ts';
import { heldMinor, ownMoneyOf, surplusNamed, type Surplus } from './surplus.ts';
import { isKnownStatus, type TransactionStatus } from './transaction.ts';

/**
 * `mismatch`: both sides have it, and differ. `missing_here`: the gateway has money of ours that is not recorded.
 * `missing_there`: money is recorded that the gateway does not show. `duplicate`: one order has money in two
 * transactions.
 */
export const DRIFT_CLASSES = ['mismatch', 'missing_here', 'missing_there', 'duplicate'] as const;
export type DriftClass = (typeof DRIFT_CLASSES)[number];

/** The result for one transaction. `foreign`: of another shop on the account. */
export type Compared = 'match' | 'foreign' | Exclude<DriftClass, 'duplicate'>;

/** A transaction as a listing or a reading shows it. Not every listing shows sums. */
export interface ShownMoney {
  readonly transactionId: string;
  readonly status: TransactionStatus;
  readonly money: Money;
  readonly capturedMinor?: number;
  readonly refundedMinor?: number;
}

export type Recorded = Pick<
  PaymentSnapshot,
  | 'status'
  | 'money'
  | 'accepted'
  | 'reviewCode'
  | 'reviewMark'
  | 'dismissed'
  | 'mustGiveBack'
  | 'isGoingBack'
  | 'transactionId'
  | 'surplus'
  | 'capturedMinor'
  | 'refundedMinor'
>;

/** One side of a comparison, in words for people and in minor units. */
export interface Side {
  readonly status: PaymentStatus | TransactionStatus;
  readonly amount: number;
  readonly currency: string;
  readonly captured?: number;
  readonly refunded?: number;
}

/** What is recorded of a transaction: of the payment's surplus where it is surplus, else of its own money. */
export function sideHere(payment: Recorded, transactionId: string | null): Side {
  const { currency } = payment.accepted?.money ?? payment.money;
  const further = surplusNamed(payment.surplus, transactionId);
  if (further !== undefined)
    return {
      status: further.status,
      amount: further.authorizedMinor,
      currency,
      captured: further.capturedMinor,
      refunded: further.refundedMinor,
    };
  const { status, capturedMinor: captured, refundedMinor: refunded } = payment;
  return { status, amount: expectedMoney(payment).amountMinor, currency, captured, refunded };
}

export function sideThere({ status, money, capturedMinor, refundedMinor }: ShownMoney): Side {
  return {
    status,
    amount: money.amountMinor,
    currency: money.currency,
    ...(capturedMinor !== undefined && { captured: capturedMinor }),
    ...(refundedMinor !== undefined && { refunded: refundedMinor }),
  };
}

export function isSameSide(left: Side | null, right: Side | null): boolean {
  const fields = ['status', 'amount', 'currency', 'captured', 'refunded'] as const;
  return fields.every((field) => left?.[field] === right?.[field]);
}

/** Compares a transaction of the payment's session with what is recorded of it. */
export function compareShown(payment: Recorded, shown: ShownMoney): 'match' | 'mismatch' | 'missing_here' {
  const further = surplusNamed(payment.surplus, shown.transactionId);
  if (further !== undefined) return isSameSurplus(further, shown) ? 'match' : 'mismatch';
  const own = ownMoneyOf(payment);
  if (own !== null && own !== shown.transactionId) return mayBeMoney(shown.status) ? 'missing_here' : 'match';
  return isSame(payment, shown) ? 'match' : 'mismatch';
}

/** Whether the status may stand for money of a payer. */
export function mayBeMoney(status: TransactionStatus): boolean {
  return !isKnownStatus(status) ? status === 'UNCLEAR' : isMoney(status) || status === 'ON_HOLD';
}

function isSameSurplus(further: Surplus, shown: ShownMoney): boolean {
  return further.status === shown.status && !hasOtherSums(further, shown);
}

function isSame(payment: Recorded, shown: ShownMoney): boolean {
  const { status } = payment;
  if (shown.status === 'UNCLEAR') return false;
  // Closing a session voids what was begun in it, and no money is at stake.
  if (shown.status === 'VOIDED' && status === 'CANCELLED') return true;
  if (shown.status === 'INITIATED') return !mayBeMoneyHere(status);
  if (!mayBeMoney(shown.status)) return !mayBeMoneyHere(status) && !isOpen(status);
  if (shown.status !== status || hasOtherSums(payment, shown)) return false;
  // What was given back may be of another amount: a person was asked about it, or it was surplus.
  return !hasMoneyNow(shown.status) || sameMoney(expectedMoney(payment), shown.money);
}

function mayBeMoneyHere(status: PaymentStatus): boolean {
  return isMoney(status) || status === 'ON_HOLD' || status === 'REVIEW';
}

function hasMoneyNow(status: Exclude<TransactionStatus, 'INITIATED' | 'UNCLEAR'>): boolean {
  return holdsMoney(status) || status === 'ON_HOLD';
}

function expectedMoney({ accepted, money }: Recorded): Money {
  return accepted?.money ?? money;
}

/**
 * Why a difference needs no further action: `in_review`: a person is asked. `dismissed`: a person has decided
 * to handle it. `going_back`: its money is being given back. `operation_under_way`: a capture, refund or void
 * has not ended. `no_money`: it never held money.
 */
export const EXPLANATIONS = [
  'in_review',
  'dismissed',
  'going_back',
  'operation_under_way',
  'no_money',
] as const;
export type Explanation = (typeof EXPLANATIONS)[number];

/** The explanation of a difference about one transaction of the payment; null where there is none. */
export function explanationOf(
  payment: Recorded,
  transactionId: string | null,
  isMoneyMoving: boolean,
): Explanation | null {
  const further = surplusNamed(payment.surplus, transactionId);
  const own = further === undefined ? explainedBy(payment) : explainedSurplus(further);
  return own ?? (isMoneyMoving ? 'operation_under_way' : null);
}

function explainedBy(payment: Recorded): Explanation | null {
  if (payment.dismissed) return 'dismissed';
  if (payment.status === 'REVIEW' || payment.reviewMark !== null) return 'in_review';
  return payment.mustGiveBack || payment.isGoingBack ? 'going_back' : null;
}

function explainedSurplus({ handling }: Surplus): Explanation | null {
  switch (handling) {
    case 'give_back':
      return 'going_back';
    case 'review':
    case 'stuck':
      return 'in_review';
    case 'dismissed':
      return 'dismissed';
    case 'none':
      return null;
  }
}

/** Money that is held for an order in one transaction. */
export interface Holding {
  readonly payment: string | null;
  readonly transactionId: string | null;
  readonly status: PaymentStatus | TransactionStatus;
  /** In minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly explanation: Explanation | null;
}

/** All transactions of a payment that hold money now, as recorded. */
export function holdingsOf(paymentId: string, payment: Recorded): Holding[] {
  const { status, transactionId, surplus } = payment;
  const { currency } = expectedMoney(payment);
  const isHeld = holdsMoney(status) || (status === 'REVIEW' && ownMoneyOf(payment) !== null);
  const amount = expectedMoney(payment).amountMinor - payment.refundedMinor;
  const common = { payment: paymentId, currency };
  const own = { ...common, transactionId, status, amount, explanation: explainedBy(payment) };
  const further = surplus
    .filter((one) => heldMinor(one) > 0)
    .map((one) => ({
      ...common,
      transactionId: one.transactionId,
      status: one.status,
      amount: heldMinor(one),
      explanation: explainedSurplus(one),
    }));
  return [...(isHeld ? [own] : []), ...further];
}

/**
 * Whether an order has money in two transactions. Explained where all but one of them are: that one pays. Null
 * where there is at most one.
 */
export function judgeHoldings(
  holdings: readonly Holding[],
): { readonly explanation: Explanation | null } | null {
  if (holdings.length < 2) return null;
  const isExplained = holdings.filter(({ explanation }) => explanation === null).length < 2;
  const first = holdings.find(({ explanation }) => explanation !== null);
  return { explanation: isExplained ? (first?.explanation ?? null) : null };
}
