import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import type { DinteroDeps, DinteroSettings } from '../../../src/gateways/dintero/settings.ts';
import type { Gateway, SessionRequest } from '../../../src/gateways/gateway.ts';

export const ACCOUNT = 'T12345678';
export const SESSION = `${ACCOUNT}.5GTJoVWsHfUJGe6rSeHHQn`;
export const TRANSACTION = `${ACCOUNT}.3YkJXSdSnUBXcmQSzn7uJj`;
export const KEY = { paymentId: 'pay_1', orderReference: '1001', n: 1 } as const;

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
  readonly raw?: string;
  readonly headers?: Record<string, string>;
  /** The connection is cut before an answer. */
  readonly drop?: boolean;
  /** No answer is ever sent. */
  readonly hang?: boolean;
}

type Handler = Reply | ((seen: Seen) => Reply);

export interface FakeDintero {
  readonly url: string;
  readonly seen: Seen[];
  /** Answers a route such as `GET /v1/sessions/x`; without one it is a 404. */
  on(route: string, ...replies: [Handler, ...Handler[]]): void;
  calls(route: string): Seen[];
  close(): Promise<void>;
}

/** A Dintero that answers as a test says. The last of several replies to a route is repeated. */
export async function startFakeDintero(): Promise<FakeDintero> {
  const routes = new Map<string, Handler[]>();
  const seen: Seen[] = [];
  let tokens = 0;
  routes.set(`POST /v1/accounts/${ACCOUNT}/auth/token`, [
    () => ({ json: { access_token: `token-${++tokens}`, token_type: 'Bearer', expires_in: 3600 } }),
  ]);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const entry = await toSeen(request);
    seen.push(entry);
    const replies = routes.get(routeOf(entry));
    const handler = replies !== undefined && replies.length > 1 ? replies.shift() : replies?.[0];
    send(response, typeof handler === 'function' ? handler(entry) : (handler ?? NOT_FOUND));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    on: (route, ...replies) => void routes.set(route, replies),
    calls: (route) => seen.filter((entry) => routeOf(entry) === route),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const NOT_FOUND: Reply = { status: 404, json: { error: { message: 'not found' } } };

async function toSeen(request: IncomingMessage): Promise<Seen> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
  const body = request.headers['content-type'] === undefined ? undefined : await json(request);
  return {
    method: request.method ?? '',
    path: pathname,
    query: searchParams,
    headers: request.headers,
    body,
  };
}

function routeOf({ method, path }: Seen): string {
  return `${method} ${path}`;
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply.hang) return;
  if (reply.drop) {
    response.destroy();
    return;
  }
  response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.raw ?? JSON.stringify(reply.json ?? null));
}

/** Settings that point at the fake. */
export function settingsFor(url: string, changes: Partial<DinteroSettings> = {}): DinteroSettings {
  return {
    accountId: ACCOUNT,
    clientId: 'a-client',
    clientSecret: 'a-client-secret',
    profileId: 'default',
    signatureSecrets: ['new-secret', 'old-secret'],
    apiUrl: url,
    checkoutUrl: url,
    publicUrl: 'https://pay.example',
    ...changes,
  };
}

/** The gateway under test, in front of the fake. */
export function gatewayAt(fake: Pick<FakeDintero, 'url'>, deps: DinteroDeps = {}): Gateway {
  return createDinteroGateway(settingsFor(fake.url), deps);
}

export function aSessionRequest(changes: Partial<SessionRequest> = {}): SessionRequest {
  return {
    ...KEY,
    money: { amountMinor: 72200, currency: 'NOK' },
    lines: [],
    returnKey: 'return-key',
    capture: 'manual',
    idempotencyKey: 'open-1',
    expiresAt: new Date('2026-11-21T16:00:00.000Z'),
    ...changes,
  };
}

/** A transaction as in Dintero's answers. */
export function aTransaction(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: TRANSACTION,
    session_id: SESSION,
    amount: 72200,
    currency: 'NOK',
    merchant_reference: '1001',
    payment_product: 'dintero_psp',
    payment_product_type: 'dintero_psp.creditcard',
    status: 'AUTHORIZED',
    settlement_status: 'NOT_SETTLED',
    created_at: '2026-11-21T12:00:00.000Z',
    updated_at: '2026-11-21T12:00:01.250Z',
    events: [anEvent('AUTHORIZE', 'AUTHORIZED', 72200)],
    ...changes,
  };
}

export function anEvent(
  event: string,
  status: string,
  amount: unknown,
  success = true,
): Record<string, unknown> {
  return { id: `${event}-${status}`, event, transaction_status: status, success, amount };
}

/** A session as in Dintero's answers. */
export function aSession(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: SESSION,
    created_at: '2026-11-21T12:00:00.000Z',
    expires_at: '2026-11-21T16:00:00.000Z',
    order: { amount: 72200, currency: 'NOK', merchant_reference: '1001' },
    metadata: { ext_paidonce_payment: 'pay_1', ext_paidonce_order: '1001', ext_paidonce_n: 1 },
    events: [],
    ...changes,
  };
}
