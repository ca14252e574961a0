import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyFinding, type LateMoneyPolicy } from '../../src/domain/apply-finding.ts';
import { decide, decideSurplus } from '../../src/domain/decide.ts';
import type { Decision, Finding } from '../../src/domain/finding.ts';
import {
  finishedOperations,
  isGoingBack,
  nextSteps,
  type RecordedOperation,
} from '../../src/domain/finish-operations.ts';
import type { OrderChange } from '../../src/domain/order-change.ts';
import type { OrderSnapshot } from '../../src/domain/order.ts';
import { holdsMoney, isMoney, PAYMENT_STATUSES, type PaymentSnapshot } from '../../src/domain/payment.ts';
import { ownAndSurplus } from '../../src/domain/surplus-reading.ts';
import {
  isMarkedForSurplus,
  ownMoneyOf,
  surplusNamed,
  type Surplus,
  type SurplusHandling,
} from '../../src/domain/surplus.ts';
import { isWorthLook } from '../../src/domain/compare-listing.ts';
import type { Reading, Transaction } from '../../src/domain/transaction.ts';
import {
  anyReading,
  anySnapshot,
  anyTransaction,
  anyWatch,
  aSnapshot,
  aTransaction,
  aWatch,
  TRANSACTION_STATUSES,
} from '../support/domain-arbitraries.ts';

const POLICIES: readonly LateMoneyPolicy[] = ['give_back', 'review', 'accept'];
const HELD = {
  status: 'AUTHORIZED',
  authorized: true,
  authorizedMinor: 72_200,
  capturableMinor: 72_200,
} as const;

const own = (more: Partial<Transaction> = {}) => aTransaction({ ...HELD, transactionId: 'own', ...more });
const other = (more: Partial<Transaction> = {}) => aTransaction({ ...HELD, transactionId: 'other', ...more });
const reading = (...[transaction, ...surplus]: [Transaction, ...Transaction[]]): Reading => ({
  kind: 'transaction',
  transaction,
  surplus,
});
/** It has paid with `own`. */
const paid = (more: Partial<PaymentSnapshot> = {}) =>
  aSnapshot({ status: 'AUTHORIZED', transactionId: 'own', ...more });
const recorded = (handling: SurplusHandling, more: Partial<Surplus> = {}): Surplus => ({
  transactionId: 'other',
  status: handling === 'none' ? 'VOIDED' : 'AUTHORIZED',
  authorizedMinor: 72_200,
  capturedMinor: 0,
  refundedMinor: 0,
  shown: {},
  handling,
  ...more,
});
const order = (more: Partial<OrderSnapshot> = {}): OrderSnapshot => ({
  reference: '1001',
  money: { amountMinor: 72_200, currency: 'NOK' },
  status: 'PAID',
  paidPaymentId: 'pay_1',
  latestN: 1,
  otherOpen: null,
  otherReviewed: false,
  isReplacing: false,
  ...more,
});

const look = (payment: PaymentSnapshot, seen: Reading) => decide(payment, seen, aWatch());
const findingOf = (decision: Decision) => (decision.kind === 'find' ? decision.finding : null);
const surplusIn = (decision: Decision) =>
  findingOf(decision)?.surplus?.map(({ transactionId }) => transactionId);
const types = ({ updates }: OrderChange) => updates.map(({ type, cause }) => `${type}/${cause}`);
/** The change by a look, with the payment after it. */
function after(
  payment: PaymentSnapshot,
  seen: Reading,
  policy: LateMoneyPolicy = 'give_back',
  of = order(),
): { readonly change: OrderChange; readonly payment: PaymentSnapshot } {
  const finding = findingOf(look(payment, seen));
  if (finding === null) throw new Error('a finding was expected');
  const change = applyFinding(of, payment, finding, policy);
  const { status, reason, reviewCode, reviewMark, surplus } = change;
  return { change, payment: { ...payment, status, reason, reviewCode, reviewMark, surplus } };
}

