/** Fifty sessions at once, each with several callbacks, a fifth of them forged. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BALANCED, checkBooks } from './support/books.ts';
import { openMany, untilTold, type Opened } from './support/shop.ts';
import { startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const SESSIONS = 50;

/** The forged callbacks: none may have any effect except a look. */
const FORGED = [
  { sign: 'none' },
  { sign: 'wrong' },
  { sign: 'other_account' },
  { sign: 'wrong', transactionId: 'T12345678.00000000000000000000000000' },
];

/** Correctly signed, but odd: late, from the future, reordered, several at once. */
const ODD = [
  { t: -4_000 },
  { t: 4_000 },
  { reorderQuery: true },
  { query: { utm: 'x', b: ['2', '3'] } },
  { method: 'POST', body: '{"status":"CAPTURED"}' },
];

let stack: Stack;

beforeAll(async () => {
  // No sweep: the callbacks must be enough.
  stack = await startStack();
}, 150_000);

afterAll(async () => {
  await stack?.stop();
});

function plansFor(index: number): object[] {
  const genuine = { copies: 1 + (index % 3), together: true };
  const forged = FORGED[index % FORGED.length] as object;
  const odd = ODD[index % ODD.length] as object;
  return [forged, genuine, odd, { delayMs: 200 + index * 10 }, { ...genuine, delayMs: 1_000 }];
}

function payers(opened: readonly Opened[], what: (index: number) => object): Promise<unknown> {
  return Promise.all(opened.map(({ sessionId }, index) => stack.sandbox.pay(sessionId, what(index))));
}

async function untilNothingIsOnTheWire(): Promise<void> {
  await until(
    'every callback is delivered or lost',
    async () => {
      const { callbacks } = await stack.sandbox.state();
      return (callbacks['pending'] ?? 0) === 0;
    },
    60_000,
    300,
  );
}

/** How many attempts were answered with which status, or how else they ended. */
async function answersToCallbacks(opened: readonly Opened[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { sessionId } of opened) {
    const { callbacks } = await stack.sandbox.session(sessionId);
    for (const { status, error } of callbacks.flatMap(({ attempts }) => attempts)) {
      const ending = String(status ?? error);
      counts[ending] = (counts[ending] ?? 0) + 1;
    }
  }
  return counts;
}

describe('a storm of callbacks', () => {
  it('pays every order once, for every number and every origin of callbacks', async () => {
    const opened = await openMany(stack, SESSIONS, 'storm');
    const references = opened.map(({ orderReference }) => orderReference);
    await payers(opened, (index) => ({ outcome: 'authorize', return: false, callback: plansFor(index) }));
    await untilTold(stack, references, 'order.paid', 180_000);
    await untilNothingIsOnTheWire();
    const isRefused = (index: number) => ('t' in (ODD[index % ODD.length] as object) ? 2 : 1);
    const refused = opened.reduce((sum, _, index) => sum + isRefused(index), 0);
    const answers = await answersToCallbacks(opened);
    // Requests that a loaded machine leaves unanswered are sent again. A refusal is final, and a 500 is never
    // right.
    expect(answers).toMatchObject({ 401: refused, 200: expect.any(Number) });
    expect(answers).not.toHaveProperty('500');
    expect(await checkBooks(stack, references)).toEqual(BALANCED);
    expect(stack.merchant.unsigned).toEqual([]);
  }, 300_000);

  it("pays nothing where Dintero's own answer differs from the callback", async () => {
    const opened = await openMany(stack, 8, 'lies');
    const lies = [
      { outcome: 'authorize', amount: 1 },
      { outcome: 'authorize', currency: 'SEK' },
      { outcome: 'authorize', merchantReference: 'another-order', callback: [{ merchantReference: null }] },
      { outcome: 'decline', callback: [{ error: null, copies: 3, together: true }] },
      { outcome: 'on_hold', callback: [{ copies: 3, together: true }] },
      { outcome: 'unknown', callback: [{ error: null }] },
      { outcome: 'initiate', callback: [{}] },
      { outcome: 'abandon', callback: [{}] },
    ];
    await payers(opened, (index) => ({ return: false, ...lies[index] }));
    await untilNothingIsOnTheWire();
    const expected = 'REVIEW REVIEW REVIEW DECLINED ON_HOLD PENDING PENDING PENDING'.split(' ');
    const statuses = async () => {
      const found = await Promise.all(opened.map(({ id }) => stack.call('GET', `/v1/payments/${id}`)));
      return found.map(({ body }) => body.status as string);
    };
    await until('they have settled', async () => (await statuses()).join() === expected.join()).catch(
      () => undefined,
    );
    expect(await statuses()).toEqual(expected);
    expect(opened.flatMap(({ orderReference }) => stack.merchant.ids(orderReference, 'order.paid'))).toEqual(
      [],
    );
  }, 150_000);

  it('pays by the only callback that arrives, although its time stamp is hours old and Dintero will not send it again', async () => {
    const opened = await openMany(stack, 2, 'stale');
    await payers(opened, (index) => ({
      outcome: 'authorize',
      return: false,
      callback: { t: index === 0 ? -14_400 : 14_400 },
    }));
    await untilTold(
      stack,
      opened.map(({ orderReference }) => orderReference),
    );
    expect(await answersToCallbacks(opened)).toEqual({ 401: 2 });
  }, 150_000);

  it('does not touch the payments of another shop on the account, even with our order number and amount', async () => {
    const [mine] = (await openMany(stack, 1, 'mine')) as [Opened];
    const theirs = await stack.sandbox.foreign({
      merchantReference: mine.orderReference,
      amount: 29_990,
      currency: 'NOK',
      status: 'AUTHORIZED',
    });
    const aboutTheirs = { transactionId: theirs.transactionId, sessionId: theirs.sessionId };
    await stack.sandbox.callback(mine.sessionId, aboutTheirs);
    await stack.sandbox.callback(mine.sessionId, { transactionId: theirs.transactionId });
    await untilNothingIsOnTheWire();
    await until('both are handled', async () => {
      const { body } = await stack.call('GET', `/v1/deliveries?payment=${mine.id}`);
      return body.data.length === 2 && body.data.every(({ state }: { state: string }) => state === 'handled');
    });
    expect((await stack.call('GET', `/v1/payments/${mine.id}`)).body).toMatchObject({
      status: 'PENDING',
      transactionId: null,
    });
  }, 150_000);
});
