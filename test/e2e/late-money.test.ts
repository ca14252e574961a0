/**
 * Money that may not be kept goes back to the payer by itself, however it becomes known, and only if it is
 * ours.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BALANCED, checkBooks } from './support/books.ts';
import {
  AMOUNT,
  cancelAtOursOnly,
  expectLateMoneyReturned,
  expectReturned,
  inEveryWay,
  payment,
  WAYS,
  type Teller,
  type Way,
} from './support/late-money.ts';
import { movesOf, pay } from './support/money.ts';
import { askToOpen, comeBack, newOrder, open, orderStatus, untilOrder, untilTold } from './support/shop.ts';
import type { Opened } from './support/shop.ts';
import { startStack, SWEEPS, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

/** A session lives a minute at least, and its payer has a quarter of that on top. */
const EXPIRED_WITHIN_MS = 120_000;

let stack: Stack;
let expiring: Stack;
let reviewing: Stack;

beforeAll(async () => {
  stack = await startStack({ namespaces: ['expiring', 'reviewing'], env: SWEEPS });
  const beside = (namespace: string) => ({ beside: { stack, namespace } });
  [expiring, reviewing] = await Promise.all([
    startStack({ ...beside('expiring'), env: { ...SWEEPS, SESSION_LIFETIME: '8s' } }),
    startStack({ ...beside('reviewing'), env: { ...SWEEPS, LATE_MONEY_POLICY: 'review' } }),
  ]);
}, 150_000);

afterAll(async () => {
  await Promise.all([expiring?.stop(), reviewing?.stop()]);
  await stack?.stop();
});

async function becomes(of: Stack, { id }: Pick<Opened, 'id'>, status: string): Promise<void> {
  await until(`payment ${id} is ${status}`, async () => (await payment(of, { id })).status === status);
}

/** The payer has begun, and finishes when it is too late. */
async function changeLate(
  of: Stack,
  begun: { transactionId: string; returnUrl: string | null },
  [, status]: Way,
  teller: Teller,
): Promise<void> {
  const { transactionId } = begun;
  await of.sandbox.change(transactionId, {
    status,
    force: true,
    ...(teller !== 'callback' && { callback: false }),
  });
  if (teller === 'return') await comeBack(begun);
}

describe('money for an order that another session has paid', () => {
  it('goes back, by void or refund, for every way in which paidonce learns of it', async () => {
    await inEveryWay(async (teller, way) => {
      const first = await open(stack, newOrder('twice'));
      const begun = await stack.sandbox.pay(first.sessionId, { outcome: 'fail' });
      await untilTold(stack, [first.orderReference], 'order.payment_failed');
      const second = await open(stack, first.orderReference);
      await pay(stack, second, { outcome: 'authorize' });
      await untilTold(stack, [first.orderReference], 'order.paid');
      await changeLate(stack, begun, way, teller);
      await expectReturned(stack, { ...first, ...begun }, way, 'PAID');
      expect(await payment(stack, second)).toMatchObject({ status: 'AUTHORIZED' });
    });
  }, 300_000);
});

describe('money after the expiry', () => {
  it('goes back, by void or refund, for every way in which paidonce learns of it', async () => {
    await inEveryWay(async (teller, way) => {
      const opened = await open(expiring, newOrder('expired'));
      const begun = await stack.sandbox.pay(opened.sessionId, { outcome: 'initiate' });
      await untilTold(expiring, [opened.orderReference], 'order.payment_expired', EXPIRED_WITHIN_MS);
      const returnUrl = `${await returnUrlOf(opened)}&transaction_id=${begun.transactionId}`;
      await changeLate(expiring, { ...begun, returnUrl }, way, teller);
      await expectReturned(expiring, { ...opened, ...begun }, way, 'PAYMENT_FAILED');
    });
  }, 300_000);
});

async function returnUrlOf({ sessionId }: Opened): Promise<string> {
  return (await stack.sandbox.session(sessionId)).session.url.return_url;
}

describe("money after the merchant's cancel", () => {
  it('goes back, by void or refund, for every way in which paidonce learns of it', async () => {
    await expectLateMoneyReturned(stack);
  }, 300_000);
});

