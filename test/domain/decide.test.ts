import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decide,
  decideExpiry,
  differsFromListing,
  hasOtherSums,
  type Standing,
} from '../../src/domain/decide.ts';
import {
  holdsMoney,
  isMoney,
  isOpen,
  PAYMENT_STATUSES,
  type PaymentStatus,
} from '../../src/domain/payment.ts';
import { reversalsOf } from '../../src/domain/news.ts';
import { mismatch, type Transaction, type TransactionStatus } from '../../src/domain/transaction.ts';
import {
  aTransaction,
  anOpened,
  anyReading,
  anyStanding,
  anyTransaction,
  TRANSACTION_STATUSES,
} from '../support/domain-arbitraries.ts';

const standing = (status: PaymentStatus, more: Partial<Standing> = {}): Standing => ({
  status,
  capturedMinor: 0,
  refundedMinor: 0,
  reversals: 0,
  isMarked: false,
  ...more,
});

/** What a matching transaction makes of a payment: rows are what the payment is, columns TRANSACTION_STATUSES, what the gateway says. */
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

describe('decide', () => {
  const cases = PAYMENT_STATUSES.flatMap((from) =>
    TRANSACTION_STATUSES.map((said, index) => [from, said, TABLE[from][index] as string] as const),
  );
  it.each(cases)('%s, and the gateway says %s: %s', (from, said, expected) => {
    const transaction = aTransaction({ status: said, authorized: isMoney(said as PaymentStatus) });
    const decision = decide(standing(from), anOpened(), { kind: 'transaction', transaction });
    expect(decision.kind === 'become' ? decision.status : decision.kind).toBe(expected);
  });

  it('pays only what the gateway authorized, for this session, reference, amount and currency', () => {
    fc.assert(
      fc.property(anyStanding(), anyReading(), (now, reading) => {
        const decision = decide(now, anOpened(), reading);
        if (decision.kind !== 'become' || !decision.pays) return;
        expect(reading.kind).toBe('transaction');
        const transaction = decision.transaction as Transaction;
        expect(transaction.authorized).toBe(true);
        expect(mismatch(anOpened(), transaction)).toBeNull();
        expect(isMoney(decision.status)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('never pays on hold, whatever else is said', () => {
    fc.assert(
      fc.property(anyStanding(), anyTransaction(), (now, transaction) => {
        const held = { ...transaction, status: 'ON_HOLD' } as const;
        const decision = decide(now, anOpened(), { kind: 'transaction', transaction: held });
        expect(decision.kind === 'become' && decision.pays).toBe(false);
      }),
    );
  });

  it('does nothing when a reading is repeated after it was acted upon', () => {
    fc.assert(
      fc.property(anyStanding(), anyTransaction(), (now, transaction) => {
        const reading = { kind: 'transaction', transaction } as const;
        const first = decide(now, anOpened(), reading);
        if (first.kind !== 'become' || first.status === 'REVIEW') return;
        const again = decide(standingAfter(transaction, first.status), anOpened(), reading);
        expect(again.kind).toBe('keep');
      }),
      { numRuns: 5_000 },
    );
  });

  it('does not take money back on a reading that is older than one it has acted upon', () => {
    fc.assert(
      fc.property(anyStanding(), anyTransaction(), (now, transaction) => {
        if (!isMoney(now.status)) return;
        const known = { ...now, transactionUpdatedAt: '2026-01-01T00:00:10.000Z' };
        const old = { ...transaction, updatedAt: '2026-01-01T00:00:09.999Z' };
        expect(['keep', 'wait']).toContain(
          decide(known, anOpened(), { kind: 'transaction', transaction: old }).kind,
        );
      }),
    );
  });

  it('believes in money after a hold, whatever the clock of the answer says', () => {
    const now = { ...standing('ON_HOLD'), transactionUpdatedAt: '2026-01-01T00:00:10.000Z' };
    const transaction = aTransaction({
      status: 'AUTHORIZED',
      authorized: true,
      updatedAt: '2026-01-01T00:00:09.000Z',
    });
    expect(decide(now, anOpened(), { kind: 'transaction', transaction })).toMatchObject({
      status: 'AUTHORIZED',
      pays: true,
    });
  });

  it('never goes from money back to a state on the way, even where the gateway gives no times', () => {
    fc.assert(
      fc.property(anyStanding(), anyTransaction(), (now, timed) => {
        if (!isMoney(now.status)) return;
        const transaction = { ...timed };
        delete (transaction as { updatedAt?: string }).updatedAt;
        const decision = decide(now, anOpened(), { kind: 'transaction', transaction });
        if (decision.kind !== 'become' || decision.status === 'REVIEW') return;
        expect(rank(decision.status)).toBeGreaterThanOrEqual(rank(now.status));
      }),
      { numRuns: 5_000 },
    );
  });

  it('is never told by another account or another session', () => {
    for (const other of [{ account: 'T99999999' }, { sessionId: 'another' }])
      for (const status of TRANSACTION_STATUSES) {
        const transaction = aTransaction({ status, authorized: true, ...other });
        const decision = decide(standing('PENDING'), anOpened(), { kind: 'transaction', transaction });
        expect(decision.kind).toBe(status === 'INITIATED' ? 'wait' : 'unclear');
      }
  });

  it.each([
    ['reference', { reference: '1002' }],
    ['amount', { money: { amountMinor: 72_199, currency: 'NOK' } }],
    ['currency', { money: { amountMinor: 72_200, currency: 'SEK' } }],
  ])('asks a person where money came but the %s differs', (what, other) => {
    for (const status of TRANSACTION_STATUSES.filter((said) => holdsMoney(said as PaymentStatus))) {
      const transaction = aTransaction({ status, authorized: true, ...other });
      const decision = decide(standing('PENDING'), anOpened(), { kind: 'transaction', transaction });
      expect(decision).toMatchObject({
        kind: 'become',
        status: 'REVIEW',
        pays: false,
        reason: `${what}_mismatch`,
      });
    }
  });

  it('compares with what a person has accepted, as soon as anybody has, but for account and session', () => {
    const money = { amountMinor: 7_000, currency: 'SEK' };
    const opened = anOpened({ accepted: { reference: 'theirs', money } });
    const found = {
      status: 'CAPTURED',
      authorized: true,
      capturedMinor: 7_000,
      reference: 'theirs',
      money,
    } as const;
    const decided = (more: Partial<Transaction>) =>
      decide(standing('AUTHORIZED'), opened, {
        kind: 'transaction',
        transaction: aTransaction({ ...found, ...more }),
      });
    expect(decided({})).toMatchObject({ kind: 'become', status: 'CAPTURED', pays: true });
    for (const [other, reason] of [
      [{ reference: '1001' }, 'reference_mismatch'],
      [{ money: { ...money, amountMinor: 7_001 } }, 'amount_mismatch'],
      [{ money: { ...money, currency: 'NOK' } }, 'currency_mismatch'],
    ] as const)
      expect(decided(other)).toMatchObject({ kind: 'become', status: 'REVIEW', reason });
    for (const other of [{ account: 'T99999999' }, { sessionId: 'another' }])
      expect(decided(other).kind).toBe('unclear');
  });

  it.each(['PENDING', 'REVIEW'] as const)('takes the session at its word while %s', (status) => {
    for (const [state, becomes] of [
      ['cancelled', 'CANCELLED'],
      ['failed', 'FAILED'],
      ['declined', 'DECLINED'],
    ] as const)
      expect(decide(standing(status), anOpened(), { kind: 'session', state })).toMatchObject({
        status: becomes,
        pays: false,
      });
  });

  it('takes a void of what was never authorized for the end of an open session, and for no news of one that is over', () => {
    const transaction = aTransaction({ status: 'VOIDED', authorized: false, authorizedMinor: 0 });
    const said = (from: PaymentStatus) =>
      decide(standing(from), anOpened(), { kind: 'transaction', transaction });
    for (const from of ['PENDING', 'ON_HOLD', 'REVIEW', 'AUTHORIZED'] as const)
      expect(said(from)).toMatchObject({ kind: 'become', status: 'VOIDED', pays: false });
    for (const from of ['FAILED', 'DECLINED', 'CANCELLED', 'EXPIRED'] as const)
      expect(said(from)).toEqual({ kind: 'keep' });
  });

  it('waits for what is open, absent or only begun', () => {
    for (const status of PAYMENT_STATUSES) {
      expect(decide(standing(status), anOpened(), { kind: 'session', state: 'open' }).kind).toBe('wait');
      expect(decide(standing(status), anOpened(), { kind: 'absent' }).kind).toBe('wait');
    }
  });

  it('calls an unreadable answer unclear, never failed', () => {
    for (const status of PAYMENT_STATUSES)
      expect(decide(standing(status), anOpened(), { kind: 'unreadable', reason: 'no JSON' }).kind).toBe(
        'unclear',
      );
  });
});

describe('decideExpiry', () => {
  it('expires only what is pending and of which nothing came', () => {
    fc.assert(
      fc.property(anyStanding(), anyReading(), (now, reading) => {
        const decision = decide(now, anOpened(), reading);
        const last = decideExpiry(now, decision);
        const isSilent = decision.kind === 'wait' || decision.kind === 'keep';
        if (now.status === 'PENDING' && isSilent)
          expect(last).toMatchObject({ status: 'EXPIRED', pays: false });
        else expect(last).toBe(decision);
      }),
    );
  });

  it('never expires a hold', () => {
    expect(decideExpiry(standing('ON_HOLD'), { kind: 'wait' })).toEqual({ kind: 'wait' });
  });
});

describe('differsFromListing', () => {
  it('wakes a payment whenever a look would change it', () => {
    for (const status of PAYMENT_STATUSES)
      for (const listed of TRANSACTION_STATUSES) {
        const transaction = aTransaction({ status: listed, authorized: isMoney(listed as PaymentStatus) });
        const decision = decide(standing(status), anOpened(), { kind: 'transaction', transaction });
        const isOwnDoing = status === 'CANCELLED' && listed === 'VOIDED';
        const isWorthIt = decision.kind === 'become' && status !== 'REVIEW' && !isOwnDoing;
        if (isWorthIt)
          expect([status, listed, differsFromListing(row(status), listed)]).toEqual([status, listed, true]);
      }
  });

  it('wakes a payment whose money has moved on without another status, whenever a look would change it', () => {
    const sums = [0, 10_000, 20_000];
    for (const status of PAYMENT_STATUSES.filter(isMoney))
      for (const known of sums)
        for (const capturedMinor of sums)
          for (const refundedMinor of sums) {
            const now = standing(status, { capturedMinor: known, refundedMinor: known });
            const shown = { capturedMinor, refundedMinor };
            const transaction = aTransaction({
              status: status as TransactionStatus,
              authorized: true,
              ...shown,
            });
            const decision = decide(now, anOpened(), { kind: 'transaction', transaction });
            const differs = hasOtherSums(now, shown);
            expect(differs).toBe(capturedMinor !== known || refundedMinor !== known);
            if (decision.kind === 'become')
              expect(differsFromListing(row(status), status as TransactionStatus, differs)).toBe(true);
          }
  });

  it('takes a listing that shows no sums, or one of them, for what it shows', () => {
    const known = { capturedMinor: 100, refundedMinor: 20 };
    expect(hasOtherSums(known, {})).toBe(false);
    expect(hasOtherSums(known, { capturedMinor: 100 })).toBe(false);
    expect(hasOtherSums(known, { refundedMinor: 0 })).toBe(true);
  });

  it('lets alone the sums of what is dismissed, and of what never was money', () => {
    expect(differsFromListing(row('CAPTURED', { dismissed: true }), 'CAPTURED', true)).toBe(false);
    expect(differsFromListing(row('FAILED'), 'FAILED', true)).toBe(false);
    expect(differsFromListing(row('ON_HOLD'), 'ON_HOLD', true)).toBe(false);
  });

  it('lets alone what is equal, only begun, or failed in other words', () => {
    for (const status of PAYMENT_STATUSES) {
      if (status !== 'REVIEW')
        expect(differsFromListing(row(status), status as TransactionStatus)).toBe(false);
      expect(differsFromListing(row(status), 'INITIATED')).toBe(false);
    }
    expect(differsFromListing(row('EXPIRED'), 'FAILED')).toBe(false);
    expect(differsFromListing(row('CANCELLED'), 'DECLINED')).toBe(false);
    expect(differsFromListing(row('CANCELLED'), 'VOIDED')).toBe(false);
  });

  it('wakes a dismissed payment for money alone', () => {
    for (const listed of TRANSACTION_STATUSES)
      expect(differsFromListing(row('CANCELLED', { dismissed: true }), listed)).toBe(
        isMoney(listed as PaymentStatus),
      );
  });
});

describe('the words of a payment', () => {
  it('holds money only where it is money, and is open only where it is not', () => {
    for (const status of PAYMENT_STATUSES) {
      if (holdsMoney(status)) expect(isMoney(status)).toBe(true);
      expect(isOpen(status) && isMoney(status)).toBe(false);
    }
  });
});

function row(
  status: PaymentStatus,
  more: { dismissed?: boolean; isMarked?: boolean } = {},
): Parameters<typeof differsFromListing>[0] {
  return { status, dismissed: false, isMarked: false, ...more };
}

function standingAfter(transaction: Transaction, status: PaymentStatus): Standing {
  const { capturedMinor, refundedMinor, updatedAt } = transaction;
  return {
    status,
    capturedMinor,
    refundedMinor,
    reversals: reversalsOf(transaction),
    isMarked: false,
    ...(updatedAt !== undefined && { transactionUpdatedAt: updatedAt }),
  };
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
