/** The settings of `npm start`: the environment, and chosen values for variables that are not set. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import {
  namesOtherGateway,
  readConfig,
  SANDBOXES,
  withDefaults,
  type Config,
  type SandboxKind,
} from '../src/for-dev.ts';
import { choosePorts, malformedPorts, movedPorts, type PortWish } from './ports.ts';
import { makeSecrets, type DevSecrets } from './secrets.ts';

/** The address at which everything except the API listens. */
export const LOCAL = '127.0.0.1';

export interface DevSettings {
  readonly dataDir: string;
  /** The configuration as the core will read it, so that errors are found before anything starts. */
  readonly config: Config;
  readonly coreEnv: NodeJS.ProcessEnv;
  readonly apiUrl: string;
  /**
   * The printable key: the one created for development, or else the name of the variable with the user's own
   * keys.
   */
  readonly apiKey: string;
  readonly dashboardUrl: string;
  /** The token that signs a developer in once. Null with the user's own keys, which may be of real money. */
  readonly dashboardLink: string | null;
  /** Texts about ports that are not the defaults. */
  readonly moved: readonly string[];
  /** None if a variable names a gateway, so that we start no sandbox. */
  readonly sandboxes: readonly Sandbox[];
  /** Null if a variable names the service, so that we do not start one. */
  readonly shop: Service | null;
  readonly temporal: { readonly port: number; readonly uiPort: number; readonly uiUrl: string } | null;
  /** Decodes payloads for our Web UI. Null where payloads are not encrypted, or the server is not ours. */
  readonly codec: Service | null;
}

type Placed = Omit<
  DevSettings,
  'apiKey' | 'config' | 'coreEnv' | 'dashboardLink' | 'dashboardUrl' | 'moved'
> & {
  readonly host: string;
  readonly port: number;
};

export interface Service {
  readonly port: number;
  readonly url: string;
}

export interface Sandbox extends Service {
  readonly kind: SandboxKind;
}

/**
 * Checks all variables before anything is changed. One error names every wrong variable.
 * @throws ConfigError
 */
export function checkEnvironment(env: NodeJS.ProcessEnv): void {
  const wishes = wishesOf(env);
  const likely = place(
    env,
    wishes,
    wishes.map(({ fallback }) => fallback),
  );
  const coreEnv = { ...coreEnvironment(env, likely, makeSecrets()), DATA_DIR: env['DATA_DIR'] };
  readConfig(coreEnv, [
    ...malformedPorts(env, wishes),
    ...SANDBOXES.flatMap((sandbox) => sandbox.complaints?.(env) ?? []),
  ]);
}

/** The absolute path of the folder with all state. */
export function dataDirOf(env: NodeJS.ProcessEnv): string {
  return resolve(env['DATA_DIR'] ?? '.data');
}

/** Chooses ports. `checkEnvironment` must have accepted the environment. @throws PortTaken */
export async function readSettings(env: NodeJS.ProcessEnv, secrets: DevSecrets): Promise<DevSettings> {
  const wishes = wishesOf(env);
  const ports = await choosePorts(env, wishes);
  const placed = place(env, wishes, ports);
  const dashboardLink = ownKeys(env) === undefined ? randomBytes(16).toString('base64url') : null;
  const coreEnv = {
    ...coreEnvironment(env, placed, secrets),
    ...(dashboardLink !== null && { DASHBOARD_LINK: dashboardLink }),
  };
  const config = readConfig(coreEnv);
  return {
    ...placed,
    coreEnv,
    apiKey: printableKey(env, secrets),
    dashboardUrl: `${adminUrl(config, placed)}/dashboard`,
    dashboardLink,
    config,
    moved: movedPorts(env, wishes, ports),
  };
}

function wishesOf(env: NodeJS.ProcessEnv): PortWish[] {
  const own = ownServices(env);
  return [
    { variable: 'PORT', fallback: 3000, host: env['HOST'] ?? LOCAL },
    ...own.sandboxes.map(({ portVariable: variable, port }) => ({ variable, fallback: port, host: LOCAL })),
    { variable: 'SHOP_PORT', fallback: 3002, host: LOCAL, isOurs: own.shop },
    { variable: 'TEMPORAL_PORT', fallback: 7233, host: LOCAL, isOurs: own.temporal },
    { variable: 'TEMPORAL_UI_PORT', fallback: 8233, host: LOCAL, isOurs: own.temporal },
    { variable: 'CODEC_PORT', fallback: 8234, host: LOCAL, isOurs: own.codec },
  ].filter(({ isOurs }) => isOurs !== false);
}

