/**
 * Further transactions of a payment's session that hold or held money: surplus. At some gateways each attempt
 * of a payer is a transaction of its own. Surplus can't pay, so its money goes back. Pure.
 */
import type { Finding } from './finding.ts';
import { shownAfter, type ShownStates } from './news.ts';
import type { OperationCause } from './operation.ts';
import { holdsMoney, isMoney, isSettled, type PaymentSnapshot, type ReviewCode } from './payment.ts';
import type { KnownStatus, Transaction } from './transaction.ts';

/** A surplus transaction as recorded. */
export interface Surplus {
  readonly transactionId: string;
  readonly status: KnownStatus;
  readonly authorizedMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** How the last recorded reading showed its operations. */
  readonly shown: ShownStates;
  /** RFC 3339. When the gateway last changed it, if that is recorded. */
  readonly updatedAt?: string;
  readonly handling: SurplusHandling;
}

/**
 * What becomes of its money. `give_back`: it must go back. `review`: a person is asked. `stuck`: it could not be
 * given back, and a person is asked. `dismissed`: an operator handles it. `none`: it holds no money.
 */
export type SurplusHandling = 'give_back' | 'review' | 'stuck' | 'dismissed' | 'none';

/** The surplus with this id, if it is recorded. */
export function surplusNamed(surplus: readonly Surplus[], transactionId: string | null): Surplus | undefined {
  return surplus.find((one) => one.transactionId === transactionId);
}

/** Reviews of payments that need not have money. */
const WITHOUT_MONEY: ReadonlySet<ReviewCode | null> = new Set(['unclear', 'late_hold', 'adopted', null]);

/**
 * The transaction whose money is recorded as the payment's own. Null before there is any: the recorded
 * transaction may then be an attempt that failed, and may become surplus.
 */
export function ownMoneyOf({
  transactionId,
  status,
  reviewCode,
}: Pick<PaymentSnapshot, 'transactionId' | 'status' | 'reviewCode'>): string | null {
  const hasMoney = isMoney(status) || (status === 'REVIEW' && !WITHOUT_MONEY.has(reviewCode));
  return hasMoney ? transactionId : null;
}

/** Whether some of the surplus must go back. */
export function mustGiveBackSurplus(surplus: readonly Surplus[]): boolean {
  return surplus.some(({ handling }) => handling === 'give_back');
}

/** Whether surplus may go back for this cause: what a person is asked about goes back only by a decision. */
export function mayGoBack({ handling }: Surplus, cause: OperationCause): boolean {
  if (handling === 'give_back') return true;
  return cause === 'operator' && isAsked(handling);
}

function isAsked(handling: SurplusHandling): boolean {
  return handling === 'review' || handling === 'stuck';
}

/** The surplus that a person is asked about. */
export function askedAbout(surplus: readonly Surplus[]): readonly Surplus[] {
  return surplus.filter(({ handling }) => isAsked(handling));
}

/** The code of the question about surplus; null where nothing is asked. */
export function surplusCode(surplus: readonly Surplus[]): ReviewCode | null {
  if (surplus.some(({ handling }) => handling === 'stuck')) return 'give_back_failed';
  return surplus.some(({ handling }) => handling === 'review') ? 'surplus_money' : null;
}

type Asked = Pick<PaymentSnapshot, 'status' | 'reviewCode' | 'reviewMark'>;

/** The payment's review mark is the question about its surplus. */
export function isMarkedForSurplus({ status, reviewCode, reviewMark }: Asked): boolean {
  if (!isSettled(status) || reviewMark === null) return false;
  return reviewCode === 'surplus_money' || reviewCode === 'give_back_failed';
}

/** The payment without the question about its surplus, for everything that is decided about its own money. */
export function withoutSurplusMark<Of extends Asked>(payment: Of): Of {
  return isMarkedForSurplus(payment) ? { ...payment, reviewCode: null, reviewMark: null } : payment;
}

/** The sum that the gateway holds of it. */
export function heldMinor({ status, authorizedMinor, capturedMinor, refundedMinor }: Surplus): number {
  return holdsMoney(status) ? Math.max(authorizedMinor, capturedMinor) - refundedMinor : 0;
}

/** The surplus after a finding: the same list where nothing changes. What a reading does not show stays. */
export function surplusAfter(
  { surplus: known }: Pick<PaymentSnapshot, 'surplus'>,
  { surplus: shown = [], stuckSurplus, decision }: Finding,
  isGivenBack: boolean,
): readonly Surplus[] {
  if (decision === 'dismiss_surplus') return dismissed(known);
  if (shown.length === 0 && stuckSurplus === undefined) return known;
  const now = new Map(known.map((one) => [one.transactionId, one]));
  for (const transaction of shown)
    now.set(
      transaction.transactionId,
      recorded(now.get(transaction.transactionId), transaction, isGivenBack),
    );
  const stuck = surplusNamed([...now.values()], stuckSurplus ?? null);
  if (stuck !== undefined && mayGoBack(stuck, 'operator'))
    now.set(stuck.transactionId, { ...stuck, handling: 'stuck' });
  return [...now.values()];
}

/** Only what the person was asked about. */
function dismissed(known: readonly Surplus[]): readonly Surplus[] {
  return known.map((one) => (isAsked(one.handling) ? { ...one, handling: 'dismissed' } : one));
}

function recorded(known: Surplus | undefined, transaction: Transaction, isGivenBack: boolean): Surplus {
  const { transactionId, authorizedMinor, capturedMinor, refundedMinor, updatedAt, operations } = transaction;
  const status = transaction.status as KnownStatus;
  return {
    transactionId,
    status,
    authorizedMinor,
    capturedMinor,
    refundedMinor,
    shown: shownAfter(known?.shown ?? {}, operations),
    ...(updatedAt !== undefined && { updatedAt }),
    handling: handlingOf(known, status, isGivenBack),
  };
}

/** Decided once, when the money is first seen, and again if it comes back after it was returned. */
function handlingOf(
  { handling = 'none' }: Partial<Surplus> = {},
  status: KnownStatus,
  isGivenBack: boolean,
): SurplusHandling {
  if (handling === 'dismissed') return 'dismissed';
  if (!holdsMoney(status)) return 'none';
  if (handling !== 'none') return handling;
  return isGivenBack ? 'give_back' : 'review';
}
