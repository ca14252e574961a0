/**
 * The whole product as it runs: Temporal, a simulated Dintero (and Stripe, where a test asks for it), the
 * service, a merchant; real processes, HTTP between them.
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
import type { GatewaySandbox } from '../../../src/gateways/gateway-descriptor.ts';
import { STRIPE_SANDBOX } from '../../../src/gateways/stripe/sandbox.ts';
import { builtFolder } from '../../support/compiled.ts';
import { copyStoreTemplate } from '../../support/store.ts';
import { createCall, type Call } from './http.ts';
import { startMerchant, WEBHOOK_SECRET, type Merchant } from './merchant.ts';
import { endAllProcesses, launch, startProcess, type Process } from './processes.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import { createStripeSandbox } from './stripe-sandbox.ts';

export const API_KEY = 'e2e_key_0123456789abcdef0123';

/**
 * For a stack whose story needs the sweep. The other stacks have none, since a sweep every few seconds takes
 * more than half of what an idle stack costs.
 */
export const SWEEPS = { SWEEP_INTERVAL: '3s' } as const;

/**
 * For processes that are started often and live for a minute. WebAssembly of the embedded store is compiled by the
 * fast compiler alone, and JavaScript is optimized only where it runs very often. V8 has the second flag in Node 20
 * only.
 */
const FAST_START = [
  '--liftoff-only',
  ...(process.versions.node.startsWith('20.') ? ['--interrupt-budget=2000000'] : []),
];

export type Role = 'serve' | 'api' | 'worker';
export type Name = 'temporal' | 'sandbox' | 'stripe' | Role;
export type GatewayId = 'dintero' | 'stripe';

