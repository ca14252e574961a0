import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyFinding, type LateMoneyPolicy } from '../../src/domain/apply-finding.ts';
import type { OrderChange } from '../../src/domain/order-change.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { ShownOperation } from '../../src/domain/operation.ts';
import { ORDER_STATUSES, type OrderSnapshot } from '../../src/domain/order.ts';
import {
  holdsMoney,
  isMoney,
  isOpen,
  isSettled,
  PAYMENT_STATUSES,
  REVIEW_CODES,
  type PaymentSnapshot,
  type ReviewCode,
} from '../../src/domain/payment.ts';
import { aSnapshot, aTransaction } from '../support/domain-arbitraries.ts';

const NOK = { amountMinor: 72_200, currency: 'NOK' };
const POLICIES: readonly LateMoneyPolicy[] = ['give_back', 'review', 'accept'];

const order = (more: Partial<OrderSnapshot> = {}): OrderSnapshot => ({
  reference: '1001',
  money: NOK,
  status: 'AWAITING_PAYMENT',
  paidPaymentId: null,
  latestN: 1,
  otherOpen: null,
  otherReviewed: false,
  isReplacing: false,
  ...more,
});
const payment = aSnapshot;
const finding = (more: Partial<Finding> = {}): Finding => ({
  status: 'AUTHORIZED',
  pays: true,
  cause: 'tx_1',
  ...more,
});
const inReview = (reviewCode: ReviewCode, more: Partial<PaymentSnapshot> = {}): PaymentSnapshot =>
  payment({ status: 'REVIEW', reason: reviewCode, reviewCode, ...more });
/** The payment after the changes of a finding. */
const after = (known: PaymentSnapshot, change: OrderChange): PaymentSnapshot => {
  const { status, reason, reviewCode, reviewMark, closedBy, dismissed, mustGiveBack } = change;
  return { ...known, status, reason, reviewCode, reviewMark, closedBy, dismissed, mustGiveBack };
};
const types = (changed: { updates: readonly { type: string }[] }) => changed.updates.map(({ type }) => type);

/** Done before, taken back, and done again by another person, all seen in one look. */
function undoneAndDoneAgain(kind: 'refund' | 'void'): ShownOperation[] {
  const done = { kind, reference: null, amountMinor: 72_200, state: 'done' } as const;
  return [
    { ...done, eventId: 'e-1', state: 'failed', isReversed: true },
    { ...done, eventId: 'e-2' },
  ];
}

