/**
 * What a reading means for a payment. Every reading is decided here: of a look, for an operator's decision,
 * of an operation. Pure.
 */
import { closedBy, find, type Decision } from './finding.ts';
import { decideAcceptance, decideDismissal, decideSurplusDismissal } from './operator-decision.ts';
import {
  holdsMoney,
  isMoney,
  isOpen,
  isSettled,
  type Closing,
  type PaymentSnapshot,
  type ReviewCode,
} from './payment.ts';
import { isStale, isUnchanged } from './stale-reading.ts';
import { besideSurplus, ownAndSurplus } from './surplus-reading.ts';
import { isMarkedForSurplus, withoutSurplusMark } from './surplus.ts';
import {
  isKnownStatus,
  mismatch,
  type KnownStatus,
  type Mismatch,
  type Reading,
  type Transaction,
} from './transaction.ts';

/** What else is known when a reading is decided on. */
export interface Watch {
  /** Milliseconds since the epoch, by the clock of the run that looks. */
  readonly now: number;
  /** Since when the gateway's answers could not be understood; null while they could. */
  readonly unclearSince: number | null;
  /** Why the session is being closed, or was closed, at the gateway. */
  readonly closing?: Closing | null;
  /** A payer came back after the gateway's own deadline for the session. */
  readonly isPayerLate?: boolean;
  /** An operator's decision about the payment. */
  readonly decision?: 'accept' | 'dismiss';
}

/** How long answers may stay unclear before a person is asked. */
export const UNCLEAR_LIMIT_MS = 60 * 60_000;
/** How long an open session must be shown without the payment that was on hold, since reads may lag behind. */
export const HOLD_GONE_MS = 60_000;

const WAIT: Decision = { kind: 'wait' };
const KEEP: Decision = { kind: 'keep' };

/**
 * Every trigger ends here: a reading goes in, the next step comes out. A late, repeated or stale reading
 * never moves a payment back.
 */
export function decide(payment: PaymentSnapshot, reading: Reading, watch: Watch): Decision {
  const isOfSurplus = watch.decision === 'dismiss' && isMarkedForSurplus(payment);
  if (isOfSurplus) return decideSurplusDismissal(payment);
  const { own, surplus } = ownAndSurplus(payment, reading);
  return besideSurplus(payment, decideOwn(withoutSurplusMark(payment), own, watch), surplus);
}

/** What a reading that shows surplus alone means. */
export function decideSurplus(payment: PaymentSnapshot, surplus: readonly Transaction[]): Decision {
  return besideSurplus(payment, KEEP, surplus);
}

function decideOwn(payment: PaymentSnapshot, reading: Reading, watch: Watch): Decision {
  if (watch.decision === 'accept') return decideAcceptance(payment, reading);
  if (watch.decision === 'dismiss') return decideDismissal(payment, reading);
  const said = decideReading(payment, reading, watch);
  if (said.kind === 'unclear') return decideUnclear(payment, said, watch);
  if (isHidden(payment, reading, watch)) return unclear('the gateway does not show the session', watch);
  if (isHoldMissing(payment, reading, watch)) return unclear(HOLD_IS_MISSING, watch);
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

/** For how long the gateway's answers could not be understood, in milliseconds. */
function unclearMs({ now, unclearSince }: Watch): number {
  return now - (unclearSince ?? now);
}

const REOPEN: Decision = find({ status: 'PENDING', pays: false, cause: 'session' });

const BY_STATE = { cancelled: 'CANCELLED', failed: 'FAILED', declined: 'DECLINED' } as const;

function decideSession(payment: PaymentSnapshot, { state, reason }: Reading & { kind: 'session' }): Decision {
  if (state === 'open') return payment.status === 'ON_HOLD' ? REOPEN : WAIT;
  if (!isOpen(payment.status) && payment.status !== 'REVIEW') return unchanged(payment);
  if (state === 'expired') return over('session', reason);
  return find({ status: BY_STATE[state], pays: false, cause: 'session', ...(reason && { reason }) });
}

/** The session's time is over, by the gateway's clock or by ours. */
function over(cause: string, reason = 'nobody paid in time'): Decision {
  return find({ status: 'EXPIRED', pays: false, closedBy: 'expiry', cause, reason });
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
  return unclearMs(watch) < UNCLEAR_LIMIT_MS;
}

const HOLD_IS_MISSING = 'the session is open again, without the payment that was on hold';

/** What was on hold has failed, and the payer may try again; or an old answer was read. */
function isHoldMissing({ status }: PaymentSnapshot, reading: Reading, watch: Watch): boolean {
  if (reading.kind !== 'session' || reading.state !== 'open' || status !== 'ON_HOLD') return false;
  return unclearMs(watch) < HOLD_GONE_MS;
}

/** The only reason for the review is that the gateway gave no clear answer. */
function isInUnclearReview({ status, reviewCode }: PaymentSnapshot): boolean {
  return status === 'REVIEW' && reviewCode === 'unclear';
}

/** The gateway now answers clearly that nothing has happened yet, so the payment is open again. */
function reopened(said: Decision): Decision {
  return said.kind === 'wait' ? REOPEN : said;
}

/**
 * The last read before expiry. If no answer says otherwise, the time is over; a hold never expires. A payer
 * who comes back after the gateway's deadline gets a new session sooner, unless the old session has a
 * transaction.
 */
function expired(payment: PaymentSnapshot, reading: Reading, said: Decision, watch: Watch): Decision {
  const isDead = watch.isPayerLate === true && reading.kind === 'session';
  if (watch.now < payment.expiryDueAt && !isDead) return said;
  const isReopened = said.kind === 'find' && said.finding.status === 'PENDING';
  const nothingCame = said.kind === 'wait' || said.kind === 'keep' || isReopened;
  if (!nothingCame || (payment.status !== 'PENDING' && !isReopened)) return said;
  return over('expiry');
}

/**
 * Closing a session voids what was begun in it. Then we ended the payment, even where the gateway uses
 * another word for that, or has one word for a session that was closed and one whose time is over. A session
 * that ended by itself before was shown by the look before the closing.
 */
function closed({ status }: PaymentSnapshot, said: Decision, { closing = null }: Watch): Decision {
  if (closing === null || said.kind !== 'find' || status !== 'PENDING') return said;
  const { status: found, transaction, cause } = said.finding;
  const isOver = found === 'CANCELLED' || found === 'VOIDED' || (found === 'EXPIRED' && cause === 'session');
  return isOver ? find(closedBy(closing, transaction)) : said;
}
