import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Gateway, OperationAnswer, OperationRequest } from '../../../src/gateways/gateway.ts';
import type { FakeDintero, Reply } from './fake-dintero.ts';
import { ACCOUNT, anEvent, aTransaction, gatewayAt, startFakeDintero, TRANSACTION } from './fake-dintero.ts';

const TOKEN = `POST /v1/accounts/${ACCOUNT}/auth/token`;
const CAPTURE = `POST /v1/transactions/${TRANSACTION}/capture`;
const CAPTURED = {
  json: aTransaction({
    status: 'CAPTURED',
    events: [{ ...anEvent('CAPTURE', 'CAPTURED', 72200), event_reference: 'parcel-1' }],
  }),
};

let fake: FakeDintero;
let gateway: Gateway;

beforeEach(async () => {
  fake = await startFakeDintero();
  gateway = gatewayAt(fake);
});

afterEach(() => fake.close());

function aRequest(changes: Partial<OperationRequest> = {}): OperationRequest {
  return {
    transactionId: TRANSACTION,
    kind: 'capture',
    reference: 'parcel-1',
    amountMinor: 72200,
    currency: 'NOK',
    idempotencyKey: 'k',
    ...changes,
  };
}

function answeredBy(...replies: [Reply, ...Reply[]]): Promise<OperationAnswer> {
  fake.on(CAPTURE, ...replies);
  return gateway.operate(aRequest());
}

describe('the request of a dintero operation', () => {
  const bodyOf = async (request: OperationRequest): Promise<unknown> => {
    await gateway.operate(request);
    return fake.seen.at(-1)?.body;
  };

  it('of a capture has our reference and lines', async () => {
    const lines = [
      { lineId: '1', amountMinor: 20000, quantity: 2 },
      { lineId: '2', amountMinor: -500 },
    ];
    const body = await bodyOf(
      aRequest({ amountMinor: 19500, lines, finalCapture: true, reason: 'not sent' }),
    );
    expect(body).toEqual({
      amount: 19500,
      capture_reference: 'parcel-1',
      items: [
        { line_id: '1', amount: 20000, quantity: 2 },
        { line_id: '2', amount: -500 },
      ],
      final_capture: true,
    });
    expect(fake.calls(CAPTURE)).toHaveLength(1);
  });

  it('has no fields that were not asked for', async () => {
    const body = { amount: 72200, capture_reference: 'parcel-1' };
    expect(await bodyOf(aRequest({ lines: [], finalCapture: false }))).toEqual(body);
  });

  it('of a refund has our reference and a reason', async () => {
    const body = await bodyOf(
      aRequest({ kind: 'refund', amountMinor: 100, reference: 'r-1', reason: 'broken' }),
    );
    expect(body).toEqual({ amount: 100, refund_reference: 'r-1', reason: 'broken' });
    expect(fake.seen.at(-1)?.path).toBe(`/v1/transactions/${TRANSACTION}/refund`);
  });

  it('of a void has no body', async () => {
    expect(await bodyOf(aRequest({ kind: 'void' }))).toBeUndefined();
    expect(fake.seen.at(-1)?.path).toBe(`/v1/transactions/${TRANSACTION}/void`);
  });

  it.each(['P99999999.abc', '../accounts', `${ACCOUNT}.`])('is not sent about %s', async (transactionId) => {
    expect(await gateway.operate(aRequest({ transactionId }))).toMatchObject({ kind: 'declined' });
    expect(fake.seen).toEqual([]);
  });
});

