/** The store and Temporal are there, but say nothing: worse than being gone, since nobody is told. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { BALANCED, checkBooks } from './support/books.ts';
import { openGate, type Gate } from './support/gate.ts';
import { openMany, untilTold, type Opened } from './support/shop.ts';
import { startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const SESSIONS = 30;

let postgres: TestPostgres;
let gate: Gate;
let stack: Stack;

beforeAll(async () => {
  postgres = await startPostgres();
  const url = new URL(await postgres.createDatabase());
  gate = await openGate({ host: url.hostname, port: Number(url.port) });
  url.port = String(gate.port);
  // No sweep: what was answered 200 has to arrive by itself.
  stack = await startStack({ databaseUrl: url.href, env: { SWEEP_INTERVAL: '1h' } });
}, 90_000);

afterAll(async () => {
  await stack?.stop();
  await gate?.close();
  await postgres?.stop();
});

async function payAll(opened: readonly Opened[]): Promise<void> {
  for (const { sessionId } of opened)
    await stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false });
}

/** So that every connection of both pools, the API's and the worker's, will be one that never speaks again. */
async function useEveryConnection(): Promise<void> {
  const others = await openMany(stack, SESSIONS, 'others');
  await Promise.all(
    others.map(({ sessionId }) => stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false })),
  );
  await expectAllPaid(others, 30_000);
  await Promise.all(Array.from({ length: 100 }, () => stack.call('GET', '/v1/payments?limit=100')));
}

interface FirstAnswer {
  readonly status: number | null;
  readonly durationMs: number;
}

async function firstAnswers(opened: readonly Opened[]): Promise<FirstAnswer[]> {
  let answers: (FirstAnswer | undefined)[] = [];
  await until('every callback was tried once', async () => {
    const sessions = await Promise.all(opened.map(({ sessionId }) => stack.sandbox.session(sessionId)));
    answers = sessions.flatMap(({ callbacks }) => callbacks.map(({ attempts }) => attempts[0]));
    return answers.every((answer) => answer !== undefined);
  });
  return answers as FirstAnswer[];
}

async function expectAllPaid(opened: readonly Opened[], limitMs: number): Promise<void> {
  const references = opened.map(({ orderReference }) => orderReference);
  await untilTold(stack, references, 'order.paid', limitMs);
  expect(await checkBooks(stack, references)).toEqual(BALANCED);
}

describe('while Temporal is silent', () => {
  it('answers callbacks 200 within a second, and pays all when it speaks again', async () => {
    const opened = await openMany(stack, SESSIONS, 'silent-temporal');
    process.kill(stack.process('temporal').pid, 'SIGSTOP');
    await payAll(opened);
    const answers = await firstAnswers(opened);
    process.kill(stack.process('temporal').pid, 'SIGCONT');
    expect(answers.map(({ status }) => status)).toEqual(opened.map(() => 200));
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(1_000);
    await expectAllPaid(opened, 60_000);
  }, 120_000);
});

describe('while both are silent', () => {
  it('answers callbacks 503 within a second, and pays all when they speak again', async () => {
    const opened = await openMany(stack, SESSIONS, 'silent');
    process.kill(stack.process('temporal').pid, 'SIGSTOP');
    gate.freeze();
    await payAll(opened);
    const answers = await firstAnswers(opened);
    process.kill(stack.process('temporal').pid, 'SIGCONT');
    gate.abandonFrozen();
    expect(answers.map(({ status }) => status)).toEqual(opened.map(() => 503));
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(1_000);
    await expectAllPaid(opened, 90_000);
  }, 150_000);
});

describe('while the store is silent', () => {
  it('answers callbacks 200 within a second, and pays all over new connections when old ones never speak again', async () => {
    const opened = await openMany(stack, SESSIONS, 'silent-store');
    await useEveryConnection();
    gate.freeze();
    await payAll(opened);
    const answers = await firstAnswers(opened);
    gate.abandonFrozen();
    expect(answers.map(({ status }) => status)).toEqual(opened.map(() => 200));
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeLessThan(1_000);
    await expectAllPaid(opened, 90_000);
  }, 150_000);
});
