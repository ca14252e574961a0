/** The store, Temporal or both are away while payers pay at both gateways. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startGatedStack, type GatedStack } from './support/gated-stack.ts';
import {
  expectAllDelivered,
  expectPaidBy,
  expectSurvived,
  openEverywhere,
  payOver,
  readiness,
} from './support/outage.ts';
import { open, untilTold, type Opened } from './support/shop.ts';
import type { Stack } from './support/stack.ts';
import { until } from './support/until.ts';

/** Shorter than the time for which the gateways retry. */
const NOTHING_FOR_MS = 6_000;
const FULL_FOR_MS = 15_000;

let gated: GatedStack;
let stack: Stack;

beforeAll(async () => {
  gated = await startGatedStack('stripe');
  stack = gated.stack;
  const retries = { retryScheduleMs: [1_000, 2_000, 3_000, 5_000] };
  await Promise.all([
    stack.at('dintero').sandbox.faults(retries),
    stack.at('stripe').sandbox.faults(retries),
  ]);
}, 300_000);

afterAll(() => gated?.stop());

it('while Temporal is away for a minute every callback is answered 200, and all are paid after it is back', async () => {
  await expectSurvived(stack, {
    begin: () => stack.kill('temporal'),
    end: () => stack.start('temporal'),
  });
}, 240_000);

it('while the store is away for a minute every callback is answered 200, and all are paid after it is back', async () => {
  await expectSurvived(stack, { begin: () => gated.gate.shut(), end: () => gated.gate.open() });
}, 240_000);

it("while the store's disk is full callbacks are answered 200, it is said everywhere, and all are paid afterwards", async () => {
  const opened = await openEverywhere(stack, 'full');
  await gated.setFull(true);
  await payOver(FULL_FOR_MS, stack, opened);
  await until('it is said', async () => (await readiness(stack)).said === 'degraded');
  const { body: ready } = await stack.call('GET', '/readyz');
  expect(ready.store).toMatch(/^refuses statements: could not extend file .* No space left on device$/);
  const { body: health } = await stack.call('GET', '/v1/health');
  expect(health.checks).toContainEqual({
    name: 'store refusals',
    state: 'fail',
    text: `PostgreSQL ${ready.store}`,
    todo: expect.stringContaining('give its disk room'),
  });
  const figures = await (await fetch(`${stack.origin}/metrics`)).text();
  expect(figures).toMatch(/^paidonce_store_refusals_total\{kind="disk_full"\} [1-9]/m);
  await gated.setFull(false);
  await expectPaidBy(stack, opened, 200);
  await expectAllDelivered(stack);
}, 180_000);

/** The same request that the sandbox made last, once more. */
async function repeatCallback({ sessionId }: Opened): Promise<Response> {
  const { callbacks } = await stack.at('dintero').sandbox.session(sessionId);
  const last = callbacks.at(-1);
  const response = await fetch(last?.url ?? '', { headers: last?.headers ?? {} });
  await response.body?.cancel();
  return response;
}

/** Neither can keep a callback, so none is accepted, and the gateways try again. */
it('while both are away callbacks are answered 503 with Retry-After, and all are paid by the retries', async () => {
  const opened = await openEverywhere(stack, 'nothing');
  await Promise.all([gated.gate.shut(), stack.kill('temporal')]);
  await payOver(NOTHING_FOR_MS, stack, opened);
  const [first] = opened.dintero as [Opened];
  await until('a callback was tried', async () => {
    const { callbacks } = await stack.at('dintero').sandbox.session(first.sessionId);
    return callbacks[0]?.attempts[0] !== undefined;
  });
  const repeated = await repeatCallback(first);
  expect(repeated.status).toBe(503);
  expect(Number(repeated.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await readiness(stack)).toEqual({ status: 503, said: 'unavailable' });
  await Promise.all([gated.gate.open(), stack.start('temporal')]);
  await expectPaidBy(stack, opened, 503);
  await expectAllDelivered(stack);
}, 180_000);

it('the next payer is served as usual', async () => {
  const { sessionId, orderReference } = await open(stack);
  await stack.sandbox.pay(sessionId, { outcome: 'authorize' });
  await untilTold(stack, [orderReference]);
}, 150_000);
