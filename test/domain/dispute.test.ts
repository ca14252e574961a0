import { describe, expect, it } from '@jest/globals';
import { applyFinding } from '../../src/domain/apply-finding.ts';
import { decide } from '../../src/domain/decide.ts';
import { disputesAfter, disputeUpdates, foremost, type Dispute } from '../../src/domain/dispute.ts';
import type { OrderSnapshot } from '../../src/domain/order.ts';
import type { PaymentStatus } from '../../src/domain/payment.ts';
import { aSnapshot, aTransaction, aWatch } from '../support/domain-arbitraries.ts';

const OPEN: Dispute = { disputeId: 'dp_1', state: 'open', amountMinor: 72_200, reason: 'fraudulent' };
const WON = { ...OPEN, state: 'won' } as const;
const LOST = { ...OPEN, state: 'lost' } as const;
const OTHER = { ...OPEN, disputeId: 'dp_2' };

describe('disputes', () => {
  it.each([
    ['a new one', [], [OPEN], [['order.dispute_opened', 'dp_1']]],
    ['one that was won', [OPEN], [WON], [['order.dispute_won', 'dp_1']]],
    ['one that was lost', [OPEN], [LOST], [['order.dispute_lost', 'dp_1']]],
    ['one that is over when it is first seen', [], [LOST], [['order.dispute_lost', 'dp_1']]],
    ['the same one again', [OPEN], [OPEN], []],
    ['another date to answer it', [OPEN], [{ ...OPEN, dueBy: '2026-12-01T00:00:00Z' }], []],
    ['a second one', [OPEN], [OPEN, OTHER], [['order.dispute_opened', 'dp_2']]],
  ] as const)('announce %s', (_, known, disputes, updates) => {
    const told = disputeUpdates(known, { disputes });
    expect(told.map(({ type, cause }) => [type, cause])).toEqual(updates);
  });

  it('stay while a reading does not show them, and change with one that does', () => {
    const known = [OPEN, OTHER];
    expect(disputesAfter(known, {})).toBe(known);
    expect(disputesAfter(known, { disputes: [] })).toBe(known);
    expect(disputesAfter(known, { disputes: [OPEN] })).toBe(known);
    expect(disputesAfter(known, { disputes: [WON] })).toEqual([OTHER, WON]);
  });

  it('show an open one first, otherwise the newest', () => {
    expect(foremost([])).toBeUndefined();
    expect(foremost([OPEN, { ...OTHER, state: 'won' }])).toBe(OPEN);
    expect(foremost([WON, { ...OTHER, state: 'lost' }])).toMatchObject({ disputeId: 'dp_2' });
  });

  const paid: OrderSnapshot = {
    reference: '1001',
    money: { amountMinor: 72_200, currency: 'NOK' },
    status: 'PAID',
    paidPaymentId: 'pay_1',
    latestN: 1,
    otherOpen: null,
    otherReviewed: false,
    isReplacing: false,
  };

  it.each(['CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED'] as const satisfies PaymentStatus[])(
    'leave a payment %s, and its order as it is',
    (status) => {
      const sums = { capturedMinor: 72_200, refundedMinor: 100 };
      const payment = aSnapshot({ status, ...sums });
      const transaction = aTransaction({ status, ...sums, authorized: true, disputes: [OPEN] });
      const decision = decide(payment, { kind: 'transaction', transaction }, aWatch());
      if (decision.kind !== 'find') throw new Error(decision.kind);
      const change = applyFinding(paid, payment, decision.finding, 'give_back');
      expect(change).toMatchObject({ status, reviewCode: null });
      expect(change.updates.map(({ type }) => type)).toEqual(['order.dispute_opened']);
      const known = { ...payment, disputes: [OPEN] };
      expect(decide(known, { kind: 'transaction', transaction }, aWatch()).kind).toBe('keep');
    },
  );
});