describe('money that only forged callbacks or other shops name', () => {
  it('stays: forged callbacks and the transactions of other shops give nothing back', async () => {
    const [cancelled, paid] = (await Promise.all(
      ['forged', 'paid'].map((name) => open(stack, newOrder(name))),
    )) as [Opened, Opened];
    expect((await stack.call('POST', `/v1/payments/${cancelled.id}/cancel`)).status).toBe(200);
    const { transactionId: own } = await pay(stack, paid, { outcome: 'authorize' });
    await untilTold(stack, [paid.orderReference]);
    const foreign = await Promise.all(
      [cancelled, paid].map(({ orderReference: merchantReference }) =>
        stack.sandbox.foreign({ merchantReference, amount: AMOUNT, currency: 'NOK', status: 'AUTHORIZED' }),
      ),
    );
    const before = await moneyCalls();
    for (const [at, { sessionId }] of [cancelled, paid].entries()) {
      const { transactionId } = foreign[at] ?? { transactionId: '' };
      for (const sign of ['ok', 'none', 'wrong', 'other_account'])
        for (const error of ['cancelled', null])
          await stack.sandbox.callback(sessionId, { sign, error, transactionId });
    }
    await until(
      'no callback is on its way',
      async () => ((await stack.sandbox.state()).callbacks['pending'] ?? 0) === 0,
    );
    await until('all of them are handled', async () => {
      const found = await Promise.all(
        [cancelled, paid].map(({ id }) => stack.call('GET', `/v1/deliveries?payment=${id}&outcome=accepted`)),
      );
      return found.every(({ body }) =>
        body.data.every(({ state }: { state: string }) => state === 'handled'),
      );
    });
    expect(await moneyCalls()).toEqual(before);
    for (const { transactionId } of foreign)
      expect((await stack.sandbox.transaction(transactionId)).status).toBe('AUTHORIZED');
    expect((await stack.sandbox.transaction(own)).status).toBe('AUTHORIZED');
    expect(await payment(stack, cancelled)).toMatchObject({ status: 'CANCELLED', transactionId: null });
    expect(await orderStatus(stack, paid.orderReference)).toBe('PAID');
  }, 300_000);
});

async function moneyCalls(): Promise<Record<string, number>> {
  const { void: voids = 0, refund = 0, capture = 0 } = await stack.sandbox.requests();
  return { voids, refund, capture };
}

describe('a give-back that fails', () => {
  it.each(WAYS)(
    'of what was paid by %s ends in REVIEW, and a person gives it back over HTTP',
    async (...way) => {
      const [, , moved, ends] = way;
      const first = await open(stack, newOrder('stuck'));
      const begun = await stack.sandbox.pay(first.sessionId, { outcome: 'fail' });
      await untilTold(stack, [first.orderReference], 'order.payment_failed');
      await pay(stack, await open(stack, first.orderReference), { outcome: 'authorize' });
      await untilTold(stack, [first.orderReference]);
      const failing = { result: 'failure', times: 1 };
      await stack.sandbox.faultsOf(begun.transactionId, { void: failing, refund: failing });
      await changeLate(stack, begun, way, 'callback');
      await untilTold(stack, [first.orderReference], 'order.review');
      expect(await payment(stack, first)).toMatchObject({ status: 'REVIEW', reason: 'give_back_failed' });
      expect(await orderStatus(stack, first.orderReference)).toBe('PAID');
      await resolved(stack, first, 'give_back');
      await becomes(stack, first, ends);
      expect((await movesOf(stack, begun.transactionId)).at(-1)).toBe(moved);
      await untilTold(stack, [first.orderReference], 'order.late_payment_returned');
      expect(await checkBooks(stack, [first.orderReference])).toEqual(BALANCED);
    },
    120_000,
  );
});

async function resolved(of: Stack, { id }: Opened, decision: string): Promise<void> {
  const asked = { decision, actor: 'ann', reason: 'asked the payer' };
  const { status } = await of.call('POST', `/v1/payments/${id}/resolve`, asked);
  expect([200, 202]).toContain(status);
}

describe('with LATE_MONEY_POLICY=review', () => {
  it.each([
    ['accept', 'PAID', 'AUTHORIZED'],
    ['dismiss', 'CANCELLED', 'AUTHORIZED'],
    ['give_back', 'CANCELLED', 'VOIDED'],
  ])(
    'late money waits in REVIEW for a person: %s',
    async (decision, order, status) => {
      const opened = await open(reviewing, newOrder(decision.replace('_', '-')));
      await cancelAtOursOnly(reviewing, [opened]);
      const { transactionId } = await pay(reviewing, opened, { outcome: 'authorize' });
      await untilOrder(reviewing, opened.orderReference, 'REVIEW');
      await untilTold(reviewing, [opened.orderReference], 'order.review');
      expect((await askToOpen(reviewing, opened.orderReference)).body.code).toBe('payment_in_review');
      expect((await stack.sandbox.transaction(transactionId)).status).toBe('AUTHORIZED');
      await resolved(reviewing, opened, decision);
      await becomes(reviewing, opened, status);
      expect(await orderStatus(reviewing, opened.orderReference)).toBe(order);
      if (decision === 'accept') await untilTold(reviewing, [opened.orderReference]);
      if (decision === 'give_back')
        await untilTold(reviewing, [opened.orderReference], 'order.late_payment_returned');
      // The merchant handles dismissed money itself, so the books do not count it.
      if (decision !== 'dismiss')
        expect(await checkBooks(reviewing, [opened.orderReference])).toEqual(BALANCED);
    },
    120_000,
  );
});
