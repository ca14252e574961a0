/**
 * This machine has no container engine: the test runs the services of docker-compose.yml without one, ours
 * from the files that the Dockerfile puts into the image, and sells, kills and starts again.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres, type PostgresServer } from '../../kit/postgres-server.js';
import { findTemporalCli } from '../../dev/temporal-cli.ts';
import { createCall, type Call } from '../e2e/support/http.ts';
import { endAllProcesses, type Process } from '../e2e/support/processes.ts';
import { createSandbox, type Sandbox } from '../e2e/support/sandbox.ts';
import { createStripeSandbox } from '../e2e/support/stripe-sandbox.ts';
import { until } from '../support/until.ts';
import { projectFolder, readProject, type Project } from './support/compose.ts';
import { nameOf, ONLY_AS_IMAGES } from './support/foreign-images.ts';
import { buildTree } from './support/image.ts';
import { createMachine, endOf, type Machine } from './support/machine.ts';
import { dashboardPanels } from './support/dashboard.ts';

const OURS = ['api', 'worker', 'sandbox', 'shop'];
const LIMIT_MS = 240_000;
const MOST_MB = 200;
/** Three scrapes, and the time between two reads of the store's figures. */
const SCRAPED_WITHIN_MS = 60_000;
/** Those that are not empty until something rare has happened. */
const PANELS = dashboardPanels().filter(({ isRare }) => !isRare);

interface Asked {
  readonly status: string;
  readonly data: unknown;
}

let folder: string;
let app: string;
let project: Project;
let postgres: PostgresServer;
let machine: Machine;
let call: Call;
const running = new Map<string, Process>();

beforeAll(async () => {
  const profiles = 's/^COMPOSE_PROFILES=.*/COMPOSE_PROFILES=demo,observe/';
  folder = await projectFolder(`sh deploy/make-secrets.sh; sed '${profiles}' deploy/demo.env > .env`);
  // Our processes are another user here too.
  await chmod(folder, 0o755);
  project = await readProject(folder);
  app = await buildTree();
  const password = (await readFile(join(folder, 'secrets', 'postgres_password'), 'utf8')).trim();
  postgres = await startPostgres({ password, isDurable: false });
  const listening = { 'postgres:5432': postgres.port };
  machine = await createMachine({ project, folder, app, programs: await programsOfImages(), listening });
  await makeRoles();
}, LIMIT_MS);

afterAll(async () => {
  await endAllProcesses();
  await postgres?.stop();
  for (const made of [folder, app]) await rm(made, { recursive: true, force: true });
});

/** The folder with the programs of Temporal's images. */
async function programsOfImages(): Promise<string> {
  const built = process.env['TEMPORAL_SERVER_PROGRAMS'];
  if (built === undefined)
    throw new Error('TEMPORAL_SERVER_PROGRAMS is not set: npm test -- --layer deploy builds the server');
  const programs = join(folder, 'programs');
  await mkdir(programs);
  for (const name of ['temporal-server', 'temporal-sql-tool'])
    await symlink(join(built, name), join(programs, name));
  await symlink(
    await findTemporalCli({ env: process.env, say: () => undefined }),
    join(programs, 'temporal'),
  );
  // The images have BusyBox as their shell, which knows `pipefail`; Debian's does not.
  const script = await readFile(join(built, 'entrypoint.sh'), 'utf8');
  const place = join(programs, 'entrypoint.sh');
  await writeFile(place, script.replace('#!/bin/sh', '#!/bin/bash'), { mode: 0o755 });
  return programs;
}

/** Like PostgreSQL's image on an empty volume. */
async function makeRoles(): Promise<void> {
  const script = await readFile(project.configs['postgres_roles']?.file ?? '', 'utf8');
  const path = join(folder, 'roles.sql');
  await writeFile(path, script.replaceAll('/run/secrets', await machine.secrets('postgres')));
  await promisify(execFile)('psql', ['--no-psqlrc', '-v', 'ON_ERROR_STOP=1', '-f', path, postgres.url]);
}

/** Starts it and waits until it is healthy. */
async function startHealthy(name: string): Promise<void> {
  const process = await machine.start(name);
  running.set(name, process);
  await machine.untilHealthy(process);
}

