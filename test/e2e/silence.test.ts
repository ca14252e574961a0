/**
 * The store and Temporal accept connections, but never answer. This is worse than a refused connection, since
 * nothing reports it.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectAllPaid, firstAnswers, startGatedStack, type GatedStack } from './support/gated-stack.ts';
import { payAt } from './support/outage.ts';
import { openMany, type Opened } from './support/shop.ts';
import type { Stack } from './support/stack.ts';

const SESSIONS = 30;

let gated: GatedStack;
let stack: Stack;

beforeAll(async () => {
  gated = await startGatedStack();
  stack = gated.stack;
}, 300_000);

afterAll(() => gated?.stop());

/** One after another, so that the test measures the silence and not the load of a busy machine. */
const payAll = (opened: readonly Opened[]): Promise<void> => payAt(stack, opened, 3_000);

/**
 * Every connection of both pools, the API's and the worker's, is used, so that each will be one without
 * answers.
 */
async function useEveryConnection(): Promise<void> {
  const others = await openMany(stack, SESSIONS, 'others');
  await Promise.all(
    others.map(({ sessionId }) => stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false })),
  );
  await expectAllPaid(stack, others);
  await Promise.all(Array.from({ length: 100 }, () => stack.call('GET', '/v1/payments?limit=100')));
}

describe('while Temporal is silent', () => {
  it('callbacks are answered 200 within a second, and all are paid when it answers again', async () => {
    const opened = await openMany(stack, SESSIONS, 'silent-temporal');
    process.kill(stack.process('temporal').pid, 'SIGSTOP');
    await payAll(opened);
    const answers = await firstAnswers(stack, opened);
    process.kill(stack.process('temporal').pid, 'SIGCONT');
    expect(answers.map(({ status }) => status)).toEqual(opened.map(() => 200));
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(1_000);
    await expectAllPaid(stack, opened);
  }, 300_000);
});

describe('while both are silent', () => {
  it('callbacks are answered 503 within a second, and all are paid when both answer again', async () => {
    const opened = await openMany(stack, SESSIONS, 'silent');
    process.kill(stack.process('temporal').pid, 'SIGSTOP');
    gated.gate.freeze();
    await payAll(opened);
    const answers = await firstAnswers(stack, opened);
    process.kill(stack.process('temporal').pid, 'SIGCONT');
    gated.gate.abandonFrozen();
    expect(answers.map(({ status }) => status)).toEqual(opened.map(() => 503));
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(1_000);
    await expectAllPaid(stack, opened, 90_000);
  }, 150_000);
});

describe('while the store is silent', () => {
  it('callbacks are answered 200 within a second, and all are paid over new connections when the old ones stay silent', async () => {
    const opened = await openMany(stack, SESSIONS, 'silent-store');
    await useEveryConnection();
    gated.gate.freeze();
    await payAll(opened);
    const answers = await firstAnswers(stack, opened);
    gated.gate.abandonFrozen();
    expect(answers.map(({ status }) => status)).toEqual(opened.map(() => 200));
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(1_000);
    await expectAllPaid(stack, opened, 90_000);
  }, 150_000);
});
