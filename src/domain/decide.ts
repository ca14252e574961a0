/** What a reading means for a payment. Pure: the same code runs in the workflow, in replays and in property tests. */
import { holdsMoney, isMoney, isOpen, isSettled, type PaymentStatus } from './payment.ts';
import { reversalsOf } from './news.ts';
import { mismatch, type Opened, type Reading, type Transaction } from './transaction.ts';

/** What a run knows of its payment. */
export interface Standing {
  readonly status: PaymentStatus;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly transactionUpdatedAt?: string;
  /** How many operations the gateway has taken back after they were done. */
  readonly reversals: number;
  /** In REVIEW for no other reason than that the gateway could not say. */
  readonly isUnclear?: boolean;
  /** Settled, and the gateway could not say for so long that a person has been asked. */
  readonly isMarked: boolean;
}

/** What the payment should become. Whether it may, is for `settle` to say, under the order's lock. */
export interface Become {
  readonly kind: 'become';
  readonly status: PaymentStatus;
  /** The gateway proved that the money was there: it may pay the order. */
  readonly pays: boolean;
  readonly reason?: string;
  /** Its status stands: a person is asked, since the gateway can't say any more, or need not be any longer. */
  readonly marks?: boolean;
  readonly transaction?: Transaction;
}

export type Decision =
  /** Nothing to act on yet: look again later. */
  | { readonly kind: 'wait' }
  /** A clear answer that changes nothing. */
  | { readonly kind: 'keep' }
  /** An answer that can't be understood; never a failure, REVIEW after an hour. */
  | { readonly kind: 'unclear'; readonly reason: string }
  | Become;

const WAIT: Decision = { kind: 'wait' };
const KEEP: Decision = { kind: 'keep' };

/** Every trigger ends here: a reading in, the next step out. Late, repeated and stale readings never move a payment back. */
export function decide(now: Standing, opened: Opened, reading: Reading): Decision {
  switch (reading.kind) {
    case 'absent':
      return WAIT;
    case 'unreadable':
      return { kind: 'unclear', reason: reading.reason };
    case 'session':
      return decideSession(now, reading);
    case 'transaction':
      return decideTransaction(now, opened, reading.transaction);
  }
}

function decideSession(now: Standing, reading: Extract<Reading, { kind: 'session' }>): Decision {
  if (reading.state === 'open') return WAIT;
  if (now.status !== 'PENDING' && now.status !== 'REVIEW') return unchanged(now);
  const status = ({ cancelled: 'CANCELLED', failed: 'FAILED', declined: 'DECLINED' } as const)[reading.state];
  return { kind: 'become', status, pays: false, ...(reading.reason && { reason: reading.reason }) };
}

function decideTransaction(now: Standing, opened: Opened, transaction: Transaction): Decision {
  if (transaction.status === 'INITIATED') return WAIT;
  if (isStale(now, transaction)) return KEEP;
  const differs = mismatch(opened, transaction);
  if (differs === 'account' || differs === 'session') {
    return { kind: 'unclear', reason: `the session points to a transaction of another ${differs}` };
  }
  if (transaction.status === 'UNCLEAR') {
    return { kind: 'unclear', reason: `the transaction is ${transaction.gatewayStatus}` };
  }
  return proven(now, transaction, transaction.status, differs);
}

/** A clear answer that changes nothing; it takes a review mark away. */
function unchanged({ status, isMarked }: Standing): Decision {
  return isMarked ? { kind: 'become', status, pays: false, marks: false } : KEEP;
}

/** Every status that is left is one of ours, about our session. */
function proven(
  now: Standing,
  transaction: Transaction,
  status: Exclude<Transaction['status'], 'INITIATED' | 'UNCLEAR'>,
  differs: string | null,
): Decision {
  if (isUnchanged(now, transaction)) return unchanged(now);
  // Closing a session voids a transaction that never got anywhere: that is how it ended, not news.
  if (status === 'VOIDED' && !transaction.authorized && isOverWithoutMoney(now)) return unchanged(now);
  if (!isMoney(status)) return withoutMoney(now, transaction, status, differs);
  if (differs !== null && holdsMoney(status)) return review(transaction, `${differs}_mismatch`);
  if (!transaction.authorized && status !== 'VOIDED') {
    return {
      kind: 'unclear',
      reason: `${transaction.gatewayStatus} without a successful authorization or capture`,
    };
  }
  return { kind: 'become', status, pays: transaction.authorized && differs === null, transaction };
}

