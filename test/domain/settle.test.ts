import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ShownOperation } from '../../src/domain/operation.ts';
import { ORDER_STATUSES, type OrderStanding } from '../../src/domain/order.ts';
import { holdsMoney, isMoney, isOpen, isSettled, PAYMENT_STATUSES } from '../../src/domain/payment.ts';
import { settle, type LateMoneyPolicy, type Outcome, type PaymentStanding } from '../../src/domain/settle.ts';

const NOK = { amountMinor: 72_200, currency: 'NOK' };
const POLICIES: readonly LateMoneyPolicy[] = ['give_back', 'review', 'accept'];

const order = (more: Partial<OrderStanding> = {}): OrderStanding => ({
  reference: '1001',
  money: NOK,
  status: 'AWAITING_PAYMENT',
  paidPaymentId: null,
  latestN: 1,
  otherOpen: null,
  otherReviewed: false,
  ...more,
});
const payment = (more: Partial<PaymentStanding> = {}): PaymentStanding => ({
  id: 'pay_1',
  n: 1,
  money: NOK,
  status: 'PENDING',
  reason: null,
  mark: null,
  closedBy: null,
  dismissed: false,
  capturedMinor: 0,
  refundedMinor: 0,
  ...more,
});
const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  status: 'AUTHORIZED',
  pays: true,
  cause: 'tx_1',
  capturedMinor: 0,
  refundedMinor: 0,
  ...more,
});
const types = (settled: { updates: readonly { type: string }[] }) => settled.updates.map(({ type }) => type);

/** Done before, taken back, and done again by somebody else, which is seen in one look. */
function undoneAndDoneAgain(kind: 'refund' | 'void'): ShownOperation[] {
  const done = { kind, reference: null, amountMinor: 72_200, state: 'done' } as const;
  return [
    { ...done, eventId: 'e-1', state: 'failed', isReversed: true },
    { ...done, eventId: 'e-2' },
  ];
}

