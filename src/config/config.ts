/** The environment, checked once at start: every wrong variable in one error. Meaning of each: contract §2. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { API_KEY_FORM, parseApiKey, type ApiKey } from './api-keys.ts';
import { isCrashPoint } from '../crash-points.ts';
import { shownUrl } from '../lib/url-credentials.ts';
import { hasCredentials } from '../lib/url-credentials.ts';

/** The environment is wrong; the message names every variable, what was expected and, but for secrets, what was found. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const SECRETS = [
  'TEMPORAL_API_KEY',
  'DATABASE_URL',
  'API_KEYS',
  'DINTERO_CLIENT_SECRET',
  'DINTERO_SIGNATURE_SECRETS',
  'DINTERO_WEBHOOK_SECRETS',
  'ORDER_WEBHOOK_URL',
  'ORDER_WEBHOOK_SECRETS',
] as const;

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const duration = z
  .string()
  .regex(/^[1-9]\d{0,8}(ms|s|m|h|d)$/, 'a duration such as 250ms, 10s, 5m, 1h or 3d')
  .transform((text) => {
    const [, count, unit] = /^(\d+)(\w+)$/.exec(text) ?? [];
    return Number(count) * UNITS[unit as keyof typeof UNITS];
  });
/** Retries, redeliveries and questions about an order take days: its words must outlive them. */
const wordsKept = duration.refine(
  (ms) => ms >= 7 * 86_400_000,
  'a duration of at least 7d, or unset for ever',
);
/** Not coerced: an empty text would become 0, and `1e3` or `0x50` a port. */
const whole = (what: string, max: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, what)
    .transform(Number)
    .refine((count) => count <= max, what);
const port = whole('a port number', 65_535);
const callsPerSecond = whole('a number of calls from 1 to 10000', 10_000).refine(
  (calls) => calls > 0,
  'a number of calls from 1 to 10000',
);
const from2to = (most: number) =>
  whole(`a number from 2 to ${most}`, most).refine((count) => count >= 2, `a number from 2 to ${most}`);
const writtenUrl = z.url({ protocol: /^https?$/, error: 'an absolute http or https URL' });
/** The beginning of others, so its last slash means nothing; what they are is shown, and `fetch` takes no credentials. */
const url = writtenUrl
  .refine((text) => !hasCredentials(text), 'a URL without user and password')
  .transform((text) => text.replace(/\/+$/, ''));
/** Ours begin with these: under one of them it could not be told whether a proxy has stripped it. */
const OUR_PATHS = /^\/(v1|callbacks|return|docs|openapi\.json|healthz|readyz|metrics|dashboard)(\/|$)/;
const base = url.refine(
  isBase,
  'a URL with a plain path or none, such as https://pay.example or https://shop.example/pay, and none of our own paths',
);

function isBase(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { pathname, search, hash } = new URL(text);
  const isPlain = /^(\/[A-Za-z0-9._~-]+)*\/?$/.test(pathname);
  return isPlain && search + hash === '' && !OUR_PATHS.test(pathname);
}

const secret = z
  .string()
  .refine((text) => text.trim() !== '' && text === text.trim(), 'a secret without blanks around it');
const list = <Entry>(of: z.ZodType<Entry, string>) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(of).min(1));
const apiKey = secret.transform((entry, context): ApiKey => {
  const parsed = parseApiKey(entry);
  if (parsed === null) context.addIssue({ code: 'custom', message: API_KEY_FORM });
  return parsed ?? z.NEVER;
});
const webhookSecret = secret.refine(
  (text) => /^whsec_[A-Za-z0-9+/]{24,}={0,2}$/.test(text),
  'Standard Webhooks secrets, whsec_ and base64',
);
const source = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'IP addresses or networks such as 192.0.2.0/24',
);
/** A text that is there: nothing that is blank is a value, whatever the variable. */
const text = (what: string, max = 4_096) =>
  z.string().refine((given) => given.trim() === given && given !== '' && given.length <= max, what);
/** Read again when somebody connects; what can't be read is said before anything is started. */
const pemFile = z.string().refine(isPem, 'the path of a readable PEM file');

function isPem(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('-----BEGIN ');
  } catch {
    return false;
  }
}

const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, `one of ${words.join(', ')}`);