describe("the image's files", () => {
  it(`take at most ${MOST_MB} MB without Node`, async () => {
    const files = await readdir(app, { recursive: true, withFileTypes: true });
    const sizes = files
      .filter((file) => file.isFile())
      .map(async (file) => (await stat(join(file.parentPath, file.name))).size);
    const megabytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / 1e6;
    process.stdout.write(`the image's own files take ${megabytes.toFixed(0)} MB\n`);
    expect(megabytes).toBeGreaterThan(10);
    expect(megabytes).toBeLessThan(MOST_MB);
  });

  it('have no bundler, no compiler and no other platform', async () => {
    const packages = await readdir(join(app, 'node_modules'));
    expect(packages.filter((name) => /^(webpack|@swc|esbuild|typescript|jest|memfs)$/.test(name))).toEqual(
      [],
    );
    const releases = join(app, 'node_modules', '@temporalio', 'core-bridge', 'releases');
    expect(await readdir(releases)).toHaveLength(1);
  });
});

describe('docker-compose.yml, by its commands, environments, health checks and order', () => {
  it(
    'starts everything that does not exist as an image only',
    async () => {
      const [absent, here] = [true, false].map((isAbsent) =>
        Object.entries(project.services)
          .filter(([, { image }]) => ONLY_AS_IMAGES.includes(nameOf(image)) === isAbsent)
          .map(([name]) => name),
      );
      process.stdout.write(
        `not started here, since their programs are in images only: ${absent?.join(', ')}\n`,
      );
      expect(absent).toEqual(['grafana', 'temporal-ui']);
      for (const name of here ?? []) {
        const process = await machine.up(name);
        if (process !== null && project.services[name]?.healthcheck !== undefined) running.set(name, process);
      }
      expect([...running.keys()].toSorted()).toEqual([...OURS, 'prometheus', 'temporal'].toSorted());
      for (const process of running.values()) await machine.untilHealthy(process);
      const key = (await readFile(join(await machine.secrets('shop'), 'api_keys'), 'utf8')).trim();
      call = createCall(addressOf('api', 3000), { authorization: `Bearer ${key}` });
    },
    2 * LIMIT_MS,
  );

  it('keeps closed runs for 30 days, and leaves the namespace as it is the next time', async () => {
    expect(await endOf(await machine.start('temporal-namespace'))).toBe('fine');
    expect(await retentionDays('paidonce')).toBe(30);
  });

  it('makes and migrates the tables again without harm', async () => {
    for (const name of ['temporal-schema', 'migrate'])
      expect([name, await endOf(await machine.start(name))]).toEqual([name, 'fine']);
  });

  it('answers on every port that it publishes of ours', async () => {
    const published = OURS.flatMap((name) =>
      (project.services[name]?.ports ?? []).map(({ target }) => machine.port(name, target)),
    );
    expect(published).toHaveLength(5);
    for (const port of published) expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBeLessThan(500);
  });

  it(
    'sells in the demo shop by both gateways: the order is paid, the shop is notified, the payer returns to it',
    async () => {
      for (const gateway of ['dintero', 'stripe']) {
        const { orderReference, sessionId } = await buy(gateway);
        const { returnUrl } = await sandboxOf(gateway).pay(sessionId, { outcome: 'authorize' });
        await untilTold(orderReference);
        const back = await fetch(returnUrl ?? '', { redirect: 'manual' });
        expect(back.headers.get('location')).toMatch(`${addressOf('shop', 3002)}/orders/${orderReference}?`);
        expect(await endOf(await machine.exec('api', ['why', orderReference]))).toBe('fine');
      }
    },
    LIMIT_MS,
  );

  it(
    'loses nothing where the API and the worker are killed: the order is paid exactly once',
    async () => {
      const { orderReference, sessionId } = await buy('dintero');
      for (const name of ['api', 'worker']) await running.get(name)?.kill('SIGKILL');
      await sandboxOf('dintero').pay(sessionId, { outcome: 'authorize' });
      await Promise.all(['api', 'worker'].map(startHealthy));
      await untilTold(orderReference);
      expect(await toldOf(orderReference)).toEqual(['order.paid']);
    },
    LIMIT_MS,
  );

  it(
    'takes callbacks while Temporal is away, and pays the order when it is back',
    async () => {
      const { orderReference, sessionId } = await buy('dintero');
      await running.get('temporal')?.kill('SIGTERM');
      await sandboxOf('dintero').pay(sessionId, { outcome: 'authorize' });
      await until('the callback is delivered', async () =>
        (await sandboxOf('dintero').session(sessionId)).callbacks.every(({ state }) => state === 'delivered'),
      );
      expect(await statusOf(orderReference)).toBe('AWAITING_PAYMENT');
      await startHealthy('temporal');
      await untilTold(orderReference);
      expect(await toldOf(orderReference)).toEqual(['order.paid']);
    },
    LIMIT_MS,
  );

  it('has the figures of the API and of the worker in Prometheus', async () => {
    const query = `http://127.0.0.1:${machine.port('prometheus', 9090)}/api/v1/query?query=up`;
    const jobsUp = async () => {
      const { data } = (await (await fetch(query)).json()) as {
        data: { result: { metric: { job: string }; value: [number, string] }[] };
      };
      return data.result.filter(({ value }) => value[1] === '1').map(({ metric }) => metric.job);
    };
    await until('both are scraped', async () => (await jobsUp()).length === 2, LIMIT_MS);
    expect((await jobsUp()).toSorted()).toEqual(['paidonce-api', 'paidonce-worker']);
  });

  it('has the figures of every panel of the dashboard, and each of its queries is one', async () => {
    const prometheus = `http://127.0.0.1:${machine.port('prometheus', 9090)}/api/v1`;
    const ask = async (path: string) => (await (await fetch(prometheus + path)).json()) as Asked;
    const lacking = async () => {
      const { data } = await ask('/label/__name__/values');
      return PANELS.flatMap(({ metrics }) => metrics).filter((name) => !(data as string[]).includes(name));
    };
    await until(
      'the figures are scraped',
      async () => (await lacking()).length === 0,
      SCRAPED_WITHIN_MS,
    ).catch(() => undefined);
    expect(await lacking()).toEqual([]);
    for (const { title, queries } of PANELS)
      for (const query of queries)
        expect({ title, query, ...(await ask(`/query?query=${encodeURIComponent(query)}`)) }).toMatchObject({
          status: 'success',
        });
  });

  it('stops each of ours by SIGTERM within its grace period', async () => {
    const ours = OURS.map((name) => running.get(name)).filter((process) => process !== undefined);
    await Promise.all(ours.map((process) => process.kill('SIGTERM')));
    expect(await Promise.all(ours.map(endOf))).toEqual(OURS.map(() => 'fine'));
  });
});

