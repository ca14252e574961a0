/** The product as it runs in production: its own processes, called over HTTP only. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startChild, type Child } from './measured-child.ts';
import { jsonOf } from './http.ts';
import { CREDENTIALS, type SandboxStand } from './sandbox.ts';
import { STRIPE_CREDENTIALS, type StripeStand } from './stripe-sandbox.ts';
import { freePort } from '../../kit/free-port.js';
import { until } from './waiting.ts';

export const API_KEY = 'bench-api-key-0123456789abcdef';

export interface OpenedSession {
  readonly id: string;
  readonly sessionId: string;
  readonly workflow: { readonly workflowId: string; readonly runId: string };
}

export interface ProductStand {
  readonly name: string;
  readonly namespace: string;
  /** Its PUBLIC_URL. */
  readonly origin: string;
  readonly processes: readonly Child[];
  /** Kills (-9) the worker that was started first, and starts another one at once. */
  restartWorker(): Promise<void>;
  addWorker(): Promise<void>;
  /** At Dintero unless another gateway is named. */
  open(orderReference: string, gateway?: string): Promise<OpenedSession>;
  /** Captures or refunds the whole rest, and resolves when the operation is done. */
  move(paymentId: string, kind: 'capture' | 'refund'): Promise<void>;
  /** Null while the order is not paid; milliseconds since the epoch. */
  paidAt(orderReference: string): Promise<number | null>;
}

export interface ProductSettings {
  readonly name: string;
  readonly dist: string;
  readonly folder: string;
  readonly namespace: string;
  readonly temporalAddress: string;
  readonly sandbox: SandboxStand;
  /** Another build may not know this gateway. */
  readonly stripe?: StripeStand;
  readonly sinkUrl: string;
  /** Added to its environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** The embedded store, where there is no PostgreSQL. */
  readonly databaseUrl?: string;
  readonly database?: Child;
}

/** One process with the embedded store; a separate API and worker with PostgreSQL. */
export async function startProduct(
  settings: ProductSettings,
  roles: readonly string[] = settings.databaseUrl === undefined ? ['serve'] : ['api', 'worker'],
): Promise<ProductStand> {
  const { database } = settings;
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const env = environment(settings, origin);
  if (settings.databaseUrl !== undefined) await migrate(settings, env);
  const processes = roles.map((role) => startRole(settings, role, env));
  // An API that has only the store or only Temporal answers 200, since it can accept callbacks, but it opens
  // nothing.
  const isReady = async () => (await jsonOf<{ status: string }>(`${origin}/readyz`)).status === 'ready';
  await until(settings.name, isReady, { limitMs: 60_000 });
  return {
    name: settings.name,
    namespace: settings.namespace,
    origin,
    get processes() {
      return database === undefined ? processes : [database, ...processes];
    },
    async restartWorker() {
      const [first] = processes.splice(1, 1);
      await first?.kill();
      processes.push(startRole(settings, 'worker', env));
    },
    async addWorker() {
      processes.push(startRole(settings, 'worker', env));
      // A worker serves no HTTP; its start is over by then.
      await sleep(5_000);
    },
    open: (reference, gateway = 'dintero') =>
      jsonOf(
        `${origin}/v1/payments`,
        { gateway, ...orderOf(reference) },
        { authorization: `Bearer ${API_KEY}` },
      ),
    async move(paymentId, kind) {
      const url = `${origin}/v1/payments/${paymentId}/${kind}`;
      await jsonOf(url, { reference: kind }, { authorization: `Bearer ${API_KEY}` });
    },
    async paidAt(reference) {
      const headers = { authorization: `Bearer ${API_KEY}` };
      const order = await jsonOf<{ paidAt: string | null }>(
        `${origin}/v1/orders/${reference}`,
        undefined,
        headers,
      );
      return order.paidAt === null ? null : Date.parse(order.paidAt);
    },
  };
}

function migrate({ dist }: ProductSettings, env: NodeJS.ProcessEnv): Promise<unknown> {
  const args = [join(dist, 'cli', 'main.js'), 'migrate'];
  return promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
}

function startRole({ name, dist, folder }: ProductSettings, role: string, env: NodeJS.ProcessEnv): Child {
  return startChild({
    name: role === 'serve' ? name : `${name} ${role}`,
    command: process.execPath,
    args: [...profiling(name, role), join(dist, 'cli', 'main.js'), role],
    env,
    logFile: join(folder, `${name}-${role}.log`),
  });
}

/** `BENCH_PROFILE=<folder>` writes a CPU profile of each of our processes into it. */
function profiling(name: string, role: string): string[] {
  const folder = process.env['BENCH_PROFILE'];
  if (folder === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}-${role}.cpuprofile`];
}

/** The environment of every process of the product. */
export function environment(settings: ProductSettings, origin: string): NodeJS.ProcessEnv {
  const { temporalAddress, namespace, folder, name, sandbox, stripe, sinkUrl, databaseUrl } = settings;
  return {
    ...CREDENTIALS,
    PORT: new URL(origin).port,
    HOST: '127.0.0.1',
    PUBLIC_URL: origin,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    API_KEYS: API_KEY,
    DINTERO_API_URL: sandbox.url,
    DINTERO_CHECKOUT_URL: sandbox.url,
    ...(stripe && { ...STRIPE_CREDENTIALS, STRIPE_API_URL: stripe.url }),
    ORDER_WEBHOOK_URL: sinkUrl,
    ORDER_WEBHOOK_SECRETS: `whsec_${Buffer.from('a secret of the benchmark').toString('base64')}`,
    // A sweep by the clock would fall into some measurements and not into others: the bench triggers its own.
    SWEEP_INTERVAL: '1d',
    ...(databaseUrl === undefined ? { DATA_DIR: join(folder, name) } : { DATABASE_URL: databaseUrl }),
    ...settings.env,
  };
}

function orderOf(reference: string): object {
  const item = {
    id: 'chair-1',
    lineId: '1',
    description: 'Chair',
    quantity: 1,
    amount: 72_200,
    vat: 25,
    vatAmount: 14_440,
  };
  const order = { reference, amount: 72_200, currency: 'NOK', items: [item] };
  return { order, returnUrl: 'https://shop.example/thanks' };
}
