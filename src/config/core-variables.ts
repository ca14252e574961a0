/**
 * Every variable of the core, by subject. docs/run-in-production.md describes them for operators; a test
 * compares the names.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { isCrashPoint } from '../crash-points.ts';
import { amountsWritten } from '../domain/amounts.ts';
import type { Money } from '../domain/money.ts';
import { API_KEY_FORM, parseApiKey, type ApiKey } from './api-keys.ts';
import { NO_PAYLOAD_KEYS, parsePayloadKeys, type PayloadKeys } from './payload-keys.ts';
import {
  duration,
  list,
  oneOf,
  pairs,
  pemFile,
  port,
  secret,
  text,
  url,
  whole,
  wholeFrom,
  writtenUrl,
} from '../lib/variable-forms.ts';

export const STORE = {
  /** A PostgreSQL server; if unset, the store is embedded. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a postgresql:// URL')
    .optional(),
  /**
   * The folder of the embedded store and of the files of `npm start`. Resolved once, since child processes
   * have another working directory.
   */
  DATA_DIR: text('a folder')
    .default('.data')
    .transform((folder) => (folder === 'memory://' ? folder : resolve(folder))),
};

const payloadKeys = secret.transform((text, context): PayloadKeys => {
  const parsed = parsePayloadKeys(text);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue({ code: 'custom', message: parsed });
  return z.NEVER;
});

export const TEMPORAL = {
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, 'host:port')
    .default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: text('the name of a namespace').default('default'),
  /** The first part of the names of all our task queues. */
  TEMPORAL_TASK_QUEUE: text('a name of at most 150 characters', 150).default('payments'),
  TEMPORAL_API_KEY: secret.optional(),
  /** The client's certificate; TEMPORAL_TLS_KEY is its key. */
  TEMPORAL_TLS_CERT: pemFile.optional(),
  TEMPORAL_TLS_KEY: pemFile.optional(),
  /** The certificate authority of the server, if it is not a public one. */
  TEMPORAL_TLS_CA: pemFile.optional(),
  /** The keys that encrypt what Temporal stores; the first one encrypts. */
  PAYLOAD_KEYS: payloadKeys.default(NO_PAYLOAD_KEYS),
  /** The base of links into the Web UI. */
  TEMPORAL_UI_URL: url.optional(),
  /** For Worker Versioning, with the names that Temporal's worker controller sets. */
  TEMPORAL_DEPLOYMENT_NAME: text('a name of at most 100 characters', 100).default('paidonce'),
  TEMPORAL_WORKER_BUILD_ID: text('a name of at most 100 characters', 100).optional(),
};

const origin = z
  .string()
  .refine(isOrigin, 'origins such as https://temporal.example: scheme, host and port, without a path');

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Decodes payloads for the Temporal Web UI and the program `temporal`. */
export const CODEC = {
  CODEC_PORT: port.default(8234),
  CODEC_HOST: text('a host name or address to listen on').default('127.0.0.1'),
  /** The origins of the Web UI; if unset, that of TEMPORAL_UI_URL. */
  CODEC_ORIGINS: list(origin).optional(),
};

const from2to = (most: number) => wholeFrom(2, most, `a number from 2 to ${most}`);

/** Slots of each kind in one process, runs kept in memory, and long polls for each queue. */
export const WORKER = {
  WORKER_WORKFLOW_SLOTS: from2to(1_000).default(16),
  WORKER_STORE_SLOTS: from2to(2_000).default(100),
  WORKER_CHECKOUT_SLOTS: from2to(2_000).default(100),
  WORKER_BACKGROUND_SLOTS: from2to(2_000).default(100),
  WORKER_UPDATE_SLOTS: from2to(2_000).default(50),
  WORKER_CACHED_RUNS: from2to(50_000).default(1_000),
  WORKER_POLLERS: from2to(100).default(5),
};

export const LOG = {
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
};

/** Traces: OpenTelemetry's own names, of which these are read. */
export const TRACES = {
  /** The base of a collector's URL for OTLP/HTTP; if unset, there are no traces. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  /** Sent with every request to the collector, such as credentials. */
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  OTEL_SERVICE_NAME: text('a name of at most 100 characters', 100).default('paidonce'),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  OTEL_TRACES_SAMPLER: oneOf([
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
  ]).default('parentbased_always_on'),
  /** The part of all traces that a sampler with `traceidratio` keeps. */
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0|1|0?\.\d{1,6}|1\.0+)$/, 'a number from 0 to 1')
    .transform(Number)
    .default(1),
};

/**
 * The beginnings of our own paths. A base path like one of them would hide whether a proxy has removed it.
 */
const OUR_PATHS = /^\/(v1|callbacks|return|docs|openapi\.json|healthz|readyz|metrics|dashboard)(\/|$)/;

const base = url.refine(
  isBase,
  'a URL with a plain path or none, such as https://pay.example or https://shop.example/pay, whose path is not one of our own',
);

function isBase(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { pathname, search, hash } = new URL(text);
  const isPlain = /^(\/[A-Za-z0-9._~-]+)*\/?$/.test(pathname);
  return isPlain && search + hash === '' && !OUR_PATHS.test(pathname);
}

const apiKey = secret.transform((entry, context): ApiKey => {
  const parsed = parseApiKey(entry);
  if (parsed === null) context.addIssue({ code: 'custom', message: API_KEY_FORM });
  return parsed ?? z.NEVER;
});