function withoutMoney(
  now: Standing,
  transaction: Transaction,
  status: 'ON_HOLD' | 'FAILED' | 'DECLINED' | PaymentStatus,
  differs: string | null,
): Decision {
  // Nothing is put on hold that was authorized: such an answer lags behind. A failure contradicts what was proved.
  if (isMoney(now.status)) return status === 'ON_HOLD' ? KEEP : review(transaction, 'contradiction');
  if (status === 'ON_HOLD' && differs !== null) return review(transaction, `${differs}_mismatch`);
  // A session that failed, expired or was cancelled has failed: which word the gateway adds later changes nothing.
  if (isOverWithoutMoney(now) && status !== 'ON_HOLD') return unchanged(now);
  const reason = transaction.reason;
  return { kind: 'become', status, pays: false, transaction, ...(reason !== undefined && { reason }) };
}

function isOverWithoutMoney({ status }: Standing): boolean {
  return isSettled(status) && !isMoney(status);
}

function review(transaction: Transaction, reason: string): Decision {
  return { kind: 'become', status: 'REVIEW', pays: false, reason, transaction };
}

/** An answer older than one already acted upon: a replica that lags behind. */
export function isStale(now: Standing, transaction: Transaction): boolean {
  // Only money can be taken back by an old answer; a hold that has ended is news, whatever its clock says.
  if (!isMoney(now.status)) return false;
  const [known, said] = [now.transactionUpdatedAt, transaction.updatedAt];
  const age = known === undefined || said === undefined ? 0 : Date.parse(known) - Date.parse(said);
  return age === 0 ? isBehind(now, transaction) : age > 0;
}

/** How far money has come. Without times to tell by, it only ever moves on. */
const PROGRESS: Partial<Record<string, number>> = {
  AUTHORIZED: 1,
  PARTIALLY_CAPTURED: 2,
  CAPTURED: 3,
  PARTIALLY_REFUNDED: 4,
  REFUNDED: 5,
  VOIDED: 5,
};

function isBehind(now: Standing, transaction: Transaction): boolean {
  const reversals = reversalsOf(transaction);
  // What was taken back moves money back: the reading that shows more of that is the newer one.
  if (reversals !== now.reversals) return reversals < now.reversals;
  const [reached, said] = [PROGRESS[now.status], PROGRESS[transaction.status]];
  if (reached === undefined || said === undefined) return false;
  if (now.status !== transaction.status) return said <= reached;
  return transaction.capturedMinor < now.capturedMinor || transaction.refundedMinor < now.refundedMinor;
}

function isUnchanged(now: Standing, transaction: Transaction): boolean {
  return (
    transaction.status === now.status &&
    transaction.capturedMinor === now.capturedMinor &&
    transaction.refundedMinor === now.refundedMinor &&
    reversalsOf(transaction) === now.reversals
  );
}

/** What could not be understood turns out to be nothing yet: a clear answer, so the payment is open again. */
export function decideAfterUnclear(decision: Decision): Decision {
  return decision.kind === 'wait' ? { kind: 'become', status: 'PENDING', pays: false } : decision;
}

/** What the last read before expiry means: no answer that says otherwise, so the time is over. Never while on hold. */
export function decideExpiry(now: Standing, decision: Decision): Decision {
  const isReopened = decision.kind === 'become' && decision.status === 'PENDING';
  const nothingCame = decision.kind === 'wait' || decision.kind === 'keep' || isReopened;
  if (!nothingCame || (now.status !== 'PENDING' && !isReopened)) return decision;
  return { kind: 'become', status: 'EXPIRED', pays: false, reason: 'nobody paid in time' };
}

/** Whether a listing shows sums that are not ours; not every one shows any. */
export function hasOtherSums(
  known: Pick<Standing, 'capturedMinor' | 'refundedMinor'>,
  listed: Partial<Pick<Standing, 'capturedMinor' | 'refundedMinor'>>,
): boolean {
  const { capturedMinor = known.capturedMinor, refundedMinor = known.refundedMinor } = listed;
  return capturedMinor !== known.capturedMinor || refundedMinor !== known.refundedMinor;
}

/** Whether a listing says something that we do not know yet, so that a look is worth its price. */
export function differsFromListing(
  { status, dismissed, isMarked }: Pick<Standing, 'status' | 'isMarked'> & { readonly dismissed: boolean },
  listed: Transaction['status'],
  hasOtherSums = false,
): boolean {
  // One more capture or refund of a part does not change the status.
  if (listed === status) return hasOtherSums && isMoney(status) && !dismissed;
  if (listed === 'INITIATED') return false;
  if (dismissed) return isMoney(listed as PaymentStatus) && !isMoney(status);
  // A payment in REVIEW is read by the hour, and so is one with a review mark.
  if (listed === 'UNCLEAR') return status !== 'REVIEW' && !isMarked;
  if (status === 'REVIEW') return false;
  // Closing a session voids what was begun in it: nothing is at stake, and every sweep would look again.
  if (listed === 'VOIDED' && status === 'CANCELLED') return false;
  const bothFailed = !isMoney(listed) && listed !== 'ON_HOLD' && !isMoney(status) && !isOpen(status);
  return !bothFailed;
}
