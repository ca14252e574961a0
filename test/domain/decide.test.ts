import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide, HOLD_GONE_MS, UNCLEAR_LIMIT_MS } from '../../src/domain/decide.ts';
import { closedBy, type Decision } from '../../src/domain/finding.ts';
import {
  holdsMoney,
  isMoney,
  isOpen,
  isSettled,
  PAYMENT_STATUSES,
  REVIEW_CODES,
  type PaymentSnapshot,
  type PaymentStatus,
} from '../../src/domain/payment.ts';
import { shownAfter } from '../../src/domain/news.ts';
import { mismatch, type Reading, type Transaction } from '../../src/domain/transaction.ts';
import {
  aSnapshot,
  aTransaction,
  aWatch,
  anyReading,
  anySnapshot,
  anyTransaction,
  anyWatch,
  DUE_AT,
  TRANSACTION_STATUSES,
} from '../support/domain-arbitraries.ts';

const snapshot = (status: PaymentStatus, more: Partial<PaymentSnapshot> = {}): PaymentSnapshot =>
  aSnapshot({ status, ...more });

/** The finding of a decision; null where there is none. */
const findingOf = (decision: Decision) => (decision.kind === 'find' ? decision.finding : null);

/**
 * The effect of a matching transaction on a payment. Rows are the payment's status, columns are
 * TRANSACTION_STATUSES, the gateway's status.
 */
const W = 'wait',
  K = 'keep',
  U = 'unclear',
  R = 'REVIEW';
const money = [
  'AUTHORIZED',
  'CAPTURED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
  'VOIDED',
] as const;
const TABLE: Record<PaymentStatus, readonly string[]> = {
  PENDING: [W, 'ON_HOLD', ...money, 'FAILED', 'DECLINED', U],
  ON_HOLD: [W, K, ...money, 'FAILED', 'DECLINED', U],
  AUTHORIZED: [W, K, K, ...money.slice(1), R, R, U],
  CAPTURED: [W, K, K, K, K, ...money.slice(3), R, R, U],
  PARTIALLY_CAPTURED: [W, K, K, 'CAPTURED', K, ...money.slice(3), R, R, U],
  PARTIALLY_REFUNDED: [W, K, K, K, K, K, 'REFUNDED', 'VOIDED', R, R, U],
  REFUNDED: [W, K, K, K, K, K, K, K, R, R, U],
  VOIDED: [W, K, K, K, K, K, K, K, R, R, U],
  FAILED: [W, 'ON_HOLD', ...money, K, K, U],
  DECLINED: [W, 'ON_HOLD', ...money, K, K, U],
  CANCELLED: [W, 'ON_HOLD', ...money, K, K, U],
  EXPIRED: [W, 'ON_HOLD', ...money, K, K, U],
  REVIEW: [W, 'ON_HOLD', ...money, 'FAILED', 'DECLINED', U],
};

/** A look in the middle of the session's lifetime. */
const look = (payment: PaymentSnapshot, reading: Reading): Decision => decide(payment, reading, aWatch());

