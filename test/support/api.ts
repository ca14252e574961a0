/** The real HTTP API with a real store and the real Dintero gateway; only Temporal is simulated. */
import { request, type IncomingHttpHeaders } from 'node:http';
import type { Connection, Client } from '@temporalio/client';
import { startApi } from '../../src/api/http/server.ts';
import { readConfig } from '../../src/config/config.ts';
import { signCallback } from '../../src/gateways/dintero/signature.ts';
import { createGateways } from '../../src/gateways/registry.ts';
import { createOpenings } from '../../src/health/openings.ts';
import { createStoreFigures } from '../../src/health/store-figures.ts';
import { recordingOf } from '../../src/run-service.ts';
import type { Service } from '../../src/service.ts';
import type { Store } from '../../src/store/open.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createNamespace } from '../../src/temporal/namespace.ts';
import { ACCOUNT } from './builders.ts';
import { fakeMoney, type FakeMoney } from './fake-money.ts';
import { fakeRuns, type FakeRuns } from './fake-runs.ts';
import { NotedFirstAttempts } from './first-attempts.ts';
import { freePort } from './ports.ts';
import { withTroubles, type TroubledDb } from './troubled-db.ts';

export const API_KEY = 'test_key_0123456789abcdef01';
/** The name of API_KEY, which has none of its own. */
export const KEY_NAME = 'key-89538dbb';
export const SECOND_KEY = 'test_key_0123456789abcdef02';
export const SECRETS = ['newest-signature-secret', 'older-signature-secret'] as const;
export const PUBLIC_URL = 'https://pay.example';

export const ENVIRONMENT = {
  HOST: '127.0.0.1',
  PUBLIC_URL,
  API_KEYS: `${API_KEY},${SECOND_KEY}`,
  DINTERO_ACCOUNT_ID: ACCOUNT,
  DINTERO_CLIENT_ID: 'a-client',
  DINTERO_CLIENT_SECRET: 'a-client-secret',
  DINTERO_SIGNATURE_SECRETS: SECRETS.join(','),
  DINTERO_API_URL: 'http://127.0.0.1:9',
  DINTERO_CHECKOUT_URL: 'http://127.0.0.1:9',
  LOG_LEVEL: 'silent',
} as const;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // Tests read only the field under test.
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  readonly json: any;
  readonly ms: number;
}

export interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Sent as given; otherwise with an API key. */
  readonly key?: string | null;
}

export interface TestApi {
  readonly port: number;
  readonly service: Service;
  readonly runs: FakeRuns;
  readonly money: FakeMoney;
  /** The updates that this process was asked to send. */
  readonly firstAttempts: NotedFirstAttempts;
  readonly troubles: TroubledDb;
  /** One request over the wire; its target is sent as written. */
  send(method: string, target: string, sent?: Sent): Promise<Answer>;
  /** With a JSON body. */
  post(target: string, body: unknown, sent?: Sent): Promise<Answer>;
  stop(): Promise<void>;
}

/**
 * Starts the API on a free port. It reads the store's figures at each scrape, unless it is told to cache
 * them.
 */
export async function startTestApi(
  store: Store,
  env: NodeJS.ProcessEnv = {},
  figures: Parameters<typeof createStoreFigures>[1] = { rememberedMs: 0 },
): Promise<TestApi> {
  const port = await freePort();
  const config = readConfig({ ...ENVIRONMENT, PORT: String(port), ADMIN_PORT: String(port), ...env });
  const metrics = createMetrics();
  const troubles = withTroubles(store.db);
  const runs = fakeRuns(store.db);
  const money = fakeMoney(runs);
  const firstAttempts = new NotedFirstAttempts();
  const parts = {
    config,
    metrics,
    log: createLog('silent', 'test'),
    tracing: null,
    gateways: createGateways(config, metrics),
    client: {} as Client,
    connection: aConnection(runs),
    fail: () => undefined,
  };
  const troubled = { ...store, db: troubles.db };
  const recording = recordingOf({ ...parts, store: troubled, firstAttempts });
  const service: Service = {
    ...parts,
    store: troubled,
    storeFigures: createStoreFigures({ ...parts, store: troubled }, figures),
    namespace: createNamespace(parts),
    openings: createOpenings(metrics),
    runs,
    money,
    firstAttempts,
    recording,
  };
  const stop = await startApi(service);
  const send: TestApi['send'] = (method, target, sent = {}) => sendRaw(port, method, target, sent);
  return {
    port,
    service,
    runs,
    money,
    firstAttempts,
    troubles,
    send,
    post: (target, body, sent = {}) =>
      send('POST', target, {
        key: API_KEY,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...sent,
        headers: { 'content-type': 'application/json', ...sent.headers },
      }),
    stop,
  };
}

function aConnection(runs: FakeRuns): Connection {
  const describeNamespace = async (): Promise<object> => {
    if (runs.temporal === 'hanging') return new Promise(() => undefined);
    if (runs.temporal === 'down') throw new Error('14 UNAVAILABLE: no connection');
    return {};
  };
  const listSearchAttributes = () => Promise.reject(new Error('12 UNIMPLEMENTED'));
  return { workflowService: { describeNamespace }, operatorService: { listSearchAttributes } } as never;
}

/** A request with full control over its target and headers. */
export function sendRaw(port: number, method: string, target: string, sent: Sent = {}): Promise<Answer> {
  const { body, key = null } = sent;
  const headers: Record<string, string> = {
    ...(key !== null && { authorization: `Bearer ${key}` }),
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    ...sent.headers,
  };
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const sending = request({ port, host: '127.0.0.1', method, path: target, headers, agent: false });
    sending.once('error', reject);
    sending.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== '';
        const json: unknown = isJson ? JSON.parse(text) : undefined;
        const ms = performance.now() - begun;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json, ms });
      });
    });
    sending.end(body);
  });
}

export interface CallbackChanges {
  readonly method?: string;
  /** Additional parameters of the query; undefined removes one. */
  readonly query?: Record<string, string | undefined>;
  /** Appended to the query unchanged. */
  readonly rawQuery?: string;
  readonly secret?: string | null;
  /** The age of the signature in seconds. */
  readonly age?: number;
  /** The `event-delivery` header. */
  readonly delivery?: string;
}

/** A session callback as Dintero sends it: its target and its headers. */
export function aCallback(
  payment: Pick<PaymentRow, 'id' | 'orderReference' | 'n' | 'sessionId'>,
  changes: CallbackChanges = {},
): { method: string; target: string; headers: Record<string, string> } {
  const { method = 'GET', secret = SECRETS[0], age = 0, delivery, rawQuery = '' } = changes;
  const query = {
    payment: payment.id,
    order: payment.orderReference,
    n: String(payment.n),
    merchant_reference: payment.orderReference,
    transaction_id: `${ACCOUNT}.transaction${payment.n}`,
    session_id: payment.sessionId ?? undefined,
    time: '2026-11-21T12:00:00Z',
    ...changes.query,
  };
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const target = `/callbacks/dintero?${new URLSearchParams(given)}${rawQuery}`;
  const timestamp = Math.floor(Date.now() / 1_000) - age;
  const signature =
    secret === null
      ? null
      : signCallback({ method, url: `${PUBLIC_URL}${target}`, accountId: ACCOUNT, secret, timestamp });
  return {
    method,
    target,
    headers: {
      ...(signature !== null && { 'dintero-signature': signature }),
      ...(delivery !== undefined && { 'event-delivery': delivery }),
    },
  };
}

/** The smallest valid order. */
export function anOrderBody(
  reference: string,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  return { order: { reference, amount: 72200, currency: 'NOK' }, ...changes };
}
