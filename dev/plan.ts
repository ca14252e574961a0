/** The children of `npm start`, each with its command, its environment and its readiness check. */
import { join } from 'node:path';
import { read } from '../kit/poll.js';
import type { ChildSpec } from '../kit/tied-child.js';
import { allows, keyFor, PACKAGE_FOLDER } from '../src/for-dev.ts';
import { LOCAL, type DevSettings, type Sandbox, type Service } from './settings.ts';
import { askForWorker, temporalServer } from './temporal-server.ts';

/** The contents of DATA_DIR/urls.json; null for services that are not started: contract §1. */
export interface Urls {
  readonly api: string;
  readonly dashboard: string;
  readonly docs: string;
  /** host:port */
  readonly temporal: string | null;
  readonly temporalUi: string | null;
  /** Decodes payloads for the Web UI; only where PAYLOAD_KEYS is set. */
  readonly codecServer: string | null;
  /** The sandbox of the first gateway. */
  readonly sandbox: string | null;
  /** By the gateway's id; empty where none is started. */
  readonly sandboxes: Readonly<Record<string, string>>;
  readonly shop: string | null;
}

/** The folder of the compiled workspaces; the core is under `src`. */
const DIST = join(PACKAGE_FOLDER, 'dist');
const CORE = join(DIST, 'src', 'cli', 'main.js');
/** A start takes ten seconds on an idle machine; on a busy one it took over a minute. */
const READY_WITHIN_MS = 180_000;

/** The addresses of all started services. */
export function urlsOf({ apiUrl, dashboardUrl, temporal, codec, sandboxes, shop }: DevSettings): Urls {
  return {
    api: apiUrl,
    dashboard: dashboardUrl,
    docs: `${apiUrl}/docs`,
    temporal: temporal && `${LOCAL}:${temporal.port}`,
    temporalUi: temporal?.uiUrl ?? null,
    codecServer: codec?.url ?? null,
    sandbox: sandboxes[0]?.url ?? null,
    sandboxes: Object.fromEntries(sandboxes.map(({ kind, url }) => [kind.gateway, url])),
    shop: shop?.url ?? null,
  };
}

/**
 * The services that the core needs, which are started in parallel. `executable` is the Temporal CLI; null if
 * we start no Temporal server.
 */
export async function foundations(settings: DevSettings, executable: string | null): Promise<ChildSpec[]> {
  const { dataDir, temporal, codec, sandboxes, shop, config } = settings;
  const server =
    temporal && executable !== null
      ? await temporalServer({
          ...temporal,
          executable,
          dataDir,
          codecUrl: codec?.url,
          namespace: config.TEMPORAL_NAMESPACE,
        })
      : null;
  const stands = sandboxes.map((sandbox) => sandboxChild(settings, sandbox));
  const all = [server, codec && codecChild(settings, codec), ...stands, shop && shopChild(settings, shop)];
  return all.filter((child) => child !== null);
}

/** The API and the worker in one process, as the embedded store needs it. */
export function coreChild({ coreEnv, apiUrl, temporal, config }: DevSettings): ChildSpec {
  let wasReady = false;
  const queue = { namespace: config.TEMPORAL_NAMESPACE, taskQueue: config.TEMPORAL_TASK_QUEUE };
  return {
    ...nodeChild('paidonce', [CORE, 'serve'], coreEnv),
    sharesOutput: true,
    // At the first start everything must be ready; later the core also works without Temporal.
    answers: async () => {
      const ready = (await read(`${apiUrl}/readyz`)) as { status?: string };
      if (!wasReady && ready.status === 'degraded')
        throw new Error(`only partly ready: ${JSON.stringify(ready)}`);
      // A Temporal server that we did not start may have other workers, or refuse the call.
      if (!wasReady && temporal !== null) await askForWorker(temporal.port, queue);
      wasReady = true;
    },
  };
}

/** Migrates the schema of a PostgreSQL store, then ends. */
export function migrateChild({ coreEnv }: DevSettings): Pick<ChildSpec, 'name' | 'command' | 'args' | 'env'> {
  return nodeChild('migrate', [CORE, 'migrate'], coreEnv);
}

/** The Web UI sends no API key, so its origin is trusted: the port can't be reached from another machine. */
function codecChild({ coreEnv, temporal }: DevSettings, { port, url }: Service): ChildSpec {
  const uiPort = temporal?.uiPort;
  const env = {
    ...coreEnv,
    CODEC_PORT: String(port),
    CODEC_HOST: LOCAL,
    CODEC_ORIGINS: `http://${LOCAL}:${uiPort},http://localhost:${uiPort}`,
  };
  return nodeChild('codec server', [CORE, 'codec-server', '--trust-origin'], env, `${url}/healthz`);
}

function sandboxChild({ dataDir, config, apiUrl }: DevSettings, { kind, port, url }: Sandbox): ChildSpec {
  const { gateway, portVariable, publicUrlVariable, callsVariable, shares } = kind;
  const values = config.gateways.find(({ descriptor }) => descriptor.id === gateway)?.values ?? {};
  const env = {
    ...process.env,
    HOST: LOCAL,
    SANDBOXES: gateway,
    [portVariable]: String(port),
    [publicUrlVariable]: process.env[publicUrlVariable] ?? url,
    ...(callsVariable !== undefined && { [callsVariable]: `${apiUrl}/callbacks/${gateway}` }),
    DATA_DIR: join(dataDir, 'sandbox'),
    // The values may also come from files.
    ...Object.fromEntries(shares.map((name) => [name, String(values[name])])),
  };
  return nodeChild(`${gateway} sandbox`, [join(DIST, 'sandbox', 'start.js')], env, `${url}/__sim/state`);
}

function shopChild(settings: DevSettings, { port, url }: Service): ChildSpec {
  const { dataDir, config, apiUrl, coreEnv } = settings;
  const env = {
    ...process.env,
    HOST: LOCAL,
    SHOP_PORT: String(port),
    PAIDONCE_API_URL: apiUrl,
    PAIDONCE_API_KEY: shopKey(settings),
    ORDER_WEBHOOK_SECRETS: config.ORDER_WEBHOOK_SECRETS?.join(','),
    SANDBOX_URL: coreEnv['DINTERO_CHECKOUT_URL'],
    TEMPORAL_UI_URL: config.TEMPORAL_UI_URL,
    PAIDONCE_SWEEP_MS: String(config.SWEEP_INTERVAL),
    PAIDONCE_ON_HOLD_POLL_MS: String(config.ON_HOLD_POLL_INTERVAL),
    DATA_DIR: join(dataDir, 'shop'),
  };
  return nodeChild('demo shop', [join(DIST, 'demo-shop', 'start.js')], env, `${url}/healthz`);
}

/**
 * The shop's buttons move money without a password. So its key may move money only with the sandbox, where no
 * money is real.
 */
function shopKey({ config, sandboxes }: DevSettings): string | undefined {
  const forBoth = config.API_KEYS.find((key) => allows(key, ['shop']) && allows(key, ['money']));
  return sandboxes.length > 0 && forBoth !== undefined ? forBoth.key : keyFor(config.API_KEYS, ['shop']);
}

function nodeChild(name: string, args: readonly string[], env: NodeJS.ProcessEnv, healthUrl = ''): ChildSpec {
  return {
    name,
    command: process.execPath,
    args,
    env,
    answers: () => read(healthUrl),
    readyWithinMs: READY_WITHIN_MS,
  };
}
