/** Dintero with faults: silent, refusing, slow, garbled, wrong; for each call. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BALANCED, checkBooks } from './support/books.ts';
import {
  askToOpen,
  newOrder,
  open,
  openMany,
  orderStatus,
  untilOrder,
  untilTold,
  type Opened,
} from './support/shop.ts';
import { startStack, SWEEPS, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

let stack: Stack;
let surplus: Opened;
const orders = new Set<string>();

beforeAll(async () => {
  stack = await startStack({ env: SWEEPS });
  surplus = await openTwice();
}, 150_000);

afterAll(async () => {
  await stack?.stop();
});

afterEach(async () => {
  await stack.sandbox.clearFaults();
});

function order(name: string): string {
  const reference = newOrder(name);
  orders.add(reference);
  return reference;
}

/** The answer was lost and the search lags: a second session was opened beside the first. */
async function openTwice(): Promise<Opened> {
  await stack.sandbox.faults({ create: { drop: 'after', times: 1 }, searchLagMs: 10_000 });
  const opened = await open(stack, order('surplus'));
  await stack.sandbox.clearFaults();
  expect(await stack.sandbox.sessionsOf(opened.orderReference)).toHaveLength(2);
  return opened;
}

async function status({ id }: Opened): Promise<string> {
  return (await stack.call('GET', `/v1/payments/${id}`)).body.status;
}

/** Each fault ends by itself. */
const PASSING = [
  ['401', { status: 401, times: 3 }],
  ['403', { status: 403, times: 2 }],
  ['429', { status: 429, retryAfter: 1, times: 2 }],
  ['500', { status: 500, times: 2 }],
  ['503', { status: 503, retryAfter: 1, times: 2 }],
  ['a dropped connection', { drop: 'before', times: 2 }],
  ['an answer that got lost', { drop: 'after', times: 1 }],
  ['half an answer', { truncate: true, times: 1 }],
  ['an answer that takes 9 s', { delayMs: 9_000, times: 1 }],
] as const;

describe('trouble when a payment is read', () => {
  it('of every kind at once delays those orders and damages none', async () => {
    const opened = await openMany(stack, PASSING.length, 'read');
    for (const { orderReference } of opened) orders.add(orderReference);
    for (const [index, [, fault]] of PASSING.entries()) {
      const { sessionId } = opened[index] as Opened;
      await stack.sandbox.faults({ readTransaction: { ...fault, sessionId } });
      await stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false });
      await until('the fault has struck', () => faultIsUsedUp('readTransaction'), 60_000);
    }
    await untilTold(
      stack,
      opened.map(({ orderReference }) => orderReference),
      'order.paid',
      60_000,
    );
  }, 180_000);

  it.each([
    ['an unknown status', { status: 'BRAND_NEW' }],
    ['UNKNOWN', { status: 'UNKNOWN' }],
    ['an amount that is a text', { amount: '29990' }],
    ['an amount that is a fraction', { amount: 29_990.5 }],
    ['no amount', { amount: null }],
    ['another transaction', { id: 'T12345678.00000000000000000000000000' }],
  ])(
    'leaves the order unpaid on %s, and pays it when the answer is clear',
    async (_, patch) => {
      const opened = await open(stack, order('odd'));
      const { sessionId, orderReference } = opened;
      await stack.sandbox.faults({ readTransaction: { patch, sessionId } });
      await stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false });
      const before = (await stack.sandbox.requests())['readTransaction'] ?? 0;
      const asked = async () => (await stack.sandbox.requests())['readTransaction'] ?? 0;
      await until('it was read twice', async () => (await asked()) >= before + 2);
      expect(await status(opened)).toBe('PENDING');
      await stack.sandbox.clearFaults();
      await untilOrder(stack, orderReference, 'PAID', 60_000);
    },
    150_000,
  );

  it.each([
    ['amount', { amount: 29_989 }],
    ['currency', { currency: 'SEK' }],
    ['reference', { merchant_reference: 'another' }],
  ])('leads to a REVIEW when Dintero reports another %s', async (what, patch) => {
    const opened = await open(stack, order('lying'));
    await stack.sandbox.faults({ readTransaction: { patch, sessionId: opened.sessionId } });
    await stack.sandbox.pay(opened.sessionId, { outcome: 'authorize', return: false });
    await untilOrder(stack, opened.orderReference, 'REVIEW');
    const { body } = await stack.call('GET', `/v1/payments/${opened.id}`);
    expect(body).toMatchObject({ status: 'REVIEW', reason: `${what}_mismatch` });
    expect(stack.merchant.ids(opened.orderReference, 'order.paid')).toEqual([]);
  });

  it('ignores unknown fields', async () => {
    const { sessionId, orderReference } = await open(stack, order('extra'));
    await stack.sandbox.faults({ readTransaction: { patch: { shiny: { new: ['field'] } }, sessionId } });
    await stack.sandbox.pay(sessionId, { outcome: 'authorize' });
    await untilOrder(stack, orderReference, 'PAID');
  });
});

