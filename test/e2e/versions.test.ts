/**
 * Two versions of the worker at once, deployed as docs/run-in-production.md describes: Worker Versioning and
 * set-current-version.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findTemporalCli } from '../../dev/temporal-cli.ts';
import { startProcess } from '../support/child.ts';
import { builtFolder } from '../support/compiled.ts';
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

describe('paidonce replay, before a deployment', () => {
  it('says that every run continues on this build, and names those that do not on another', async () => {
    const fresh = await open(stack);
    const held = await open(stack, newOrder('replay'));
    await stack.sandbox.pay(held.sessionId, { outcome: 'on_hold' });
    await untilOrder(stack, held.orderReference, 'PAYMENT_PENDING');
    const own = await replay([]);
    expect(own).toMatchObject({ code: 0, failed: [] });
    expect(own.replayed).toBeGreaterThan(PAYERS);
    const other = await replay(['--bundle', await buildWithout('lookAtPayment')]);
    expect(other).toMatchObject({ code: 1, replayed: own.replayed });
    const named = other.failed.map(({ workflowId }) => workflowId);
    expect(named).toContain(`payment/${held.orderReference}/1`);
    expect(named).not.toContain(`payment/${fresh.orderReference}/1`);
    expect(other.failed[0]?.message).toContain('lookAtPayment');
  }, 120_000);

  it('expects the folder of a build', async () => {
    expect(await replay(['--bundle', tmpdir()])).toMatchObject({ code: 2 });
  });
});

interface Replay {
  readonly code: number | null;
  readonly replayed: number;
  readonly failed: readonly { readonly workflowId: string; readonly message: string }[];
}

async function replay(args: readonly string[]): Promise<Replay> {
  const main = join(await builtFolder(), 'cli', 'main.js');
  const { lines, ended } = startProcess([main, 'replay', '--since', '1h', '--json', ...args], stack.env);
  const { code } = await ended;
  return { code, ...(JSON.parse(lines.join('\n') || '{}') as Omit<Replay, 'code'>) };
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** This build, but for an activity that has another name. */
async function buildWithout(activity: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'paidonce-build-'));
  folders.push(folder);
  const code = await readFile(join(await builtFolder(), 'workflow-bundle.js'), 'utf8');
  expect(code).toContain(`.${activity}.`);
  await writeFile(join(folder, 'workflow-bundle.js'), code.replaceAll(`.${activity}.`, `.${activity}Again.`));
  return folder;
}

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
