/**
 * What a reading means for a payment. Every reading is decided here: of a look, for an operator's decision,
 * of an operation. Pure. Findings without a decision on a reading are made in activities/: `recordStuck` of
 * attempt-operation.ts, `ended` of open-session.ts, and close-unopened.ts.
 */
import { reversalsIn, reversalsOf } from './news.ts';
import {
  holdsMoney,
  isMoney,
  isOpen,
  isSettled,
  type ClosedBy,
  type Closing,
  type PaymentSnapshot,
  type PaymentStatus,
  type ReviewCode,
} from './payment.ts';
import {
  isKnownStatus,
  mismatch,
  type KnownStatus,
  type Mismatch,
  type Reading,
  type Transaction,
} from './transaction.ts';

/**
 * What a look, a deadline or a person found out about a payment. `applyFinding` says what becomes of the
 * order.
 */
export interface Finding {
  readonly status: PaymentStatus;
  /** The gateway proved that the money was there: it may pay the order. */
  readonly pays: boolean;
  /** The cause, stable over retries: a part of the effect's id. */
  readonly cause: string;
  /** For people. */
  readonly reason?: string;
  /** Why a person is asked. A settled status stays as it is beside it. Null: the question is withdrawn. */
  readonly review?: ReviewCode | null;
  readonly closedBy?: ClosedBy;
  /** The transaction that proves it. */
  readonly transaction?: Transaction;
  /** The operator's decision that this finding carries out. `accept` pays although something differs. */
  readonly decision?: 'accept' | 'dismiss';
}

export type Decision =
  /** Nothing to act on yet: look again later. */
  | { readonly kind: 'wait' }
  /** A clear answer that changes nothing. */
  | { readonly kind: 'keep' }
  /**
   * An answer that can't be understood. Never a failure: after an hour a person is asked. `since` in
   * milliseconds.
   */
  | { readonly kind: 'unclear'; readonly reason: string; readonly since: number }
  /** The operator's decision can't be carried out. */
  | { readonly kind: 'refuse'; readonly reason: string }
  | { readonly kind: 'find'; readonly finding: Finding };

/** What else is known when a reading is decided on. */
export interface Watch {
  /** Milliseconds since the epoch, by the clock of the run that looks. */
  readonly now: number;
  /** Since when the gateway's answers could not be understood; null while they could. */
  readonly unclearSince: number | null;
  /** Why the session is being closed, or was closed, at the gateway. */
  readonly closing?: Closing | null;
  /** A payer came back after the gateway's own deadline for the session. */
  readonly isShopperLate?: boolean;
  /** An operator's decision about the payment. */
  readonly decision?: 'accept' | 'dismiss';
}

/** How long answers may stay unclear before a person is asked. */
export const UNCLEAR_LIMIT_MS = 60 * 60_000;

const WAIT: Decision = { kind: 'wait' };
const KEEP: Decision = { kind: 'keep' };

/**
 * Every trigger ends here: a reading goes in, the next step comes out. A late, repeated or stale reading
 * never moves a payment back.
 */
export function decide(payment: PaymentSnapshot, reading: Reading, watch: Watch): Decision {
  if (watch.decision === 'accept') return decideAcceptance(payment, reading);
  if (watch.decision === 'dismiss') return decideDismissal(payment, reading);
  const said = decideReading(payment, reading, watch);
  if (said.kind === 'unclear') return decideUnclear(payment, said, watch);
  if (isHidden(payment, reading, watch)) return unclear('the gateway does not show the session', watch);
  // A payment that is in REVIEW as unclear stays there while the gateway shows nothing: absence answers
  // nothing.
  const isAnswered = isInUnclearReview(payment) && reading.kind !== 'absent';
  const answered = isAnswered ? reopened(said) : said;
  return closed(payment, expired(payment, reading, answered, watch), watch);
}

function decideReading(payment: PaymentSnapshot, reading: Reading, watch: Watch): Decision {
  switch (reading.kind) {
    case 'absent':
      return WAIT;
    case 'unreadable':
      return unclear(reading.reason, watch);
    case 'session':
      return decideSession(payment, reading);
    case 'transaction':
      return decideTransaction(payment, reading.transaction, watch);
  }
}

