import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isWorthLook } from '../../src/domain/compare-listing.ts';
import {
  isMoney,
  PAYMENT_STATUSES,
  type PaymentSnapshot,
  type PaymentStatus,
} from '../../src/domain/payment.ts';
import {
  compareShown,
  explanationOf,
  holdingsOf,
  judgeHoldings,
  sideHere,
  type Holding,
  type ShownMoney,
} from '../../src/domain/reconcile.ts';
import type { Surplus, SurplusHandling } from '../../src/domain/surplus.ts';
import type { KnownStatus, TransactionStatus } from '../../src/domain/transaction.ts';
import { aSnapshot, TRANSACTION_STATUSES } from '../support/domain-arbitraries.ts';

const OWN = 'tx-own';
const FURTHER = 'tx-further';
const NOK = (amountMinor: number) => ({ amountMinor, currency: 'NOK' });

const paid = (status: PaymentStatus, more: Partial<PaymentSnapshot> = {}): PaymentSnapshot =>
  aSnapshot({ status, transactionId: OWN, ...more });
const shown = (status: TransactionStatus, more: Partial<ShownMoney> = {}): ShownMoney => ({
  transactionId: OWN,
  status,
  money: NOK(72_200),
  ...more,
});
const surplus = (handling: SurplusHandling, status: KnownStatus = 'AUTHORIZED'): Surplus => ({
  transactionId: FURTHER,
  status,
  authorizedMinor: 72_200,
  capturedMinor: 0,
  refundedMinor: 0,
  shown: {},
  handling,
});

const aStatus = fc.constantFrom(...PAYMENT_STATUSES);
const aListedStatus = fc.constantFrom(...TRANSACTION_STATUSES);
const aSum = fc.constantFrom(0, 10_000, 72_200);