async function faultIsUsedUp(operation: string): Promise<boolean> {
  const response = await fetch(`${stack.sandbox.origin}/__sim/faults`);
  const { faults } = (await response.json()) as { faults: Record<string, { times?: number }> };
  return faults[operation]?.times === 0;
}

describe('trouble when a session is opened', () => {
  it.each(PASSING)(
    '%s: the payer gets one session, at once or at the next click',
    async (_, fault) => {
      const reference = order('create');
      await stack.sandbox.faults({ create: fault });
      await until(
        'the payer is served',
        async () => (await askToOpen(stack, reference)).status < 300,
        60_000,
        500,
      );
      const { sessionId } = await open(stack, reference);
      const sessions = await stack.sandbox.sessionsOf(reference);
      const live = sessions.filter(({ session }) => session.cancelled_at === undefined);
      expect(live.map(({ session }) => session.id)).toEqual([sessionId]);
      await stack.sandbox.pay(sessionId, { outcome: 'authorize' });
      await untilOrder(stack, reference, 'PAID', 60_000);
    },
    150_000,
  );

  it('gives the reason when Dintero refuses the request', async () => {
    await stack.sandbox.faults({ create: { status: 400, times: 1 } });
    const reference = order('refused');
    expect(await askToOpen(stack, reference)).toMatchObject({
      status: 502,
      body: { code: 'gateway_rejected' },
    });
    expect(await orderStatus(stack, reference)).toBe('PAYMENT_FAILED');
    expect((await askToOpen(stack, reference)).status).toBe(201);
  });
});

describe('credentials that are revoked for a while', () => {
  it('fail no payment, and all are paid when the credentials are valid again', async () => {
    const opened = await openMany(stack, 6, 'revoked');
    for (const { orderReference } of opened) orders.add(orderReference);
    await stack.sandbox.faults({ all: { status: 401 }, token: { status: 401 } });
    for (const { sessionId } of opened)
      await stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false });
    const asked = async () => (await stack.sandbox.requests())['token'] ?? 0;
    const before = await asked();
    await until('we have been refused some times', async () => (await asked()) >= before + 5, 60_000);
    expect(await Promise.all(opened.map(status))).toEqual(opened.map(() => 'PENDING'));
    await stack.sandbox.clearFaults();
    await untilTold(
      stack,
      opened.map(({ orderReference }) => orderReference),
      'order.paid',
      60_000,
    );
  }, 150_000);
});

describe('a listing that fails', () => {
  it('is read again, and the payments without a callback are found', async () => {
    const { sessionId, orderReference } = await open(stack, order('listed'));
    await stack.sandbox.faults({ list: { status: 500, times: 2 } });
    await stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false, callback: false });
    await untilOrder(stack, orderReference, 'PAID', 60_000);
  }, 150_000);
});

describe('the books at the end', () => {
  it('show one live session where an answer was lost, and balance', async () => {
    await until(
      'the surplus session is cancelled',
      async () => {
        const sessions = await stack.sandbox.sessionsOf(surplus.orderReference);
        const live = sessions.filter(({ session }) => session.cancelled_at === undefined);
        return live.length === 1 && live[0]?.session.id === surplus.sessionId;
      },
      70_000,
    );
    expect(await checkBooks(stack, orders)).toEqual(BALANCED);
  }, 150_000);
});
