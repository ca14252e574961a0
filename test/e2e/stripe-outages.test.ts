/** Stripe tries an event again on every answer but 2xx, so no outage loses one. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectAllPaid, firstAnswers, startGatedStack, type GatedStack } from './support/gated-stack.ts';
import { expectSurvived, payOver, readiness, SESSIONS } from './support/outage.ts';
import { openMany } from './support/shop.ts';
import type { Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const OUTAGE_MS = 15_000;

let gated: GatedStack;
let stack: Stack;

beforeAll(async () => {
  gated = await startGatedStack('stripe');
  stack = gated.stack;
  await stack.sandbox.faults({ retryScheduleMs: [1_000, 2_000, 3_000, 5_000] });
}, 300_000);

afterAll(() => gated?.stop());

/** No event is on its way, and none was given up. */
async function expectAllDelivered(): Promise<void> {
  const isDone = async () => ((await stack.sandbox.state()).callbacks['pending'] ?? 0) === 0;
  await until('every event was delivered', isDone);
  const { total, delivered } = (await stack.sandbox.state()).callbacks;
  expect(delivered).toBe(total);
}

describe("during Stripe's events", () => {
  it('Temporal may be away: every event is answered 200, and all orders are paid afterwards', async () => {
    await expectSurvived(stack, {
      begin: () => stack.kill('temporal'),
      end: () => stack.start('temporal'),
      ms: OUTAGE_MS,
    });
    await expectAllDelivered();
  }, 240_000);

  it('the store may be away: an event that names its payment is answered 200, and all orders are paid', async () => {
    await expectSurvived(stack, {
      begin: () => gated.gate.shut(),
      end: () => gated.gate.open(),
      ms: OUTAGE_MS,
    });
    await expectAllDelivered();
  }, 240_000);

  it('both may be away: every event is answered 503, and all orders are paid by the retries', async () => {
    const opened = await openMany(stack, SESSIONS, 'nothing');
    await Promise.all([gated.gate.shut(), stack.kill('temporal')]);
    await payOver(6_000, stack, opened);
    expect(await readiness(stack)).toEqual({ status: 503, said: 'unavailable' });
    const answers = await firstAnswers(stack, opened);
    await Promise.all([gated.gate.open(), stack.start('temporal')]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    await expectAllPaid(stack, opened);
    await expectAllDelivered();
  }, 240_000);
});
