/**
 * Neither store nor Temporal: no callback can be stored, so none is accepted, and the gateway tries again.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { expectAllPaid, firstAnswers, startGatedStack, type GatedStack } from './support/gated-stack.ts';
import { payOver, readiness, SESSIONS } from './support/outage.ts';
import { open, openMany, untilTold, type Opened } from './support/shop.ts';
import type { Stack } from './support/stack.ts';
import { until } from './support/until.ts';

/** Shorter than the time for which the gateway retries. */
const OUTAGE_MS = 6_000;

let gated: GatedStack;
let stack: Stack;

beforeAll(async () => {
  gated = await startGatedStack();
  stack = gated.stack;
}, 300_000);

afterAll(() => gated?.stop());

/** The same request that the sandbox made last, once more. */
async function repeatCallback({ sessionId }: Opened): Promise<Response> {
  const { callbacks } = await stack.sandbox.session(sessionId);
  const last = callbacks.at(-1);
  const response = await fetch(last?.url ?? '', { headers: last?.headers ?? {} });
  await response.body?.cancel();
  return response;
}

it('callbacks are answered 503 with Retry-After, and all are paid when the gateway has tried again', async () => {
  await stack.sandbox.faults({ retryScheduleMs: [1_000, 2_000, 3_000] });
  const opened = await openMany(stack, SESSIONS, 'nothing');
  await Promise.all([gated.gate.shut(), stack.kill('temporal')]);
  await payOver(OUTAGE_MS, stack, opened);
  const [first] = opened as [Opened];
  await until('a callback was tried', async () => {
    const { callbacks } = await stack.sandbox.session(first.sessionId);
    return callbacks[0]?.attempts[0] !== undefined;
  });
  const repeated = await repeatCallback(first);
  expect(repeated.status).toBe(503);
  expect(Number(repeated.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await readiness(stack)).toEqual({ status: 503, said: 'unavailable' });
  await Promise.all([gated.gate.open(), stack.start('temporal')]);
  await expectAllPaid(stack, opened);
  const answers = await firstAnswers(stack, opened);
  expect(answers.map(({ status }) => status)).toEqual(opened.map(() => 503));
}, 180_000);

it('the next payer is served as usual', async () => {
  const { sessionId, orderReference } = await open(stack);
  await stack.sandbox.pay(sessionId, { outcome: 'authorize' });
  await untilTold(stack, [orderReference]);
}, 150_000);
