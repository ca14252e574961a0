/**
 * Builds of the worker that replace each other under load, by deploy/deploy-worker.sh, as
 * docs/run-in-production.md describes: Worker Versioning and set-current-version.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from '../support/child.ts';
import { builtFolder } from '../support/compiled.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { BALANCED, checkBooks } from './support/books.ts';
import { createInstallation, type Done, type Installation } from './support/installation.ts';
import { newOrder, open, untilOrder, untilTold } from './support/shop.ts';
import { sendPayer } from './support/send-payer.ts';
import { startStack, type Stack } from './support/stack.ts';

const PAYERS = 40;
const ROLLBACK_PAYERS = 25;
const DEPLOYMENT = 'e2e';
/** The commands of deploy-worker.sh, with service.sh in the place of systemd. */
const HOOKS = {
  PAIDONCE: 'node "$OPT/$BUILD/bin/paidonce.js"',
  START: `"${join(import.meta.dirname, '..', '..', 'deploy', 'service.sh')}" start "worker@$BUILD"`,
  STOP: `"${join(import.meta.dirname, '..', '..', 'deploy', 'service.sh')}" stop "worker@$BUILD"`,
};

let postgres: TestPostgres;
let stack: Stack;
let installation: Installation;
let beforeAnyWorker: readonly string[];

beforeAll(async () => {
  postgres = await startPostgres();
  const env = { TEMPORAL_DEPLOYMENT_NAME: DEPLOYMENT };
  // The workers are those of the script.
  stack = await startStack({ databaseUrl: await postgres.createMigratedDatabase(), env, roles: ['api'] });
  beforeAnyWorker = await workersAway();
  installation = await createInstallation(stack.env);
  await installation.addBuild('one');
  expect(await deploy('deploy', 'one')).toMatchObject({ code: 0 });
}, 150_000);

afterAll(async () => {
  await installation?.remove();
  await stack?.stop();
  await postgres?.stop();
});

function deploy(action: 'deploy' | 'rollback', build: string): Promise<Done> {
  const env = { ...HOOKS, ENV_FILE: join(installation.folder, 'etc', 'common.env'), DRAIN_LIMIT: '1' };
  return installation.run('deploy-worker.sh', [action, build], env);
}

/** What needs somebody for want of a worker. */
async function workersAway(): Promise<string[]> {
  const { body } = await stack.call('GET', '/v1/attention');
  const { data } = body as { data: { kind: string; severity: string; text: string }[] };
  return data.flatMap(({ kind, severity, text }) =>
    kind === 'workers_away' ? [`${severity}: ${text}`] : [],
  );
}

async function isRunning(build: string): Promise<boolean> {
  return (await installation.run('service.sh', ['status', `worker@${build}`])).code === 0;
}

/** Payers come while something happens. Each order must be paid once. */
async function whilePayersCome(count: number, what: () => Promise<Done>): Promise<Done> {
  const references = Array.from({ length: count }, () => newOrder('versions'));
  const held = await open(stack, newOrder('held'));
  const hold = await stack.sandbox.pay(held.sessionId, { outcome: 'on_hold' });
  await untilOrder(stack, held.orderReference, 'PAYMENT_PENDING');
  const shopping = references.map(async (reference, index) => {
    await sleep(index * 120);
    await sendPayer(stack, reference, index);
  });
  const [done] = await Promise.all([what(), ...shopping]);
  await stack.sandbox.change(hold.transactionId, { status: 'AUTHORIZED', callback: false });
  const all = [...references, held.orderReference];
  await untilTold(stack, all, 'order.paid', 60_000);
  expect(await checkBooks(stack, all)).toEqual(BALANCED);
  return done;
}