describe('the answer to a dintero operation', () => {
  it('shows the transaction', async () => {
    expect(await answeredBy(CAPTURED)).toMatchObject({
      kind: 'answered',
      transaction: {
        transactionId: TRANSACTION,
        status: 'CAPTURED',
        operations: [{ kind: 'capture', reference: 'parcel-1', amountMinor: 72200, state: 'done' }],
      },
    });
  });

  it.each([
    ['202 and the transaction', { status: 202, json: aTransaction() }],
    ['202 and nothing', { status: 202, raw: '' }],
    ['204', { status: 204, raw: '' }],
  ])('is understood when it is %s', async (_name, reply) => {
    expect(await answeredBy(reply)).toMatchObject({ kind: 'answered' });
  });

  it.each([
    [400, 'amount is 90000 but only 72200 is left (INVALID_AMOUNT)'],
    [404, 'no reason given (404)'],
    [422, 'no reason given (422)'],
  ])('is a refusal when it is %i', async (status, reason) => {
    const error = { message: 'amount is 90000 but only 72200 is left', code: 'INVALID_AMOUNT' };
    const reply = status === 400 ? { status, json: { error } } : { status, raw: '' };
    expect(await answeredBy(reply)).toEqual({ kind: 'declined', reason });
  });

  it('names the error of each field, without data of the payer', async () => {
    const errors = [{ description: 'items.line_id: the order has no line 9' }];
    const message = 'Invalid for +47 999 99 999, John.Doe@Example.com';
    expect(await answeredBy({ status: 400, json: { error: { message, errors } } })).toEqual({
      kind: 'declined',
      reason: 'Invalid for …, …; items.line_id: the order has no line 9',
    });
  });

  it.each([409, 503])('allows to send the operation again after a %i', async (status) => {
    expect(await answeredBy({ status, json: { error: { message: 'busy' } } })).toMatchObject({
      kind: 'busy',
    });
    expect(fake.calls(CAPTURE)).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ['a 500', { status: 500 }],
    ['a 502', { status: 502 }],
    ['a 504', { status: 504 }],
    ['a 408', { status: 408 }],
    ['a redirect', { status: 307, headers: { location: '/elsewhere' } }],
    ['a dropped connection', { drop: true }],
    ['truncated JSON', { raw: '{"id":"T123' }],
    ['HTML', { raw: '<html>' }],
    ['nothing', { raw: '' }],
    ['no transaction', { json: { ok: true } }],
    ['another transaction', { json: aTransaction({ id: `${ACCOUNT}.another` }) }],
    ['an amount that is a float', { json: aTransaction({ amount: 1.5 }) }],
  ])('is lost after %s, and nothing is sent again', async (_name, reply) => {
    expect(await answeredBy(reply)).toMatchObject({ kind: 'lost' });
    expect(fake.calls(CAPTURE)).toHaveLength(1);
    expect(fake.seen.some(({ path }) => path === '/elsewhere')).toBe(false);
  });

  it('is lost when its caller gives up', async () => {
    const caller = new AbortController();
    fake.on(CAPTURE, () => {
      caller.abort();
      return { hang: true };
    });
    expect(await gateway.operate(aRequest(), { signal: caller.signal })).toMatchObject({ kind: 'lost' });
  });
});

