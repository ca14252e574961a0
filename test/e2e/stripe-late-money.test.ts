/** Money at Stripe that may not be kept goes back, and a replaced session of either gateway takes none. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adoptNearItsEnd, paymentOf } from './support/adopt-at-stripe.ts';
import { BALANCED, checkBooks } from './support/books.ts';
import { expectLateMoneyReturned, expectReturned, payment, showAsEnded, WAYS } from './support/late-money.ts';
import { pay } from './support/money.ts';
import { askToOpen, newOrder, open, orderStatus, untilTold, type Opened } from './support/shop.ts';
import { startStack, SWEEPS, type GatewayId, type Stack } from './support/stack.ts';

/** Clicks on each order, at once. */
const CLICKS = 4;
const ORDERS = 8;
const MOVES = [
  ['stripe', 'dintero'],
  ['dintero', 'stripe'],
] as const;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ gateway: 'stripe', env: SWEEPS });
}, 150_000);

afterAll(() => stack?.stop());

describe("money at Stripe after the merchant's cancel", () => {
  it('goes back, by void or refund, for every way in which paidonce learns of it', async () => {
    await expectLateMoneyReturned(stack);
  }, 300_000);
});

describe('money at Stripe after the time of its session', () => {
  it.each(WAYS)(
    'goes back: %s',
    async (...way) => {
      const orderReference = newOrder('over');
      await stack.sandbox.faults({ cancel: { status: 400 } });
      const sessionId = await adoptNearItsEnd(stack, orderReference);
      await untilTold(stack, [orderReference], 'order.payment_expired');
      await stack.sandbox.clearFaults();
      const opened = { id: paymentOf(orderReference), orderReference, sessionId, checkoutUrl: '' };
      const late = await pay(stack, opened, { outcome: way[0] });
      await expectReturned(stack, { ...opened, ...late }, way, 'PAYMENT_FAILED');
    },
    120_000,
  );
});

describe('a payer who changes from one gateway to the other', () => {
  it.each(MOVES)(
    'from %s to %s, with several clicks at once, has exactly one session that takes money',
    async (from, to) => {
      const orders = await Promise.all(Array.from({ length: ORDERS }, () => clickThrough(from, to)));
      await Promise.all(orders.map(({ kept }) => pay(stack.at(to), kept, { outcome: 'authorize' })));
      const references = orders.map(({ kept }) => kept.orderReference);
      await untilTold(stack, references);
      expect(await checkBooks(stack.at(to), references)).toEqual(BALANCED);
      for (const { kept } of orders)
        expect(stack.merchant.types(kept.orderReference)).toEqual(['order.paid']);
    },
    120_000,
  );

  it.each(MOVES.flatMap((move) => WAYS.map((way) => [...move, way] as const)))(
    'from %s to %s: money that arrives at the closed session goes back (%s)',
    async (from, to, way) => {
      const first = await open(stack.at(from), newOrder('left'));
      await showAsEnded(stack.at(from), [first]);
      const kept = await replaced(first, to);
      await stack.at(from).sandbox.clearFaults();
      const late = await pay(stack.at(from), first, { outcome: way[0] });
      await pay(stack.at(to), kept, { outcome: 'authorize' });
      await untilTold(stack, [first.orderReference]);
      await expectReturned(stack.at(from), { ...first, ...late }, way, 'PAID', stack.at(to));
      expect(await payment(stack, kept)).toMatchObject({ status: 'AUTHORIZED' });
    },
    120_000,
  );
});

describe('two payers of one order at Stripe', () => {
  it.each(WAYS)(
    'pay it once: %s in the session that was replaced goes back',
    async (...way) => {
      const first = await open(stack, newOrder('twice'));
      await showAsEnded(stack, [first]);
      const second = await open(stack, first.orderReference, { order: { amount: 30_000 }, replace: true });
      await stack.sandbox.clearFaults();
      await pay(stack, second, { outcome: 'authorize' });
      await untilTold(stack, [first.orderReference]);
      const late = await pay(stack, first, { outcome: way[0] });
      await expectReturned(stack, { ...first, ...late }, way, 'PAID');
      expect(await payment(stack, second)).toMatchObject({ status: 'AUTHORIZED', amount: 30_000 });
    },
    120_000,
  );
});

/** The session that is open in the end, after clicks on the other gateway. */
async function clickThrough(from: GatewayId, to: GatewayId): Promise<{ readonly kept: Opened }> {
  const first = await open(stack.at(from), newOrder('clicks'));
  const { orderReference } = first;
  const clicks = await Promise.all(
    Array.from({ length: CLICKS }, () => askToOpen(stack.at(to), orderReference, { replace: true })),
  );
  const statuses = clicks.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(1);
  expect(statuses.every((status) => [200, 201, 409].includes(status))).toBe(true);
  const kept = clicks.find(({ status }) => status === 201)?.body as Opened;
  expect(kept).toMatchObject({ gateway: to, status: 'PENDING' });
  const [atFirst, atLast] = await Promise.all(
    [from, to].map((gateway) => stack.at(gateway).sandbox.sessionsOf(orderReference)),
  );
  expect(atFirst?.map(({ session }) => session.cancelled_at)).toEqual([expect.any(String)]);
  expect(atLast?.filter(({ session }) => session.cancelled_at === undefined)).toHaveLength(1);
  expect(await orderStatus(stack, orderReference)).toBe('AWAITING_PAYMENT');
  return { kept };
}

/** The payer continues at another gateway. */
function replaced({ orderReference }: Opened, gateway: GatewayId): Promise<Opened> {
  return open(stack.at(gateway), orderReference, { replace: true });
}
