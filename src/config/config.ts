/** Checks the environment once at start. One error names every wrong variable. Contract §2. */
import { z } from 'zod';
import type { ConfiguredGateway, GatewayDescriptor } from '../gateways/gateway-descriptor.ts';
import { GATEWAYS } from '../gateways/registry.ts';
import { contradictions } from './contradictions.ts';
import {
  CODEC,
  CORE_SECRETS,
  CORE_VARIABLES,
  HTTP,
  LOG,
  STORE,
  TEMPORAL,
  UPDATES,
} from './core-variables.ts';
import { readVariables, type Texts } from './environment.ts';
import { settingsIn, type Setting } from './settings.ts';
import { unknownVariables, type UnknownVariable } from './unknown-variables.ts';
import {
  commandSlice,
  configure,
  configuredIn,
  gatewaySlices,
  missingGateway,
  namesOf,
  secretsOf,
  shapeOf,
  type Descriptors,
} from './gateway-variables.ts';

const core = z.object(CORE_VARIABLES);
const storeOnly = z.object({ ...STORE, ...TEMPORAL, ...LOG });
const client = storeOnly.extend({
  PORT: HTTP.PORT,
  PUBLIC_URL: HTTP.PUBLIC_URL.optional(),
  API_KEYS: HTTP.API_KEYS.optional(),
});

const codecServer = z.object({
  ...CODEC,
  ...LOG,
  API_KEYS: HTTP.API_KEYS,
  TRUST_PROXY: HTTP.TRUST_PROXY,
  PAYLOAD_KEYS: TEMPORAL.PAYLOAD_KEYS,
  TEMPORAL_UI_URL: TEMPORAL.TEMPORAL_UI_URL,
});

const updates = z.object(UPDATES);

export interface Config extends z.infer<typeof core> {
  /** At least one, in the order of the registry. */
  readonly gateways: readonly ConfiguredGateway[];
  /** Every variable of the core and of the configured gateways, as people may see it. */
  readonly settings: readonly Setting[];
  /** Variables that look like ours and have no effect. */
  readonly unknownVariables: readonly UnknownVariable[];
}
export type StoreConfig = z.infer<typeof storeOnly>;
export type ClientConfig = z.infer<typeof client>;
export type CodecServerConfig = z.infer<typeof codecServer>;

/** Every known variable, of all gateways. Each may be given by NAME, and a secret also by NAME_FILE. */
export const KNOWN_VARIABLES: readonly string[] = [
  ...Object.keys(CORE_VARIABLES),
  ...GATEWAYS.flatMap(namesOf),
];

/**
 * The configuration of `api` and `worker`. `others` are problems that the caller found, for the same error.
 * @throws ConfigError
 */
export function readConfig(
  env: NodeJS.ProcessEnv,
  others: readonly string[] = [],
  descriptors: Descriptors = GATEWAYS,
): Config {
  const configured = configuredIn(env, descriptors);
  const { core: values, slices } = readVariables(
    { core, slices: gatewaySlices(configured) },
    {
      env,
      secrets: [...CORE_SECRETS, ...secretsOf(descriptors)],
      together: (texts) => [
        ...others,
        ...missingGateway(configured, descriptors),
        ...contradictions(texts, configured),
      ],
    },
  );
  const gateways = configured.map((each) => configure(each, slices[each.id] ?? {}, values.PUBLIC_URL));
  const settings = settingsIn({
    env,
    forms: Object.assign({ ...CORE_VARIABLES }, ...configured.map(shapeOf)) as Record<string, z.ZodType>,
    secrets: [...CORE_SECRETS, ...secretsOf(configured)],
    values: Object.assign({ ...values }, ...Object.values(slices)) as Record<string, unknown>,
  });
  return { ...values, gateways, settings, unknownVariables: unknownVariables(env, KNOWN_VARIABLES) };
}

/** The variables of the store and of Temporal only, for `migrate`. @throws ConfigError */
export function readStoreConfig(env: NodeJS.ProcessEnv): StoreConfig {
  return readVariables({ core: storeOnly }, { env, secrets: CORE_SECRETS }).core;
}

/**
 * The configuration of commands that call a running service or read its store: `why`, `capture`, `cancel`,
 * `resolve` and others.
 * @throws ConfigError
 */
export function readClientConfig(env: NodeJS.ProcessEnv): ClientConfig {
  return readVariables({ core: client }, { env, secrets: CORE_SECRETS }).core;
}

/** The configuration of `codec-server`. @throws ConfigError */
export function readCodecServerConfig(env: NodeJS.ProcessEnv): CodecServerConfig {
  const together = ({ PAYLOAD_KEYS: keys }: Texts) =>
    keys === undefined ? ['PAYLOAD_KEYS: missing; the keys of the service were expected, which decode'] : [];
  return readVariables({ core: codecServer }, { env, secrets: CORE_SECRETS, together }).core;
}

/** The variables of order updates only, for a command that sends them itself. @throws ConfigError */
export function readUpdatesConfig(env: NodeJS.ProcessEnv): z.infer<typeof updates> {
  return readVariables({ core: updates }, { env, secrets: CORE_SECRETS }).core;
}

/** The settings for a gateway's own commands, which may run before its secrets exist. @throws ConfigError */
export function readCommandSettings<Settings>(
  env: NodeJS.ProcessEnv,
  descriptor: GatewayDescriptor<Readonly<Record<string, unknown>>, Settings>,
): Settings {
  const publicUrl = z.object({ PUBLIC_URL: HTTP.PUBLIC_URL });
  const groups = { core: publicUrl, slices: { gateway: commandSlice(descriptor) } };
  const { core: own, slices } = readVariables(groups, { env, secrets: descriptor.variables.secrets });
  return descriptor.settings(slices['gateway'] ?? {}, own.PUBLIC_URL);
}

/**
 * The configured gateways, for a command that only reads at them. It needs no PUBLIC_URL. `mayBeNone`: also
 * where none is configured.
 * @throws ConfigError
 */
export function readGateways(
  env: NodeJS.ProcessEnv,
  { mayBeNone = false }: { readonly mayBeNone?: boolean } = {},
): readonly ConfiguredGateway[] {
  const configured = configuredIn(env, GATEWAYS);
  const { core: own, slices: values } = readVariables(
    {
      core: z.object({ PUBLIC_URL: HTTP.PUBLIC_URL.default('http://127.0.0.1') }),
      slices: gatewaySlices(configured),
    },
    {
      env,
      secrets: secretsOf(GATEWAYS),
      together: () => (mayBeNone ? [] : missingGateway(configured, GATEWAYS)),
    },
  );
  return configured.map((each) => configure(each, values[each.id] ?? {}, own.PUBLIC_URL));
}

/** Whether the API's port also serves the admin calls, as in development. */
export function isAdminToo({ ADMIN_PORT, PORT }: Pick<Config, 'ADMIN_PORT' | 'PORT'>): boolean {
  return ADMIN_PORT === PORT;
}