describe("the payment's own transaction", () => {
  it.each([...PAYMENT_STATUSES.filter(isMoney), 'REVIEW'] as const)(
    'stays the recorded one where the payment is %s, whatever the gateway counts',
    (status) => {
      const seen = ownAndSurplus(aSnapshot({ status, transactionId: 'own' }), reading(other(), own()));
      expect(seen).toMatchObject({
        own: { transaction: { transactionId: 'own' } },
        surplus: [{ transactionId: 'other' }],
      });
    },
  );

  it.each(PAYMENT_STATUSES.filter((status) => !isMoney(status) && status !== 'REVIEW'))(
    'is the one that the gateway counts where the payment is %s',
    (status) => {
      const seen = ownAndSurplus(aSnapshot({ status, transactionId: 'own' }), reading(other(), own()));
      expect(seen).toMatchObject({
        own: { transaction: { transactionId: 'other' } },
        surplus: [{ transactionId: 'own' }],
      });
    },
  );

  it('is never one that is recorded as surplus', () => {
    const payment = aSnapshot({ surplus: [recorded('give_back')] });
    const decision = look(payment, reading(other()));
    expect(decision).toMatchObject({ kind: 'unclear', reason: expect.stringContaining('which is surplus') });
  });

  it('is never another one than the money that is recorded', () => {
    expect(look(paid(), reading(other()))).toMatchObject({ kind: 'unclear' });
    // It is not certain that the unknown one is another money.
    expect(ownAndSurplus(paid(), reading(other()))).toMatchObject({ surplus: [] });
  });

  it('is not one that is surplus by now, although an attempt that failed is recorded as the own one', () => {
    const leftover = { transactionId: 'own', surplus: [recorded('give_back', { transactionId: 'own' })] };
    const payment = aSnapshot({ ...leftover, status: 'REVIEW', reviewCode: 'unclear' });
    const seen = ownAndSurplus(payment, reading(other(), own()));
    expect(seen).toMatchObject({
      own: { transaction: { transactionId: 'other' } },
      surplus: [{ transactionId: 'own' }],
    });
  });

  it('is no surplus, although the reading names it twice', () => {
    expect(ownAndSurplus(paid(), reading(own(), own(), other(), other())).surplus).toHaveLength(1);
  });
});

describe('decide', () => {
  it.each([
    ['AUTHORIZED', true],
    ['CAPTURED', true],
    ['PARTIALLY_REFUNDED', true],
    ['REFUNDED', true],
    ['VOIDED', true],
    ['INITIATED', false],
    ['ON_HOLD', false],
    ['FAILED', false],
    ['DECLINED', false],
    ['UNCLEAR', false],
  ] as const)('finds unknown surplus that is %s: %s', (status, isFound) => {
    const decision = look(paid(), reading(own(), other({ status })));
    expect(surplusIn(decision)).toEqual(isFound ? ['other'] : undefined);
    expect(decision.kind).toBe(isFound ? 'find' : 'keep');
  });

  it('leaves out what never held money, and money that nothing proves', () => {
    for (const status of ['VOIDED', 'AUTHORIZED'] as const)
      expect(look(paid(), reading(own(), other({ status, authorized: false })))).toEqual({ kind: 'keep' });
  });

  it.each([
    ['account', { account: 'T99999999' }],
    ['session', { sessionId: 'another' }],
    ['reference', { reference: '1002' }],
    ['currency', { money: { amountMinor: 72_200, currency: 'SEK' } }],
  ])('leaves out surplus of another %s', (_, more) => {
    expect(look(paid(), reading(own(), other(more)))).toEqual({ kind: 'keep' });
    expect(decideSurplus(paid(), [other(more)])).toEqual({ kind: 'keep' });
  });

  it('finds surplus of any amount', () => {
    const money = { amountMinor: 1, currency: 'NOK' };
    expect(surplusIn(look(paid(), reading(own(), other({ money }))))).toEqual(['other']);
  });

  it('finds it with the unchanged status, also beside an answer that says nothing', () => {
    for (const status of ['PENDING', 'EXPIRED', 'FAILED'] as const) {
      const decision = look(aSnapshot({ status }), reading(own({ status: 'INITIATED' }), other()));
      expect(findingOf(decision)).toMatchObject({ status, pays: false, isOfSurplus: true });
    }
    const lost = look(aSnapshot(), reading(own({ status: 'UNCLEAR' }), other()));
    expect(findingOf(lost)).toMatchObject({ status: 'PENDING', isOfSurplus: true });
  });

  it('finds nothing where the surplus is as recorded, or older', () => {
    const payment = paid({
      surplus: [
        recorded('give_back', {
          status: 'CAPTURED',
          capturedMinor: 72_200,
          updatedAt: '2026-01-01T00:00:10.000Z',
        }),
      ],
    });
    const captured = other({ status: 'CAPTURED', capturedMinor: 72_200, capturableMinor: 0, disputes: [] });
    expect(look(payment, reading(own(), captured))).toEqual({ kind: 'keep' });
    const refunded = { ...captured, status: 'REFUNDED', refundedMinor: 72_200 } as const;
    const at = (second: string) => ({ ...refunded, updatedAt: `2026-01-01T00:00:${second}.000Z` });
    expect(look(payment, reading(own(), at('09')))).toEqual({ kind: 'keep' });
    expect(surplusIn(look(payment, reading(own(), at('11'))))).toEqual(['other']);
    // Without times it may only move forward.
    const gone = paid({
      surplus: [recorded('none', { status: 'REFUNDED', capturedMinor: 72_200, refundedMinor: 72_200 })],
    });
    expect(look(gone, reading(own(), captured))).toEqual({ kind: 'keep' });
  });

  it('keeps the question about surplus, whatever the gateway says about the payment itself', () => {
    const marked = paid({
      reviewCode: 'surplus_money',
      reviewMark: 'surplus_money: …',
      surplus: [recorded('review')],
    });
    expect(look(marked, reading(own()))).toEqual({ kind: 'keep' });
    const now = after(marked, reading(own({ status: 'CAPTURED', capturedMinor: 72_200 }))).payment;
    expect(now).toMatchObject({ status: 'CAPTURED', reviewCode: 'surplus_money' });
  });

  it('says the same about the payment as without surplus', () => {
    fc.assert(
      fc.property(
        anySnapshot(),
        anyReading(),
        fc.array(anyTransaction()),
        anyWatch(),
        (payment, seen, more, watch) => {
          const surplus = more.map((one, index) => ({ ...one, transactionId: `other-${index}` }));
          const alone = decide(payment, seen, watch);
          const beside = decide(payment, seen.kind === 'transaction' ? { ...seen, surplus } : seen, watch);
          const { surplus: shown, ...finding } = findingOf(beside) ?? ({} as Finding);
          if (shown === undefined) return expect(beside).toEqual(alone);
          if (finding.isOfSurplus)
            return expect(finding).toMatchObject({ status: payment.status, pays: false });
          expect(finding).toEqual(findingOf(alone));
        },
      ),
    );
  });
});