describe('a transaction compared with its payment', () => {
  it.each<[PaymentStatus, TransactionStatus, 'match' | 'mismatch']>([
    ['PENDING', 'INITIATED', 'match'],
    ['PENDING', 'AUTHORIZED', 'mismatch'],
    ['PENDING', 'FAILED', 'mismatch'],
    ['PENDING', 'ON_HOLD', 'mismatch'],
    ['ON_HOLD', 'ON_HOLD', 'match'],
    ['ON_HOLD', 'INITIATED', 'mismatch'],
    ['AUTHORIZED', 'AUTHORIZED', 'match'],
    ['AUTHORIZED', 'CAPTURED', 'mismatch'],
    ['AUTHORIZED', 'FAILED', 'mismatch'],
    ['AUTHORIZED', 'UNCLEAR', 'mismatch'],
    ['CAPTURED', 'REFUNDED', 'mismatch'],
    ['FAILED', 'DECLINED', 'match'],
    ['EXPIRED', 'FAILED', 'match'],
    ['CANCELLED', 'VOIDED', 'match'],
    ['EXPIRED', 'AUTHORIZED', 'mismatch'],
    ['REVIEW', 'AUTHORIZED', 'mismatch'],
  ])('that is recorded as %s and shown as %s: %s', (status, listed, expected) => {
    const transactionId = isMoney(status) ? OWN : null;
    expect(compareShown(aSnapshot({ status, transactionId }), shown(listed))).toBe(expected);
  });

  it('differs wherever the sweep would look', () => {
    fc.assert(
      fc.property(
        fc.record({
          status: aStatus,
          own: fc.boolean(),
          dismissed: fc.boolean(),
          captured: aSum,
          refunded: aSum,
        }),
        fc.record({
          listed: aListedStatus,
          isFurther: fc.boolean(),
          capturedMinor: aSum,
          refundedMinor: aSum,
        }),
        ({ status, own, dismissed, captured, refunded }, { listed, isFurther, ...sums }) => {
          const transactionId = own || isMoney(status) ? OWN : null;
          const payment = aSnapshot({
            status,
            transactionId,
            dismissed,
            capturedMinor: captured,
            refundedMinor: refunded,
          });
          const row = shown(listed, { ...sums, ...(isFurther && { transactionId: FURTHER }) });
          // A dismissed payment that the gateway voided: no money is at stake.
          if (status === 'CANCELLED' && listed === 'VOIDED') return;
          if (isWorthLook(payment, row)) expect(compareShown(payment, row)).not.toBe('match');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('matches its own echo, whatever is recorded', () => {
    const statuses = PAYMENT_STATUSES.filter((status) => isMoney(status) || status === 'ON_HOLD');
    fc.assert(
      fc.property(fc.constantFrom(...statuses), aSum, aSum, (status, capturedMinor, refundedMinor) => {
        const payment = paid(status, { capturedMinor, refundedMinor });
        const echo = shown(status as TransactionStatus, { capturedMinor, refundedMinor });
        expect(compareShown(payment, echo)).toBe('match');
      }),
    );
  });

  it('differs by sums only where the listing shows them', () => {
    const payment = paid('CAPTURED', { capturedMinor: 72_200 });
    expect(compareShown(payment, shown('CAPTURED'))).toBe('match');
    expect(compareShown(payment, shown('CAPTURED', { capturedMinor: 72_200, refundedMinor: 0 }))).toBe(
      'match',
    );
    expect(compareShown(payment, shown('CAPTURED', { capturedMinor: 50_000 }))).toBe('mismatch');
  });

  it('differs by amount or currency while money is held, unless a person has accepted that', () => {
    const other = shown('AUTHORIZED', { money: NOK(1) });
    expect(compareShown(paid('AUTHORIZED'), other)).toBe('mismatch');
    const euro = shown('AUTHORIZED', { money: { amountMinor: 72_200, currency: 'EUR' } });
    expect(compareShown(paid('AUTHORIZED'), euro)).toBe('mismatch');
    const accepted = { reference: '1001', money: NOK(1) };
    expect(compareShown(paid('AUTHORIZED', { accepted }), other)).toBe('match');
    expect(compareShown(paid('VOIDED'), shown('VOIDED', { money: NOK(1) }))).toBe('match');
  });

  it('is missing here where it is further money of the session that is not recorded', () => {
    const further = (status: TransactionStatus) => shown(status, { transactionId: FURTHER });
    expect(compareShown(paid('AUTHORIZED'), further('AUTHORIZED'))).toBe('missing_here');
    expect(compareShown(paid('AUTHORIZED'), further('FAILED'))).toBe('match');
    const known = paid('AUTHORIZED', { surplus: [surplus('give_back')] });
    expect(compareShown(known, further('AUTHORIZED'))).toBe('match');
    expect(compareShown(known, further('VOIDED'))).toBe('mismatch');
    expect(sideHere(known, FURTHER)).toMatchObject({ status: 'AUTHORIZED', amount: 72_200, captured: 0 });
  });

  it('replaces an attempt that has failed', () => {
    const payment = aSnapshot({ status: 'FAILED', transactionId: OWN });
    expect(compareShown(payment, shown('AUTHORIZED', { transactionId: FURTHER }))).toBe('mismatch');
  });
});

describe('a difference', () => {
  it.each([
    ['in_review', paid('REVIEW', { reviewCode: 'amount_mismatch' })],
    ['in_review', paid('CAPTURED', { reviewMark: 'the gateway denies it', reviewCode: 'contradiction' })],
    ['dismissed', paid('REVIEW', { dismissed: true })],
    ['going_back', paid('AUTHORIZED', { mustGiveBack: true })],
    ['going_back', paid('AUTHORIZED', { isGoingBack: true })],
    [null, paid('AUTHORIZED')],
  ])('is explained by %s', (expected, payment) => {
    expect(explanationOf(payment, OWN, false)).toBe(expected);
    expect(explanationOf(payment, OWN, true)).toBe(expected ?? 'operation_under_way');
  });

  it.each<[SurplusHandling, string | null]>([
    ['give_back', 'going_back'],
    ['review', 'in_review'],
    ['stuck', 'in_review'],
    ['dismissed', 'dismissed'],
    ['none', null],
  ])('of surplus with the handling %s is explained by %s', (handling, expected) => {
    expect(explanationOf(paid('AUTHORIZED', { surplus: [surplus(handling)] }), FURTHER, false)).toBe(
      expected,
    );
  });
});

describe('the money of an order', () => {
  it('is what is held: of the payment itself and of its surplus', () => {
    const held = holdingsOf('pay_1', paid('AUTHORIZED', { surplus: [surplus('give_back')] }));
    expect(held.map(({ transactionId, explanation }) => [transactionId, explanation])).toEqual([
      [OWN, null],
      [FURTHER, 'going_back'],
    ]);
    expect(holdingsOf('pay_1', paid('VOIDED', { surplus: [surplus('none', 'VOIDED')] }))).toEqual([]);
    expect(holdingsOf('pay_1', aSnapshot({ status: 'PENDING' }))).toEqual([]);
    expect(holdingsOf('pay_1', paid('REVIEW', { reviewCode: 'late_money' }))).toHaveLength(1);
    expect(holdingsOf('pay_1', paid('REVIEW', { reviewCode: 'unclear' }))).toEqual([]);
  });

  const holding = (explanation: Holding['explanation']): Holding => ({
    payment: 'pay_1',
    transactionId: OWN,
    status: 'AUTHORIZED',
    amount: 72_200,
    currency: 'NOK',
    explanation,
  });

  it('is doubled where two transactions hold it; one may pay, the others must be explained', () => {
    expect(judgeHoldings([])).toBeNull();
    expect(judgeHoldings([holding(null)])).toBeNull();
    expect(judgeHoldings([holding(null), holding(null)])).toEqual({ explanation: null });
    expect(judgeHoldings([holding(null), holding('going_back')])).toEqual({ explanation: 'going_back' });
    expect(judgeHoldings([holding(null), holding('going_back'), holding(null)])).toEqual({
      explanation: null,
    });
  });
});
