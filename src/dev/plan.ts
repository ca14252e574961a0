/** Which services `npm start` starts, on which ports, with which environment. Whatever a variable names is used as it is. */
import { join, resolve } from 'node:path';
import type { ChildSpec } from './child.ts';
import { choosePort } from './ports.ts';
import type { DevSecrets } from './secrets.ts';
import { findTemporalCli } from './temporal-cli.ts';
import { temporalServer } from './temporal-server.ts';

/** The contents of DATA_DIR/urls.json: contract §1. */
export interface Urls {
  readonly api: string;
  readonly dashboard: string | null;
  readonly docs: string;
  readonly temporal: string;
  readonly temporalUi: string | null;
  readonly sandbox: string | null;
  readonly shop: string | null;
}

export interface Plan {
  readonly urls: Urls;
  /** In the order in which they are started. */
  readonly children: readonly ChildSpec[];
  readonly apiKey: string;
}

/** The sandbox's values are defaults for our own sandbox only. */
const SANDBOX_VALUES = {
  DINTERO_ACCOUNT_ID: 'T12345678',
  DINTERO_CLIENT_ID: 'sandbox-client',
  DINTERO_CLIENT_SECRET: 'sandbox-client-secret-0001',
  DINTERO_SIGNATURE_SECRETS: 'sandbox-signature-secret-0001',
};

const HOST = '127.0.0.1';
const DIST = join(import.meta.dirname, '..');

/** Chooses ports and builds every child. @throws PortTaken | NoTemporalCli */
export async function planDev(
  env: NodeJS.ProcessEnv,
  secrets: DevSecrets,
  say: (text: string) => void,
): Promise<Plan> {
  const dataDir = resolve(env['DATA_DIR'] ?? '.data');
  const ports = new Set<number>();
  const port = (name: string, fallback: number) => choosePort(env, name, fallback, ports);
  const api = await port('PORT', 3000);
  const apiUrl = `http://${HOST}:${api}`;
  const hasSandbox = env['DINTERO_API_URL'] === undefined && env['DINTERO_CHECKOUT_URL'] === undefined;
  const sandbox = hasSandbox ? await sandboxChild(env, await port('SANDBOX_PORT', 3001), dataDir) : null;
  const temporal = await temporalOf(env, port, dataDir, say);
  const apiKey = env['API_KEYS']?.split(',')[0] ?? secrets.apiKey;
  const core = coreEnvironment(env, { api, apiKey, dataDir, temporal, sandbox: sandbox?.url ?? null });
  const shop =
    env['ORDER_WEBHOOK_URL'] === undefined
      ? shopChild(core, await port('SHOP_PORT', 3002), { apiUrl, apiKey, dataDir, secrets })
      : null;
  const children = [
    temporal.child,
    sandbox?.child,
    coreChild({ ...core, ...shop?.webhook }, apiUrl),
    shop?.child,
  ];
  return {
    apiKey,
    children: children.filter((child) => child !== null && child !== undefined),
    urls: {
      api: core.PUBLIC_URL,
      dashboard: null,
      docs: `${apiUrl}/docs`,
      temporal: temporal.address,
      temporalUi: temporal.uiUrl,
      sandbox: sandbox?.url ?? null,
      shop: shop?.url ?? null,
    },
  };
}

interface Temporal {
  readonly child: ChildSpec | null;
  readonly address: string;
  readonly uiUrl: string | null;
}

async function temporalOf(
  env: NodeJS.ProcessEnv,
  port: (name: string, fallback: number) => Promise<number>,
  dataDir: string,
  say: (text: string) => void,
): Promise<Temporal> {
  const named = env['TEMPORAL_ADDRESS'];
  if (named !== undefined) return { child: null, address: named, uiUrl: env['TEMPORAL_UI_URL'] ?? null };
  const executable = await findTemporalCli({ env, say });
  const own = await port('TEMPORAL_PORT', 7233);
  const uiPort = await port('TEMPORAL_UI_PORT', 8233);
  const child = await temporalServer({ executable, port: own, uiPort, dataDir });
  return { child, address: `${HOST}:${own}`, uiUrl: `http://${HOST}:${uiPort}` };
}

interface Placed {
  readonly url: string;
  readonly child: ChildSpec;
}

async function sandboxChild(env: NodeJS.ProcessEnv, port: number, dataDir: string): Promise<Placed> {
  const url = `http://${HOST}:${port}`;
  const own = {
    HOST,
    SANDBOX_PORT: String(port),
    DATA_DIR: join(dataDir, 'sandbox'),
    SANDBOX_PUBLIC_URL: url,
  };
  const child = nodeChild(
    'sandbox',
    ['sandbox', 'start.js'],
    { ...SANDBOX_VALUES, ...env, ...own },
    `${url}/__sim/state`,
  );
  return { url, child };
}

function coreEnvironment(
  env: NodeJS.ProcessEnv,
  own: { api: number; apiKey: string; dataDir: string; temporal: Temporal; sandbox: string | null },
) {
  const url = own.sandbox;
  return {
    ...(url !== null && { ...SANDBOX_VALUES, DINTERO_API_URL: url, DINTERO_CHECKOUT_URL: url }),
    ...(own.temporal.uiUrl !== null && { TEMPORAL_UI_URL: own.temporal.uiUrl }),
    API_KEYS: own.apiKey,
    HOST,
    LOG_LEVEL: 'warn',
    PUBLIC_URL: `http://${HOST}:${own.api}`,
    ...env,
    PORT: String(own.api),
    DATA_DIR: own.dataDir,
    TEMPORAL_ADDRESS: own.temporal.address,
  };
}

/** Ready means able to take a callback and to open a session. */
function coreChild(env: NodeJS.ProcessEnv, apiUrl: string): ChildSpec {
  return {
    ...nodeChild('paidonce', ['cli', 'main.js'], env, `${apiUrl}/readyz`),
    args: [join(DIST, 'cli', 'main.js'), 'serve'],
  };
}

function shopChild(
  env: NodeJS.ProcessEnv,
  port: number,
  own: { apiUrl: string; apiKey: string; dataDir: string; secrets: DevSecrets },
): Placed & { webhook: { ORDER_WEBHOOK_URL: string; ORDER_WEBHOOK_SECRETS: string } } {
  const url = `http://${HOST}:${port}`;
  const secret = env['ORDER_WEBHOOK_SECRETS'] ?? own.secrets.orderWebhookSecret;
  const webhook = { ORDER_WEBHOOK_URL: `${url}/webhooks/paidonce`, ORDER_WEBHOOK_SECRETS: secret };
  const shop = { HOST, SHOP_PORT: String(port), PAIDONCE_API_URL: own.apiUrl, PAIDONCE_API_KEY: own.apiKey };
  const all = { ...env, ...shop, ...webhook, DATA_DIR: join(own.dataDir, 'shop') };
  return { url, webhook, child: nodeChild('demo shop', ['demo-shop', 'start.js'], all, `${url}/healthz`) };
}

function nodeChild(
  name: string,
  path: readonly string[],
  env: NodeJS.ProcessEnv,
  healthUrl: string,
): ChildSpec {
  return {
    name,
    command: process.execPath,
    args: [join(DIST, ...path)],
    env,
    answers: async () => {
      const response = await fetch(healthUrl, { signal: AbortSignal.timeout(2_000) });
      if (!response.ok)
        throw new Error(`${name} answers ${response.status}: ${(await response.text()).slice(0, 300)}`);
    },
    readyWithinMs: 60_000,
  };
}