/** Followed by a browser, these run a program or show what is not the shop's. */
const NO_RETURN = ['javascript', 'data', 'file', 'vbscript', 'blob', 'about', 'view-source', 'filesystem'];
const returnScheme = z
  .string()
  .regex(/^[a-z][a-z0-9+.-]*$/, 'schemes without a colon, such as https,myshop')
  .refine((scheme) => !NO_RETURN.includes(scheme), `none of ${NO_RETURN.join(', ')}`);

const STORE = {
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a postgresql:// URL')
    .optional(),
  // Resolved once: what is started later has another working directory.
  DATA_DIR: text('a folder')
    .default('.data')
    .transform((folder) => (folder === 'memory://' ? folder : resolve(folder))),
};

const TEMPORAL = {
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, 'host:port')
    .default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: text('the name of a namespace').default('default'),
  TEMPORAL_TASK_QUEUE: text('a name of at most 150 characters', 150).default('payments'),
  TEMPORAL_API_KEY: secret.optional(),
  TEMPORAL_TLS_CERT: pemFile.optional(),
  TEMPORAL_TLS_KEY: pemFile.optional(),
  TEMPORAL_TLS_CA: pemFile.optional(),
  TEMPORAL_UI_URL: url.optional(),
  // Named as Temporal's own worker controller sets them.
  TEMPORAL_DEPLOYMENT_NAME: text('a name of at most 100 characters', 100).default('paidonce'),
  TEMPORAL_WORKER_BUILD_ID: text('a name of at most 100 characters', 100).optional(),
};

/** Slots of each kind in one process, runs kept in memory, and long polls for each queue. */
const WORKER = {
  WORKER_WORKFLOW_SLOTS: from2to(1_000).default(16),
  WORKER_STORE_SLOTS: from2to(2_000).default(100),
  WORKER_CHECKOUT_SLOTS: from2to(2_000).default(100),
  WORKER_BACKGROUND_SLOTS: from2to(2_000).default(100),
  WORKER_UPDATE_SLOTS: from2to(2_000).default(50),
  WORKER_CACHED_RUNS: from2to(50_000).default(1_000),
  WORKER_POLLERS: from2to(100).default(5),
};

const LOG = {
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
};

const DINTERO_REAL = { api: 'https://api.dintero.com', checkout: 'https://checkout.dintero.com' };

const FULL = {
  ...STORE,
  ...TEMPORAL,
  ...WORKER,
  ...LOG,
  PORT: port.default(3000),
  HOST: text('a host name or address to listen on').default('0.0.0.0'),
  PUBLIC_URL: base,
  ADMIN_PORT: port.optional(),
  ADMIN_HOST: text('a host name or address to listen on').default('127.0.0.1'),
  TRUST_PROXY: whole('a number of proxies, at most 10', 10).default(0),
  API_KEYS: list(apiKey).refine(
    (keys) => new Set(keys.map(({ key }) => key)).size === keys.length,
    'each key once',
  ),
  DINTERO_ACCOUNT_ID: z
    .string()
    .regex(/^[PT]\d{8}$/, 'an account such as T12345678 (test) or P12345678 (live)'),
  DINTERO_CLIENT_ID: secret,
  DINTERO_CLIENT_SECRET: secret,
  DINTERO_PROFILE_ID: z.string().regex(/^\S+$/, 'a profile id').default('default'),
  DINTERO_SIGNATURE_SECRETS: list(secret),
  DINTERO_WEBHOOK_SECRETS: list(secret).optional(),
  DINTERO_API_URL: url.default(DINTERO_REAL.api),
  DINTERO_CHECKOUT_URL: url.default(DINTERO_REAL.checkout),
  DINTERO_ALLOWED_IPS: list(source).optional(),
  DINTERO_MAX_CALLS_PER_SECOND: callsPerSecond.optional(),
  DINTERO_IP_POLICY: oneOf(['report', 'refuse']).default('report'),
  RETURN_URL_SCHEMES: list(returnScheme).default(['https', 'http']),
  ORDER_WEBHOOK_URL: writtenUrl.optional(),
  ORDER_WEBHOOK_TIMEOUT: duration
    .refine((ms) => ms >= 1_000 && ms <= 60_000, 'a duration from 1s to 60s')
    .default(15_000),
  ORDER_WEBHOOK_SECRETS: list(webhookSecret).optional(),
  ON_HOLD_POLL_INTERVAL: duration.default(3_600_000),
  SESSION_LIFETIME: duration.default(4 * 3_600_000),
  SWEEP_INTERVAL: duration.default(300_000),
  LATE_MONEY_POLICY: oneOf(['give_back', 'review', 'accept']).default('give_back'),
  RETENTION_DELIVERIES: duration.default(400 * 86_400_000),
  RETENTION_TIMELINE: wordsKept.optional(),
  RETENTION_UPDATES: wordsKept.optional(),
  // Development only: CONTRIBUTING.md.
  PAIDONCE_CRASH_AT: list(
    z.string().refine(isCrashPoint, 'names of crash points, as in docs/crash-points.md'),
  ).optional(),
};

