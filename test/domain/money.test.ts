import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatMoney, isAmountMinor, MAX_AMOUNT_MINOR, sameMoney } from '../../src/domain/money.ts';

describe('money', () => {
  it('is equal only in number and currency', () => {
    const amount = fc.integer({ min: 0, max: MAX_AMOUNT_MINOR });
    const currency = fc.constantFrom('NOK', 'SEK', 'JPY');
    fc.assert(
      fc.property(amount, amount, currency, currency, (a, b, c, d) => {
        const isSame = sameMoney({ amountMinor: a, currency: c }, { amountMinor: b, currency: d });
        expect(isSame).toBe(a === b && c === d);
      }),
    );
  });

  it.each([0, 1, 72_200, MAX_AMOUNT_MINOR])('takes %p as an amount', (value) => {
    expect(isAmountMinor(value)).toBe(true);
  });

  it.each([-1, 0.5, MAX_AMOUNT_MINOR + 1, Number.NaN, Infinity, '100', null, undefined, 10n])(
    'refuses %p as an amount',
    (value) => {
      expect(isAmountMinor(value)).toBe(false);
    },
  );

  it.each([
    [72_200, 'NOK', '722.00 NOK'],
    [500, 'JPY', '500 JPY'],
    [1_234, 'KWD', '1.234 KWD'],
    [5, 'no currency', '0.05 no currency'],
  ])('writes %i %s as %s', (amountMinor, currency, written) => {
    expect(formatMoney({ amountMinor, currency })).toBe(written);
  });
});