/** Following one of these schemes makes a browser run a program or show a page that is not the shop's. */
const NO_RETURN = ['javascript', 'data', 'file', 'vbscript', 'blob', 'about', 'view-source', 'filesystem'];
const returnScheme = z
  .string()
  .regex(/^[a-z][a-z0-9+.-]*$/, 'schemes without a colon, such as https,myshop')
  .refine((scheme) => !NO_RETURN.includes(scheme), `none of ${NO_RETURN.join(', ')}`);

export const HTTP = {
  PORT: port.default(3000),
  HOST: text('a host name or address to listen on').default('0.0.0.0'),
  /** The address at which gateways, browsers and merchants reach PORT, including the path if there is one. */
  PUBLIC_URL: base,
  /** Metrics and health, for the inside. */
  ADMIN_PORT: port.optional(),
  ADMIN_HOST: text('a host name or address to listen on').default('127.0.0.1'),
  /** `npm start` sets it: the token of the link that signs a developer in once. */
  DASHBOARD_LINK: secret.optional(),
  /** How many proxies in front are trusted to report the address of a caller. */
  TRUST_PROXY: whole('a number of proxies, at most 10', 10).default(0),
  API_KEYS: list(apiKey).refine(
    (keys) => new Set(keys.map(({ key }) => key)).size === keys.length,
    'each key only once',
  ),
  /** The schemes that a merchant may use in `returnUrl`. */
  RETURN_URL_SCHEMES: list(returnScheme).default(['https', 'http']),
};

export const webhookSecret = secret.refine(
  (text) => /^whsec_[A-Za-z0-9+/]{24,}={0,2}$/.test(text),
  'Standard Webhooks secrets, whsec_ and base64',
);

export const UPDATES = {
  /** The merchant's endpoint for updates; if unset, no updates are sent. */
  ORDER_WEBHOOK_URL: writtenUrl.optional(),
  ORDER_WEBHOOK_TIMEOUT: duration
    .refine((ms) => ms >= 1_000 && ms <= 60_000, 'a duration from 1s to 60s')
    .default(15_000),
  /** Newest first. Every update is signed with each of them. */
  ORDER_WEBHOOK_SECRETS: list(webhookSecret).optional(),
};

/** An amount with its currency, as people write it: `1000 NOK`, `99.50 EUR`. */
const limit = z.string().transform((given, context): Money => {
  const [first, ...others] = /[A-Za-z]/.test(given) ? amountsWritten(given.trim()) : [];
  if (first !== undefined && others.length === 0) return first;
  context.addIssue({ code: 'custom', message: 'amounts with a currency such as 1000 NOK,99.50 EUR' });
  return z.NEVER;
});

export const PAYMENTS = {
  /** The gateway of payments that name none. Needed only where several are configured. */
  DEFAULT_GATEWAY: text('the name of a gateway').optional(),
  /** How often a payment that is ON_HOLD is read. */
  ON_HOLD_POLL_INTERVAL: duration.default(3_600_000),
  /** How long a session can be paid. */
  SESSION_LIFETIME: duration.default(4 * 3_600_000),
  /** How often the listings of a gateway are compared with the store. */
  SWEEP_INTERVAL: duration.default(300_000),
  /** What to do with money that arrives after the payment was closed. */
  LATE_MONEY_POLICY: oneOf(['give_back', 'review', 'accept']).default('give_back'),
  /** A refund, give-back or acceptance above it needs a second person; a currency that is not named has no limit. */
  FOUR_EYES_ABOVE: list(limit)
    .refine(
      (limits) => new Set(limits.map(({ currency }) => currency)).size === limits.length,
      'each currency only once',
    )
    .optional(),
};

/** Retries, redeliveries and questions about an order take days, so texts must be kept longer. */
const wordsKept = duration.refine(
  (ms) => ms >= 7 * 86_400_000,
  'a duration of at least 7d, or unset to keep them forever',
);

/** How long rows are kept. */
export const RETENTION = {
  RETENTION_DELIVERIES: duration.default(400 * 86_400_000),
  RETENTION_TIMELINE: wordsKept.optional(),
  RETENTION_UPDATES: wordsKept.optional(),
};

/** Development only: CONTRIBUTING.md. */
export const DEVELOPMENT = {
  PAIDONCE_CRASH_AT: list(
    z.string().refine(isCrashPoint, 'names of crash points, as in docs/crash-points.md'),
  ).optional(),
};

export const CORE_VARIABLES = {
  ...STORE,
  ...TEMPORAL,
  ...CODEC,
  ...WORKER,
  ...LOG,
  ...TRACES,
  ...HTTP,
  ...UPDATES,
  ...PAYMENTS,
  ...RETENTION,
  ...DEVELOPMENT,
};

/** They may also be given by NAME_FILE, and are never shown. */
export const CORE_SECRETS: readonly string[] = [
  'TEMPORAL_API_KEY',
  'PAYLOAD_KEYS',
  'DATABASE_URL',
  'API_KEYS',
  'DASHBOARD_LINK',
  'ORDER_WEBHOOK_URL',
  'ORDER_WEBHOOK_SECRETS',
  'OTEL_EXPORTER_OTLP_HEADERS',
];
