/** Which transaction of a reading is the payment's own, and what the others say. Pure. */
import { find, type Decision } from './finding.ts';
import { holdsMoney, isMoney, type PaymentSnapshot } from './payment.ts';
import { isStale, isUnchanged, type Known } from './stale-reading.ts';
import { ownMoneyOf, surplusNamed, type Surplus } from './surplus.ts';
import { isKnownStatus, mismatch, type Reading, type Transaction } from './transaction.ts';

/** A reading, taken apart. */
export interface SeenSession {
  /** The reading with the payment's own transaction alone. */
  readonly own: Reading;
  readonly surplus: readonly Transaction[];
}

type Recorded = Pick<PaymentSnapshot, 'transactionId' | 'status' | 'reviewCode' | 'surplus'>;

/**
 * The gateway's adapter chooses the transaction that counts, and what is recorded limits the choice: money that
 * was the payment's stays so, and surplus stays surplus. Otherwise money that has paid an order could be given
 * back, or money that is on its way back could pay.
 */
export function ownAndSurplus(payment: Recorded, reading: Reading): SeenSession {
  if (reading.kind !== 'transaction') return { own: reading, surplus: [] };
  const { transaction: chosen, surplus: others = [] } = reading;
  const all = [...new Map([...others, chosen].map((one) => [one.transactionId, one])).values()];
  const kept = isKept(payment)
    ? all.find(({ transactionId }) => transactionId === payment.transactionId)
    : undefined;
  const own = kept ?? chosen;
  const isOther = kept === undefined && ownMoneyOf(payment) !== null;
  if (isOther)
    return {
      own: unreadable(`it shows ${own.transactionId} instead of ${payment.transactionId}`),
      surplus: all.filter(isKnown),
    };
  if (isKnown(own))
    return { own: unreadable(`it counts ${own.transactionId}, which is surplus`), surplus: all };
  return { own: { kind: 'transaction', transaction: own }, surplus: all.filter((one) => one !== own) };

  /** Without the payment's own transaction, it is not certain that an unknown one is another money. */
  function isKnown({ transactionId }: Transaction): boolean {
    return surplusNamed(payment.surplus, transactionId) !== undefined;
  }
}

/** While a person is asked, the question is about the recorded transaction. */
function isKept({ status, transactionId, surplus }: Recorded): boolean {
  return (isMoney(status) || status === 'REVIEW') && surplusNamed(surplus, transactionId) === undefined;
}

function unreadable(reason: string): Reading {
  return { kind: 'unreadable', reason };
}

type Opened = Parameters<typeof mismatch>[0];

/** Whether the money is the payer's for this order. Its amount may be any, since it can't pay. */
export function isOurSurplus(payment: Opened, transaction: Transaction): boolean {
  const differs = mismatch(payment, transaction);
  return differs === null || differs === 'amount';
}

/** The money in the reading that is not of this payment, and is never touched. */
export function strangersIn(payment: PaymentSnapshot, reading: Reading): readonly Transaction[] {
  return ownAndSurplus(payment, reading).surplus.filter((one) => !isOurSurplus(payment, one));
}

/** The decision about the payment's own transaction, and beside it what is new about the surplus. */
export function besideSurplus(
  payment: PaymentSnapshot,
  said: Decision,
  shown: readonly Transaction[],
): Decision {
  const surplus = shown.filter((one) => isOurSurplus(payment, one) && isClear(payment, one));
  const first = surplus.find((one) => isNews(payment, one));
  if (first === undefined || said.kind === 'refuse') return said;
  if (said.kind === 'find') return find({ ...said.finding, surplus });
  const { status } = payment;
  return find({ status, pays: false, isOfSurplus: true, cause: first.transactionId, surplus });
}

/** Neither older than what is recorded, nor in a state that says nothing about money. */
function isClear({ surplus }: PaymentSnapshot, transaction: Transaction): boolean {
  const { status, authorized, transactionId } = transaction;
  if (!isKnownStatus(status) || status === 'ON_HOLD' || (holdsMoney(status) && !authorized)) return false;
  const known = surplusNamed(surplus, transactionId);
  // Closing a session voids what was begun in it, and an attempt that failed never held money.
  return known === undefined ? isMoney(status) && authorized : !isOldSurplus(known, transaction);
}

function isNews({ surplus }: PaymentSnapshot, transaction: Transaction): boolean {
  const known = surplusNamed(surplus, transaction.transactionId);
  return known === undefined || !isUnchanged(knownOf(known), withoutDisputes(transaction));
}

/** Whether an answer about surplus is older than what is recorded. */
export function isOldSurplus(known: Surplus, transaction: Transaction): boolean {
  return isStale(knownOf(known), withoutDisputes(transaction));
}

function knownOf({ status, capturedMinor, refundedMinor, shown, updatedAt }: Surplus): Known {
  const at = updatedAt !== undefined && { transactionUpdatedAt: updatedAt };
  return { status, capturedMinor, refundedMinor, shown, disputes: [], ...at };
}

/** Disputes are recorded for the payment's own transaction alone. */
function withoutDisputes(transaction: Transaction): Transaction {
  return { ...transaction, disputes: [] };
}
