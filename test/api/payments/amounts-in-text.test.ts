import { describe, expect, it } from '@jest/globals';
import { inMoney } from '../../../src/api/payments/amounts-in-text.ts';
import { feasible } from '../../../src/domain/operation.ts';
import { impossibleIn } from '../../../src/domain/transaction.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { aTransaction } from '../../support/builders.ts';

const RULES = {
  voids: 'whole',
  captures: 'many',
  refunds: 'any_time',
  finalCapture: true,
  lines: 'optional',
  authorizationDays: 7,
} as const;
const payment = {
  id: 'pay_1',
  orderReference: '1001',
  sessionId: 's',
  amount: 72_200,
  currency: 'NOK',
} as PaymentRow;

describe('an amount in a text of ours', () => {
  it.each([
    [
      'dintero says CAPTURED, 72200 minor units of NOK for 1001',
      'dintero says CAPTURED, 722.00 NOK for 1001',
    ],
    ['capture c1 of 5 minor units failed: declined', 'capture c1 of 0.05 NOK failed: declined'],
    ['a capture of 5000 is under way', 'a capture of 50.00 NOK is under way'],
    [
      'nothing is left to be captured: the transaction is X and 100 are promised to operations that are under way',
      'nothing is left to be captured: the transaction is X and 1.00 NOK are promised to operations that are under way',
    ],
    [
      'events: expected no more captured than the amount of 100, found 200',
      'events: expected no more captured than the amount of 1.00 NOK, found 2.00 NOK',
    ],
  ])("is written in people's form: %s", (text, wanted) => {
    expect(inMoney(text, 'NOK')).toBe(wanted);
  });

  it('is found in every reason that has one', () => {
    const wanted = { kind: 'capture', amountMinor: 90_000, finalCapture: false } as const;
    const asked = feasible(wanted, aTransaction(payment), RULES, 0);
    expect(inMoney(asked.ok ? '' : asked.detail, 'NOK')).toBe(
      '900.00 NOK was asked for, 722.00 NOK can be captured',
    );
    const odd = (changes: object) => inMoney(impossibleIn(aTransaction(payment, changes)) ?? '', 'NOK');
    expect(odd({ capturedMinor: 80_000, capturableMinor: 0 })).toBe('800.00 NOK are captured of 722.00 NOK');
    expect(odd({ capturedMinor: 5, refundedMinor: 10 })).toBe('0.10 NOK are refunded of 0.05 NOK captured');
  });

  it.each(['order 1001 is paid', 'capture 72200 done', 'attempt 3 to send order.paid: answered 500'])(
    'is not mistaken for another number: %s',
    (text) => {
      expect(inMoney(text, 'NOK')).toBe(text);
    },
  );
});
