/** A busy account: a thousand events of other business a second are answered, and ours as soon as ever. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { signEvent } from '../../src/gateways/stripe/signature.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { expectAllPaid, firstAnswers } from './support/gated-stack.ts';
import { payAt } from './support/outage.ts';
import { openMany } from './support/shop.ts';
import { startStack, type Stack } from './support/stack.ts';

const RATE = Number(process.env['E2E_FLOOD_RATE'] ?? 1_000);
const SECONDS = 5;
const TICK_MS = 10;
const OURS = 20;

let postgres: TestPostgres;
let stack: Stack;

beforeAll(async () => {
  postgres = await startPostgres();
  stack = await startStack({ gateway: 'stripe', databaseUrl: await postgres.createMigratedDatabase() });
}, 300_000);

afterAll(async () => {
  await stack?.stop();
  await postgres?.stop();
});

/** Signed when it is sent, as Stripe does it. */
function aForeignEvent(n: number): { readonly body: string; readonly signature: string } {
  const body = JSON.stringify({
    id: `evt_flood${n}`,
    object: 'event',
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    type: n % 2 === 0 ? 'invoice.paid' : 'customer.subscription.updated',
    data: { object: { id: `in_${n}`, object: 'invoice', lines: 'x'.repeat(2_000) } },
  });
  const secret = stack.env['STRIPE_WEBHOOK_SECRETS'] ?? '';
  return { body, signature: signEvent(body, secret, Math.floor(Date.now() / 1_000)) };
}

/** The status, or 0 where there was no answer. */
function send(agent: Agent, n: number): Promise<number> {
  const { body, signature } = aForeignEvent(n);
  const headers = { 'stripe-signature': signature, 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const target = new URL('/callbacks/stripe', stack.origin);
    const sending = request(target, { method: 'POST', headers, agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sending.once('error', () => resolve(0));
    sending.end(body);
  });
}

/** Sends at an even rate, whether answers come or not. */
async function flood(): Promise<{ readonly statuses: readonly number[]; readonly perSecond: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const begun = performance.now();
  const sent: Promise<number>[] = [];
  while (performance.now() - begun < SECONDS * 1_000) {
    const due = Math.floor(((performance.now() - begun) / 1_000) * RATE);
    while (sent.length < due) sent.push(send(agent, sent.length));
    await sleep(TICK_MS);
  }
  const statuses = await Promise.all(sent);
  const perSecond = statuses.length / ((performance.now() - begun) / 1_000);
  agent.destroy();
  return { statuses, perSecond };
}

it('none of a thousand events a second is answered 503, and our own are answered within a second', async () => {
  const opened = await openMany(stack, OURS, 'flood');
  const flooding = flood();
  await payAt(stack, opened, SECONDS * 1_000);
  const { statuses, perSecond } = await flooding;
  const answers = await firstAnswers(stack, opened);
  const slowest = Math.max(...answers.map(({ durationMs }) => durationMs));
  process.stdout.write(
    `flood: ${statuses.length} events of other business, answered at ${Math.round(perSecond)} a second; the slowest of our ${answers.length} callbacks took ${slowest} ms\n`,
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(slowest).toBeLessThan(1_000);
  await expectAllPaid(stack, opened);
}, 120_000);
