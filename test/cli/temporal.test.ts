/** The questions of the commands to Temporal, against a real server; no worker runs, as in an outage. */
import { execFile, execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TypedSearchAttributes } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { describeTemporal } from '../../src/api/system/temporal-view.ts';
import { checkTemporal } from '../../src/health/temporal-checks.ts';
import { runCommand } from '../../src/cli/program.ts';
import { withTemporal } from '../../src/cli/ask-temporal.ts';
import { adviceOn } from '../../src/cli/why/advice.ts';
import { findRuns, type Run } from '../../src/cli/why/runs.ts';
import { readConfig, type Config } from '../../src/config/config.ts';
import { createGateways } from '../../src/gateways/registry.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { currentVersionReader } from '../../src/temporal/current-version.ts';
import { createPaymentRuns } from '../../src/temporal/payment-runs.ts';
import { UnreadablePayload } from '../../src/temporal/payload-codec.ts';
import { addSearchAttributes, makeSchedules } from '../../src/temporal/setup.ts';
import { stuckCounter } from '../../src/temporal/stuck.ts';
import { OrderReferenceKey, SessionIdKey, TransactionIdKey } from '../../src/workflows/messages.ts';
import { ENVIRONMENT } from '../support/api.ts';
import { builtFolder } from '../support/compiled.ts';
import { aPayloadKey, payloadKeys } from '../support/payload-keys.ts';
import { freePort } from '../support/ports.ts';
import { commandsAmongWords } from '../support/shell.ts';
import { useTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const at: { server: TestWorkflowEnvironment; config: Config } = {} as never;
const API_KEYS = 'a-key-of-more-than-24-characters';
const terminal = useTerminal();
const STAMP = { gateway: 'dintero', account: 'T12345678', mode: 'test' };

beforeAll(async () => {
  const path = process.env['TEMPORAL_CLI'];
  if (path === undefined) throw new Error('TEMPORAL_CLI is not set: npm test sets it');
  const executable = { type: 'existing-path', path } as const;
  // These are settings that operators enable on some servers only.
  const extraArgs = ['--dynamic-config-value', 'frontend.WorkflowPauseEnabled=true'];
  at.server = await TestWorkflowEnvironment.createLocal({ server: { executable, extraArgs } });
  at.config = aConfig(at.server.address);
}, 60_000);

afterAll(async () => {
  await at.server.teardown();
});

describe('paidonce doctor, of Temporal', () => {
  it('names the missing objects of a bare namespace, and the commands that create them', async () => {
    const found = await look();
    expect(statesOf(found)).toEqual({
      temporal: 'warn',
      'search attributes': 'fail',
      'payload encryption': 'ok',
      'stuck runs': 'ok',
      'paused runs': 'ok',
      'worker for payments': 'fail',
      'worker for payments-dintero-checkout': 'fail',
      'worker for payments-dintero-background': 'fail',
      'worker for payments-updates': 'fail',
      'schedule sweep/dintero': 'fail',
      'schedule sweep-changes/dintero': 'fail',
      'schedule reconcile/dintero': 'fail',
    });
    for (const { name, commands = [] } of found)
      if (name === 'temporal' || name === 'search attributes') for (const command of commands) run(command);
    await until('the commands have repaired it', async () => {
      const { temporal, ...states } = statesOf(await look());
      return temporal === 'ok' && states['search attributes'] === 'ok';
    });
  });

  it('finds no fault with the objects that a worker prepares, and notices that one is gone', async () => {
    await prepare();
    expect(statesOf(await look())).toMatchObject({
      'search attributes': 'ok',
      'worker for payments': 'fail',
      'schedule sweep/dintero': 'ok',
      'schedule sweep-changes/dintero': 'ok',
      'schedule reconcile/dintero': 'ok',
    });
  });

  it.each(['sweep/dintero', 'sweep-changes/dintero', 'reconcile/dintero'])(
    'notices that %s was paused',
    async (id) => {
      await prepare();
      const schedule = at.server.client.schedule.getHandle(id);
      // The scheduler runs a pause and the update that prepared it in any order, where both wait for it.
      await until('the pause is seen', async () => {
        await schedule.pause();
        return statesOf(await look())[`schedule ${id}`] === 'fail';
      });
      const [command = ''] = (await look()).find(({ name }) => name === `schedule ${id}`)?.commands ?? [];
      run(command);
      expect((await schedule.describe()).state.paused).toBe(false);
    },
  );

  it('notices a namespace of another account', async () => {
    await prepare();
    const another = aConfig(at.config.TEMPORAL_ADDRESS, 'T87654321');
    const [sweep] = (await look(another)).filter(({ name }) => name === 'schedule sweep/dintero');
    expect(sweep).toMatchObject({ state: 'fail', text: 'the namespace belongs to account T12345678 (test)' });
  });

  it('reads the stamp with the keys on, rotated and off, and names the key that a process lacks', async () => {
    const [a, b] = [aPayloadKey('a'), aPayloadKey('b')];
    const keyed = (PAYLOAD_KEYS: string) => ({ ...at.config, PAYLOAD_KEYS: payloadKeys(PAYLOAD_KEYS) });
    const sweepOf = async (config: Config) =>
      (await look(config)).find(({ name }) => name === 'schedule sweep/dintero');
    await prepare();
    for (const keys of [a, `${b},${a}`, b, `plain,${b}`]) {
      await prepare(keyed(keys));
      const isWritten = async () =>
        (await sweepOf(at.config))?.text.includes(`the key "${keys[0]}"`) === !keys.startsWith('plain');
      await until(`the stamp is written with ${keys.slice(0, 5)}`, isWritten);
      expect([keys, (await sweepOf(keyed(keys)))?.state]).toEqual([keys, 'ok']);
      if (keys.startsWith('plain')) continue;
      const id = keys[0];
      expect(await sweepOf(at.config)).toMatchObject({
        state: 'fail',
        text: expect.stringContaining(`encrypted with the key "${id}", and PAYLOAD_KEYS is not set`),
      });
      await expect(prepare(at.config)).rejects.toThrow(UnreadablePayload);
    }
    expect((await sweepOf(at.config))?.state).toBe('ok');
    const encryption = (await look(keyed(`${b},${a}`))).find(({ name }) => name === 'payload encryption');
    expect(encryption?.text).toBe('"b" encrypts; "b", "a" decrypts');
  });

  it('ends an API alone that lacks the key of the stamp, with 2', async () => {
    await prepare({ ...at.config, PAYLOAD_KEYS: payloadKeys(aPayloadKey('a')) });
    const env = {
      ...ENVIRONMENT,
      PORT: String(await freePort()),
      TEMPORAL_ADDRESS: at.config.TEMPORAL_ADDRESS,
      // Not reached: an API accepts callbacks while the store is away.
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    };
    const main = join(await builtFolder(), 'cli', 'main.js');
    const { error, stderr } = await new Promise<{ error: { code?: unknown } | null; stderr: string }>(
      (resolve) => {
        execFile(process.execPath, [main, 'api'], { env: { ...process.env, ...env } }, (failed, _, said) =>
          resolve({ error: failed as { code?: unknown } | null, stderr: said }),
        );
      },
    );
    expect([error?.code, stderr]).toEqual([
      2,
      expect.stringContaining('encrypted with the key "a", and PAYLOAD_KEYS is not set'),
    ]);
    await prepare({ ...at.config, PAYLOAD_KEYS: payloadKeys(`plain,${aPayloadKey('a')}`) });
  }, 60_000);

  it('says that no version is current, and the command that makes one', async () => {
    const found = await look({ ...at.config, TEMPORAL_WORKER_BUILD_ID: 'b7' });
    const version = found.find(({ name }) => name === 'worker version');
    expect(version).toMatchObject({
      state: 'fail',
      todo: expect.stringContaining('TEMPORAL_WORKER_BUILD_ID=b7'),
    });
    // The flags are known: it does not find the deployment, since no worker of it has polled.
    expect(() => run(version?.commands?.[0] ?? '')).toThrow(/no Worker Deployment found/);
  });

  it('says that no worker polls for the current version, as /metrics does', async () => {
    const { workflowService } = at.server.connection;
    const current = { namespace: 'default', deploymentName: 'deployed', buildId: 'b8', identity: 'a test' };
    await workflowService.setWorkerDeploymentCurrentVersion({ ...current, allowNoPollers: true });
    const config = { ...at.config, TEMPORAL_DEPLOYMENT_NAME: 'deployed' };
    expect(await currentVersionReader(at.server.connection, config)()).toEqual({ buildId: 'b8', pollers: 0 });
    // Also where this worker is not versioned itself, so that it gets no new runs.
    const version = (await look(config)).find(({ name }) => name === 'worker version');
    expect(version).toMatchObject({
      state: 'fail',
      text: 'no worker polls for b8, the current version of deployed: no payment makes progress',
      todo: expect.stringContaining('TEMPORAL_WORKER_BUILD_ID=b8'),
    });
    expect(run(version?.commands?.[0] ?? '')).toContain('b8');
    expect(await currentVersionReader(at.server.connection, at.config)()).toBeNull();
  });

  it('names the version whose workers poll although another one is current, and makes it current', async () => {
    const { connection } = at.server;
    const config = { ...at.config, TEMPORAL_DEPLOYMENT_NAME: 'deployed' };
    const deploymentOptions = { deploymentName: 'deployed', buildId: 'b9', workerVersioningMode: 2 };
    const taskQueue = { name: config.TEMPORAL_TASK_QUEUE };
    const poll = { namespace: 'default', identity: '7@a-host', taskQueue, deploymentOptions };
    const deadline = Date.now() + 60_000;
    const over = new AbortController();
    const polling = (async () => {
      while (!over.signal.aborted && Date.now() < deadline)
        await connection
          .withDeadline(Date.now() + 5_000, () => connection.workflowService.pollWorkflowTaskQueue(poll))
          .catch(() => undefined);
    })();
    const isPolled = async () =>
      (await describeTemporal(connection, config)).versions.some(
        ({ build, pollers }) => build === 'b9' && pollers === 1,
      );
    await until('it polls', isPolled, 60_000).finally(() => over.abort());
    const { versions, verdict, ...described } = await describeTemporal(connection, config);
    expect(described).toMatchObject({ namespace: 'default', isVersioned: true, unversionedPollers: 0 });
    expect(described.retentionSeconds).toBeGreaterThan(3_600);
    expect(versions).toContainEqual({ build: 'b9', state: 'inactive', currentSince: null, pollers: 1 });
    expect(versions.find(({ build }) => build === 'b8')).toMatchObject({ state: 'current', pollers: 0 });
    expect(verdict).toMatchObject({ state: 'fail', text: expect.stringContaining('b9 polls') });
    run(verdict?.commands[0] ?? '');
    expect((await describeTemporal(connection, config)).verdict).toMatchObject({
      state: 'ok',
      text: 'b9 is current, 1 polling',
      commands: [],
    });
    await polling;
  }, 90_000);

  it('names the runs that are stuck, as /metrics and `why` do', async () => {
    await prepare();
    const { client } = at.server;
    const settings = { taskQueue: 'stuck', updateTimeoutMs: 5_000, signalTimeoutMs: 5_000 };
    const payment = { paymentId: 'pay_9', orderReference: 'cli-9', n: 1, gateway: 'dintero' };
    await createPaymentRuns(client, settings).look(payment, {
      why: 'operator',
      at: new Date().toISOString(),
    });
    let asks = 0;
    const count = stuckCounter(client, () => (asks += 1) * 31_000);
    expect(await count()).toBe(0);
    await until(
      'it is reported',
      async () => {
        await failTask();
        return (await count()) === 1;
      },
      60_000,
    );
    const stuck = (await look()).find(({ name }) => name === 'stuck runs');
    expect(stuck).toMatchObject({ state: 'fail', text: expect.stringContaining('payment/cli-9/1') });
    const [stuckRun] = await runsOf('cli-9');
    expect(stuckRun?.problems).toMatch(/WorkflowTaskFailed/);
    const advice = adviceOn(null, { kind: 'found', runs: [stuckRun as Run] }, new Date(), at.config);
    expect(advice[0]).toMatchObject({
      about: 'payment/cli-9/1',
      text: expect.stringContaining('keeps failing'),
    });
    await client.workflow.getHandle('payment/cli-9/1').terminate();
  }, 90_000);

  it('names a run that an operator has paused, as `why` does, and how to continue it', async () => {
    await prepare();
    const { client, connection } = at.server;
    const { workflowService } = connection;
    const settings = { taskQueue: 'payments', updateTimeoutMs: 5_000, signalTimeoutMs: 5_000 };
    const payment = { paymentId: 'pay_7', orderReference: 'cli-7', n: 1, gateway: 'dintero' };
    await createPaymentRuns(client, settings).look(payment, {
      why: 'operator',
      at: new Date().toISOString(),
    });
    const workflowId = 'payment/cli-7/1';
    const command = { namespace: 'default', workflowId, identity: 'a test', requestId: 'once' };
    await workflowService.pauseWorkflowExecution({ ...command, reason: 'a test' });
    const stateOf = async () => (await look()).find(({ name }) => name === 'paused runs');
    await until('doctor names it', async () => (await stateOf())?.state === 'warn');
    expect(await stateOf()).toMatchObject({
      text: expect.stringContaining(workflowId),
      commands: [`paidonce why ${workflowId}`],
    });
    const [pausedRun] = await runsOf('cli-7');
    expect(pausedRun?.status).toBe('PAUSED');
    const advice = adviceOn(null, { kind: 'found', runs: [pausedRun as Run] }, new Date(), at.config);
    expect(advice).toMatchObject([{ about: workflowId, commands: [expect.stringContaining('unpause')] }]);
    run(advice[0]?.commands?.[0] ?? '');
    await until('it is none any more', async () => (await stateOf())?.state === 'ok');
    await client.workflow.getHandle(workflowId).terminate();
  }, 60_000);

  it('says one thing when no server answers', async () => {
    const found = await look({ ...at.config, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(statesOf(found)).toEqual({ temporal: 'fail' });
  }, 20_000);
});

describe('paidonce why, of Temporal', () => {
  it('shows the signals that a run has received although no worker is running', async () => {
    await prepare();
    const settings = { taskQueue: 'payments', updateTimeoutMs: 5_000, signalTimeoutMs: 5_000 };
    const payment = { paymentId: 'pay_1', orderReference: 'cli-1', n: 1, gateway: 'dintero' };
    const callback = { eventId: 'e', contentHash: 'h', claim: {}, receivedAt: new Date().toISOString() };
    await createPaymentRuns(at.server.client, settings).callback(payment, callback);
    await until('the run is listed', async () => (await runsOf('cli-1')).length === 1);
    const [first] = await runsOf('cli-1');
    expect(first).toMatchObject({ workflowId: 'payment/cli-1/1', status: 'RUNNING', waitsFor: null });
    expect(first?.steps.map(({ text }) => text)).toEqual(['the run started', 'signal callbackReceived']);
    expect(first?.url).toContain('/workflows/payment%2Fcli-1%2F1/');
  }, 30_000);

  it.each(['cli-8', 'T12345678.s-8', 'T12345678.t-8', 'payment/cli-8/1'])(
    'finds the order by %s without the store',
    async (id) => {
      await prepare();
      await aRunOf('cli-8', 1, { session: 'T12345678.s-8', transaction: 'T12345678.t-8' });
      await until('it is listed', async () => (await runsOf('cli-8')).length === 1);
      process.env = aloneWith(at.config);
      expect(await runCommand(['why', id])).toBe(0);
      expect(terminal.output).toContain('Order cli-8: the store did not answer');
      expect(terminal.output).toContain('Workflow payment/cli-8/1 running');
    },
    30_000,
  );

  it('lists the orders where several have that id in Temporal', async () => {
    await prepare();
    for (const order of ['cli-5', '-cli-6']) await aRunOf(order, 1, { session: 'T12345678.both' });
    await until('they are listed', async () => (await runsOf('-cli-6')).length === 1);
    process.env = aloneWith(at.config);
    await until('both are found', async () => {
      terminal.output = '';
      await runCommand(['why', 'T12345678.both']);
      return terminal.output.includes('cli-5') && terminal.output.includes('-cli-6');
    });
    expect(terminal.output).toContain('  order -cli-6 (source: Temporal)\n    paidonce why -- -cli-6\n');
    expect(commandsAmongWords(terminal.output)).toEqual([]);
  }, 30_000);

  it('finds nothing by characters that would end the text of a query', async () => {
    process.env = aloneWith(at.config);
    expect(await runCommand(['why', "x' or OrderReference != '"])).toBe(1);
    expect(terminal.output).not.toContain('cli-');
  });

  it('reports nothing for an order that was never opened', async () => {
    await prepare();
    expect(await runsOf('cli-unknown')).toEqual([]);
  });
});

/** The command as printed, run by the server's own CLI. */
function run(command: string): string {
  const path = dirname(process.env['TEMPORAL_CLI'] ?? '');
  const env = { PATH: `${path}:/usr/bin:/bin`, HOME: '/nonexistent' };
  return execFileSync('/bin/bash', ['-c', command], { env, encoding: 'utf8', stdio: 'pipe' });
}

/** The environment of a shell that reaches neither the store nor the service. */
function aloneWith({ TEMPORAL_ADDRESS }: Config): NodeJS.ProcessEnv {
  return { TEMPORAL_ADDRESS, DATA_DIR: '/nonexistent', PUBLIC_URL: 'http://127.0.0.1:1', API_KEYS };
}

async function aRunOf(
  order: string,
  n: number,
  { session, transaction }: { session: string; transaction?: string },
): Promise<void> {
  const typedSearchAttributes = new TypedSearchAttributes([
    { key: OrderReferenceKey, value: order },
    { key: SessionIdKey, value: session },
    ...(transaction === undefined ? [] : [{ key: TransactionIdKey, value: transaction }]),
  ]);
  const workflowId = `payment/${order}/${n}`;
  const how = { taskQueue: 'nobody', workflowId, typedSearchAttributes };
  await at.server.client.workflow.start('paymentSession', {
    ...how,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
}

/** A worker whose code throws. */
async function failTask(): Promise<void> {
  const { connection } = at.server;
  const { workflowService } = connection;
  const common = { namespace: 'default', identity: 'a test' };
  const poll = { ...common, taskQueue: { name: 'stuck' } };
  const { taskToken } = await connection.withDeadline(Date.now() + 20_000, () =>
    workflowService.pollWorkflowTaskQueue(poll),
  );
  await workflowService.respondWorkflowTaskFailed({
    ...common,
    taskToken,
    cause: 24, // WORKFLOW_WORKER_UNHANDLED_FAILURE
    failure: { message: 'TypeError' },
  });
}

async function prepare(config = at.config): Promise<void> {
  await withTemporal(config, async (client, connection) => {
    await addSearchAttributes(connection, 'default');
    await makeSchedules(client, STAMP, { taskQueue: 'payments', sweepEveryMs: 3_600_000 });
  });
}

function look(config = at.config): ReturnType<typeof checkTemporal> {
  const { all } = createGateways(config, createMetrics());
  return withTemporal(config, (client, connection) => checkTemporal({ client, connection }, config, all));
}

function statesOf(checks: Awaited<ReturnType<typeof checkTemporal>>): Record<string, string> {
  return Object.fromEntries(checks.map(({ name, state }) => [name, state]));
}

async function runsOf(reference: string) {
  const found = await findRuns({ ...at.config, TEMPORAL_UI_URL: 'http://ui' }, reference);
  if (found.kind !== 'found') throw new Error(found.reason);
  return found.runs;
}

function aConfig(address: string, account = 'T12345678'): Config {
  return readConfig({
    TEMPORAL_ADDRESS: address,
    PUBLIC_URL: 'http://127.0.0.1:3000',
    API_KEYS: 'a-key-of-more-than-24-characters',
    DINTERO_ACCOUNT_ID: account,
    DINTERO_CLIENT_ID: 'client',
    DINTERO_CLIENT_SECRET: 'client-secret',
    DINTERO_SIGNATURE_SECRETS: 'signature-secret',
    DINTERO_API_URL: 'http://127.0.0.1:3001',
    DINTERO_CHECKOUT_URL: 'http://127.0.0.1:3001',
  });
}