function unclear(reason: string, { now, unclearSince }: Watch): Decision & { kind: 'unclear' } {
  return { kind: 'unclear', reason, since: unclearSince ?? now };
}

function find(finding: Finding): Decision {
  return { kind: 'find', finding };
}

const BY_STATE = { cancelled: 'CANCELLED', failed: 'FAILED', declined: 'DECLINED' } as const;

function decideSession(payment: PaymentSnapshot, { state, reason }: Reading & { kind: 'session' }): Decision {
  if (state === 'open') return WAIT;
  if (payment.status !== 'PENDING' && payment.status !== 'REVIEW') return unchanged(payment);
  return find({ status: BY_STATE[state], pays: false, cause: 'session', ...(reason && { reason }) });
}

function decideTransaction(payment: PaymentSnapshot, transaction: Transaction, watch: Watch): Decision {
  const { status, gatewayStatus } = transaction;
  if (status === 'INITIATED') return WAIT;
  if (isStale(payment, transaction)) return KEEP;
  const differs = mismatch(payment, transaction);
  if (differs === 'account' || differs === 'session')
    return unclear(`the session points to a transaction of another ${differs}`, watch);
  if (!isKnownStatus(status)) return unclear(`the transaction is ${gatewayStatus}`, watch);
  return decideKnown(payment, { ...transaction, status }, differs, watch);
}

/** A clear answer that changes nothing, but removes a review mark. */
function unchanged({ status, reviewMark }: PaymentSnapshot, cause = 'session'): Decision {
  return reviewMark === null ? KEEP : find({ status, pays: false, review: null, cause });
}

type Told = Transaction & { readonly status: KnownStatus };
type Differs = Exclude<Mismatch, 'account' | 'session'> | null;

/** The transaction belongs to our session, and its status is one that we know. */
function decideKnown(payment: PaymentSnapshot, transaction: Told, differs: Differs, watch: Watch): Decision {
  const { status, authorized, transactionId: cause, gatewayStatus } = transaction;
  if (isUnchanged(payment, transaction)) return unchanged(payment);
  // Closing a session voids a transaction that never held money. That is how the payment ended, so it changes
  // nothing.
  if (status === 'VOIDED' && !authorized && isOverWithoutMoney(payment)) return unchanged(payment);
  if (!isMoney(status)) return withoutMoney(payment, transaction, differs);
  if (differs !== null && holdsMoney(status)) return review(transaction, `${differs}_mismatch`);
  if (!authorized && status !== 'VOIDED')
    return unclear(`${gatewayStatus} without a successful authorization or capture`, watch);
  return find({ status, pays: authorized && differs === null, cause, transaction });
}

function withoutMoney(payment: PaymentSnapshot, transaction: Told, differs: Differs): Decision {
  const { status, reason, transactionId: cause } = transaction;
  // Authorized money is never put on hold, so a hold is an answer that lags behind. A failure contradicts
  // what was proved.
  if (isMoney(payment.status)) return status === 'ON_HOLD' ? KEEP : review(transaction, 'contradiction');
  if (status === 'ON_HOLD' && differs !== null) return review(transaction, `${differs}_mismatch`);
  // A session that failed, expired or was cancelled stays so. The gateway's later word for it changes
  // nothing.
  if (isOverWithoutMoney(payment) && status !== 'ON_HOLD') return unchanged(payment);
  return find({ status, pays: false, cause, transaction, ...(reason !== undefined && { reason }) });
}

function isOverWithoutMoney({ status }: PaymentSnapshot): boolean {
  return isSettled(status) && !isMoney(status);
}

function review(transaction: Transaction, code: ReviewCode): Decision {
  const { transactionId: cause } = transaction;
  return find({ status: 'REVIEW', pays: false, review: code, reason: code, cause, transaction });
}

/**
 * UNKNOWN is not FAILED. After an hour without a clear answer a person is asked. A settled status stays as it
 * is.
 */