describe('a dintero operation that was certainly not done', () => {
  const thrown = (kind: string) => ({ name: 'GatewayUnavailable', kind });

  it('was given up before it was sent', async () => {
    const signal = AbortSignal.abort();
    await expect(gateway.operate(aRequest(), { signal })).rejects.toMatchObject(thrown('silent'));
    expect(fake.calls(CAPTURE)).toEqual([]);
  });

  it('found no server at its address', async () => {
    const elsewhere = gatewayAt({ url: 'http://127.0.0.1:1' });
    await expect(elsewhere.operate(aRequest())).rejects.toMatchObject(thrown('silent'));
  });

  it.each([
    ['cause', { cause: { code: 'ENOTFOUND', syscall: 'getaddrinfo' } }],
    ['cause', { cause: { code: 'EAI_AGAIN', syscall: 'getaddrinfo' } }],
    ['cause', { cause: { code: 'UND_ERR_CONNECT_TIMEOUT' } }],
    ['cause', { cause: { code: 'ETIMEDOUT', syscall: 'connect' } }],
    ['cause', { cause: { code: 'CERT_HAS_EXPIRED' } }],
    ['every address', { all: [{ code: 'ECONNREFUSED' }, { code: 'ENETUNREACH' }] }],
  ])('failed to connect: %s %j', async (_name, how) => {
    await expect(failing(how).operate(aRequest())).rejects.toMatchObject(thrown('silent'));
  });

  it.each([
    { cause: { code: 'ECONNRESET', syscall: 'read' } },
    { cause: { code: 'UND_ERR_SOCKET' } },
    { cause: { code: 'UND_ERR_HEADERS_TIMEOUT' } },
    { cause: {} },
    { all: [{ code: 'ECONNREFUSED' }, { code: 'ECONNRESET', syscall: 'read' }] },
  ])('is another thing where the connection broke in the middle, which is a lost answer: %j', async (how) => {
    expect(await failing(how).operate(aRequest())).toMatchObject({ kind: 'lost' });
  });

  it.each([
    [401, 'credentials', 2],
    [403, 'credentials', 1],
    [429, 'rate_limited', 1],
  ])('was answered %i', async (status, kind, calls) => {
    await expect(answeredBy({ status, headers: { 'retry-after': '7' } })).rejects.toMatchObject(thrown(kind));
    expect(fake.calls(CAPTURE)).toHaveLength(calls);
  });

  it.each<[string, Reply]>([
    ['a 503', { status: 503 }],
    ['a dropped connection', { drop: true }],
    ['no JSON', { raw: '{' }],
  ])('got no token because of %s', async (_name, reply) => {
    fake.on(TOKEN, reply);
    await expect(gateway.operate(aRequest())).rejects.toMatchObject(thrown('silent'));
    expect(fake.calls(CAPTURE)).toEqual([]);
  });

  it('is sent again with a new token after a 401, which did nothing', async () => {
    expect(await answeredBy({ status: 401 }, CAPTURED)).toMatchObject({ kind: 'answered' });
    expect(fake.calls(CAPTURE).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(await answeredBy({ status: 401 }, { drop: true })).toMatchObject({ kind: 'lost' });
  });

  /** A gateway whose calls fail like this once it has a token. */
  function failing(how: { cause?: object; all?: object[] }): Gateway {
    const toError = (fields: object) => Object.assign(new Error('failed'), fields);
    const cause = how.all ? new AggregateError(how.all.map(toError)) : toError(how.cause ?? {});
    const send: typeof fetch = (url, init) =>
      url === `${fake.url}/v1/transactions/${TRANSACTION}/capture`
        ? Promise.reject(new TypeError('fetch failed', { cause }))
        : fetch(url, init);
    return gatewayAt(fake, { fetch: send });
  }
});

describe('the second reference of a dintero transaction', () => {
  const UPDATE = `PUT /v1/transactions/${TRANSACTION}`;

  it('is written, and nothing else', async () => {
    fake.on(UPDATE, { json: aTransaction() });
    await gateway.updateReference?.(TRANSACTION, 'shop-77');
    expect(fake.calls(UPDATE).map(({ body }) => body)).toEqual([{ merchant_reference_2: 'shop-77' }]);
  });

  it.each([
    [400, 'GatewayRejected'],
    [404, 'GatewayRejected'],
    [503, 'GatewayUnavailable'],
    [403, 'GatewayUnavailable'],
  ])('is not written after a %i', async (status, name) => {
    fake.on(UPDATE, { status });
    await expect(gateway.updateReference?.(TRANSACTION, 'shop-77')).rejects.toMatchObject({ name });
  });

  it('is not written to a transaction of another account', async () => {
    await expect(gateway.updateReference?.('P99999999.abc', 'x')).rejects.toMatchObject({
      name: 'GatewayRejected',
    });
    expect(fake.seen).toEqual([]);
  });
});