describe('decide', () => {
  const cases = PAYMENT_STATUSES.flatMap((from) =>
    TRANSACTION_STATUSES.map((said, index) => [from, said, TABLE[from][index] as string] as const),
  );
  it.each(cases)('%s, and the gateway says %s: %s', (from, said, expected) => {
    const transaction = aTransaction({ status: said, authorized: isMoney(said as PaymentStatus) });
    const decision = look(snapshot(from), { kind: 'transaction', transaction });
    expect(findingOf(decision)?.status ?? decision.kind).toBe(expected);
  });

  it('pays only with money that the gateway authorized, for this session, reference, amount and currency', () => {
    fc.assert(
      fc.property(anySnapshot(), anyReading(), anyWatch(), (payment, reading, watch) => {
        const finding = findingOf(decide(payment, reading, watch));
        if (finding === null || !finding.pays) return;
        expect(reading.kind).toBe('transaction');
        const transaction = finding.transaction as Transaction;
        expect(transaction.authorized).toBe(true);
        expect(mismatch(payment, transaction)).toBeNull();
        expect(isMoney(finding.status)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('never pays on hold, for every reading', () => {
    fc.assert(
      fc.property(anySnapshot(), anyTransaction(), anyWatch(), (payment, transaction, watch) => {
        const held = { ...transaction, status: 'ON_HOLD' } as const;
        const decision = decide(payment, { kind: 'transaction', transaction: held }, watch);
        expect(findingOf(decision)?.pays ?? false).toBe(false);
      }),
    );
  });

  it('does nothing when a reading is repeated after it was recorded', () => {
    fc.assert(
      fc.property(anySnapshot(), anyTransaction(), (payment, transaction) => {
        const reading = { kind: 'transaction', transaction } as const;
        const first = findingOf(look(payment, reading));
        if (first === null || first.status === 'REVIEW' || first.status === 'PENDING') return;
        expect(look(snapshotAfter(transaction, first.status), reading).kind).toBe('keep');
      }),
      { numRuns: 5_000 },
    );
  });

  it('keeps the money on a reading that is older than the recorded one', () => {
    fc.assert(
      fc.property(anySnapshot(), anyTransaction(), anyWatch(), (payment, transaction, watch) => {
        if (!isMoney(payment.status)) return;
        const known = { ...payment, transactionUpdatedAt: '2026-01-01T00:00:10.000Z' };
        const old = { ...transaction, updatedAt: '2026-01-01T00:00:09.999Z' };
        const decision = decide(known, { kind: 'transaction', transaction: old }, watch);
        expect(['keep', 'wait']).toContain(decision.kind);
      }),
    );
  });

  it('accepts money after a hold, for any time in the answer', () => {
    const held = snapshot('ON_HOLD', { transactionUpdatedAt: '2026-01-01T00:00:10.000Z' });
    const transaction = aTransaction({
      status: 'AUTHORIZED',
      authorized: true,
      updatedAt: '2026-01-01T00:00:09.000Z',
    });
    expect(findingOf(look(held, { kind: 'transaction', transaction }))).toMatchObject({
      status: 'AUTHORIZED',
      pays: true,
    });
  });

  it.each(['FAILED', 'DECLINED'] as const)(
    'keeps %s on an older answer that still shows the hold',
    (status) => {
      const ended = snapshot(status, { transactionUpdatedAt: '2026-01-01T00:00:10.000Z' });
      const held = (updatedAt: string) =>
        look(ended, { kind: 'transaction', transaction: aTransaction({ status: 'ON_HOLD', updatedAt }) });
      expect(held('2026-01-01T00:00:09.999Z')).toEqual({ kind: 'keep' });
      expect(findingOf(held('2026-01-01T00:00:10.001Z'))).toMatchObject({ status: 'ON_HOLD' });
    },
  );

  it('never goes from money back to an earlier state, even where the gateway gives no times', () => {
    fc.assert(
      fc.property(anySnapshot(), anyTransaction(), anyWatch(), (payment, timed, watch) => {
        if (!isMoney(payment.status)) return;
        const transaction = { ...timed };
        delete (transaction as { updatedAt?: string }).updatedAt;
        const finding = findingOf(decide(payment, { kind: 'transaction', transaction }, watch));
        if (finding === null || finding.status === 'REVIEW') return;
        expect(rank(finding.status)).toBeGreaterThanOrEqual(rank(payment.status));
      }),
      { numRuns: 5_000 },
    );
  });

  it('accepts no transaction of another account or another session', () => {
    for (const other of [{ account: 'T99999999' }, { sessionId: 'another' }])
      for (const status of TRANSACTION_STATUSES) {
        const transaction = aTransaction({ status, authorized: true, ...other });
        const decision = look(snapshot('PENDING'), { kind: 'transaction', transaction });
        expect(decision.kind).toBe(status === 'INITIATED' ? 'wait' : 'unclear');
      }
  });

  it.each([
    ['reference', { reference: '1002' }],
    ['amount', { money: { amountMinor: 72_199, currency: 'NOK' } }],
    ['currency', { money: { amountMinor: 72_200, currency: 'SEK' } }],
  ])("requests a person's decision where money came but the %s differs", (what, other) => {
    for (const status of TRANSACTION_STATUSES.filter((said) => holdsMoney(said as PaymentStatus))) {
      const transaction = aTransaction({ status, authorized: true, ...other });
      const decision = look(snapshot('PENDING'), { kind: 'transaction', transaction });
      expect(findingOf(decision)).toMatchObject({
        status: 'REVIEW',
        pays: false,
        review: `${what}_mismatch`,
        reason: `${what}_mismatch`,
      });
    }
  });

  it("requests a person's decision where the gateway denies money that was proved", () => {
    for (const status of PAYMENT_STATUSES.filter(isMoney))
      for (const said of ['FAILED', 'DECLINED'] as const) {
        const transaction = aTransaction({ status: said });
        const decision = look(snapshot(status), { kind: 'transaction', transaction });
        expect(findingOf(decision)).toMatchObject({ status: 'REVIEW', review: 'contradiction' });
      }
  });

  it('compares with the values that a person has accepted, except for account and session', () => {
    const money = { amountMinor: 7_000, currency: 'SEK' };
    const payment = snapshot('AUTHORIZED', { accepted: { reference: 'theirs', money } });
    const found = {
      status: 'CAPTURED',
      authorized: true,
      capturedMinor: 7_000,
      reference: 'theirs',
      money,
    } as const;
    const decided = (more: Partial<Transaction>) =>
      look(payment, { kind: 'transaction', transaction: aTransaction({ ...found, ...more }) });
    expect(findingOf(decided({}))).toMatchObject({ status: 'CAPTURED', pays: true });
    for (const [other, reason] of [
      [{ reference: '1001' }, 'reference_mismatch'],
      [{ money: { ...money, amountMinor: 7_001 } }, 'amount_mismatch'],
      [{ money: { ...money, currency: 'NOK' } }, 'currency_mismatch'],
    ] as const)
      expect(findingOf(decided(other))).toMatchObject({ status: 'REVIEW', reason, review: reason });
    for (const other of [{ account: 'T99999999' }, { sessionId: 'another' }])
      expect(decided(other).kind).toBe('unclear');
  });

  it.each(['PENDING', 'REVIEW'] as const)("takes the status from the session's events while %s", (status) => {
    for (const [state, becomes] of [
      ['cancelled', 'CANCELLED'],
      ['failed', 'FAILED'],
      ['declined', 'DECLINED'],
    ] as const)
      expect(findingOf(look(snapshot(status), { kind: 'session', state, reason: 'its word' }))).toMatchObject(
        { status: becomes, pays: false, reason: 'its word' },
      );
  });

  it.each(['PENDING', 'ON_HOLD', 'REVIEW'] as const)(
    'expires with the session at the gateway while %s',
    (status) => {
      const expired = { kind: 'session', state: 'expired' } as const;
      expect(findingOf(look(snapshot(status), expired))).toMatchObject({
        status: 'EXPIRED',
        pays: false,
        closedBy: 'expiry',
        reason: 'nobody paid in time',
      });
      expect(look(snapshot('AUTHORIZED'), expired)).toEqual({ kind: 'keep' });
    },
  );

  it('does not open again what has failed by an older hold, and takes older money', () => {
    const failed = snapshot('FAILED', { transactionUpdatedAt: '2026-01-01T00:00:10.000Z' });
    const said = (status: 'ON_HOLD' | 'AUTHORIZED', updatedAt: string) =>
      look(failed, {
        kind: 'transaction',
        transaction: aTransaction({ status, authorized: status !== 'ON_HOLD', updatedAt }),
      });
    expect(said('ON_HOLD', '2026-01-01T00:00:09.000Z')).toEqual({ kind: 'keep' });
    expect(findingOf(said('ON_HOLD', '2026-01-01T00:00:11.000Z'))).toMatchObject({ status: 'ON_HOLD' });
    expect(findingOf(said('AUTHORIZED', '2026-01-01T00:00:09.000Z'))).toMatchObject({ pays: true });
  });

  it.each([
    ['cancelled', 'CANCELLED'],
    ['failed', 'FAILED'],
    ['declined', 'DECLINED'],
  ] as const)('ends a hold where the session is %s and no transaction is left', (state, status) => {
    const found = findingOf(look(snapshot('ON_HOLD'), { kind: 'session', state }));
    expect(found).toMatchObject({ status, pays: false });
  });

  it('ends an open session with a void that was never authorized, and changes nothing where the session is over', () => {
    const transaction = aTransaction({ status: 'VOIDED', authorized: false, authorizedMinor: 0 });
    const said = (from: PaymentStatus) => look(snapshot(from), { kind: 'transaction', transaction });
    for (const from of ['PENDING', 'ON_HOLD', 'REVIEW', 'AUTHORIZED'] as const)
      expect(findingOf(said(from))).toMatchObject({ status: 'VOIDED', pays: false });
    for (const from of ['FAILED', 'DECLINED', 'CANCELLED', 'EXPIRED'] as const)
      expect(said(from)).toEqual({ kind: 'keep' });
  });

  it('waits for a session that is open, absent or only begun', () => {
    for (const status of PAYMENT_STATUSES) {
      const waits = status === 'ON_HOLD' ? 'unclear' : 'wait';
      expect(look(snapshot(status), { kind: 'session', state: 'open' }).kind).toBe(waits);
      expect(look(snapshot(status), { kind: 'absent' }).kind).toBe('wait');
    }
  });

  it('calls an unreadable answer unclear, never failed', () => {
    for (const status of PAYMENT_STATUSES)
      expect(look(snapshot(status), { kind: 'unreadable', reason: 'no JSON' })).toEqual({
        kind: 'unclear',
        reason: 'no JSON',
        since: aWatch().now,
      });
  });

  it('removes a review mark as soon as the gateway clearly confirms the known status', () => {
    const marked = { reviewCode: 'unclear', reviewMark: 'unclear: UNKNOWN' } as const;
    const transaction = aTransaction({ status: 'AUTHORIZED', authorized: true });
    const reading = { kind: 'transaction', transaction } as const;
    const finding = findingOf(look(snapshot('AUTHORIZED', marked), reading));
    expect(finding).toMatchObject({ status: 'AUTHORIZED', pays: false, review: null });
    expect(look(snapshot('AUTHORIZED'), reading)).toEqual({ kind: 'keep' });
    const failed = { kind: 'session', state: 'failed' } as const;
    expect(findingOf(look(snapshot('FAILED', marked), failed))).toMatchObject({
      status: 'FAILED',
      review: null,
    });
  });
});

const UNREADABLE = { kind: 'unreadable', reason: 'no JSON' } as const;
const ABSENT = { kind: 'absent' } as const;
const OPEN = { kind: 'session', state: 'open' } as const;
/** Unclear for so long that a person is asked now. */
const HOUR_OLD = { unclearSince: aWatch().now - UNCLEAR_LIMIT_MS };

describe('an answer that is not clear', () => {
  it('is remembered since the first one', () => {
    const unclearSince = aWatch().now - 1_000;
    const decision = decide(snapshot('PENDING'), UNREADABLE, aWatch({ unclearSince }));
    expect(decision).toEqual({ kind: 'unclear', reason: 'no JSON', since: unclearSince });
  });

  it.each(PAYMENT_STATUSES)(
    "leads to a person's decision after an hour, and not a moment before: %s",
    (status) => {
      const early = { unclearSince: HOUR_OLD.unclearSince + 1 };
      expect(decide(snapshot(status), UNREADABLE, aWatch(early)).kind).toBe('unclear');
      expect(findingOf(decide(snapshot(status), UNREADABLE, aWatch(HOUR_OLD)))).toMatchObject({
        // A settled payment keeps its status, and gets a mark.
        status: isSettled(status) ? status : 'REVIEW',
        pays: false,
        review: 'unclear',
        reason: 'unclear: no JSON',
      });
    },
  );

  it('leads to no second request for a decision, and to none about a dismissed payment', () => {
    for (const reviewCode of REVIEW_CODES)
      expect(decide(snapshot('REVIEW', { reviewCode }), UNREADABLE, aWatch(HOUR_OLD)).kind).toBe('unclear');
    const marked = { reviewCode: 'unclear', reviewMark: 'unclear: no JSON' } as const;
    expect(decide(snapshot('CAPTURED', marked), UNREADABLE, aWatch(HOUR_OLD)).kind).toBe('unclear');
    const dismissed = snapshot('CANCELLED', { dismissed: true });
    expect(decide(dismissed, UNREADABLE, aWatch(HOUR_OLD)).kind).toBe('unclear');
  });

  it('ends with a clear one: a REVIEW for no other reason opens the payment again', () => {
    const review = snapshot('REVIEW', { reviewCode: 'unclear' });
    const begun = { kind: 'transaction', transaction: aTransaction({ status: 'INITIATED' }) } as const;
    for (const reading of [OPEN, begun])
      expect(findingOf(decide(review, reading, aWatch(HOUR_OLD)))).toMatchObject({
        status: 'PENDING',
        pays: false,
      });
    // An absent transaction does not clear an answer that could not be understood.
    expect(decide(review, ABSENT, aWatch(HOUR_OLD))).toEqual({ kind: 'wait' });
  });

  it.each(REVIEW_CODES.filter((code) => code !== 'unclear'))(
    'does not open a payment in REVIEW for %s again',
    (reviewCode) => {
      const review = snapshot('REVIEW', { reviewCode });
      expect(look(review, OPEN)).toEqual({ kind: 'wait' });
    },
  );

  it('never makes a payment fail or end, at any time', () => {
    fc.assert(
      fc.property(anySnapshot(), anyWatch(), (payment, watch) => {
        const finding = findingOf(decide(payment, UNREADABLE, watch));
        if (finding === null) return;
        expect(finding.pays).toBe(false);
        expect([payment.status, 'REVIEW']).toContain(finding.status);
      }),
    );
  });
});

describe('the last look at an expired session', () => {
  it('expires only a pending payment without any result', () => {
    fc.assert(
      fc.property(anySnapshot(), anyReading(), anyWatch(), (payment, reading, watch) => {
        const told = { ...watch, isPayerLate: false };
        const before = decide({ ...payment, expiryDueAt: watch.now + 1 }, reading, told);
        const last = decide({ ...payment, expiryDueAt: watch.now }, reading, told);
        const isReopened = findingOf(before)?.status === 'PENDING';
        const isSilent = before.kind === 'wait' || before.kind === 'keep' || isReopened;
        const isPending = payment.status === 'PENDING' || isReopened;
        if (!isPending || !isSilent) return expect(kindOf(last)).toBe(kindOf(before));
        if (last.kind === 'unclear') return expect(reading.kind).toBe('absent');
        return expect(findingOf(last)).toEqual({
          status: 'EXPIRED',
          pays: false,
          closedBy: 'expiry',
          cause: 'expiry',
          reason: 'nobody paid in time',
        });
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['PENDING', null, 'EXPIRED'],
    // At last the answer is clear: no payment has come.
    ['REVIEW', 'unclear', 'EXPIRED'],
    ['REVIEW', 'amount_mismatch', 'wait'],
    ['ON_HOLD', null, 'unclear'],
    ['AUTHORIZED', null, 'wait'],
    ['CANCELLED', null, 'wait'],
  ] as const)('of %s (%s), whose session is open: %s', (status, reviewCode, expected) => {
    const decision = decide(snapshot(status, { reviewCode }), OPEN, aWatch({ now: DUE_AT }));
    expect(findingOf(decision)?.status ?? decision.kind).toBe(expected);
  });

  it('happens earlier for a payer that is back after the deadline of the gateway', () => {
    const late = aWatch({ isPayerLate: true });
    expect(findingOf(decide(snapshot('PENDING'), OPEN, late))).toMatchObject({ status: 'EXPIRED' });
    // A transaction has begun in the old session, or the session can't be seen.
    const begun = { kind: 'transaction', transaction: aTransaction({ status: 'INITIATED' }) } as const;
    for (const reading of [begun, ABSENT])
      expect(decide(snapshot('PENDING'), reading, late)).toEqual({ kind: 'wait' });
    expect(decide(snapshot('PENDING'), UNREADABLE, late).kind).toBe('unclear');
  });

  it('accepts money that came at the last moment', () => {
    const transaction = aTransaction({ status: 'AUTHORIZED', authorized: true });
    const finding = findingOf(
      decide(snapshot('PENDING'), { kind: 'transaction', transaction }, aWatch({ now: DUE_AT })),
    );
    expect(finding).toMatchObject({ status: 'AUTHORIZED', pays: true });
  });
});

describe('a hold that the gateway does not show any more, in a session that is open', () => {
  const shownFor = (ms: number, more = {}): Decision =>
    decide(snapshot('ON_HOLD'), OPEN, aWatch({ unclearSince: aWatch().now - ms, ...more }));

  it('is believed to be over once it was not shown for a minute: the payer may try again', () => {
    expect(shownFor(HOLD_GONE_MS - 1).kind).toBe('unclear');
    expect(findingOf(shownFor(HOLD_GONE_MS))).toEqual({ status: 'PENDING', pays: false, cause: 'session' });
  });

  it('is over together with the session', () => {
    const due = { now: DUE_AT, unclearSince: DUE_AT - HOLD_GONE_MS };
    expect(findingOf(shownFor(0, due))).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
    expect(shownFor(0, { ...due, unclearSince: null }).kind).toBe('unclear');
  });

  it('is neither over nor unclear where the session is not shown', () => {
    const watch = aWatch({ unclearSince: aWatch().now - HOLD_GONE_MS });
    expect(decide(snapshot('ON_HOLD'), ABSENT, watch)).toEqual({ kind: 'wait' });
  });
});

describe('a session that the gateway does not show', () => {
  it.each([
    ['before its time is over', DUE_AT - 1, null, 'wait'],
    ['when its time is over', DUE_AT, null, 'unclear'],
    ['not for an hour by then', DUE_AT, DUE_AT - UNCLEAR_LIMIT_MS + 1, 'unclear'],
    ['for an hour by then', DUE_AT, DUE_AT - UNCLEAR_LIMIT_MS, 'EXPIRED'],
  ] as const)('%s', (_, now, unclearSince, expected) => {
    const decision = decide(snapshot('PENDING'), ABSENT, aWatch({ now, unclearSince }));
    expect(findingOf(decision)?.status ?? decision.kind).toBe(expected);
    if (decision.kind === 'unclear') expect(decision.since).toBe(unclearSince ?? now);
  });

  it('is waited for where the payment is not pending', () => {
    for (const status of PAYMENT_STATUSES.filter((one) => one !== 'PENDING'))
      expect(decide(snapshot(status), ABSENT, aWatch({ now: DUE_AT }))).toEqual({ kind: 'wait' });
  });
});

describe('a session that we have closed', () => {
  const cancelled = { kind: 'session', state: 'cancelled' } as const;
  const ended = { kind: 'session', state: 'expired' } as const;
  const voided = aTransaction({ status: 'VOIDED' });

  it.each([
    ['merchant', 'cancelled by the merchant'],
    ['order_paid', 'another payment has paid the order'],
  ] as const)(
    'is recorded as closed by us (%s), for each status that the gateway uses for that',
    (closing, reason) => {
      const watch = aWatch({ closing });
      const finding = { status: 'CANCELLED', pays: false, closedBy: 'merchant', cause: closing, reason };
      for (const reading of [cancelled, ended])
        expect(findingOf(decide(snapshot('PENDING'), reading, watch))).toEqual(finding);
      const seen = { kind: 'transaction', transaction: voided } as const;
      expect(findingOf(decide(snapshot('PENDING'), seen, watch))).toEqual({
        ...finding,
        transaction: voided,
      });
      expect(closedBy(closing)).toEqual(finding);
    },
  );

  it('is not recorded as closed by us where it has another result', () => {
    fc.assert(
      fc.property(anySnapshot(), anyReading(), anyWatch(), (payment, reading, watch) => {
        const without = decide(payment, reading, { ...watch, closing: null });
        const decision = decide(payment, reading, { ...watch, closing: 'merchant' });
        const { status, cause } = findingOf(without) ?? {};
        const isExpired = status === 'EXPIRED' && cause === 'session';
        const isEnd = isExpired || status === 'CANCELLED' || status === 'VOIDED';
        if (payment.status === 'PENDING' && isEnd)
          expect(findingOf(decision)).toMatchObject({ status: 'CANCELLED', closedBy: 'merchant' });
        else expect(decision).toEqual(without);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is recorded as expired where only our clock says so', () => {
    const watch = aWatch({ closing: 'merchant', now: DUE_AT });
    const open = { kind: 'session', state: 'open' } as const;
    expect(findingOf(decide(snapshot('PENDING'), open, watch))).toMatchObject({ status: 'EXPIRED' });
  });

  it('pays where the payer was quicker', () => {
    const transaction = aTransaction({ status: 'AUTHORIZED', authorized: true });
    const watch = aWatch({ closing: 'merchant' });
    const decision = decide(snapshot('PENDING'), { kind: 'transaction', transaction }, watch);
    expect(findingOf(decision)).toMatchObject({ status: 'AUTHORIZED', pays: true });
    expect(findingOf(decision)).not.toHaveProperty('closedBy');
  });
});

describe("an operator's acceptance", () => {
  const accept = aWatch({ decision: 'accept' });
  const review = snapshot('REVIEW', { reviewCode: 'amount_mismatch' });

  it('is for money of this session, although it differs from the order', () => {
    fc.assert(
      fc.property(anySnapshot(), anyReading(), anyWatch(), (payment, reading, watch) => {
        const decision = decide(payment, reading, { ...watch, decision: 'accept' });
        if (decision.kind === 'refuse') return;
        const transaction = (reading as { transaction: Transaction }).transaction;
        const { account, sessionId } = payment;
        expect(transaction).toMatchObject({ account, sessionId, authorized: true });
        expect(holdsMoney(transaction.status as PaymentStatus)).toBe(true);
        expect(findingOf(decision)).toEqual({
          status: transaction.status,
          pays: true,
          cause: transaction.transactionId,
          transaction,
          decision: 'accept',
        });
      }),
      { numRuns: 5_000 },
    );
  });

  it.each(TRANSACTION_STATUSES)(
    'is carried out only where the money exists: the gateway says %s',
    (status) => {
      for (const other of [{}, { reference: '1002' }, { money: { amountMinor: 1, currency: 'SEK' } }]) {
        const transaction = aTransaction({ status, authorized: true, ...other });
        const decision = decide(review, { kind: 'transaction', transaction }, accept);
        if (holdsMoney(status as PaymentStatus))
          expect(findingOf(decision)).toMatchObject({ status, pays: true, decision: 'accept' });
        else
          expect(decision).toEqual({
            kind: 'refuse',
            reason: `the gateway says ${transaction.gatewayStatus}: there is no money to accept`,
          });
      }
    },
  );

  it('is never for the money of another account or session, nor for money that no reading shows', () => {
    const reason = 'the gateway shows no transaction of this session';
    const theirs = [{ account: 'T99999999' }, { sessionId: 'another' }].map((other) => {
      const transaction = aTransaction({ status: 'CAPTURED', authorized: true, ...other });
      return { kind: 'transaction', transaction } as const;
    });
    for (const reading of [...theirs, OPEN, ABSENT, UNREADABLE])
      expect(decide(review, reading, accept)).toEqual({ kind: 'refuse', reason });
  });

  it('is refused for money that was never authorized, for any status', () => {
    const transaction = aTransaction({ status: 'CAPTURED', authorized: false });
    expect(decide(review, { kind: 'transaction', transaction }, accept).kind).toBe('refuse');
  });
});

describe("an operator's dismissal", () => {
  const dismiss = aWatch({ decision: 'dismiss' });

  it("shows the gateway's status, and pays nothing, for every payment and every reading", () => {
    fc.assert(
      fc.property(anySnapshot(), anyReading(), anyWatch(), (payment, reading, watch) => {
        const finding = findingOf(decide(payment, reading, { ...watch, decision: 'dismiss' }));
        expect(finding).toMatchObject({ pays: false, decision: 'dismiss' });
        expect(isSettled(finding?.status ?? 'REVIEW')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(TRANSACTION_STATUSES)("takes the transaction's status, or ends the payment: %s", (status) => {
    const transaction = aTransaction({ status });
    const decided = (from: PaymentStatus) =>
      findingOf(decide(snapshot(from), { kind: 'transaction', transaction }, dismiss));
    const isUnsaid = status === 'INITIATED' || status === 'UNCLEAR' || status === 'ON_HOLD';
    expect(decided('REVIEW')).toMatchObject({
      status: isUnsaid ? 'CANCELLED' : status,
      reason: 'dismissed by an operator',
      cause: transaction.transactionId,
      transaction,
    });
    // Already settled: the status stays where the finding names none.
    expect(decided('FAILED')?.status).toBe(isUnsaid ? 'FAILED' : status);
  });

  it('ends the payment where no transaction is shown', () => {
    for (const reading of [OPEN, ABSENT, UNREADABLE]) {
      const finding = findingOf(decide(snapshot('REVIEW'), reading, dismiss));
      expect(finding).toMatchObject({ status: 'CANCELLED', cause: 'session' });
      expect(finding).not.toHaveProperty('transaction');
    }
  });
});

describe('the status of a payment', () => {
  it('holds money only where it is money, and is open only where it is not', () => {
    for (const status of PAYMENT_STATUSES) {
      if (holdsMoney(status)) expect(isMoney(status)).toBe(true);
      expect(isOpen(status) && isMoney(status)).toBe(false);
    }
  });
});

/** The status of the decision's finding; where there is none, the kind of the decision. */
function kindOf(decision: Decision): string {
  return findingOf(decision)?.status ?? decision.kind;
}

function snapshotAfter(transaction: Transaction, status: PaymentStatus): PaymentSnapshot {
  const { capturedMinor, refundedMinor, updatedAt } = transaction;
  return snapshot(status, {
    capturedMinor,
    refundedMinor,
    shown: shownAfter({}, transaction.operations),
    ...(updatedAt !== undefined && { transactionUpdatedAt: updatedAt }),
  });
}

const RANKS: Partial<Record<PaymentStatus, number>> = {
  AUTHORIZED: 1,
  PARTIALLY_CAPTURED: 2,
  CAPTURED: 3,
  PARTIALLY_REFUNDED: 4,
  REFUNDED: 5,
  VOIDED: 5,
};
function rank(status: PaymentStatus): number {
  return RANKS[status] ?? 0;
}