function decideUnclear(
  { status, reviewCode, dismissed }: PaymentSnapshot,
  said: Decision & { kind: 'unclear' },
  { now }: Watch,
): Decision {
  if (now - said.since < UNCLEAR_LIMIT_MS || reviewCode !== null || dismissed) return said;
  const asked = {
    pays: false,
    review: 'unclear',
    reason: `unclear: ${said.reason}`,
    cause: 'session',
  } as const;
  return find({ ...asked, status: isSettled(status) ? status : 'REVIEW' });
}

/**
 * An opened session exists. If the gateway does not show it when its time is over, that says nothing about
 * money: wait one hour.
 */
function isHidden({ status, expiryDueAt }: PaymentSnapshot, reading: Reading, watch: Watch): boolean {
  if (reading.kind !== 'absent' || status !== 'PENDING' || watch.now < expiryDueAt) return false;
  return watch.now - (watch.unclearSince ?? watch.now) < UNCLEAR_LIMIT_MS;
}

/** The only reason for the review is that the gateway gave no clear answer. */
function isInUnclearReview({ status, reviewCode }: PaymentSnapshot): boolean {
  return status === 'REVIEW' && reviewCode === 'unclear';
}

/** The gateway now answers clearly that nothing has happened yet, so the payment is open again. */
function reopened(said: Decision): Decision {
  return said.kind === 'wait' ? find({ status: 'PENDING', pays: false, cause: 'session' }) : said;
}

/**
 * The last read before expiry. If no answer says otherwise, the time is over; a hold never expires. A payer
 * who comes back after the gateway's deadline gets a new session sooner, unless the old session has a
 * transaction.
 */
function expired(payment: PaymentSnapshot, reading: Reading, said: Decision, watch: Watch): Decision {
  const isDead = watch.isShopperLate === true && reading.kind === 'session';
  if (watch.now < payment.expiryDueAt && !isDead) return said;
  const isReopened = said.kind === 'find' && said.finding.status === 'PENDING';
  const nothingCame = said.kind === 'wait' || said.kind === 'keep' || isReopened;
  if (!nothingCame || (payment.status !== 'PENDING' && !isReopened)) return said;
  const reason = 'nobody paid in time';
  return find({ status: 'EXPIRED', pays: false, closedBy: 'expiry', cause: 'expiry', reason });
}

/** The reasons of payments that we closed. */
export const CLOSED_BECAUSE = {
  merchant: 'cancelled by the merchant',
  order_paid: 'another payment has paid the order',
} as const satisfies Record<Closing, string>;

/**
 * Closing a session voids what was begun in it. Then we ended the payment, even where the gateway uses
 * another word for that.
 */
function closed({ status }: PaymentSnapshot, said: Decision, { closing = null }: Watch): Decision {
  if (closing === null || said.kind !== 'find' || status !== 'PENDING') return said;
  const { status: found, transaction } = said.finding;
  if (found !== 'CANCELLED' && found !== 'VOIDED') return said;
  return find(closedBy(closing, transaction));
}

/** The finding that we closed a session. */
export function closedBy(closing: Closing, transaction?: Transaction): Finding {
  return {
    status: 'CANCELLED',
    pays: false,
    closedBy: 'merchant',
    cause: closing,
    reason: CLOSED_BECAUSE[closing],
    ...(transaction && { transaction }),
  };
}

/** The one recorded exception to the amount check. Account and session are never excepted. */
function decideAcceptance(payment: PaymentSnapshot, reading: Reading): Decision {
  const transaction = reading.kind === 'transaction' ? reading.transaction : null;
  const isOurs = transaction?.account === payment.account && transaction.sessionId === payment.sessionId;
  if (transaction === null || !isOurs)
    return { kind: 'refuse', reason: 'the gateway shows no transaction of this session' };
  const { status, authorized, gatewayStatus, transactionId: cause } = transaction;
  if (!isKnownStatus(status) || !holdsMoney(status) || !authorized)
    return { kind: 'refuse', reason: `the gateway says ${gatewayStatus}: there is no money to accept` };
  return find({ status, pays: true, cause, transaction, decision: 'accept' });
}

