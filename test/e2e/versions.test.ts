/**
 * Two versions of the worker at once, deployed as docs/run-in-production.md describes: Worker Versioning and
 * set-current-version.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findTemporalCli } from '../../dev/temporal-cli.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { BALANCED, checkBooks } from './support/books.ts';
import type { Process } from './support/processes.ts';
import { newOrder, open, untilOrder, untilTold } from './support/shop.ts';
import { sendPayer } from './support/send-payer.ts';
import { startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const PAYERS = 60;
const DEPLOYMENT = 'e2e';
const yes = (): boolean => true;
const no = (): boolean => false;

let postgres: TestPostgres;
let stack: Stack;

beforeAll(async () => {
  postgres = await startPostgres();
  const env = { TEMPORAL_DEPLOYMENT_NAME: DEPLOYMENT, TEMPORAL_WORKER_BUILD_ID: 'one' };
  stack = await startStack({ databaseUrl: await postgres.createMigratedDatabase(), env });
  await makeCurrent('one');
}, 150_000);

afterAll(async () => {
  await stack?.stop();
  await postgres?.stop();
});

/** Refused until a worker of that build has polled. */
async function makeCurrent(buildId: string): Promise<void> {
  const executable = await findTemporalCli({ env: process.env, say: () => undefined });
  const address = ['--address', stack.env['TEMPORAL_ADDRESS'] ?? ''];
  const version = ['--deployment-name', DEPLOYMENT, '--build-id', buildId, '--yes'];
  const args = ['worker', 'deployment', 'set-current-version', ...version, ...address];
  const isSet = () => promisify(execFile)(executable, args).then(yes, no);
  await until(`build ${buildId} is current`, isSet, 60_000, 300);
}

describe('a new version of the worker', () => {
  it('takes over under load: nothing is stuck, lost or doubled', async () => {
    const held = await open(stack, newOrder('held'));
    const hold = await stack.sandbox.pay(held.sessionId, { outcome: 'on_hold' });
    await untilOrder(stack, held.orderReference, 'PAYMENT_PENDING');
    const references = Array.from({ length: PAYERS }, () => newOrder('versions'));
    const shopping = references.map(async (reference, index) => {
      await sleep(index * 120);
      await sendPayer(stack, reference, index);
    });
    const deploying = deploy();
    const [next] = await Promise.all([deploying, ...shopping]);
    await stack.sandbox.change(hold.transactionId, { status: 'AUTHORIZED', callback: false });
    await untilTold(stack, [...references, held.orderReference], 'order.paid', 60_000);
    expect(await checkBooks(stack, [...references, held.orderReference])).toEqual(BALANCED);
    expect(next.hasEnded()).toBe(false);
  }, 300_000);

  it('runs the payments that are opened from now on', async () => {
    const { sessionId, orderReference } = await open(stack);
    await stack.sandbox.pay(sessionId, { outcome: 'authorize' });
    await untilTold(stack, [orderReference]);
    const { body } = await stack.call('GET', '/v1/health');
    const version = (body as { checks: { name: string; text: string }[] }).checks.find(
      ({ name }) => name === 'worker version',
    );
    expect(version?.text).toBe('two is current, 1 polling; this is one');
  }, 150_000);
});

/** The new version is started first, then made current, then the old one is stopped. */
async function deploy(): Promise<Process> {
  await sleep(2_000);
  const next = await stack.launchRole('worker', { TEMPORAL_WORKER_BUILD_ID: 'two' });
  await makeCurrent('two').catch((error: unknown) => {
    throw new Error(`its worker said:\n  ${next.lines.join('\n  ')}`, { cause: error });
  });
  await sleep(1_000);
  await stack.kill('worker', 'SIGTERM');
  expect(await stack.process('worker').ended).toEqual({ code: 0, signal: null });
  return next;
}