describe('applyFinding', () => {
  it.each([
    ['AUTHORIZED', 'PAID', ['order.paid']],
    ['CAPTURED', 'PAID', ['order.paid']],
    ['PARTIALLY_CAPTURED', 'PAID', ['order.paid']],
    ['VOIDED', 'VOIDED', ['order.paid', 'order.voided']],
  ] as const)('pays an unpaid order with %s', (status, orderStatus, told) => {
    const capturedMinor = status === 'CAPTURED' || status === 'PARTIALLY_CAPTURED' ? 100 : 0;
    const changed = applyFinding(
      order(),
      payment(),
      finding({ status, transaction: aTransaction({ capturedMinor }) }),
      'give_back',
    );
    expect(changed).toMatchObject({ status, orderStatus, paysNow: true });
    expect(types(changed)).toEqual(told);
  });

  it.each([
    ['refund', 'REFUNDED', true, ['order.refund_failed', 'order.refunded']],
    ['void', 'VOIDED', true, ['order.void_failed', 'order.voided']],
    ['refund', 'REFUNDED', false, ['order.refund_failed', 'order.late_payment_returned']],
    ['void', 'VOIDED', false, ['order.void_failed', 'order.late_payment_returned']],
  ] as const)(
    'announces that a %s was taken back, although it is %s again by now (of the payer: %s)',
    (kind, status, isPayer, told) => {
      const capturedMinor = kind === 'refund' ? 72_200 : 0;
      const sums = { capturedMinor, refundedMinor: capturedMinor };
      const known = payment({ status, ...sums, shown: { [`${kind}/e-1`]: 'done' } });
      const paidPaymentId = isPayer ? known.paymentId : 'pay_2';
      const operations = undoneAndDoneAgain(kind);
      const again = finding({ status, transaction: aTransaction({ ...sums, operations }) });
      const changed = applyFinding(order({ status: 'PAID', paidPaymentId }), known, again, 'give_back');
      expect(changed.status).toBe(status);
      expect(types(changed)).toEqual(told);
    },
  );

  it('announces later that a session was closed for another one, in case that none follows', () => {
    const closed = finding({ status: 'CANCELLED', pays: false, closedBy: 'merchant' });
    const told = { type: 'order.payment_cancelled', orderStatus: 'CANCELLED' };
    const { updates } = applyFinding(order({ isReplacing: true }), payment(), closed, 'give_back');
    expect(updates).toMatchObject([{ ...told, isDeferred: true }]);
    const [update] = applyFinding(order(), payment(), closed, 'give_back').updates;
    expect(update).toMatchObject(told);
    expect(update).not.toHaveProperty('isDeferred');
  });

  it.each(['PENDING', 'EXPIRED'] as const)(
    "does not set %s for a run that does not know of the payment's money",
    (status) => {
      for (const known of ['REFUNDED', 'CAPTURED'] as const) {
        const proved = payment({ status: known, capturedMinor: 100 });
        const late = applyFinding(
          order(),
          proved,
          finding({ status, pays: false, cause: 'session' }),
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
  ] as const)('announces %s once', (status, orderStatus, type) => {
    const first = applyFinding(order(), payment(), finding({ status, pays: false }), 'give_back');
    expect(first).toMatchObject({ status, orderStatus, paysNow: false });
    expect(types(first)).toEqual([type]);
    const known = after(payment(), first);
    const again = applyFinding(
      order({ status: orderStatus }),
      known,
      finding({ status, pays: false }),
      'give_back',
    );
    expect(types(again)).toEqual([]);
  });

  it('sets the order CANCELLED where the merchant closed the payment', () => {
    const closed = finding({ status: 'CANCELLED', pays: false, closedBy: 'merchant' });
    expect(applyFinding(order(), payment(), closed, 'give_back').orderStatus).toBe('CANCELLED');
  });

  it.each([
    [{ closedBy: 'merchant' as const }, {}, 'late_money'],
    [{ closedBy: 'expiry' as const }, {}, 'late_money'],
    [{}, { paidPaymentId: 'pay_0', status: 'PAID' as const }, 'order_already_paid'],
    [{}, { money: { amountMinor: 1, currency: 'NOK' } }, 'order_changed'],
  ])("requests a person's decision on money that may not pay: %j %j", (ofPayment, ofOrder, reason) => {
    const late = payment({ status: 'EXPIRED', ...ofPayment });
    const changed = applyFinding(order(ofOrder), late, finding(), 'review');
    expect(changed).toMatchObject({ status: 'REVIEW', reason, reviewCode: reason, paysNow: false });
    expect(changed.mustGiveBack).toBe(false);
    expect(changed.orderStatus).toBe('paidPaymentId' in ofOrder ? 'PAID' : 'REVIEW');
  });

  it.each([
    [{ closedBy: 'merchant' as const }, {}, 'late_money'],
    [{ closedBy: 'expiry' as const }, {}, 'late_money'],
    [{}, { paidPaymentId: 'pay_0', status: 'PAID' as const }, 'order_already_paid'],
  ])(
    'keeps money that has to go back, and leaves the order as it is: %j %j',
    (ofPayment, ofOrder, reason) => {
      const late = payment({ status: 'EXPIRED', ...ofPayment });
      const before = order({ status: 'PAYMENT_FAILED', ...ofOrder });
      const held = applyFinding(before, late, finding(), 'give_back');
      expect(held).toMatchObject({ status: 'AUTHORIZED', reason, orderStatus: before.status, updates: [] });
      expect(held).toMatchObject({ mustGiveBack: true, reviewCode: null });
      const known = after(late, held);
      const gone = applyFinding(before, known, finding({ status: 'VOIDED' }), 'give_back');
      expect(gone).toMatchObject({
        status: 'VOIDED',
        orderStatus: before.status,
        paysNow: false,
        mustGiveBack: false,
      });
      expect(types(gone)).toEqual(['order.late_payment_returned']);
    },
  );

  it("requests a person's decision on money that could not be given back, and tries it no second time", () => {
    const late = payment({
      status: 'AUTHORIZED',
      closedBy: 'expiry',
      reason: 'late_money',
      mustGiveBack: true,
    });
    const failed = finding({ status: 'REVIEW', pays: false, review: 'give_back_failed' });
    const reviewed = applyFinding(order({ status: 'PAYMENT_FAILED' }), late, failed, 'give_back');
    expect(reviewed).toMatchObject({ status: 'REVIEW', orderStatus: 'REVIEW' });
    const known = after(late, reviewed);
    const again = applyFinding(order({ status: 'REVIEW' }), known, finding(), 'give_back');
    expect(again).toMatchObject({ status: 'REVIEW', reason: 'give_back_failed', updates: [] });
    expect([reviewed, again]).toMatchObject([{ mustGiveBack: false }, { mustGiveBack: false }]);
  });

  it('lets late money pay an unpaid order where the policy says so, and never a paid one', () => {
    const late = payment({ status: 'EXPIRED', closedBy: 'expiry' });
    expect(applyFinding(order(), late, finding(), 'accept').paysNow).toBe(true);
    const paid = order({ paidPaymentId: 'pay_0', status: 'PAID' });
    expect(applyFinding(paid, late, finding(), 'accept')).toMatchObject({
      paysNow: false,
      reason: 'order_already_paid',
    });
  });

  it('announces order.refunded where the void of the rest completes the refund', () => {
    const paid = order({ status: 'PAID', paidPaymentId: 'pay_1' });
    const sums = { capturedMinor: 100, refundedMinor: 100 };
    const before = payment({ status: 'PARTIALLY_REFUNDED', ...sums });
    const changed = applyFinding(
      paid,
      before,
      finding({ status: 'REFUNDED', transaction: aTransaction(sums) }),
      'give_back',
    );
    expect(changed.orderStatus).toBe('REFUNDED');
    expect(types(changed)).toEqual(['order.refunded']);
  });

  it.each(['VOIDED', 'REFUNDED', 'AUTHORIZED'] as const)(
    'does not pay with money that was refused before, although the order fits by now: %s',
    (status) => {
      const changed = applyFinding(order(), payment({ status }), finding({ status }), 'give_back');
      expect(changed).toMatchObject({ status, paysNow: false, orderStatus: 'AWAITING_PAYMENT', updates: [] });
    },
  );

  it('leaves money that an operator accepts in REVIEW where another payment has paid the order', () => {
    const reviewed = inReview('amount_mismatch');
    const paid = order({ paidPaymentId: 'pay_0', status: 'PAID' });
    const kept = applyFinding(paid, reviewed, finding({ decision: 'accept' }), 'give_back');
    expect(kept).toMatchObject({ status: 'REVIEW', reason: 'amount_mismatch', paysNow: false, updates: [] });
  });

  it.each([
    [{ decision: 'accept' as const }, {}],
    [{}, {}],
    [{ decision: 'accept' as const }, { paidPaymentId: 'pay_1', status: 'PAID' as const }],
  ])('does not pay with money that is being given back: %j %j', (asked, ofOrder) => {
    const going = inReview('unclear', { reason: 'unclear: UNKNOWN', isGoingBack: true });
    const changed = applyFinding(order({ status: 'REVIEW', ...ofOrder }), going, finding(asked), 'accept');
    expect(changed.paysNow).toBe(false);
    if ('decision' in asked) expect(changed).toMatchObject({ status: 'REVIEW', reason: 'unclear: UNKNOWN' });
    const gone = applyFinding(order({ status: 'REVIEW' }), going, finding({ status: 'VOIDED' }), 'accept');
    expect(gone).toMatchObject({ status: 'VOIDED', paysNow: false });
    expect(types(gone)).toEqual(['order.late_payment_returned']);
  });

  it('leaves the order in REVIEW while another of its payments is in REVIEW, for every end of this one', () => {
    for (const status of ['FAILED', 'DECLINED', 'CANCELLED', 'EXPIRED'] as const) {
      const changed = applyFinding(
        order({ status: 'REVIEW', otherReviewed: true }),
        payment(),
        finding({ status, pays: false }),
        'give_back',
      );
      expect(changed).toMatchObject({ status, orderStatus: 'REVIEW' });
      expect(types(changed)).toHaveLength(1);
    }
    const reviewed = inReview('unclear');
    const failed = finding({ status: 'FAILED', pays: false });
    expect(applyFinding(order({ status: 'REVIEW' }), reviewed, failed, 'give_back').orderStatus).toBe(
      'PAYMENT_FAILED',
    );
  });

  it.each([
    ['ON_HOLD', 'PAYMENT_PENDING'],
    ['REVIEW', 'REVIEW'],
  ] as const)(
    'ends an order that waits for the %s of an older payment, and announces it',
    (status, waits) => {
      const now = order({ status: waits, latestN: 2 });
      const changed = applyFinding(
        now,
        payment({ status }),
        finding({ status: 'FAILED', pays: false }),
        'give_back',
      );
      expect(changed).toMatchObject({ status: 'FAILED', orderStatus: 'PAYMENT_FAILED' });
      expect(types(changed)).toEqual(['order.payment_failed']);
    },
  );

  it.each([
    ['PENDING', 'AWAITING_PAYMENT'],
    ['ON_HOLD', 'PAYMENT_PENDING'],
  ] as const)('ends a review beside another payment that is %s', (otherOpen, orderStatus) => {
    const now = order({ status: 'REVIEW', latestN: 2, otherOpen });
    const failed = finding({ status: 'FAILED', pays: false });
    const changed = applyFinding(now, payment({ status: 'REVIEW' }), failed, 'give_back');
    expect(changed).toMatchObject({ orderStatus, updates: [] });
  });

  it("announces the merchant's cancel also where the session was closed before", () => {
    const now = order({ status: 'PAYMENT_FAILED' });
    const cancelled = finding({ status: 'CANCELLED', pays: false, cause: 'merchant', closedBy: 'merchant' });
    const changed = applyFinding(now, payment({ status: 'CANCELLED' }), cancelled, 'give_back');
    expect(changed).toMatchObject({ orderStatus: 'CANCELLED', closedBy: 'merchant' });
    expect(types(changed)).toEqual(['order.payment_cancelled']);
  });

  it('announces nothing where an older payment is over and fails in another way', () => {
    const now = order({ status: 'PAYMENT_FAILED', latestN: 2 });
    const failed = finding({ status: 'FAILED', pays: false });
    const changed = applyFinding(
      now,
      payment({ status: 'EXPIRED', closedBy: 'expiry' }),
      failed,
      'give_back',
    );
    expect(changed).toMatchObject({ orderStatus: 'PAYMENT_FAILED', updates: [] });
  });

  it('opens an order again where its older payment in REVIEW has no result yet', () => {
    const now = order({ status: 'REVIEW', latestN: 2 });
    const nothing = finding({ status: 'PENDING', pays: false });
    expect(applyFinding(now, payment({ status: 'REVIEW' }), nothing, 'give_back').orderStatus).toBe(
      'AWAITING_PAYMENT',
    );
    const beside = applyFinding(
      { ...now, otherReviewed: true },
      payment({ status: 'REVIEW' }),
      nothing,
      'give_back',
    );
    expect(beside.orderStatus).toBe('REVIEW');
  });

  it('keeps a payment that has paid in REVIEW each time the gateway denies its money', () => {
    const paid = order({ paidPaymentId: 'pay_1', status: 'PAID' });
    for (const status of ['FAILED', 'DECLINED', 'ON_HOLD'] as const) {
      const reviewed = inReview('contradiction');
      const changed = applyFinding(paid, reviewed, finding({ status, pays: false }), 'give_back');
      expect(changed).toMatchObject({
        status: 'REVIEW',
        reason: 'contradiction',
        orderStatus: 'PAID',
        updates: [],
      });
    }
  });

  it('never lets a dismissed payment wait, get into REVIEW or change the order', () => {
    fc.assert(
      fc.property(
        anyOrder(),
        anyPayment(),
        anyFinding(),
        fc.constantFrom(...POLICIES),
        (now, known, wanted, policy) => {
          const dismissed = {
            ...known,
            dismissed: true,
            status: isSettled(known.status) ? known.status : 'CANCELLED',
          } as const;
          const changed = applyFinding(now, dismissed, undecided(wanted), policy);
          expect(isSettled(changed.status)).toBe(true);
          expect(changed).toMatchObject({ orderStatus: now.status, updates: [], paysNow: false });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('pays only with a finding that pays, only an unpaid order, and announces exactly that', () => {
    fc.assert(
      fc.property(
        anyOrder(),
        anyPayment(),
        anyFinding(),
        fc.constantFrom(...POLICIES),
        (now, known, wanted, policy) => {
          const changed = applyFinding(now, known, wanted, policy);
          expect(types(changed).filter((type) => type === 'order.paid')).toHaveLength(
            changed.paysNow ? 1 : 0,
          );
          if (!changed.paysNow) return;
          expect([wanted.pays, now.paidPaymentId]).toEqual([true, null]);
          expect(isMoney(changed.status)).toBe(true);
          if (wanted.decision !== 'accept') expect(now.money).toEqual(known.money);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('never makes a paid order unpaid', () => {
    fc.assert(
      fc.property(
        anyOrder(),
        anyPayment(),
        anyFinding(),
        fc.constantFrom(...POLICIES),
        (now, known, wanted, policy) => {
          if (now.paidPaymentId === null) return;
          const changed = applyFinding(now, known, wanted, policy);
          expect(['PAID', 'VOIDED', 'REFUNDED']).toContain(changed.orderStatus);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it("sets a review mark on a settled payment, until the gateway's answer is clear again", () => {
    const paid = order({ paidPaymentId: 'pay_1', status: 'PAID' });
    const captured = payment({ status: 'CAPTURED', capturedMinor: 100 });
    const unclear = { status: 'CAPTURED', pays: false, cause: 'session' } as const;
    const asked = finding({ ...unclear, review: 'unclear', reason: 'unclear: UNKNOWN' });
    const marked = applyFinding(paid, captured, asked, 'give_back');
    expect(marked).toMatchObject({ status: 'CAPTURED', reason: null, orderStatus: 'PAID' });
    expect(marked).toMatchObject({ reviewCode: 'unclear', reviewMark: 'unclear: UNKNOWN' });
    expect(types(marked)).toEqual(['order.review']);
    const again = applyFinding(paid, after(captured, marked), asked, 'give_back');
    expect(again).toMatchObject({ reviewMark: 'unclear: UNKNOWN', updates: [] });
    const clear = applyFinding(
      paid,
      after(captured, marked),
      finding({ ...unclear, review: null }),
      'give_back',
    );
    expect(clear).toMatchObject({ status: 'CAPTURED', reviewCode: null, reviewMark: null });
    expect(types(clear)).toEqual(['order.review_ended']);
  });

  it('has a review code exactly in REVIEW or with a mark, and requests a give-back only where money is held', () => {
    fc.assert(
      fc.property(
        anyOrder(),
        anyPayment(),
        anyFinding(),
        fc.constantFrom(...POLICIES),
        (now, known, wanted, policy) => {
          const changed = applyFinding(now, known, wanted, policy);
          // A dismissed payment is settled, and so is every status that a dismissal sets.
          if (known.dismissed && !isSettled(known.status)) return;
          if (wanted.decision === 'dismiss' && !isSettled(wanted.status)) return;
          const isAsked = changed.status === 'REVIEW' || changed.reviewMark !== null;
          expect([changed.status, changed.reviewCode !== null]).toEqual([changed.status, isAsked]);
          if (changed.mustGiveBack && !known.mustGiveBack) expect(holdsMoney(changed.status)).toBe(true);
          if (changed.dismissed) expect(changed.mustGiveBack).toBe(false);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('never drops money: money that the gateway holds has paid, goes back, is in REVIEW or was dismissed', () => {
    fc.assert(
      fc.property(
        anyOrder(),
        anyPayment(),
        anyFinding(),
        fc.constantFrom(...POLICIES),
        (now, known, wanted, policy) => {
          if (!wanted.pays || !holdsMoney(wanted.status) || known.dismissed) return;
          if (wanted.decision === 'dismiss') return;
          const changed = applyFinding(now, known, wanted, policy);
          const hasPaid = changed.paysNow || now.paidPaymentId === known.paymentId;
          const isReturned = policy === 'give_back' && holdsMoney(changed.status) && changed.mustGiveBack;
          expect(hasPaid || isReturned || changed.status === 'REVIEW').toBe(true);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

function anyOrder(): fc.Arbitrary<OrderSnapshot> {
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

function statusFor({ paidPaymentId, status }: Pick<OrderSnapshot, 'paidPaymentId' | 'status'>) {
  const isPaid = ['PAID', 'VOIDED', 'REFUNDED'].includes(status);
  if (paidPaymentId === null) return isPaid ? 'AWAITING_PAYMENT' : status;
  return isPaid ? status : 'PAID';
}

function anyPayment(): fc.Arbitrary<PaymentSnapshot> {
  return fc
    .record({
      status: fc.constantFrom(...PAYMENT_STATUSES),
      closedBy: fc.constantFrom(null, null, 'merchant' as const, 'expiry' as const),
      dismissed: fc.constantFrom(false, false, true),
      reviewCode: fc.constantFrom(...REVIEW_CODES),
      isGoingBack: fc.constantFrom(false, false, true),
    })
    .map(({ reviewCode, ...more }) => {
      const isReviewed = more.status === 'REVIEW';
      return payment({ ...more, ...(isReviewed && { reviewCode, reason: reviewCode }) });
    });
}

function anyFinding(): fc.Arbitrary<Finding> {
  return fc
    .record({
      status: fc.constantFrom(...PAYMENT_STATUSES),
      pays: fc.boolean(),
      capturedMinor: fc.constantFrom(0, 100),
      decision: fc.constantFrom(undefined, undefined, undefined, 'accept' as const, 'dismiss' as const),
      review: fc.constantFrom(...REVIEW_CODES),
    })
    .map(({ status, capturedMinor, decision, review, ...more }) => {
      // `decide` never pays with a status without money, and only an operator accepts.
      const pays = (more.pays || decision === 'accept') && isMoney(status) && !isOpen(status);
      const transaction = aTransaction({ capturedMinor });
      const asked = { ...(status === 'REVIEW' && { review }), ...(decision && { decision }) };
      return finding({ status, pays, transaction, ...asked });
    });
}

function undecided(given: Finding): Finding {
  const { decision: _, ...more } = given;
  return more;
}