describe('settle', () => {
  it.each([
    ['AUTHORIZED', 'PAID', ['order.paid']],
    ['CAPTURED', 'PAID', ['order.paid']],
    ['PARTIALLY_CAPTURED', 'PAID', ['order.paid']],
    ['VOIDED', 'VOIDED', ['order.paid', 'order.voided']],
  ] as const)('pays an unpaid order by %s', (status, orderStatus, told) => {
    const capturedMinor = status === 'CAPTURED' || status === 'PARTIALLY_CAPTURED' ? 100 : 0;
    const settled = settle(order(), payment(), outcome({ status, capturedMinor }), 'give_back');
    expect(settled).toMatchObject({ status, orderStatus, paysNow: true });
    expect(types(settled)).toEqual(told);
  });

  it.each([
    ['refund', 'REFUNDED', true, ['order.refund_failed', 'order.refunded']],
    ['void', 'VOIDED', true, ['order.void_failed', 'order.voided']],
    ['refund', 'REFUNDED', false, ['order.refund_failed', 'order.late_payment_returned']],
    ['void', 'VOIDED', false, ['order.void_failed', 'order.late_payment_returned']],
  ] as const)(
    'tells that a %s was taken back, although it is %s again by then (of the payer: %s)',
    (kind, status, isPayer, told) => {
      const capturedMinor = kind === 'refund' ? 72_200 : 0;
      const sums = { capturedMinor, refundedMinor: capturedMinor };
      const standing = payment({ status, ...sums, shown: { [`${kind}/e-1`]: 'done' } });
      const paidPaymentId = isPayer ? standing.id : 'pay_2';
      const again = outcome({ status, ...sums, operations: undoneAndDoneAgain(kind) });
      const settled = settle(order({ status: 'PAID', paidPaymentId }), standing, again, 'give_back');
      expect(settled.status).toBe(status);
      expect(types(settled)).toEqual(told);
    },
  );

  it('tells later of a session that another one is to replace: in case that none follows', () => {
    const replaced = outcome({ status: 'CANCELLED', pays: false, closedBy: 'merchant', isReplaced: true });
    const told = { type: 'order.payment_cancelled', orderStatus: 'CANCELLED' };
    const { updates } = settle(order(), payment(), replaced, 'give_back');
    expect(updates).toMatchObject([{ ...told, isDeferred: true }]);
    const { isReplaced: _, ...cancelled } = replaced;
    const [update] = settle(order(), payment(), cancelled, 'give_back').updates;
    expect(update).toMatchObject(told);
    expect(update).not.toHaveProperty('isDeferred');
  });

  it.each(['PENDING', 'EXPIRED'] as const)(
    'is not made %s by a run that does not know of its money',
    (status) => {
      for (const known of ['REFUNDED', 'CAPTURED'] as const) {
        const standing = payment({ status: known, capturedMinor: 100 });
        const late = settle(
          order(),
          standing,
          outcome({ status, pays: false, cause: 'session' }),
          'give_back',
        );
        expect(late).toMatchObject({ status: known, orderStatus: 'AWAITING_PAYMENT', updates: [] });
      }
    },
  );

  it.each([
    ['FAILED', 'PAYMENT_FAILED', 'order.payment_failed'],
    ['DECLINED', 'PAYMENT_FAILED', 'order.payment_declined'],
    ['CANCELLED', 'PAYMENT_FAILED', 'order.payment_cancelled'],
    ['EXPIRED', 'PAYMENT_FAILED', 'order.payment_expired'],
    ['VOIDED', 'PAYMENT_FAILED', 'order.payment_cancelled'],
    ['REFUNDED', 'PAYMENT_FAILED', 'order.late_payment_returned'],
    ['ON_HOLD', 'PAYMENT_PENDING', 'order.payment_pending'],
    ['REVIEW', 'REVIEW', 'order.review'],
  ] as const)('tells of %s once', (status, orderStatus, type) => {
    const first = settle(order(), payment(), outcome({ status, pays: false }), 'give_back');
    expect(first).toMatchObject({ status, orderStatus, paysNow: false });
    expect(types(first)).toEqual([type]);
    const known = payment({ status, reason: first.reason });
    const again = settle(
      order({ status: orderStatus }),
      known,
      outcome({ status, pays: false }),
      'give_back',
    );
    expect(types(again)).toEqual([]);
  });

  it('says CANCELLED where the merchant closed it', () => {
    const closed = outcome({ status: 'CANCELLED', pays: false, closedBy: 'merchant' });
    expect(settle(order(), payment(), closed, 'give_back').orderStatus).toBe('CANCELLED');
  });

  it.each([
    [{ closedBy: 'merchant' as const }, {}, 'late_money'],
    [{ closedBy: 'expiry' as const }, {}, 'late_money'],
    [{}, { paidPaymentId: 'pay_0', status: 'PAID' as const }, 'order_already_paid'],
    [{}, { money: { amountMinor: 1, currency: 'NOK' } }, 'order_changed'],
  ])('asks a person about money that may not pay: %j %j', (ofPayment, ofOrder, reason) => {
    const late = payment({ status: 'EXPIRED', ...ofPayment });
    const settled = settle(order(ofOrder), late, outcome(), 'review');
    expect(settled).toMatchObject({ status: 'REVIEW', reason, paysNow: false });
    expect(settled.orderStatus).toBe('paidPaymentId' in ofOrder ? 'PAID' : 'REVIEW');
  });

  it.each([
    [{ closedBy: 'merchant' as const }, {}, 'late_money'],
    [{ closedBy: 'expiry' as const }, {}, 'late_money'],
    [{}, { paidPaymentId: 'pay_0', status: 'PAID' as const }, 'order_already_paid'],
  ])(
    'holds money that has to go back, and leaves the order as it is: %j %j',
    (ofPayment, ofOrder, reason) => {
      const late = payment({ status: 'EXPIRED', ...ofPayment });
      const before = order({ status: 'PAYMENT_FAILED', ...ofOrder });
      const held = settle(before, late, outcome(), 'give_back');
      expect(held).toMatchObject({ status: 'AUTHORIZED', reason, orderStatus: before.status, updates: [] });
      const known = { ...late, status: held.status, reason: held.reason };
      const gone = settle(before, known, outcome({ status: 'VOIDED' }), 'give_back');
      expect(gone).toMatchObject({ status: 'VOIDED', orderStatus: before.status, paysNow: false });
      expect(types(gone)).toEqual(['order.late_payment_returned']);
    },
  );

  it('asks a person about money that could not be given back, and tries it no second time', () => {
    const late = payment({ status: 'AUTHORIZED', closedBy: 'expiry', reason: 'late_money' });
    const failed = outcome({ status: 'REVIEW', pays: false, reason: 'give_back_failed' });
    const reviewed = settle(order({ status: 'PAYMENT_FAILED' }), late, failed, 'give_back');
    expect(reviewed).toMatchObject({ status: 'REVIEW', orderStatus: 'REVIEW' });
    const known = { ...late, status: reviewed.status, reason: reviewed.reason };
    const again = settle(order({ status: 'REVIEW' }), known, outcome(), 'give_back');
    expect(again).toMatchObject({ status: 'REVIEW', reason: 'give_back_failed', updates: [] });
  });

  it('lets late money pay an unpaid order where the policy says so, and never a paid one', () => {
    const late = payment({ status: 'EXPIRED', closedBy: 'expiry' });
    expect(settle(order(), late, outcome(), 'accept').paysNow).toBe(true);
    const paid = order({ paidPaymentId: 'pay_0', status: 'PAID' });
    expect(settle(paid, late, outcome(), 'accept')).toMatchObject({
      paysNow: false,
      reason: 'order_already_paid',
    });
  });

  it('tells that everything is refunded where the void of the rest makes it so', () => {
    const paid = order({ status: 'PAID', paidPaymentId: 'pay_1' });
    const sums = { capturedMinor: 100, refundedMinor: 100 };
    const before = payment({ status: 'PARTIALLY_REFUNDED', ...sums });
    const settled = settle(paid, before, outcome({ status: 'REFUNDED', ...sums }), 'give_back');
    expect(settled.orderStatus).toBe('REFUNDED');
    expect(types(settled)).toEqual(['order.refunded']);
  });

  it.each(['VOIDED', 'REFUNDED', 'AUTHORIZED'] as const)(
    'pays with nothing that was refused before, though the order fits by now: %s',
    (status) => {
      const settled = settle(order(), payment({ status }), outcome({ status }), 'give_back');
      expect(settled).toMatchObject({ status, paysNow: false, orderStatus: 'AWAITING_PAYMENT', updates: [] });
    },
  );

  it('leaves what an operator wants to keep in REVIEW where another payment has paid the order', () => {
    const reviewed = payment({ status: 'REVIEW', reason: 'amount_mismatch' });
    const paid = order({ paidPaymentId: 'pay_0', status: 'PAID' });
    const kept = settle(paid, reviewed, outcome({ accept: true }), 'give_back');
    expect(kept).toMatchObject({ status: 'REVIEW', reason: 'amount_mismatch', paysNow: false, updates: [] });
  });

  it.each([
    [{ accept: true }, {}],
    [{}, {}],
    [{ accept: true }, { paidPaymentId: 'pay_1', status: 'PAID' as const }],
  ])('lets no money pay that is on its way back: %j %j', (asked, ofOrder) => {
    const going = payment({ status: 'REVIEW', reason: 'unclear: UNKNOWN', isGoingBack: true });
    const settled = settle(order({ status: 'REVIEW', ...ofOrder }), going, outcome(asked), 'accept');
    expect(settled.paysNow).toBe(false);
    if ('accept' in asked) expect(settled).toMatchObject({ status: 'REVIEW', reason: 'unclear: UNKNOWN' });
    const gone = settle(order({ status: 'REVIEW' }), going, outcome({ status: 'VOIDED' }), 'accept');
    expect(gone).toMatchObject({ status: 'VOIDED', paysNow: false });
    expect(types(gone)).toEqual(['order.late_payment_returned']);
  });

  it('leaves the order in REVIEW while another of its payments is, whatever becomes of this one', () => {
    for (const status of ['FAILED', 'DECLINED', 'CANCELLED', 'EXPIRED'] as const) {
      const settled = settle(
        order({ status: 'REVIEW', otherReviewed: true }),
        payment(),
        outcome({ status, pays: false }),
        'give_back',
      );
      expect(settled).toMatchObject({ status, orderStatus: 'REVIEW' });
      expect(types(settled)).toHaveLength(1);
    }
    const reviewed = payment({ status: 'REVIEW', reason: 'unclear' });
    const failed = outcome({ status: 'FAILED', pays: false });
    expect(settle(order({ status: 'REVIEW' }), reviewed, failed, 'give_back').orderStatus).toBe(
      'PAYMENT_FAILED',
    );
  });

  it.each([
    ['ON_HOLD', 'PAYMENT_PENDING'],
    ['REVIEW', 'REVIEW'],
  ] as const)('ends an order that waits for the %s of an older payment, and says so', (status, waits) => {
    const now = order({ status: waits, latestN: 2 });
    const settled = settle(now, payment({ status }), outcome({ status: 'FAILED', pays: false }), 'give_back');
    expect(settled).toMatchObject({ status: 'FAILED', orderStatus: 'PAYMENT_FAILED' });
    expect(types(settled)).toEqual(['order.payment_failed']);
  });

  it.each([
    ['PENDING', 'AWAITING_PAYMENT'],
    ['ON_HOLD', 'PAYMENT_PENDING'],
  ] as const)('lets a review end beside another payment that is %s', (otherOpen, orderStatus) => {
    const now = order({ status: 'REVIEW', latestN: 2, otherOpen });
    const failed = outcome({ status: 'FAILED', pays: false });
    const settled = settle(now, payment({ status: 'REVIEW' }), failed, 'give_back');
    expect(settled).toMatchObject({ orderStatus, updates: [] });
  });

  it("tells of the merchant's cancel also where the session was closed before", () => {
    const now = order({ status: 'PAYMENT_FAILED' });
    const cancelled = outcome({ status: 'CANCELLED', pays: false, cause: 'merchant', closedBy: 'merchant' });
    const settled = settle(now, payment({ status: 'CANCELLED' }), cancelled, 'give_back');
    expect(settled).toMatchObject({ orderStatus: 'CANCELLED', closedBy: 'merchant' });
    expect(types(settled)).toEqual(['order.payment_cancelled']);
  });

  it('says nothing of an older payment that is over and fails in another way', () => {
    const now = order({ status: 'PAYMENT_FAILED', latestN: 2 });
    const failed = outcome({ status: 'FAILED', pays: false });
    const settled = settle(now, payment({ status: 'EXPIRED', closedBy: 'expiry' }), failed, 'give_back');
    expect(settled).toMatchObject({ orderStatus: 'PAYMENT_FAILED', updates: [] });
  });

  it('opens an order again whose older payment turns out to be nothing yet', () => {
    const now = order({ status: 'REVIEW', latestN: 2 });
    const nothing = outcome({ status: 'PENDING', pays: false });
    expect(settle(now, payment({ status: 'REVIEW' }), nothing, 'give_back').orderStatus).toBe(
      'AWAITING_PAYMENT',
    );
    const beside = settle(
      { ...now, otherReviewed: true },
      payment({ status: 'REVIEW' }),
      nothing,
      'give_back',
    );
    expect(beside.orderStatus).toBe('REVIEW');
  });

  it('reviews, again and again, a payment that has paid and of which the gateway says it never was', () => {
    const paid = order({ paidPaymentId: 'pay_1', status: 'PAID' });
    for (const status of ['FAILED', 'DECLINED', 'ON_HOLD'] as const) {
      const inReview = payment({ status: 'REVIEW', reason: 'contradiction' });
      const settled = settle(paid, inReview, outcome({ status, pays: false }), 'give_back');
      expect(settled).toMatchObject({
        status: 'REVIEW',
        reason: 'contradiction',
        orderStatus: 'PAID',
        updates: [],
      });
    }
  });

  it('lets a dismissed payment neither wait, nor be reviewed, nor touch the order again', () => {
    fc.assert(
      fc.property(
        anyOrder(),
        anyPayment(),
        anyOutcome(),
        fc.constantFrom(...POLICIES),
        (now, known, wanted, policy) => {
          const dismissed = {
            ...known,
            dismissed: true,
            status: isSettled(known.status) ? known.status : 'CANCELLED',
          } as const;
          const settled = settle(now, dismissed, { ...wanted, accept: false, dismiss: false }, policy);
          expect(isSettled(settled.status)).toBe(true);
          expect(settled).toMatchObject({ orderStatus: now.status, updates: [], paysNow: false });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('pays only by an outcome that pays, only an unpaid order, and tells of it exactly then', () => {
    fc.assert(
      fc.property(
        anyOrder(),
        anyPayment(),
        anyOutcome(),
        fc.constantFrom(...POLICIES),
        (now, known, wanted, policy) => {
          const settled = settle(now, known, wanted, policy);
          expect(types(settled).filter((type) => type === 'order.paid')).toHaveLength(
            settled.paysNow ? 1 : 0,
          );
          if (!settled.paysNow) return;
          expect([wanted.pays, now.paidPaymentId]).toEqual([true, null]);
          expect(isMoney(settled.status)).toBe(true);
          if (!wanted.accept) expect(now.money).toEqual(known.money);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('never takes a paid order back to unpaid', () => {
    fc.assert(
      fc.property(
        anyOrder(),
        anyPayment(),
        anyOutcome(),
        fc.constantFrom(...POLICIES),
        (now, known, wanted, policy) => {
          if (now.paidPaymentId === null) return;
          const settled = settle(now, known, wanted, policy);
          expect(['PAID', 'VOIDED', 'REFUNDED']).toContain(settled.orderStatus);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('never drops money: what the gateway holds has paid, goes back, is reviewed or was dismissed', () => {
    fc.assert(
      fc.property(
        anyOrder(),
        anyPayment(),
        anyOutcome(),
        fc.constantFrom(...POLICIES),
        (now, known, wanted, policy) => {
          if (!wanted.pays || !holdsMoney(wanted.status) || known.dismissed || wanted.dismiss) return;
          const settled = settle(now, known, wanted, policy);
          const hasPaid = settled.paysNow || now.paidPaymentId === known.id;
          const isReturned = policy === 'give_back' && holdsMoney(settled.status) && settled.reason !== null;
          expect(hasPaid || isReturned || settled.status === 'REVIEW').toBe(true);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

function anyOrder(): fc.Arbitrary<OrderStanding> {
  return fc
    .record({
      paidPaymentId: fc.constantFrom(null, null, 'pay_1', 'pay_2'),
      status: fc.constantFrom(...ORDER_STATUSES),
      latestN: fc.constantFrom(1, 2),
      otherOpen: fc.constantFrom(null, 'PENDING' as const, 'ON_HOLD' as const),
      otherReviewed: fc.boolean(),
      money: fc.constantFrom(NOK, NOK, NOK, { amountMinor: 100, currency: 'NOK' }),
    })
    .map((more) => order({ ...more, status: statusFor(more) }));
}

function statusFor({ paidPaymentId, status }: Pick<OrderStanding, 'paidPaymentId' | 'status'>) {
  const isPaid = ['PAID', 'VOIDED', 'REFUNDED'].includes(status);
  if (paidPaymentId === null) return isPaid ? 'AWAITING_PAYMENT' : status;
  return isPaid ? status : 'PAID';
}

function anyPayment(): fc.Arbitrary<PaymentStanding> {
  return fc
    .record({
      status: fc.constantFrom(...PAYMENT_STATUSES),
      closedBy: fc.constantFrom(null, null, 'merchant' as const, 'expiry' as const),
      dismissed: fc.constantFrom(false, false, true),
      reason: fc.constantFrom(null, 'late_money', 'contradiction'),
    })
    .map((more) => payment(more));
}

function anyOutcome(): fc.Arbitrary<Outcome> {
  return fc
    .record({
      status: fc.constantFrom(...PAYMENT_STATUSES),
      pays: fc.boolean(),
      capturedMinor: fc.constantFrom(0, 100),
      accept: fc.constantFrom(false, false, true),
      dismiss: fc.constantFrom(false, false, false, true),
    })
    .map((more) => {
      // `decide` never pays by a status without money, and only an operator accepts.
      const pays = (more.pays || more.accept) && isMoney(more.status) && !isOpen(more.status);
      return outcome({ ...more, pays });
    });
}