const full = z.object(FULL);

/** Each may be given by NAME; secrets by NAME_FILE too. */
export const KNOWN_VARIABLES: readonly string[] = Object.keys(FULL);

/** What only shows when variables are seen together; asked of the raw texts, so that nothing else that is wrong hides it. */
function contradictions(env: Readonly<Record<string, string>>): string[] {
  // A blank one is complained of by itself.
  const isSet = (name: string) => (env[name] ?? '').trim() !== '';
  const isReal = [
    [env['DINTERO_API_URL'], DINTERO_REAL.api],
    [env['DINTERO_CHECKOUT_URL'], DINTERO_REAL.checkout],
  ].some(([given, real]) => given === undefined || given.replace(/\/+$/, '') === real);
  const wrong: string[] = [];
  if (isReal && env['PUBLIC_URL']?.startsWith('http:')) {
    wrong.push(
      'PUBLIC_URL: expected an https URL, since Dintero itself calls it; it refuses http and localhost',
    );
  }
  if (isSet('ORDER_WEBHOOK_URL') && env['ORDER_WEBHOOK_SECRETS'] === undefined) {
    wrong.push(
      'ORDER_WEBHOOK_SECRETS: expected whsec_… secrets, since ORDER_WEBHOOK_URL is set and updates are signed',
    );
  }
  if (env['PAYLOAD_KEYS'] !== undefined) {
    wrong.push('PAYLOAD_KEYS: not expected: payloads are not encrypted yet, and it would protect nothing');
  }
  const isLive = env['DINTERO_ACCOUNT_ID']?.startsWith('P') === true;
  if (isLive) wrong.push(...unfitForMoney(env));
  if (env['PAIDONCE_CRASH_AT'] !== undefined && (isReal || isLive)) {
    wrong.push(
      'PAIDONCE_CRASH_AT: not expected where money may be real; it kills the process, and is for the sandbox only',
    );
  }
  const halves = ['TEMPORAL_TLS_CERT', 'TEMPORAL_TLS_KEY'] as const;
  const missing = halves.find((name) => env[name] === undefined);
  const other = halves.find(isSet);
  if (missing !== undefined && other !== undefined) {
    wrong.push(`${missing}: missing; it is expected together with ${other}`);
  }
  return wrong;
}

/** What does for tests and protects no money. Nothing of a secret is repeated. */
function unfitForMoney(env: Readonly<Record<string, string>>): string[] {
  const plain = ['DINTERO_API_URL', 'DINTERO_CHECKOUT_URL'].filter((name) => env[name]?.startsWith('http:'));
  const weak = [
    'API_KEYS',
    'DINTERO_CLIENT_SECRET',
    'DINTERO_SIGNATURE_SECRETS',
    'DINTERO_WEBHOOK_SECRETS',
  ].flatMap((name) => {
    const entries = env[name]?.split(',') ?? [];
    const secrets = name === 'API_KEYS' ? entries.map(withoutName) : entries;
    const found = secrets.map(weakness).find((words) => words !== null);
    return found === undefined ? [] : [`${name}: ${found}, since the account is live (P…)`];
  });
  return [...plain.map((name) => `${name}: expected an https URL, since the account is live (P…)`), ...weak];
}

/** Of `name:scope:key` the key alone. */
function withoutName(entry: string): string {
  return entry.slice(entry.lastIndexOf(':') + 1);
}

const SHORTEST_SECRET = 16;
const FEWEST_CHARACTERS = 6;

function weakness(secret: string): string | null {
  if (secret.startsWith('sandbox-'))
    return 'expected a secret of your own, not one that the sandbox publishes';
  if (secret.length < SHORTEST_SECRET) return `expected secrets of at least ${SHORTEST_SECRET} characters`;
  if (new Set(secret).size < FEWEST_CHARACTERS)
    return 'expected random secrets, not a few characters over and over';
  return null;
}

export type Config = z.infer<typeof full>;
export type StoreConfig = z.infer<ReturnType<typeof storeSchema>>;
export type GatewayConfig = z.infer<ReturnType<typeof gatewaySchema>>;
export type ClientConfig = z.infer<ReturnType<typeof clientSchema>>;

