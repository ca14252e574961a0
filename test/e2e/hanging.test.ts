/**
 * One call of the gateway hangs, each in its turn. Shops continue to sell, and a payer gets an answer in
 * time where no session can be opened.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { askToOpen, newOrder, open, untilOrder, type Opened } from './support/shop.ts';
import { startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const HANGS = { delayMs: 60_000 };
/** The limit on a machine that does other work too; a call that hangs takes longer. */
const SOON_MS = 9_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 150_000);
afterAll(async () => {
  await stack?.stop();
});
afterEach(() => stack.sandbox.clearFaults());

async function sells(): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    const begun = Date.now();
    const { status } = await askToOpen(stack, newOrder('sold'));
    expect(status).toBe(201);
    expect(Date.now() - begun).toBeLessThan(SOON_MS);
  }
}

async function aPaid(): Promise<Opened> {
  const opened = await open(stack, newOrder('paid'));
  await stack.sandbox.pay(opened.sessionId, { outcome: 'authorize', return: false });
  await untilOrder(stack, opened.orderReference, 'PAID');
  return opened;
}

const move = (kind: 'capture' | 'refund' | 'void') => async () => {
  const { id } = await aPaid();
  if (kind === 'refund') await stack.call('POST', `/v1/payments/${id}/capture`, { reference: 'c' });
  return () => stack.call('POST', `/v1/payments/${id}/${kind}`, kind === 'void' ? {} : { reference: 'r' });
};

/** The action that needs the hanging call, prepared before the call hangs. */
const CALLS: readonly (readonly [string, () => Promise<() => Promise<unknown>>])[] = [
  [
    'readTransaction',
    async () => {
      const { sessionId } = await open(stack, newOrder('read'));
      return () => stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false });
    },
  ],
  [
    'readSession',
    async () => {
      const { id } = await open(stack, newOrder('cancelled'));
      return () => stack.call('POST', `/v1/payments/${id}/cancel`);
    },
  ],
  [
    'cancel',
    async () => {
      const { id } = await open(stack, newOrder('cancelled'));
      return () => stack.call('POST', `/v1/payments/${id}/cancel`);
    },
  ],
  ['capture', move('capture')],
  ['refund', move('refund')],
  ['void', move('void')],
  [
    'list',
    async () => () => until('a listing hangs', async () => (await stack.sandbox.requests())['list'] !== 0),
  ],
  ['token', async () => () => Promise.resolve()],
];

describe('while a call of the gateway hangs, shops sell', () => {
  it.each(CALLS)(
    '%s',
    async (call, prepare) => {
      const needs: (() => Promise<unknown>)[] = [];
      for (let count = 0; count < 8; count += 1) needs.push(await prepare());
      await stack.sandbox.faults({ [call]: HANGS });
      const waiting = needs.map((need) => need().catch(() => undefined));
      await sells();
      await stack.sandbox.clearFaults();
      await Promise.all(waiting);
    },
    120_000,
  );
});

describe('while the gateway opens nothing', () => {
  it('payers are refused in time, those that come back get the session, once, and the history stays short', async () => {
    const reference = newOrder('hung');
    // Otherwise the search would find the session that a create with a hanging answer has made.
    await stack.sandbox.faults({ create: HANGS, search: HANGS });
    const begun = Date.now();
    const refused = await askToOpen(stack, reference);
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Date.now() - begun).toBeLessThanOrEqual(15_000);
    await stack.sandbox.clearFaults();
    await until(
      'the payer is back, and served',
      async () => (await askToOpen(stack, reference)).status < 300,
      60_000,
    );
    const live = (await stack.sandbox.sessionsOf(reference)).filter(
      ({ session }) => session.cancelled_at === undefined,
    );
    const opened = await open(stack, reference);
    expect(live.map(({ session }) => session.id)).toContain(opened.sessionId);
    await stack.sandbox.pay(opened.sessionId, { outcome: 'authorize', return: false });
    await untilOrder(stack, reference, 'PAID');
    const paid = (await stack.sandbox.sessionsOf(reference)).filter(({ transaction }) => transaction != null);
    expect(paid).toHaveLength(1);
    const found = await stack.call('GET', `/v1/payments/${opened.id}`);
    expect(found.body.timeline.length).toBeLessThan(20);
  }, 300_000);
});