/** The payment shows what the gateway says, and never changes the order again. */
function decideDismissal({ status: now }: PaymentSnapshot, reading: Reading): Decision {
  const transaction = reading.kind === 'transaction' ? reading.transaction : undefined;
  const said = transaction?.status;
  const isKnown = said !== undefined && isKnownStatus(said) && said !== 'ON_HOLD';
  return find({
    status: isKnown ? said : isSettled(now) ? now : 'CANCELLED',
    pays: false,
    cause: transaction?.transactionId ?? 'session',
    reason: 'dismissed by an operator',
    decision: 'dismiss',
    ...(transaction && { transaction }),
  });
}

type Known = Pick<
  PaymentSnapshot,
  'status' | 'capturedMinor' | 'refundedMinor' | 'shown' | 'transactionUpdatedAt'
>;

/** Whether an answer is older than one that was already acted on, as from a replica that lags behind. */
export function isStale(payment: Known, transaction: Transaction): boolean {
  // Only money can be taken back by an old answer. The end of a hold is always news, even with an older
  // timestamp.
  if (!isMoney(payment.status)) return false;
  const [known, said] = [payment.transactionUpdatedAt, transaction.updatedAt];
  const age = known === undefined || said === undefined ? 0 : Date.parse(known) - Date.parse(said);
  return age === 0 ? isBehind(payment, transaction) : age > 0;
}

/** The order of the money's states. Without timestamps a payment may only move forward. */
const PROGRESS: Partial<Record<string, number>> = {
  AUTHORIZED: 1,
  PARTIALLY_CAPTURED: 2,
  CAPTURED: 3,
  PARTIALLY_REFUNDED: 4,
  REFUNDED: 5,
  VOIDED: 5,
};

function isBehind(payment: Known, transaction: Transaction): boolean {
  const [known, shown] = [reversalsIn(payment.shown), reversalsOf(transaction)];
  // A reversal moves money back, so the reading that shows more reversals is the newer one.
  if (shown !== known) return shown < known;
  const [reached, said] = [PROGRESS[payment.status], PROGRESS[transaction.status]];
  if (reached === undefined || said === undefined) return false;
  if (payment.status !== transaction.status) return said <= reached;
  return (
    transaction.capturedMinor < payment.capturedMinor || transaction.refundedMinor < payment.refundedMinor
  );
}

function isUnchanged(payment: Known, transaction: Transaction): boolean {
  return (
    transaction.status === payment.status &&
    transaction.capturedMinor === payment.capturedMinor &&
    transaction.refundedMinor === payment.refundedMinor &&
    reversalsOf(transaction) === reversalsIn(payment.shown)
  );
}

/** Whether a listing shows other sums than we have recorded. Not every listing shows sums. */
export function hasOtherSums(
  known: Pick<PaymentSnapshot, 'capturedMinor' | 'refundedMinor'>,
  listed: Partial<Pick<PaymentSnapshot, 'capturedMinor' | 'refundedMinor'>>,
): boolean {
  const { capturedMinor = known.capturedMinor, refundedMinor = known.refundedMinor } = listed;
  return capturedMinor !== known.capturedMinor || refundedMinor !== known.refundedMinor;
}

/** Whether a listing says something that we do not know yet, so that a look is worth its price. */
export function differsFromListing(
  { status, dismissed, reviewCode }: Pick<PaymentSnapshot, 'status' | 'dismissed' | 'reviewCode'>,
  listed: Transaction['status'],
  hasOtherSums = false,
): boolean {
  // Another partial capture or refund does not change the status.
  if (listed === status) return hasOtherSums && isMoney(status) && !dismissed;
  if (listed === 'INITIATED') return false;
  if (dismissed) return isKnownStatus(listed) && isMoney(listed) && !isMoney(status);
  // A payment that a person is asked about is read every hour anyway.
  if (listed === 'UNCLEAR') return reviewCode === null;
  if (status === 'REVIEW') return false;
  // Closing a session voids what was begun in it. No money is at stake, and every sweep would look again.
  if (listed === 'VOIDED' && status === 'CANCELLED') return false;
  const bothFailed = !isMoney(listed) && listed !== 'ON_HOLD' && !isMoney(status) && !isOpen(status);
  return !bothFailed;
}