/** Whether one port is for the world and for those inside: in development. */
export function isAdminToo({ ADMIN_PORT, PORT }: Pick<Config, 'ADMIN_PORT' | 'PORT'>): boolean {
  return ADMIN_PORT === PORT;
}

function storeSchema() {
  return z.object({ ...STORE, ...TEMPORAL, ...LOG });
}

function clientSchema() {
  const { PORT, PUBLIC_URL, API_KEYS } = FULL;
  return storeSchema().extend({ PORT, PUBLIC_URL: PUBLIC_URL.optional(), API_KEYS: API_KEYS.optional() });
}

/** Without the secrets of callbacks, which whoever sets the account up does not have yet. */
function gatewaySchema() {
  const own = {
    PUBLIC_URL: true,
    DINTERO_ACCOUNT_ID: true,
    DINTERO_CLIENT_ID: true,
    DINTERO_CLIENT_SECRET: true,
    DINTERO_PROFILE_ID: true,
    DINTERO_SIGNATURE_SECRETS: true,
    DINTERO_WEBHOOK_SECRETS: true,
    DINTERO_API_URL: true,
    DINTERO_CHECKOUT_URL: true,
  } as const;
  return full.pick(own).partial({ DINTERO_SIGNATURE_SECRETS: true });
}

/** Everything that `api` and `worker` need. `others` is what the caller found wrong, for the same one error. @throws ConfigError */
export function readConfig(env: NodeJS.ProcessEnv, others: readonly string[] = []): Config {
  return parse(full, env, (found) => [...others, ...contradictions(found)]);
}

/** What reads the store and Temporal only: `migrate`. @throws ConfigError */
export function readStoreConfig(env: NodeJS.ProcessEnv): StoreConfig {
  return parse(storeSchema(), env);
}

/** What talks to a gateway alone, also before its secrets are known: `dintero`. @throws ConfigError */
export function readGatewayConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  return parse(gatewaySchema(), env);
}

/** What talks to a running service, or reads what it left: `why`, `capture`, `cancel`, `resolve` and the like. @throws ConfigError */
export function readClientConfig(env: NodeJS.ProcessEnv): ClientConfig {
  return parse(clientSchema(), env);
}

/** The environment, and `defaults` for whatever it does not say, be it by NAME or by NAME_FILE. */
export function withDefaults(
  env: NodeJS.ProcessEnv,
  defaults: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const missing = Object.entries(defaults).filter(([name]) => env[`${name}_FILE`] === undefined);
  return { ...Object.fromEntries(missing), ...env };
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
  together: typeof contradictions = () => [],
): z.infer<Schema> {
  const problems: string[] = [];
  const found = withSecretFiles(env, problems);
  const parsed = schema.safeParse(found);
  const wrong = parsed.error?.issues.map((issue) => describe(issue, env)) ?? [];
  const lines = [...problems, ...firstOfEach(wrong), ...together(found)];
  if (parsed.success && lines.length === 0) return parsed.data;
  throw new ConfigError(`the environment is wrong:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** One complaint a variable: the second is mostly about the same mistake. */
function firstOfEach(lines: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const line of lines) {
    const name = line.split(':', 1)[0] ?? line;
    if (!byName.has(name)) byName.set(name, line);
  }
  return [...byName.values()];
}

/** A variable that is set but empty is not an absent one: it is wrong. */
function withSecretFiles(env: NodeJS.ProcessEnv, problems: string[]): Record<string, string> {
  const found = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  for (const name of SECRETS) {
    const path = env[`${name}_FILE`];
    if (path === undefined) continue;
    if (env[name] !== undefined) problems.push(`${name}: set by ${name} or by ${name}_FILE, not by both`);
    try {
      found[name] = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      problems.push(`${name}_FILE: a readable file was expected (${(error as NodeJS.ErrnoException).code})`);
    }
  }
  return found;
}

function describe(issue: z.core.$ZodIssue, env: NodeJS.ProcessEnv): string {
  const name = String(issue.path[0]);
  const given = env[name] ?? env[`${name}_FILE`];
  if (given === undefined) return `${name}: missing`;
  const isSecret = (SECRETS as readonly string[]).includes(name);
  const found = isSecret
    ? ''
    : `, found ${JSON.stringify((given.includes('://') ? shownUrl(given) : given).slice(0, 80))}`;
  return `${name}: expected ${issue.message}${found}`;
}
