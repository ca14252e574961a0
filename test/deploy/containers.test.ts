/**
 * This machine has no container engine: the test runs our services of docker-compose.yml without one, up to a
 * paid order.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres, type PostgresServer } from '../../kit/postgres-server.js';
import { findTemporalCli } from '../../dev/temporal-cli.ts';
import { temporalServer } from '../../dev/temporal-server.ts';
import { createCall, type Call } from '../e2e/support/http.ts';
import { endAllProcesses, startProcess, type Process } from '../e2e/support/processes.ts';
import { createSandbox } from '../e2e/support/sandbox.ts';
import { until } from '../support/until.ts';
import { projectFolder, readProject, type Project } from './support/compose.ts';
import { createMachine, type Machine } from './support/machine.ts';

const OURS = ['api', 'worker', 'sandbox', 'shop'];
const LIMIT_MS = 120_000;

let folder: string;
let project: Project;
let postgres: PostgresServer;
let machine: Machine;
let call: Call;
const running: Process[] = [];

beforeAll(async () => {
  folder = await projectFolder('sh deploy/make-secrets.sh; cp deploy/demo.env .env');
  project = await readProject(folder);
  const password = (await readFile(join(folder, 'secrets', 'postgres_password'), 'utf8')).trim();
  postgres = await startPostgres({ password });
  machine = await createMachine(project, folder, { 'postgres:5432': postgres.port });
  await makeRoles();
  await startTemporal();
}, LIMIT_MS);

afterAll(async () => {
  await endAllProcesses();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Like PostgreSQL's image on an empty volume. */
async function makeRoles(): Promise<void> {
  const script = await readFile(project.configs['postgres_roles']?.file ?? '', 'utf8');
  const path = join(folder, 'roles.sql');
  await writeFile(path, script.replaceAll('/run/secrets', await machine.secrets('postgres')));
  await promisify(execFile)('psql', ['--no-psqlrc', '-v', 'ON_ERROR_STOP=1', '-f', path, postgres.url]);
}

/**
 * The development server replaces the containers of Temporal. Its CLI is the program of the image of
 * `temporal-namespace`.
 */
async function startTemporal(): Promise<void> {
  const executable = await findTemporalCli({ env: process.env, say: () => undefined });
  const port = machine.port('temporal', 7233);
  await startProcess(await temporalServer({ executable, port, uiPort: null, dataDir: folder }));
  await mkdir(join(folder, 'bin'));
  await symlink(executable, join(folder, 'bin', 'temporal'));
}

async function end(process: Process): Promise<string> {
  const { code, signal } = await process.ended;
  return code === 0 ? 'fine' : `${process.name} ended with ${code ?? signal}:\n${process.lines.join('\n')}`;
}

/** Resolves when its health check passes. @throws Error with its last lines */
async function untilHealthy(process: Process): Promise<void> {
  const isOver = async () => process.hasEnded() || (await machine.isHealthy(process.name));
  await until(`${process.name} is healthy`, isOver, LIMIT_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}:\n${process.lines.join('\n')}`, { cause: error });
  });
  if (process.hasEnded()) throw new Error(await end(process));
}

describe('docker-compose.yml, by its commands and environments', () => {
  it('sees that PostgreSQL is ready', async () => {
    expect(await machine.isHealthy('postgres', { PGPORT: String(postgres.port) })).toBe(true);
  });

  it('creates the namespace, and leaves it as it is the next time', async () => {
    for (const time of ['first', 'second']) {
      const made = await machine.start('temporal-namespace', join(folder, 'bin'));
      expect([time, await end(made)]).toEqual([time, 'fine']);
      expect(await retentionDays('paidonce')).toBe(30);
    }
  });

  it('migrates', async () => {
    const migrate = await machine.start('migrate');
    expect(await end(migrate)).toBe('fine');
    // Without DATABASE_URL it would migrate the embedded store, and succeed too.
    expect(migrate.lines).toContain('the postgresql store is up to date');
  });

  it(
    'starts the API, the worker, the sandbox and the demo shop, and sees that they are ready',
    async () => {
      for (const name of OURS) expect(await machine.isHealthy(name)).toBe(false);
      for (const name of OURS) running.push(await machine.start(name));
      await Promise.all(running.map(untilHealthy));
      const key = (await readFile(join(await machine.secrets('shop'), 'api_keys'), 'utf8')).trim();
      call = createCall(addressOf('api', 3000), { authorization: `Bearer ${key}` });
    },
    2 * LIMIT_MS,
  );

  it('answers on every port that it publishes of them', async () => {
    const published = OURS.flatMap((name) =>
      (project.services[name]?.ports ?? []).map(({ target }) => machine.port(name, target)),
    );
    expect(published).toHaveLength(4);
    for (const port of published) expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBeLessThan(500);
  });

  it(
    'sells in the demo shop: the sandbox calls, the order is paid, the shop is notified, the payer returns to it',
    async () => {
      const shop = addressOf('shop', 3002);
      const sandbox = createSandbox(addressOf('sandbox', 3001));
      expect(await buy(shop)).toMatch(new RegExp(`^${sandbox.origin}/`));
      const [{ orderReference, sessionId }] = (await call('GET', '/v1/payments')).body.data;
      const { returnUrl } = await sandbox.pay(sessionId, { outcome: 'authorize' });
      await until('the order is paid', async () => (await statusOf(orderReference)) === 'PAID', LIMIT_MS);
      await until('its callback is delivered', async () =>
        (await sandbox.session(sessionId)).callbacks.every(({ state }) => state === 'delivered'),
      );
      await until('the shop is notified', async () =>
        (await toldOf(shop, orderReference)).includes('order.paid'),
      );
      const back = await fetch(returnUrl ?? '', { redirect: 'manual' });
      expect(back.headers.get('location')).toMatch(new RegExp(`^${shop}/orders/${orderReference}\\?`));
      expect(await end(await machine.exec('api', ['why', orderReference]))).toBe('fine');
    },
    2 * LIMIT_MS,
  );

  it('stops each by SIGTERM within its grace period', async () => {
    await Promise.all(running.map((process) => process.kill('SIGTERM')));
    expect(await Promise.all(running.map(end))).toEqual(running.map(() => 'fine'));
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

/** Presses Buy. Returns the address to which the payer is sent. */
async function buy(shop: string): Promise<string> {
  const body = new URLSearchParams({ cart: 'deploy', product: 'chair-1', quantity: '1' });
  const response = await fetch(`${shop}/orders`, { method: 'POST', redirect: 'manual', body });
  return response.headers.get('location') ?? `${response.status} ${await response.text()}`;
}

async function statusOf(orderReference: string): Promise<string> {
  return (await call('GET', `/v1/orders/${orderReference}`)).body.status;
}

async function toldOf(shop: string, orderReference: string): Promise<string[]> {
  const { body } = await createCall(shop)('GET', `/__shop/updates?order=${orderReference}`);
  return body.data.map(({ type }: { type: string }) => type);
}
