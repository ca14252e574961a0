/** What `npm start` runs with: what the environment says, and what it chose where that says nothing. */
import { resolve } from 'node:path';
import { ConfigError, readConfig, withDefaults, type Config } from '../config.ts';
import { choosePorts } from './ports.ts';
import type { DevSecrets } from './secrets.ts';

/** The sandbox's values are defaults for our own sandbox only. */
export const SANDBOX_VALUES = {
  DINTERO_ACCOUNT_ID: 'T12345678',
  DINTERO_CLIENT_ID: 'sandbox-client',
  DINTERO_CLIENT_SECRET: 'sandbox-client-secret-0001',
  DINTERO_SIGNATURE_SECRETS: 'sandbox-signature-secret-0001',
};

/** Where everything but the API listens. */
export const LOCAL = '127.0.0.1';

export interface DevSettings {
  readonly dataDir: string;
  /** As the core will read it, so that it is refused before anything is started. */
  readonly config: Config;
  readonly coreEnv: NodeJS.ProcessEnv;
  readonly apiUrl: string;
  /** What may be printed of it: the key that was made for development, else where the user's own comes from. */
  readonly apiKey: string;
  /** Null where a variable names the service, so that it is not ours to start. */
  readonly sandbox: Service | null;
  readonly shop: Service | null;
  readonly temporal: { readonly port: number; readonly uiPort: number; readonly uiUrl: string } | null;
}

export interface Service {
  readonly port: number;
  readonly url: string;
}

/** The folder of all state, absolute. @throws ConfigError */
export function dataDirOf(env: NodeJS.ProcessEnv): string {
  const named = env['DATA_DIR'];
  if (named?.trim() === '')
    throw new ConfigError('DATA_DIR: expected a folder, found ""; leave it out for .data');
  return resolve(named ?? '.data');
}

/** Chooses ports and checks every variable. @throws ConfigError | PortTaken */
export async function readSettings(env: NodeJS.ProcessEnv, secrets: DevSecrets): Promise<DevSettings> {
  const own = ownServices(env);
  const host = env['HOST'] ?? LOCAL;
  const wishes = [
    { variable: 'PORT', fallback: 3000, host },
    { variable: 'SANDBOX_PORT', fallback: 3001, host: LOCAL, isOurs: own.sandbox },
    { variable: 'SHOP_PORT', fallback: 3002, host: LOCAL, isOurs: own.shop },
    { variable: 'TEMPORAL_PORT', fallback: 7233, host: LOCAL, isOurs: own.temporal },
    { variable: 'TEMPORAL_UI_PORT', fallback: 8233, host: LOCAL, isOurs: own.temporal },
  ].filter(({ isOurs }) => isOurs !== false);
  const ports = await choosePorts(env, wishes);
  const port = (name: string) => ports[wishes.findIndex(({ variable }) => variable === name)] as number;
  const service = (name: string) => ({ port: port(name), url: `http://${LOCAL}:${port(name)}` });
  const chosen = {
    dataDir: dataDirOf(env),
    apiUrl: `http://${reachable(host)}:${port('PORT')}`,
    sandbox: own.sandbox ? service('SANDBOX_PORT') : null,
    shop: own.shop ? service('SHOP_PORT') : null,
    temporal: own.temporal
      ? {
          port: port('TEMPORAL_PORT'),
          uiPort: port('TEMPORAL_UI_PORT'),
          uiUrl: service('TEMPORAL_UI_PORT').url,
        }
      : null,
  };
  const coreEnv = coreEnvironment(env, chosen, { host, port: port('PORT'), secrets });
  return { ...chosen, coreEnv, apiKey: printableKey(env, secrets), config: readConfig(coreEnv) };
}

function printableKey(env: NodeJS.ProcessEnv, { API_KEYS }: DevSecrets): string {
  const own = ['API_KEYS', 'API_KEYS_FILE'].find((name) => env[name] !== undefined);
  return own === undefined ? API_KEYS : `the one of ${own}`;
}

function ownServices(env: NodeJS.ProcessEnv): { sandbox: boolean; shop: boolean; temporal: boolean } {
  const [api, checkout] = [env['DINTERO_API_URL'], env['DINTERO_CHECKOUT_URL']];
  if ((api === undefined) !== (checkout === undefined)) {
    const missing = api === undefined ? 'DINTERO_API_URL' : 'DINTERO_CHECKOUT_URL';
    throw new ConfigError(
      `${missing}: missing; Dintero's two addresses are set together, or neither for the sandbox`,
    );
  }
  return {
    sandbox: api === undefined,
    shop: env['ORDER_WEBHOOK_URL'] === undefined,
    temporal: env['TEMPORAL_ADDRESS'] === undefined,
  };
}

type Chosen = Omit<DevSettings, 'apiKey' | 'config' | 'coreEnv'>;

function coreEnvironment(
  env: NodeJS.ProcessEnv,
  { sandbox, shop, temporal, apiUrl, dataDir }: Chosen,
  own: { host: string; port: number; secrets: DevSecrets },
): NodeJS.ProcessEnv {
  const defaults = {
    ...own.secrets,
    ...(sandbox && { ...SANDBOX_VALUES, DINTERO_API_URL: sandbox.url, DINTERO_CHECKOUT_URL: sandbox.url }),
    ...(shop && { ORDER_WEBHOOK_URL: `${shop.url}/webhooks/paidonce` }),
    ...(temporal && { TEMPORAL_ADDRESS: `${LOCAL}:${temporal.port}`, TEMPORAL_UI_URL: temporal.uiUrl }),
    HOST: own.host,
    PUBLIC_URL: apiUrl,
  };
  return { ...withDefaults(env, defaults), PORT: String(own.port), DATA_DIR: dataDir };
}

/** Under which name a browser on this machine finds a listener. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return LOCAL;
  return host.includes(':') ? `[${host}]` : host;
}
