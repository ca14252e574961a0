/**
 * The whole product as it runs: Temporal, a simulated Dintero, the service, a merchant; real processes, HTTP
 * between them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../../../dev/temporal-cli.ts';
import { temporalServer } from '../../../dev/temporal-server.ts';
import { freePort } from '../../../kit/free-port.js';
import { read } from '../../../kit/poll.js';
import type { ChildSpec } from '../../../kit/tied-child.js';
import { DINTERO_SANDBOX } from '../../../src/gateways/dintero/sandbox.ts';
import { migratePostgres } from '../../../src/store/migrations.ts';
import { builtFolder } from '../../support/compiled.ts';
import { copyStoreTemplate } from '../../support/store.ts';
import { createCall, type Call } from './http.ts';
import { startMerchant, WEBHOOK_SECRET, type Merchant } from './merchant.ts';
import { endAllProcesses, launch, startProcess, type Process } from './processes.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

export const API_KEY = 'e2e_key_0123456789abcdef0123';

/**
 * For a stack whose story needs the sweep. The other stacks have none, since a sweep every few seconds takes
 * more than half of what an idle stack costs.
 */
export const SWEEPS = { SWEEP_INTERVAL: '3s' } as const;

/**
 * WebAssembly of the embedded store is compiled by the fast compiler alone: a start takes two thirds of the
 * time.
 */
const FAST_START = '--liftoff-only';

export type Role = 'serve' | 'api' | 'worker';
export type Name = 'temporal' | 'sandbox' | Role;

export interface StackOptions {
  /**
   * PostgreSQL, with API and worker as two processes; without it the embedded store, with both in one
   * process.
   */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Namespaces on its Temporal for the stacks beside it. */
  readonly namespaces?: readonly string[];
  /**
   * Shares another stack's Temporal, sandbox and merchant, but has its own service with its own store and
   * rules.
   */
  readonly beside?: { readonly stack: Stack; readonly namespace: string };
}

export interface Stack {
  /** The merchant's API, with a key. */
  readonly call: Call;
  readonly sandbox: Sandbox;
  readonly merchant: Merchant;
  readonly origin: string;
  readonly folder: string;
  /** The environment of the service's processes. */
  readonly env: Readonly<Record<string, string>>;
  process(name: Name): Process;
  /** Starts a process that is not running, and waits until it answers. `env` is added to its environment. */
  start(name: Name, env?: Readonly<Record<string, string>>): Promise<void>;
  kill(name: Name, signal?: NodeJS.Signals): Promise<void>;
  /** One more process of a role, with its own environment; the caller stops it. */
  launchRole(name: Role, env: Readonly<Record<string, string>>): Promise<Process>;
  stop(): Promise<void>;
}

interface Ports {
  readonly api: number;
  readonly temporal: number;
  readonly sandbox: number;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { beside } = options;
  const folder = await mkdtemp(join(tmpdir(), 'paidonce-e2e-'));
  const ports = await portsOf(options);
  if (options.databaseUrl === undefined) await copyStoreTemplate(join(folder, 'data'));
  const merchant = beside?.stack.merchant ?? (await startMerchant());
  const env = serviceEnv(ports, folder, merchant, options);
  const specs = await specsOf(ports, folder, env, options.namespaces);
  const running = new Map<Name, Process>();
  const origin = `http://127.0.0.1:${ports.api}`;
  const stack: Stack = {
    call: createCall(origin, { authorization: `Bearer ${API_KEY}` }),
    sandbox: createSandbox(`http://127.0.0.1:${ports.sandbox}`),
    merchant,
    origin,
    folder,
    env,
    process: (name) => running.get(name) as Process,
    async start(name, more) {
      running.set(name, await startProcess(await specs[name](more)));
    },
    async kill(name, signal = 'SIGKILL') {
      await running.get(name)?.kill(signal);
    },
    launchRole: async (name, more) => launch(roleSpec(name, await builtFolder(), { ...env, ...more })),
    async stop() {
      await Promise.all([...running.values()].map((process) => process.kill('SIGKILL')));
      if (beside === undefined) await endAllProcesses();
      if (beside === undefined) await merchant.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await startAll(stack, options);
  return stack;
}

async function portsOf({ beside }: StackOptions): Promise<Ports> {
  const api = await freePort();
  if (beside === undefined) return { api, temporal: await freePort(), sandbox: await freePort() };
  const portIn = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));
  const { env, sandbox } = beside.stack;
  return { api, temporal: portIn(env['TEMPORAL_ADDRESS'] ?? ''), sandbox: portIn(sandbox.origin) };
}