describe('applyFinding', () => {
  it.each([
    ['give_back', 'give_back', []],
    ['review', 'review', ['order.review/surplus_money-other']],
    ['accept', 'review', ['order.review/surplus_money-other']],
  ] as const)('handles surplus by the policy %s: %s', (policy, handling, told) => {
    const { change, payment } = after(paid(), reading(own(), other()), policy);
    expect(change).toMatchObject({ status: 'AUTHORIZED', orderStatus: 'PAID', surplus: [{ handling }] });
    expect(types(change)).toEqual(told);
    expect(isMarkedForSurplus(payment)).toBe(handling === 'review');
  });

  it('tells once that it is back with the payer', () => {
    const gone = other({ status: 'VOIDED', capturableMinor: 0 });
    const told = ['order.late_payment_returned/other'];
    const first = after(paid({ surplus: [recorded('give_back')] }), reading(own(), gone));
    expect(types(first.change)).toEqual(told);
    const refunded = { ...gone, status: 'REFUNDED', updatedAt: '2026-01-01T00:00:10.000Z' } as const;
    expect(look(first.payment, reading(own(), gone))).toEqual({ kind: 'keep' });
    const known = {
      ...first.payment,
      surplus: [recorded('none', { updatedAt: '2026-01-01T00:00:09.000Z' })],
    };
    expect(types(after(known, reading(own(), refunded)).change)).toEqual([]);
    // It was not seen before it went back.
    expect(types(after(paid(), reading(own(), gone)).change)).toEqual(told);
  });

  it.each(['give_back', 'review', 'stuck', 'dismissed'] as const)(
    'keeps the handling %s while money is held, whatever the policy is now',
    (handling) => {
      const captured = other({ status: 'CAPTURED', capturedMinor: 72_200, capturableMinor: 0 });
      for (const policy of POLICIES) {
        const { change } = after(paid({ surplus: [recorded(handling)] }), reading(own(), captured), policy);
        expect(change.surplus).toMatchObject([{ status: 'CAPTURED', handling }]);
      }
    },
  );

  it.each([
    ['give_back', 'stuck'],
    ['review', 'stuck'],
    ['dismissed', 'dismissed'],
    ['none', 'none'],
  ] as const)(
    'asks a person where surplus is handled as %s and could not be given back: %s',
    (before, now) => {
      const stuck = {
        status: 'AUTHORIZED',
        pays: false,
        isOfSurplus: true,
        cause: 'k',
        stuckSurplus: 'other',
      } as const;
      const change = applyFinding(order(), paid({ surplus: [recorded(before)] }), stuck, 'give_back');
      expect(change).toMatchObject({
        status: 'AUTHORIZED',
        orderStatus: 'PAID',
        surplus: [{ handling: now }],
      });
      expect(types(change)).toEqual(now === 'stuck' ? ['order.review/give_back_failed-other'] : []);
    },
  );

  it('is silent about surplus that an operator has dismissed', () => {
    const gone = other({ status: 'VOIDED', capturableMinor: 0 });
    const { change } = after(paid({ surplus: [recorded('dismissed')] }), reading(own(), gone));
    expect(change).toMatchObject({ updates: [], surplus: [{ status: 'VOIDED', handling: 'dismissed' }] });
  });

  it('puts a question about the payment itself first, and asks about surplus afterwards', () => {
    const asked = paid({
      surplus: [recorded('review')],
      reviewCode: 'surplus_money',
      reviewMark: 'surplus_money: …',
    });
    const failed = after(asked, reading(own({ status: 'FAILED' })), 'review');
    expect(failed.payment).toMatchObject({ status: 'REVIEW', reviewCode: 'contradiction', reviewMark: null });
    const again = after(failed.payment, reading(own()), 'review');
    expect(again.payment).toMatchObject({ status: 'AUTHORIZED', reviewCode: 'surplus_money' });
    expect(types(again.change)).toEqual([
      'order.review_ended/contradiction-own',
      'order.review/surplus_money-other',
    ]);
  });

  it('asks about surplus of an open payment once that is settled', () => {
    const unpaid = order({ status: 'AWAITING_PAYMENT', paidPaymentId: null });
    const open = after(aSnapshot(), reading(own({ status: 'INITIATED' }), other()), 'review', unpaid);
    expect(open.payment).toMatchObject({
      status: 'PENDING',
      reviewCode: null,
      surplus: [{ handling: 'review' }],
    });
    const failed = after(open.payment, reading(own({ status: 'FAILED' }), other()), 'review', unpaid);
    expect(failed.payment).toMatchObject({ status: 'FAILED', reviewCode: 'surplus_money' });
  });

  it('changes nothing else about the payment and its order', () => {
    const any = fc
      .constantFrom<SurplusHandling>('give_back', 'review', 'stuck', 'dismissed', 'none')
      .map((handling) => [recorded(handling)]);
    const anyOrder = fc.constantFrom(
      order(),
      order({ status: 'PAID', paidPaymentId: 'pay_2' }),
      order({ status: 'AWAITING_PAYMENT', paidPaymentId: null }),
    );
    fc.assert(
      fc.property(
        anySnapshot(),
        anyReading(),
        anyTransaction(),
        any,
        anyOrder,
        anyWatch(),
        fc.constantFrom(...POLICIES),
        (payment, seen, one, surplus, of, watch, policy) => {
          const finding = findingOf(decide(payment, seen, watch));
          if (finding === null) return;
          const shown = [{ ...one, transactionId: 'other' }];
          const alone = applyFinding(of, payment, finding, policy);
          const beside = applyFinding(of, { ...payment, surplus }, { ...finding, surplus: shown }, policy);
          const { surplus: _, updates, reviewCode, reviewMark, ...rest } = beside;
          const { surplus: __, updates: fewer, reviewCode: code, reviewMark: mark, ...expected } = alone;
          expect(rest).toEqual(expected);
          expect(updates.slice(0, fewer.length)).toEqual(fewer);
          if (code !== null) expect([reviewCode, reviewMark]).toEqual([code, mark]);
          for (const { status, handling } of beside.surplus)
            if (handling === 'give_back') expect(holdsMoney(status)).toBe(true);
        },
      ),
    );
  });
});

