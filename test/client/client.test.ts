/** The calls of `@paidonce/client` against a server that notes them, and refuses or is silent as a test wants. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, PaidonceConnectionError, PaidonceError } from '@paidonce/client';

interface Call {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const KEY = 'a-key-of-at-least-24-characters';
const BUSY: Answer = {
  status: 503,
  headers: { 'retry-after': '0', 'content-type': 'application/problem+json', 'x-request-id': 'req-7' },
  body: {
    type: 'about:blank',
    title: 'Not available',
    status: 503,
    code: 'unavailable',
    detail: 'try again',
  },
};

let server: Server;
let calls: Call[];
let answers: (Answer | 'none')[];
let baseUrl: string;

beforeEach(async () => {
  [calls, answers] = [[], []];
  server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close().closeAllConnections());

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  calls.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
  const next = answers.shift() ?? { status: 200, body: { id: 'one' } };
  if (next === 'none') return void request.socket.destroy();
  const { status, headers = { 'content-type': 'application/json' }, body: content = {} } = next;
  response.writeHead(status, headers).end(typeof content === 'string' ? content : JSON.stringify(content));
}

const client = (options: { maxRetries?: number; timeoutMs?: number } = {}) =>
  createClient({ baseUrl, apiKey: KEY, ...options });

describe('the client', () => {
  it('calls with the key, and encodes what it gets', async () => {
    const { payments, orders, updates } = client();
    await payments.create({ order: { reference: '1001', amount: 72_200, currency: 'NOK' } });
    await payments.list({ order: 'a b', limit: 2 });
    await payments.capture('pay_1', { reference: 'parcel-1', amount: 200 });
    await payments.retrieveOperation('pay_1', 'parcel-1', { kind: 'capture' });
    await orders.retrieve('1001');
    await updates.listAttempts('1001/order.paid');
    expect(calls.map(({ line }) => line)).toEqual([
      'POST /v1/payments',
      'GET /v1/payments?order=a%20b&limit=2',
      'POST /v1/payments/pay_1/capture',
      'GET /v1/payments/pay_1/operations/parcel-1?kind=capture',
      'GET /v1/orders/1001',
      'GET /v1/updates/1001%2Forder.paid/attempts',
    ]);
    expect(calls[0]).toMatchObject({
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: '{"order":{"reference":"1001","amount":72200,"currency":"NOK"}}',
    });
  });

  it('throws a problem of the API with its code, fields and request id', async () => {
    const errors = [{ pointer: '/order/amount', detail: 'at least 1' }];
    answers = [{ ...BUSY, status: 422, body: { code: 'invalid_request', detail: 'wrong', errors } }];
    const refused = client().orders.retrieve('1001');
    await expect(refused).rejects.toThrow(PaidonceError);
    await expect(refused).rejects.toMatchObject({
      message: 'wrong',
      status: 422,
      code: 'invalid_request',
      errors,
      requestId: 'req-7',
      retryAfter: 0,
    });
  });

  it('throws with the status what is not a problem of the API', async () => {
    answers = [{ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' }];
    await expect(client().gateways.list()).rejects.toMatchObject({
      name: 'PaidonceError',
      status: 502,
      code: 'http_502',
      message: 'paidonce answered 502',
    });
  });

  it.each(['<html>', '"text"', ''])('does not take %j for an answer', async (body) => {
    answers = [body === '' ? { status: 204 } : { status: 200, body }];
    await expect(client({ maxRetries: 0 }).gateways.list()).rejects.toThrow(PaidonceConnectionError);
  });

  it('repeats what may be repeated: after 503 with Retry-After, and after no answer', async () => {
    answers = [BUSY, 'none'];
    const body = { reference: 'parcel-1' };
    await expect(client().payments.refund('pay_1', body)).resolves.toEqual({ id: 'one' });
    expect(calls.map((call) => call.body)).toEqual(Array.from({ length: 3 }, () => JSON.stringify(body)));
  });

  it('gives up after maxRetries, and repeats no other refusal', async () => {
    answers = [BUSY, BUSY, BUSY];
    await expect(client({ maxRetries: 1 }).health.retrieve()).rejects.toMatchObject({ code: 'unavailable' });
    expect(calls).toHaveLength(2);
    answers = [{ ...BUSY, headers: {} }];
    await expect(client().health.retrieve()).rejects.toMatchObject({ status: 503, retryAfter: null });
    expect(calls).toHaveLength(3);
  });

  it('sends a decision of a person once, since a lost answer may have had its effect', async () => {
    answers = ['none'];
    const decided = client().payments.resolve('pay_1', { decision: 'accept', reason: 'ticket 12' });
    await expect(decided).rejects.toThrow(PaidonceConnectionError);
    expect(calls).toHaveLength(1);
  });

  it('waits no longer than it may', async () => {
    server.removeAllListeners('request');
    const silent = client({ timeoutMs: 50, maxRetries: 1 }).orders.retrieve('1001');
    await expect(silent).rejects.toThrow('no answer within 50 ms');
  });
});