async function startAll(stack: Stack, { databaseUrl, beside }: StackOptions): Promise<void> {
  try {
    if (beside === undefined) await Promise.all([stack.start('temporal'), stack.start('sandbox')]);
    if (databaseUrl !== undefined) await migratePostgres(databaseUrl);
    if (databaseUrl === undefined) await stack.start('serve');
    else await Promise.all([stack.start('api'), stack.start('worker')]);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

function serviceEnv(
  ports: Ports,
  folder: string,
  merchant: Merchant,
  options: StackOptions,
): Record<string, string> {
  const sandbox = `http://127.0.0.1:${ports.sandbox}`;
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? folder,
    PORT: String(ports.api),
    HOST: '127.0.0.1',
    PUBLIC_URL: `http://127.0.0.1:${ports.api}`,
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    TEMPORAL_NAMESPACE: options.beside?.namespace ?? 'default',
    API_KEYS: API_KEY,
    ...DINTERO_SANDBOX.variables(sandbox),
    ORDER_WEBHOOK_URL: merchant.url,
    ORDER_WEBHOOK_SECRETS: WEBHOOK_SECRET,
    ON_HOLD_POLL_INTERVAL: '2s',
    SWEEP_INTERVAL: '1h',
    DATA_DIR: join(folder, 'data'),
    ...(options.databaseUrl !== undefined && { DATABASE_URL: options.databaseUrl }),
    ...options.env,
  };
}

async function specsOf(
  ports: Ports,
  folder: string,
  env: Record<string, string>,
  namespaces: readonly string[] = [],
): Promise<Record<Name, (more?: Readonly<Record<string, string>>) => Promise<ChildSpec>>> {
  const dist = await builtFolder();
  const executable = await findTemporalCli({ env: process.env, say: () => undefined });
  const role =
    (name: Role) =>
    (more: Readonly<Record<string, string>> = {}) =>
      Promise.resolve(roleSpec(name, dist, { ...env, ...more }));
  const dataDir = join(folder, 'server');
  return {
    async temporal() {
      const spec = await temporalServer({ executable, port: ports.temporal, uiPort: null, dataDir });
      return { ...spec, args: [...spec.args, ...namespaces.flatMap((name) => ['--namespace', name])] };
    },
    sandbox: () => Promise.resolve(sandboxSpec(dist, ports.sandbox, join(folder, 'sandbox'))),
    serve: role('serve'),
    api: role('api'),
    worker: role('worker'),
  };
}

function sandboxSpec(dist: string, port: number, dataDir: string): ChildSpec {
  return {
    name: 'sandbox',
    command: process.execPath,
    args: [join(dist, '..', 'sandbox', 'start.js')],
    env: {
      ...DINTERO_SANDBOX.variables(`http://127.0.0.1:${port}`),
      SANDBOX_PORT: String(port),
      DATA_DIR: dataDir,
    },
    answers: () => read(`http://127.0.0.1:${port}/__sim/requests`),
    readyWithinMs: 60_000,
  };
}

/** A worker serves no HTTP; it is ready when it has said so. */
function roleSpec(name: Role, dist: string, env: Readonly<Record<string, string>>): ChildSpec {
  const ready = `http://127.0.0.1:${env['PORT']}/readyz`;
  return {
    name,
    command: process.execPath,
    args: [FAST_START, join(dist, 'cli', 'main.js'), name],
    // The figures are on the API's own port; a worker beside it would find that port taken.
    env: { ...(name !== 'worker' && { ADMIN_PORT: env['PORT'] }), ...env },
    answers: () => (name === 'worker' ? Promise.resolve() : expectReady(ready)),
    readyWithinMs: 60_000,
  };
}

/** Ready with both Temporal and the store; the API may answer 200 with one of them. */
async function expectReady(url: string): Promise<void> {
  const found = (await read(url)) as { readonly status?: string };
  if (found.status !== 'ready') throw new Error(`${url} answers ${JSON.stringify(found)}`);
}
