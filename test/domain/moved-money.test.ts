import { describe, expect, it } from '@jest/globals';
import { isMoved, movedMoney, type RecordedMoney } from '../../src/domain/moved-money.ts';
import type { Surplus } from '../../src/domain/surplus.ts';

const NONE: RecordedMoney = { authorized: 0, captured: 0, refunded: 0, status: 'PENDING', surplus: [] };
const HELD: RecordedMoney = { ...NONE, authorized: 700, status: 'AUTHORIZED' };
const NOTHING = { authorized: 0, captured: 0, refunded: 0, voided: 0, givenBack: 0 };

function aSurplus(changes: Partial<Surplus> = {}): Surplus {
  const sums = { authorizedMinor: 300, capturedMinor: 0, refundedMinor: 0 };
  return {
    transactionId: 't2',
    status: 'AUTHORIZED',
    shown: {},
    handling: 'give_back',
    ...sums,
    ...changes,
  };
}

describe('the money that a finding moves', () => {
  const TABLE: readonly (readonly [
    what: string,
    before: RecordedMoney,
    after: RecordedMoney,
    moved: Partial<typeof NOTHING>,
    more?: { isPayer?: boolean; restVoided?: number },
  ])[] = [
    ['an authorization', NONE, HELD, { authorized: 700 }],
    ['a sale', NONE, { ...HELD, captured: 700, status: 'CAPTURED' }, { authorized: 700, captured: 700 }],
    [
      'a second capture',
      { ...HELD, captured: 200, status: 'PARTIALLY_CAPTURED' },
      { ...HELD, captured: 700, status: 'CAPTURED' },
      { captured: 500 },
    ],
    [
      'a capture that is reversed',
      { ...HELD, captured: 700, status: 'CAPTURED' },
      { ...HELD, captured: 500 },
      { captured: -200 },
    ],
    ['a void', HELD, { ...HELD, status: 'VOIDED' }, { voided: 700 }],
    ['a void that is taken back', { ...HELD, status: 'VOIDED' }, HELD, { voided: -700 }],
    [
      'a void of the rest',
      { ...HELD, captured: 200, status: 'PARTIALLY_CAPTURED' },
      { ...HELD, captured: 200, status: 'CAPTURED' },
      { voided: 500 },
      { restVoided: 500 },
    ],
    [
      'a void that is finished too',
      HELD,
      { ...HELD, status: 'VOIDED' },
      { voided: 700 },
      { restVoided: 700 },
    ],
    [
      'a refund',
      { ...HELD, captured: 700, status: 'CAPTURED' },
      { ...HELD, captured: 700, refunded: 50, status: 'PARTIALLY_REFUNDED' },
      { refunded: 50 },
    ],
    [
      'a void of money that did not pay',
      HELD,
      { ...HELD, status: 'VOIDED' },
      { givenBack: 700 },
      { isPayer: false },
    ],
    ['surplus', HELD, { ...HELD, surplus: [aSurplus()] }, { authorized: 300 }],
    [
      'surplus that is voided',
      { ...HELD, surplus: [aSurplus()] },
      { ...HELD, surplus: [aSurplus({ status: 'VOIDED', handling: 'none' })] },
      { givenBack: 300 },
    ],
    [
      'surplus that is refunded',
      { ...HELD, surplus: [aSurplus({ capturedMinor: 300, status: 'CAPTURED' })] },
      { ...HELD, surplus: [aSurplus({ capturedMinor: 300, refundedMinor: 300, status: 'REFUNDED' })] },
      { givenBack: 300 },
    ],
  ];

  it.each(TABLE)('of %s', (_, before, after, expected, more = {}) => {
    const moved = movedMoney(before, after, { isPayer: true, restVoided: 0, ...more });
    expect(moved).toEqual({ ...NOTHING, ...expected });
    expect(isMoved(moved)).toBe(true);
  });

  it('is nothing where only the status changes', () => {
    const moved = movedMoney(HELD, { ...HELD, status: 'REVIEW' }, { isPayer: false, restVoided: 0 });
    expect(moved).toEqual(NOTHING);
    expect(isMoved(moved)).toBe(false);
  });
});