describe('deploy-worker.sh, under load', () => {
  it('deploys a build: nothing is stuck, lost or doubled', async () => {
    await installation.addBuild('two');
    const { code, output } = await whilePayersCome(PAYERS, () => deploy('deploy', 'two'));
    expect([code, output]).toEqual([0, expect.stringContaining('one is stopped')]);
    expect([await isRunning('one'), await isRunning('two')]).toEqual([false, true]);
  }, 300_000);

  it('lets the new build run the payments that are opened from now on', async () => {
    const { sessionId, orderReference } = await open(stack);
    await stack.sandbox.pay(sessionId, { outcome: 'authorize' });
    await untilTold(stack, [orderReference]);
    const { body } = await stack.call('GET', '/v1/health');
    const version = (body as { checks: { name: string; text: string }[] }).checks.find(
      ({ name }) => name === 'worker version',
    );
    expect(version?.text).toBe('two is current, 1 polling');
    expect(await workersAway()).toEqual([]);
  }, 150_000);

  it('needs somebody while no worker is there', () => {
    expect(beforeAnyWorker).toContainEqual(
      expect.stringMatching(/^high: no worker polls: payments make no progress; start a worker/),
    );
  });

  it('goes back to the older build', async () => {
    const { code, output } = await whilePayersCome(ROLLBACK_PAYERS, () => deploy('rollback', 'one'));
    expect([code, output]).toEqual([0, expect.stringContaining('two is stopped')]);
    expect([await isRunning('one'), await isRunning('two')]).toEqual([true, false]);
  }, 300_000);

  it('does not take the workers of before, which Temporal still lists, for new ones', async () => {
    await installation.writeEnv('worker-two', { WORKER_POLLERS: 'abc' });
    const { code, output } = await deployInVain('two');
    expect([code, output]).toEqual([1, expect.stringContaining('no worker of two polls')]);
    expect(output).toContain('one is still current');
    expect([await isRunning('one'), await isRunning('two')]).toEqual([true, false]);
  }, 60_000);
});

describe('paidonce replay, before a deployment', () => {
  it('says that every run continues on this build, and names those that do not on another', async () => {
    const fresh = await open(stack);
    const held = await open(stack, newOrder('replay'));
    await stack.sandbox.pay(held.sessionId, { outcome: 'on_hold' });
    await untilOrder(stack, held.orderReference, 'PAYMENT_PENDING');
    await installation.addBuild('four', (code) => without(code, 'lookAtPayment'));
    const own = await replay([]);
    expect(own).toMatchObject({ code: 0, failed: [] });
    expect(own.replayed).toBeGreaterThan(PAYERS);
    const other = await replay(['--bundle', join(installation.folder, 'opt', 'four')]);
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

describe('deploy-worker.sh, with a build that must not run', () => {
  it('does not go back past a build that has written a patch', async () => {
    await installation.addBuild('three', withPatch);
    expect(await deploy('deploy', 'three')).toMatchObject({ code: 0 });
    const { orderReference, sessionId } = await open(stack, newOrder('patched'));
    await stack.sandbox.pay(sessionId, { outcome: 'on_hold' });
    await untilOrder(stack, orderReference, 'PAYMENT_PENDING');
    const { code, output } = await deploy('rollback', 'one');
    expect([code, output]).toEqual([1, expect.stringContaining(`payment/${orderReference}/1`)]);
    expect(output).toContain('nothing was changed');
    expect([await isRunning('one'), await isRunning('three')]).toEqual([false, true]);
  }, 150_000);

  it('deploys no build that does not continue the runs of production, or does not start', async () => {
    expect(await deploy('deploy', 'four')).toMatchObject({
      code: 1,
      output: expect.stringContaining('nothing was changed'),
    });
    await installation.addBuild('five', withPatch);
    // Only its worker does not start, since another process has its port.
    await installation.writeEnv('worker-five', { ADMIN_PORT: stack.env['PORT'] ?? '' });
    const { code, output } = await deployInVain('five');
    expect([code, output]).toEqual([1, expect.stringContaining('three is still current')]);
    expect([await isRunning('five'), await isRunning('three')]).toEqual([false, true]);
  }, 150_000);
});

/** A build that does not start. */
function deployInVain(build: string): Promise<Done> {
  const env = { ...HOOKS, ENV_FILE: join(installation.folder, 'etc', 'common.env'), POLL_LIMIT: '5' };
  return installation.run('deploy-worker.sh', ['deploy', build], env);
}

/** This build with a patch that every payment's run writes into its history. */
function withPatch(code: string): string {
  const [call = '', workflow = ''] =
    /\(0,(\w+)\.workflowInfo\)\(\)/.exec(code.slice(code.indexOf('function runSession('))) ?? [];
  expect(call).not.toBe('');
  return code.replace('function runSession(input) {', `$&\n  (0,${workflow}.patched)('planted');`);
}

/** This build, but for an activity that has another name. */
function without(code: string, activity: string): string {
  expect(code).toContain(`.${activity}.`);
  return code.replaceAll(`.${activity}.`, `.${activity}Again.`);
}

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