describe('any sequence of readings', () => {
  const IDS = ['a', 'b', 'c'];
  const anySession = fc.record({
    chosen: fc.constantFrom(...IDS),
    shown: fc.subarray(IDS),
    statuses: fc.array(fc.constantFrom(...TRANSACTION_STATUSES), { minLength: 3, maxLength: 3 }),
    policy: fc.constantFrom(...POLICIES),
  });

  it('leaves the money that has paid where it is, lets no surplus pay, and tells of each return once', () => {
    fc.assert(
      fc.property(fc.array(anySession, { minLength: 2, maxLength: 12 }), (sessions) => {
        let [payment, of] = [aSnapshot(), order({ status: 'AWAITING_PAYMENT', paidPaymentId: null })];
        for (const { chosen, shown, statuses, policy } of sessions) {
          const [first, ...more] = [chosen, ...shown].map((transactionId) => {
            const status = statuses[IDS.indexOf(transactionId)] as Transaction['status'];
            return aTransaction({ transactionId, status, authorized: isMoney(status as 'VOIDED') });
          });
          const finding = findingOf(look(payment, reading(first as Transaction, ...more)));
          if (finding === null) continue;
          const change = applyFinding(of, payment, finding, policy);
          const transactionId = finding.transaction?.transactionId ?? payment.transactionId;
          const { status, reason, reviewCode, reviewMark, mustGiveBack, surplus } = change;
          if (of.paidPaymentId !== null) expect(transactionId).toBe(payment.transactionId);
          for (const { type, surplus: about } of change.updates)
            if (type === 'order.late_payment_returned' && about !== undefined)
              expect(surplusNamed(payment.surplus, about.transactionId)?.handling).not.toBe('none');
          if (change.paysNow) of = { ...of, paidPaymentId: payment.paymentId };
          of = { ...of, status: change.orderStatus };
          const own = ownMoneyOf({ transactionId, status, reviewCode });
          expect(surplus.map((one) => one.transactionId)).not.toContain(own);
          payment = {
            ...payment,
            transactionId,
            status,
            reason,
            reviewCode,
            reviewMark,
            mustGiveBack,
            surplus,
          };
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('operations', () => {
  const operation = (more: Partial<RecordedOperation>): RecordedOperation => ({
    id: 'op',
    kind: 'void',
    reference: 'v',
    transactionId: null,
    amount: 72_200,
    cause: 'late_money',
    state: 'pending',
    code: null,
    isSent: true,
    failedVoids: 0,
    ...more,
  });
  const done = { kind: 'void', reference: null, amountMinor: 72_200, state: 'done' } as const;

  it('are traced in their own transaction alone', () => {
    const both = [operation({ id: 'of-own' }), operation({ id: 'of-other', transactionId: 'other' })];
    const finished = (seen: Parameters<typeof finishedOperations>[1]) =>
      finishedOperations(both, seen).map(({ id }) => id);
    const voided = { status: 'VOIDED', operations: [done] } as const;
    expect(finished({ transaction: own(voided), surplus: [other()] })).toEqual(['of-own']);
    expect(finished({ transaction: own(), surplus: [other(voided)] })).toEqual(['of-other']);
    expect(finished({ surplus: [other({ ...voided, transactionId: 'third' })] })).toEqual([]);
  });

  it('on surplus do not keep the payment from paying, and surplus is a next step', () => {
    expect(isGoingBack([operation({ transactionId: 'other' })])).toBe(false);
    expect(isGoingBack([operation({})])).toBe(true);
    const payment = { paymentId: 'pay_1', mustGiveBack: false, surplus: [recorded('give_back')] };
    expect(nextSteps({ paidPaymentId: 'pay_1', otherOpen: null }, payment, [])).toEqual(['give_back']);
  });
});

describe('a listing', () => {
  const listed = (more: object = {}) => ({ transactionId: 'other', status: 'AUTHORIZED', ...more }) as const;
  it.each([
    ['unknown money beside that of the payment', [], listed(), true],
    ['an unknown attempt that failed', [], { ...listed(), status: 'FAILED' }, false],
    ['surplus as it is recorded', [recorded('give_back')], listed(), false],
    ['surplus in another state', [recorded('give_back')], { ...listed(), status: 'VOIDED' }, true],
    [
      'surplus with other sums',
      [recorded('review', { status: 'CAPTURED', capturedMinor: 1 })],
      { ...listed({ capturedMinor: 2 }), status: 'CAPTURED' },
      true,
    ],
    ['the own transaction', [recorded('give_back')], { transactionId: 'own', status: 'AUTHORIZED' }, false],
    ['the own transaction in another state', [], { transactionId: 'own', status: 'CAPTURED' }, true],
  ] as const)('is worth a look where it shows %s', (_, surplus, row, isWorth) => {
    expect(isWorthLook(paid({ surplus: [...surplus] }), row)).toBe(isWorth);
  });
});
