import { describe, expect, it } from '@jest/globals';
import { differsFromListing, hasOtherSums } from '../../src/domain/compare-listing.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Decision } from '../../src/domain/finding.ts';
import {
  isMoney,
  PAYMENT_STATUSES,
  type PaymentSnapshot,
  type PaymentStatus,
} from '../../src/domain/payment.ts';
import type { Reading, TransactionStatus } from '../../src/domain/transaction.ts';
import { aSnapshot, aTransaction, aWatch, TRANSACTION_STATUSES } from '../support/domain-arbitraries.ts';

/** A look in the middle of the session's lifetime. */
const look = (payment: PaymentSnapshot, reading: Reading): Decision => decide(payment, reading, aWatch());

describe('differsFromListing', () => {
  it('is true whenever a look would change the payment', () => {
    for (const status of PAYMENT_STATUSES)
      for (const listed of TRANSACTION_STATUSES) {
        const transaction = aTransaction({ status: listed, authorized: isMoney(listed as PaymentStatus) });
        const decision = look(aSnapshot({ status }), { kind: 'transaction', transaction });
        const isOwnDoing = status === 'CANCELLED' && listed === 'VOIDED';
        const isWorthIt = decision.kind === 'find' && status !== 'REVIEW' && !isOwnDoing;
        if (isWorthIt)
          expect([status, listed, differsFromListing(row(status), listed)]).toEqual([status, listed, true]);
      }
  });

  it('is true for money that has moved without another status, whenever a look would change the payment', () => {
    const sums = [0, 10_000, 20_000];
    for (const status of PAYMENT_STATUSES.filter(isMoney))
      for (const known of sums)
        for (const capturedMinor of sums)
          for (const refundedMinor of sums) {
            const now = aSnapshot({ status, capturedMinor: known, refundedMinor: known });
            const shown = { capturedMinor, refundedMinor };
            const transaction = aTransaction({
              status: status as TransactionStatus,
              authorized: true,
              ...shown,
            });
            const decision = look(now, { kind: 'transaction', transaction });
            const differs = hasOtherSums(now, shown);
            expect(differs).toBe(capturedMinor !== known || refundedMinor !== known);
            if (decision.kind === 'find')
              expect(differsFromListing(row(status), status as TransactionStatus, differs)).toBe(true);
          }
  });

  it('compares only the sums that a listing shows', () => {
    const known = { capturedMinor: 100, refundedMinor: 20 };
    expect(hasOtherSums(known, {})).toBe(false);
    expect(hasOtherSums(known, { capturedMinor: 100 })).toBe(false);
    expect(hasOtherSums(known, { refundedMinor: 0 })).toBe(true);
  });

  it('ignores the sums of dismissed payments and of payments without money', () => {
    expect(differsFromListing(row('CAPTURED', { dismissed: true }), 'CAPTURED', true)).toBe(false);
    expect(differsFromListing(row('FAILED'), 'FAILED', true)).toBe(false);
    expect(differsFromListing(row('ON_HOLD'), 'ON_HOLD', true)).toBe(false);
  });

  it('is false for a listing that is equal, only begun, or failed with another status', () => {
    for (const status of PAYMENT_STATUSES) {
      if (status !== 'REVIEW')
        expect(differsFromListing(row(status), status as TransactionStatus)).toBe(false);
      expect(differsFromListing(row(status), 'INITIATED')).toBe(false);
    }
    expect(differsFromListing(row('EXPIRED'), 'FAILED')).toBe(false);
    expect(differsFromListing(row('CANCELLED'), 'DECLINED')).toBe(false);
    expect(differsFromListing(row('CANCELLED'), 'VOIDED')).toBe(false);
  });

  it('is false for an unclear listing of a payment in REVIEW or with a mark', () => {
    expect(differsFromListing(row('CAPTURED'), 'UNCLEAR')).toBe(true);
    expect(differsFromListing(row('CAPTURED', { reviewCode: 'unclear' }), 'UNCLEAR')).toBe(false);
    expect(differsFromListing(row('REVIEW', { reviewCode: 'late_money' }), 'UNCLEAR')).toBe(false);
  });

  it('is true for a dismissed payment only for money', () => {
    for (const listed of TRANSACTION_STATUSES)
      expect(differsFromListing(row('CANCELLED', { dismissed: true }), listed)).toBe(
        isMoney(listed as PaymentStatus),
      );
  });
});

function row(
  status: PaymentStatus,
  more: Partial<Parameters<typeof differsFromListing>[0]> = {},
): Parameters<typeof differsFromListing>[0] {
  return { status, dismissed: false, reviewCode: null, ...more };
}
