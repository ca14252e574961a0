/**
 * Under a running API, a Temporal server is replaced by an empty one: no search attributes, no sweep, no
 * runs.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createOpenings } from '../../src/health/openings.ts';
import { recordingOf } from '../../src/run-service.ts';
import { createStoreFigures } from '../../src/health/store-figures.ts';
import { startApi } from '../../src/api/http/server.ts';
import { readConfig } from '../../src/config/config.ts';
import { temporalServer } from '../../dev/temporal-server.ts';
import { createGateways } from '../../src/gateways/registry.ts';
import type { Service } from '../../src/service.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { connectClient } from '../../src/temporal/connect.ts';
import { createNamespace } from '../../src/temporal/namespace.ts';
import { createMoneyRuns } from '../../src/temporal/money-runs.ts';
import { createPaymentRuns } from '../../src/temporal/payment-runs.ts';
import { addSearchAttributes, missingSearchAttributes } from '../../src/temporal/setup.ts';
import { ENVIRONMENT, sendRaw } from '../support/api.ts';
import { temporalCli } from '../support/dev-server.ts';
import { NotedFirstAttempts } from '../support/first-attempts.ts';
import { freePort } from '../support/ports.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { until } from '../support/until.ts';

const EVERY_SCHEDULE = ['sweep/dintero', 'sweep-changes/dintero', 'reconcile/dintero'];
const CALLBACK = { eventId: 'e', contentHash: 'c', claim: {}, receivedAt: '2026-11-21T12:00:00.000Z' };

let server: Server;
let store: TestStore;
let api: RunningApi;

beforeAll(async () => {
  [server, store] = [await startServer(await freePort()), await openTestStore()];
}, 60_000);

afterAll(async () => {
  await api.stop();
  await store.close();
  await server.end();
});

beforeEach(async () => {
  await api?.stop();
  api = await startRealApi(server.port);
  await api.service.namespace.prepare();
  expect(await readyz()).toMatchObject({ status: 'ready' });
  await replaceServer();
}, 60_000);

it('a replaced server gets the objects that a start needs by the first callbacks, once for all of them', async () => {
  const starts = Array.from({ length: 20 }, (_, index) =>
    api.service.runs.callback(aPayment(index), CALLBACK),
  );
  await Promise.all(starts);
  const { client, connection, metrics } = api.service;
  const run = await client.workflow.getHandle('payment/replaced-7/1').describe();
  expect(run.searchAttributes).toMatchObject({ OrderReference: ['replaced-7'] });
  expect(await missingSearchAttributes(connection, 'default')).toEqual([]);
  const sweep = await client.schedule.getHandle('sweep/dintero').describe();
  expect(await schedules()).toEqual(EVERY_SCHEDULE);
  expect(sweep.action.memo).toEqual({ account: ENVIRONMENT.DINTERO_ACCOUNT_ID, mode: 'test' });
  expect((await metrics.namespaceRepairs.get()).values).toMatchObject([
    { value: 1, labels: { outcome: 'done' } },
  ]);
}, 60_000);

it('a replaced server is reported by /readyz, which changes nothing, and repaired by the watch', async () => {
  const { connection, namespace, metrics } = api.service;
  for (let time = 0; time < 3; time += 1) {
    const asked = await readyz();
    expect(asked).toMatchObject({ status: 'degraded', store: 'ok' });
    expect(asked.temporal).toMatch(
      /^search attributes are missing \(PaymentStatus, .*\), so no payment can be opened/,
    );
  }
  await sendRaw(api.port, 'GET', '/metrics');
  expect(await missingSearchAttributes(connection, 'default')).toHaveLength(5);
  expect(await schedules()).toEqual([]);
  expect((await metrics.namespaceRepairs.get()).values).toEqual([]);
  const stop = namespace.watch(100);
  await until('it is repaired', async () => (await readyz()).status === 'ready');
  await stop();
  expect(await schedules()).toEqual(EVERY_SCHEDULE);
}, 60_000);

it('a replaced server is left alone for a while by a process without permission to repair it, and is still reported', async () => {
  let asked = 0;
  Object.assign(api.service.connection.operatorService, {
    addSearchAttributes() {
      asked += 1;
      return Promise.reject(new Error('7 PERMISSION_DENIED'));
    },
  });
  const start = () => api.service.runs.callback(aPayment(0), CALLBACK);
  for (let index = 0; index < 5; index += 1) await expect(start()).rejects.toThrow('calling Temporal');
  expect(asked).toBe(1);
  expect((await readyz()).status).toBe('degraded');
  expect((await api.service.metrics.namespaceRepairs.get()).values).toMatchObject([
    { labels: { outcome: 'failed' } },
  ]);
}, 60_000);

it('a replaced server gets every schedule again although another process has added the search attributes', async () => {
  const { connection, namespace } = api.service;
  await addSearchAttributes(connection, 'default');
  const stop = namespace.watch(100);
  await until('every schedule is there', hasEverySchedule);
  await stop();
}, 60_000);

it('a replaced server gets back a schedule that was deleted', async () => {
  const { client, namespace } = api.service;
  await namespace.prepare();
  const stop = namespace.watch(100);
  for (const id of EVERY_SCHEDULE) {
    await client.schedule.getHandle(id).delete();
    await until(`${id} is there again`, hasEverySchedule, 20_000);
  }
  await stop();
}, 60_000);

async function hasEverySchedule(): Promise<boolean> {
  return (await schedules()).length === EVERY_SCHEDULE.length;
}

/** The ids of the existing ones. */
async function schedules(): Promise<string[]> {
  const { client } = api.service;
  const found = await Promise.allSettled(
    EVERY_SCHEDULE.map((id) => client.schedule.getHandle(id).describe()),
  );
  return EVERY_SCHEDULE.filter((_, index) => found[index]?.status === 'fulfilled');
}