export interface StackOptions {
  /**
   * A migrated PostgreSQL database, with API and worker as two processes; without it the embedded store, with both
   * in one process.
   */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** With `databaseUrl`: the processes of the service that it starts; by default an API and a worker. */
  readonly roles?: readonly Role[];
  /** `stripe`: both gateways are configured, and the stack's payers and payments are at Stripe. */
  readonly gateway?: GatewayId;
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
  /** The gateway of the payments that scenarios open. */
  readonly gateway: GatewayId;
  /** That gateway's sandbox. */
  readonly sandbox: Sandbox;
  readonly merchant: Merchant;
  readonly origin: string;
  readonly folder: string;
  /** The environment of the service's processes. */
  readonly env: Readonly<Record<string, string>>;
  process(name: Name): Process;
  /** The same stack for scenarios at another gateway. */
  readonly at: (gateway: GatewayId) => Stack;
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
  /** Null where only Dintero is configured. */
  readonly stripe: number | null;
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
  const sandboxes = { dintero: createSandbox(addressOf(ports.sandbox)), ...stripeOf(ports) };
  const sandboxOf = (gateway: GatewayId): Sandbox => {
    const sandbox = sandboxes[gateway];
    if (sandbox === undefined) throw new Error(`this stack has no ${gateway}: start it with \`gateway\``);
    return sandbox;
  };
  const { gateway = 'dintero' } = options;
  const stack: Stack = {
    call: createCall(origin, { authorization: `Bearer ${API_KEY}` }),
    gateway,
    sandbox: sandboxOf(gateway),
    at: (other) => ({ ...stack, gateway: other, sandbox: sandboxOf(other) }),
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

async function portsOf({ beside, gateway }: StackOptions): Promise<Ports> {
  const api = await freePort();
  if (beside === undefined) {
    const stripe = gateway === 'stripe' ? await freePort() : null;
    return { api, temporal: await freePort(), sandbox: await freePort(), stripe };
  }
  const portIn = (address = '') => Number(address.slice(address.lastIndexOf(':') + 1));
  const { env, at } = beside.stack;
  return {
    api,
    temporal: portIn(env['TEMPORAL_ADDRESS']),
    sandbox: portIn(at('dintero').sandbox.origin),
    stripe: env['STRIPE_API_URL'] === undefined ? null : portIn(env['STRIPE_API_URL']),
  };
}

function addressOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

function stripeOf({ stripe }: Ports): { readonly stripe?: Sandbox } {
  return stripe === null ? {} : { stripe: createStripeSandbox(addressOf(stripe)) };
}

async function startAll(stack: Stack, { databaseUrl, beside, roles }: StackOptions): Promise<void> {
  try {
    const isStripe = stack.env['STRIPE_API_URL'] !== undefined;
    const shared: Name[] = ['temporal', 'sandbox', ...(isStripe ? (['stripe'] as const) : [])];
    if (beside === undefined) await Promise.all(shared.map((name) => stack.start(name)));
    else if (isStripe) await listenToo(stack);
    if (databaseUrl === undefined) await stack.start('serve');
    else await Promise.all((roles ?? (['api', 'worker'] as const)).map((role) => stack.start(role)));
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Stripe calls one address for the whole account; a service beside another one needs an endpoint of its own. */
async function listenToo({ at, origin }: Stack): Promise<void> {
  const call = createCall(at('stripe').sandbox.origin);
  const { status, body } = await call('POST', '/__sim/endpoints', { url: callsTo(origin) });
  if (status >= 300) throw new Error(`an endpoint at the stripe sandbox: ${status} ${JSON.stringify(body)}`);
}

function callsTo(origin: string): string {
  return `${origin}/callbacks/stripe`;
}

function serviceEnv(
  ports: Ports,
  folder: string,
  merchant: Merchant,
  options: StackOptions,
): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? folder,
    PORT: String(ports.api),
    HOST: '127.0.0.1',
    PUBLIC_URL: `http://127.0.0.1:${ports.api}`,
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    TEMPORAL_NAMESPACE: options.beside?.namespace ?? 'default',
    API_KEYS: API_KEY,
    ...DINTERO_SANDBOX.variables(addressOf(ports.sandbox)),
    ...(ports.stripe !== null && {
      ...STRIPE_SANDBOX.variables(addressOf(ports.stripe)),
      DEFAULT_GATEWAY: 'dintero',
    }),
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
  const sandbox = (of: GatewaySandbox, port: number) =>
    sandboxSpec(of, dist, port, { folder, publicUrl: env['PUBLIC_URL'] ?? '' });
  return {
    async temporal() {
      const spec = await temporalServer({ executable, port: ports.temporal, uiPort: null, dataDir });
      return { ...spec, args: [...spec.args, ...namespaces.flatMap((name) => ['--namespace', name])] };
    },
    sandbox: () => Promise.resolve(sandbox(DINTERO_SANDBOX, ports.sandbox)),
    stripe: () => Promise.resolve(sandbox(STRIPE_SANDBOX, ports.stripe ?? 0)),
    serve: role('serve'),
    api: role('api'),
    worker: role('worker'),
  };
}

function sandboxSpec(
  of: GatewaySandbox,
  dist: string,
  port: number,
  { folder, publicUrl }: { readonly folder: string; readonly publicUrl: string },
): ChildSpec {
  const { callsVariable, portVariable } = of;
  return {
    name: portVariable,
    command: process.execPath,
    args: [...FAST_START, join(dist, '..', 'sandbox', 'start.js')],
    env: {
      ...of.variables(addressOf(port)),
      [portVariable]: String(port),
      STRIPE_SANDBOX_REQUESTS: process.env['STRIPE_SANDBOX_REQUESTS'],
      ...(callsVariable !== undefined && { [callsVariable]: callsTo(publicUrl) }),
      DATA_DIR: join(folder, 'sandbox'),
    },
    answers: () => read(`${addressOf(port)}/__sim/requests`),
    readyWithinMs: 60_000,
  };
}

/** A worker serves no HTTP; it is ready when it has said so. */
function roleSpec(name: Role, dist: string, env: Readonly<Record<string, string>>): ChildSpec {
  const ready = `http://127.0.0.1:${env['PORT']}/readyz`;
  return {
    name,
    command: process.execPath,
    args: [...FAST_START, join(dist, 'cli', 'main.js'), name],
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