/** The addresses of our own services on these ports. */
function place(env: NodeJS.ProcessEnv, wishes: readonly PortWish[], ports: readonly number[]): Placed {
  const own = ownServices(env);
  const port = (name: string) => ports[wishes.findIndex(({ variable }) => variable === name)] as number;
  const service = (name: string) => ({ port: port(name), url: `http://${LOCAL}:${port(name)}` });
  const host = env['HOST'] ?? LOCAL;
  return {
    dataDir: dataDirOf(env),
    host,
    port: port('PORT'),
    apiUrl: `http://${reachable(host)}:${port('PORT')}`,
    sandboxes: own.sandboxes.map((kind) => ({ kind, ...service(kind.portVariable) })),
    shop: own.shop ? service('SHOP_PORT') : null,
    temporal: own.temporal
      ? {
          port: port('TEMPORAL_PORT'),
          uiPort: port('TEMPORAL_UI_PORT'),
          uiUrl: service('TEMPORAL_UI_PORT').url,
        }
      : null,
    codec: own.codec ? service('CODEC_PORT') : null,
  };
}

function printableKey(env: NodeJS.ProcessEnv, { API_KEYS }: DevSecrets): string {
  const own = ownKeys(env);
  return own === undefined ? API_KEYS : `the one of ${own}`;
}

/** The variable with the user's own keys. */
function ownKeys(env: NodeJS.ProcessEnv): string | undefined {
  return ['API_KEYS', 'API_KEYS_FILE'].find((name) => env[name] !== undefined);
}

/** Where the dashboard is: on the port for the inside. */
function adminUrl({ ADMIN_PORT, ADMIN_HOST }: Config, { apiUrl, port }: Placed): string {
  const isElsewhere = ADMIN_PORT !== undefined && ADMIN_PORT !== port;
  return isElsewhere ? `http://${reachable(ADMIN_HOST)}:${ADMIN_PORT}` : apiUrl;
}

function ownServices(env: NodeJS.ProcessEnv): {
  sandboxes: readonly SandboxKind[];
  shop: boolean;
  temporal: boolean;
  codec: boolean;
} {
  const isReplaced = namesOtherGateway(env) || SANDBOXES.some((sandbox) => sandbox.isReplaced(env));
  const isOurTemporal = env['TEMPORAL_ADDRESS'] === undefined;
  const isEncrypted = ['PAYLOAD_KEYS', 'PAYLOAD_KEYS_FILE'].some((name) => env[name] !== undefined);
  return {
    sandboxes: isReplaced ? [] : SANDBOXES,
    shop: ['ORDER_WEBHOOK_URL', 'ORDER_WEBHOOK_URL_FILE'].every((name) => env[name] === undefined),
    temporal: isOurTemporal,
    codec: isOurTemporal && isEncrypted,
  };
}

function coreEnvironment(
  env: NodeJS.ProcessEnv,
  { sandboxes, shop, temporal, apiUrl, dataDir, host, port }: Placed,
  secrets: DevSecrets,
): NodeJS.ProcessEnv {
  const defaults = {
    ...secrets,
    ...Object.fromEntries(sandboxes.flatMap(({ kind, url }) => Object.entries(kind.variables(url)))),
    ...(sandboxes[0] && { DEFAULT_GATEWAY: sandboxes[0].kind.gateway }),
    ...(shop && { ORDER_WEBHOOK_URL: `${shop.url}/webhooks/paidonce` }),
    ...(temporal && { TEMPORAL_ADDRESS: `${LOCAL}:${temporal.port}`, TEMPORAL_UI_URL: temporal.uiUrl }),
    HOST: host,
    PUBLIC_URL: apiUrl,
    ADMIN_PORT: String(port),
  };
  return { ...withDefaults(env, defaults), PORT: String(port), DATA_DIR: dataDir };
}

/** The host name by which a browser on this machine reaches a listener. */
function reachable(host: string): string {
  if (['0.0.0.0', '::', ''].includes(host.trim())) return LOCAL;
  return host.includes(':') ? `[${host}]` : host;
}