async function replaceServer(): Promise<void> {
  const { port } = server;
  await server.end();
  server = await startServer(port);
  // Whether the client has connected again is another question: its first calls may still meet the end of the
  // old connection.
  const ask = () => api.service.connection.workflowService.describeNamespace({ namespace: 'default' });
  const isBack = () =>
    ask().then(
      () => true,
      () => false,
    );
  await until('the new server is reached', isBack, 20_000);
}

async function readyz(): Promise<{ status: string; store: string; temporal: string }> {
  return (await sendRaw(api.port, 'GET', '/readyz')).json as never;
}

function aPayment(index: number) {
  return { paymentId: `pay_${index}`, orderReference: `replaced-${index}`, n: 1, gateway: 'dintero' };
}

interface RunningApi {
  readonly service: Service;
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Built like in run-service.ts, and without any help: nothing here knows that the server will be replaced.
 */
async function startRealApi(temporalPort: number): Promise<RunningApi> {
  const port = await freePort();
  const config = readConfig({
    ...ENVIRONMENT,
    PORT: String(port),
    ADMIN_PORT: String(port),
    TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
  });
  const metrics = createMetrics();
  const parts = {
    config,
    metrics,
    log: createLog('silent', 'test'),
    tracing: null,
    gateways: createGateways(config, metrics),
    ...connectClient(config),
    fail: (error: Error) => {
      throw error;
    },
  };
  const namespace = createNamespace(parts);
  const limits = { updateTimeoutMs: 10_000, signalTimeoutMs: 10_000 };
  const settings = { ...limits, taskQueue: config.TEMPORAL_TASK_QUEUE, repair: () => namespace.repair() };
  const firstAttempts = new NotedFirstAttempts();
  const service = {
    ...parts,
    store,
    namespace,
    openings: createOpenings(metrics),
    storeFigures: createStoreFigures({ ...parts, store }),
    runs: createPaymentRuns(parts.client, settings),
    money: createMoneyRuns(parts.client, settings),
    firstAttempts,
    recording: recordingOf({ ...parts, store, firstAttempts }),
  };
  const stop = await startApi(service);
  return {
    service,
    port,
    async stop() {
      await stop();
      await parts.connection.close();
    },
  };
}

interface Server {
  readonly port: number;
  end(): Promise<void>;
}

/** With an empty file, and bare: `npm start` would add the search attributes by itself. */
async function startServer(port: number): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'paidonce-replaced-'));
  const spec = await temporalServer({ executable: temporalCli(), port, uiPort: null, dataDir });
  const bare = spec.args.filter(
    (arg, index) => arg !== '--search-attribute' && spec.args[index - 1] !== '--search-attribute',
  );
  const child: ChildProcess = spawn(spec.command, bare, { stdio: 'ignore' });
  const answers = () =>
    spec.answers().then(
      () => true,
      () => false,
    );
  await until('the server answers', answers, spec.readyWithinMs);
  return {
    port,
    async end() {
      const ended = new Promise((settle) => child.once('exit', settle));
      child.kill('SIGKILL');
      await ended;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