async function retentionDays(namespace: string): Promise<number> {
  const connection = await Connection.connect({ address: `127.0.0.1:${machine.port('temporal', 7233)}` });
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return Number(config?.workflowExecutionRetentionTtl?.seconds) / 86_400;
  } finally {
    await connection.close();
  }
}

function addressOf(service: string, inside: number): string {
  return `http://127.0.0.1:${machine.port(service, inside)}`;
}

function sandboxOf(gateway: string): Sandbox {
  return gateway === 'stripe'
    ? createStripeSandbox(addressOf('sandbox', 3003))
    : createSandbox(addressOf('sandbox', 3001));
}

/** Presses Buy in the demo shop. The payer is sent to the sandbox of the gateway. */
async function buy(gateway: string): Promise<{ orderReference: string; sessionId: string }> {
  const body = new URLSearchParams({ cart: randomUUID(), product: 'chair-1', quantity: '1', gateway });
  const response = await fetch(`${addressOf('shop', 3002)}/orders`, {
    method: 'POST',
    redirect: 'manual',
    body,
  });
  const to = response.headers.get('location') ?? `${response.status} ${await response.text()}`;
  expect(to).toMatch(`${sandboxOf(gateway).origin}/`);
  const [newest] = (await call('GET', '/v1/payments?limit=1')).body.data;
  return newest;
}

async function statusOf(orderReference: string): Promise<string> {
  return (await call('GET', `/v1/orders/${orderReference}`)).body.status;
}

async function untilTold(orderReference: string): Promise<void> {
  await until('the order is paid', async () => (await statusOf(orderReference)) === 'PAID', LIMIT_MS);
  const isTold = async () => (await toldOf(orderReference)).includes('order.paid');
  await until('the shop is notified', isTold, LIMIT_MS);
}

async function toldOf(orderReference: string): Promise<string[]> {
  const { body } = await createCall(addressOf('shop', 3002))(
    'GET',
    `/__shop/updates?order=${orderReference}`,
  );
  return body.data.map(({ type }: { type: string }) => type);
}
