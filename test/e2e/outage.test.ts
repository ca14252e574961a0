/** Temporal, the store, and both of them gone for a while, in the middle of business. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { BALANCED, checkBooks } from './support/books.ts';
import { openGate, type Gate } from './support/gate.ts';
import { askToOpen, newOrder, open, openMany, untilTold, type Opened } from './support/shop.ts';
import { startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const SESSIONS = 25;
/** A minute shows no more than this, but E2E_OUTAGE_MS=60000 waits for it. */
const OUTAGE_MS = Number(process.env['E2E_OUTAGE_MS'] ?? 12_000);
const PAID_WITHIN_MS = 60_000;

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

/** Pays them one after the other, over the time given. */
async function payOver(ms: number, opened: readonly Opened[]): Promise<void> {
  for (const { sessionId } of opened) {
    await stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false });
    await sleep(ms / opened.length);
  }
}

async function firstAnswers(opened: readonly Opened[]): Promise<(number | null | undefined)[]> {
  const sessions = await Promise.all(opened.map(({ sessionId }) => stack.sandbox.session(sessionId)));
  return sessions.flatMap(({ callbacks }) => callbacks.map(({ attempts }) => attempts[0]?.status));
}

async function expectAllPaid(opened: readonly Opened[]): Promise<void> {
  const references = opened.map(({ orderReference }) => orderReference);
  await untilTold(stack, references, 'order.paid', PAID_WITHIN_MS);
  expect(await checkBooks(stack, references)).toEqual(BALANCED);
}

async function readiness(): Promise<{ status: number; said: string }> {
  const { status, body } = await stack.call('GET', '/readyz');
  return { status, said: body.status };
}

/** The very request that the sandbox made last, once more. */
async function repeatCallback({ sessionId }: Opened): Promise<Response> {
  const { callbacks } = await stack.sandbox.session(sessionId);
  const last = callbacks.at(-1);
  const response = await fetch(last?.url ?? '', { headers: last?.headers ?? {} });
  await response.body?.cancel();
  return response;
}

describe('while Temporal is away', () => {
  it('answers every callback 200, opens nothing, and pays all of them after it is back', async () => {
    const opened = await openMany(stack, SESSIONS, 'no-temporal');
    await stack.kill('temporal');
    await payOver(OUTAGE_MS, opened);
    expect(await readiness()).toEqual({ status: 200, said: 'degraded' });
    const refused = await askToOpen(stack, newOrder('not-now'));
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await stack.start('temporal');
    await expectAllPaid(opened);
    expect(await firstAnswers(opened)).toEqual(opened.map(() => 200));
  }, 180_000);
});

describe('while the store is away', () => {
  it('answers every callback 200, opens nothing, and pays all of them after it is back', async () => {
    const opened = await openMany(stack, SESSIONS, 'no-store');
    await gate.shut();
    await payOver(OUTAGE_MS, opened);
    expect(await readiness()).toEqual({ status: 200, said: 'degraded' });
    const refused = await askToOpen(stack, newOrder('not-now'));
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    await gate.open();
    await expectAllPaid(opened);
    expect(await firstAnswers(opened)).toEqual(opened.map(() => 200));
  }, 180_000);
});

describe('while both are away', () => {
  it('answers 503 with Retry-After, and pays all of them when the gateway has tried again', async () => {
    await stack.sandbox.faults({ retryScheduleMs: [1_000, 2_000, 3_000] });
    const opened = await openMany(stack, SESSIONS, 'nothing');
    await Promise.all([gate.shut(), stack.kill('temporal')]);
    await payOver(OUTAGE_MS / 2, opened);
    const [first] = opened as [Opened];
    await until('a callback was tried', async () => (await firstAnswers([first]))[0] !== undefined);
    const repeated = await repeatCallback(first);
    expect(repeated.status).toBe(503);
    expect(Number(repeated.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await readiness()).toEqual({ status: 503, said: 'unavailable' });
    await Promise.all([gate.open(), stack.start('temporal')]);
    await expectAllPaid(opened);
    expect(new Set(await firstAnswers(opened))).toEqual(new Set([503]));
  }, 180_000);

  it('serves the next shopper as if nothing had been', async () => {
    const { sessionId, orderReference } = await open(stack);
    await stack.sandbox.pay(sessionId, { outcome: 'authorize' });
    await untilTold(stack, [orderReference]);
  }, 90_000);
});
