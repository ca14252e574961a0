/**
 * Contract §3: named keys and their scopes; wrong keys are counted, logged from time to time, and limited.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { bearerAuth, createKeyDoor } from '../../../src/api/http/auth.ts';
import { openApiDocument } from '../../../src/api/calls.ts';
import { API_KEY, anOrderBody, startTestApi, type Answer, type TestApi } from '../../support/api.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';

const SECRET = 'abcdefghijklmnopqrstuvwx';
const KEYS = {
  read: `${SECRET}-read`,
  shop: `${SECRET}-shop`,
  support: `${SECRET}-support`,
  money: `${SECRET}-money`,
  admin: `${SECRET}-admin`,
  both: `${SECRET}-both`,
};
type Named = keyof typeof KEYS;
const API_KEYS = Object.entries(KEYS)
  .map(([name, key]) => `${name}-1:${name === 'both' ? 'shop+support' : name}:${key}`)
  .join(',');

/** Every call that changes something, with the keys that may make it. */
const CALLS: readonly (readonly [string, string, readonly Named[]])[] = [
  ['POST', '/v1/payments', ['shop', 'both', 'admin']],
  ['PATCH', '/v1/payments/{id}', ['shop', 'money', 'both', 'admin']],
  ['POST', '/v1/payments/{id}/cancel', ['shop', 'money', 'both', 'admin']],
  ['POST', '/v1/payments/{id}/capture', ['money', 'admin']],
  ['POST', '/v1/payments/{id}/refund', ['money', 'admin']],
  ['POST', '/v1/payments/{id}/void', ['money', 'admin']],
  ['POST', '/v1/payments/{id}/resolve', ['money', 'admin']],
  ['POST', '/v1/payments/{id}/look', ['support', 'both', 'admin']],
  ['POST', '/v1/approvals/{id}/approve', ['money', 'admin']],
  ['POST', '/v1/approvals/{id}/reject', ['money', 'admin']],
  ['POST', '/v1/payments/{id}/notes', ['support', 'money', 'both', 'admin']],
  ['POST', '/v1/attention/mark', ['support', 'money', 'both', 'admin']],
  ['POST', '/v1/deliveries/{id}/redeliver', ['support', 'both', 'admin']],
  ['POST', '/v1/updates/redeliver', ['support', 'both', 'admin']],
  ['POST', '/v1/reconciliations', ['support', 'both', 'admin']],
  ['POST', '/v1/backfills', ['support', 'both', 'admin']],
  ['POST', '/v1/test/events', ['money', 'admin']],
  ['POST', '/v1/test/orders', ['money', 'admin']],
  ['PUT', '/v1/test/faults/{id}', ['money', 'admin']],
  ['DELETE', '/v1/test/faults', ['money', 'admin']],
];

describe('a key', () => {
  const at = useTestApi({ API_KEYS });
  const send = (method: string, target: string, name: Named, body = '{"not":"known"}') =>
    at.api.send(method, target.replace('{id}', 'pay_1'), {
      key: KEYS[name],
      ...(method !== 'GET' && { body, headers: { 'content-type': 'application/json' } }),
    });

  it('needs a scope for every published call that changes something', () => {
    const published = Object.entries(openApiDocument().paths ?? {})
      .filter(([path]) => path.startsWith('/v1/'))
      .flatMap(([path, calls]) => Object.keys(calls).map((method) => `${method.toUpperCase()} ${path}`))
      .filter((call) => !call.startsWith('GET '));
    expect(published.sort()).toEqual(CALLS.map(([method, path]) => `${method} ${path}`).sort());
  });

  it.each(CALLS)('of another scope is 403 at %s %s, for any body', async (method, path, allowed) => {
    for (const name of Object.keys(KEYS) as Named[]) {
      const answer = await send(method, path, name);
      if (allowed.includes(name)) expect([name, answer.status]).not.toEqual([name, 403]);
      else
        expect(answer).toMatchObject({
          status: 403,
          json: {
            code: 'scope_missing',
            detail: expect.stringContaining(`the API key ${name}-1 has the scope`),
          },
        });
      expect(answer.text).not.toContain(SECRET);
    }
  });

  it.each([
    '/v1/payments',
    '/v1/deliveries',
    '/v1/updates',
    '/v1/audit',
    '/v1/approvals',
    '/v1/operations',
    '/v1/updates/endpoint',
    '/v1/reconciliations',
    '/v1/backfills',
    '/v1/search?q=1001',
    '/v1/gateways/dintero/calls',
    '/v1/gateways/dintero/sweeps',
    '/v1/system/processes',
    '/v1/system/secrets',
    '/v1/system/settings',
    '/v1/system/store',
    '/v1/system/figures',
  ])('of any scope reads %s', async (path) => {
    for (const name of Object.keys(KEYS) as Named[])
      expect([name, (await send('GET', path, name)).status]).toEqual([name, 200]);
  });
});

describe('the audit of moved money and decisions', () => {
  const at = useTestApi({ API_KEYS });
  let payment: PaymentRow;

  beforeEach(async () => {
    payment = await aPaidPayment(at.store.db);
    at.api.money.onCarryOut = () => Promise.resolve();
  });

  const move = (kind: string, body: object, name: Named = 'money', headers: Record<string, string> = {}) =>
    at.api.post(`/v1/payments/${payment.id}/${kind}`, body, { key: KEYS[name], headers });
  const audit = async (query = `payment=${payment.id}`): Promise<Answer['json'][]> =>
    (await at.api.send('GET', `/v1/audit?${query}`, { key: KEYS.read })).json.data;

  it('has a row with key, address, request, input and answer', async () => {
    await move('capture', { reference: 'c1', amount: 4_000, reason: 'parcel' }, 'money', {
      'x-request-id': 'req-7',
    });
    expect(await audit()).toEqual([
      {
        id: expect.stringMatching(/^aud_/),
        at: expect.any(String),
        key: 'money-1',
        actor: 'money-1',
        address: '127.0.0.1',
        requestId: 'req-7',
        what: 'capture',
        payment: payment.id,
        orderReference: payment.orderReference,
        asked: { reference: 'c1', amount: 4_000, reason: 'parcel', finalCapture: false },
        status: 202,
        code: null,
      },
    ]);
    const { json } = await at.api.send('GET', `/v1/payments/${payment.id}/operations/c1`, { key: KEYS.read });
    expect(json.key).toBe('money-1');
  });

  it('has a row also for a request that is refused for its scope or its fields', async () => {
    expect((await move('refund', { reference: 'r1' }, 'support')).status).toBe(403);
    expect((await move('refund', { reference: 'r1', amount: -1 })).status).toBe(422);
    expect(await audit()).toMatchObject([
      { key: 'money-1', what: 'refund', status: 422, code: 'invalid_request' },
      { key: 'support-1', what: 'refund', status: 403, code: 'scope_missing' },
    ]);
  });

  it('is written before anything is done', async () => {
    let seen: unknown;
    at.api.money.onCarryOut = async () => {
      seen = await audit();
    };
    await move('capture', { reference: 'c1' });
    expect(seen).toMatchObject([{ what: 'capture', status: null, key: 'money-1' }]);
  });

  it('refuses requests while no row can be written', async () => {
    at.api.troubles.mood = 'down';
    expect((await move('capture', { reference: 'c9' })).status).toBe(503);
    at.api.troubles.mood = 'well';
    const { status } = await at.api.send('GET', `/v1/payments/${payment.id}/operations/c9`, {
      key: KEYS.read,
    });
    expect(status).toBe(404);
  });

  it('names the person where the request names one, else the key', async () => {
    const effectId = 'no/such';
    await at.api.post('/v1/updates/redeliver', { effectId, reason: 'x' }, { key: KEYS.support });
    await at.api.post(
      '/v1/updates/redeliver',
      { effectId, actor: 'ada', reason: 'x' },
      { key: KEYS.support },
    );
    expect(await audit('what=redeliver_update&key=support-1&limit=2')).toMatchObject([
      { actor: 'ada', asked: { effectId, reason: 'x' }, status: 404, payment: null },
      { actor: 'support-1', asked: { effectId, reason: 'x' }, status: 404 },
    ]);
  });

  it('can be searched by order, key, kind and time, page by page', async () => {
    for (const reference of ['c1', 'c2', 'c3']) await move('capture', { reference, amount: 1 });
    const query = `order=${payment.orderReference}&key=money-1&what=capture&limit=2`;
    const { json } = await at.api.send('GET', `/v1/audit?${query}`, { key: KEYS.read });
    expect(json.data.map((row: { asked: object }) => row.asked)).toMatchObject([
      { reference: 'c3' },
      { reference: 'c2' },
    ]);
    expect(json.hasMore).toBe(true);
    const rest = await audit(`${query}&cursor=${json.nextCursor}`);
    expect(rest).toMatchObject([{ asked: { reference: 'c1' } }]);
    expect(await audit(`${query}&createdAfter=2999-01-01T00:00:00Z`)).toEqual([]);
  });
});

describe('a wrong key', () => {
  let api: TestApi;
  const lines: Record<string, unknown>[] = [];
  const at = useTestApi();

  beforeAll(async () => {
    api = await startTestApi(at.store, { TRUST_PROXY: '1' });
  });
  afterAll(async () => {
    await api.stop();
  });

  const from = (address: string, key: string | null) =>
    api.send('GET', '/v1/payments', { key, headers: { 'x-forwarded-for': address } });

  it('is 429 after ten within a minute from one address; a right key is served, and so is another address', async () => {
    for (let count = 1; count <= 10; count += 1)
      expect(await from('192.0.2.1', `wrong-${count}`)).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer' },
      });
    expect(await from('192.0.2.1', 'wrong-11')).toMatchObject({
      status: 429,
      headers: { 'retry-after': '6' },
      json: { code: 'rate_limited', detail: expect.stringContaining('wrong API keys') },
    });
    expect((await from('192.0.2.1', API_KEY)).status).toBe(200);
    expect((await from('192.0.2.1', null)).status).toBe(401);
    expect((await from('192.0.2.2', 'wrong')).status).toBe(401);
    const figures = (await api.send('GET', '/metrics')).text;
    expect(figures).toContain('paidonce_unauthorized_requests_total{reason="wrong_key"} 11');
    expect(figures).toContain('paidonce_unauthorized_requests_total{reason="too_often"} 1');
    expect(figures).toContain('paidonce_unauthorized_requests_total{reason="no_key"} 1');
  });

  it('is logged from time to time, without the key, with the number of suppressed lines', async () => {
    const log = { ...createLog('silent', 'test'), warn: (line: object) => void lines.push({ ...line }) };
    const auth = bearerAuth(createKeyDoor([], { log: log as never, metrics: createMetrics() }));
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000_000);
    const ask = async () => {
      const ctx = {
        path: '/v1/payments',
        ip: '192.0.2.9',
        state: { requestId: 'r' },
        set: () => undefined,
        get: () => 'Bearer a-wrong-key-of-somebody',
      };
      await expect(auth(ctx as never, () => Promise.resolve())).rejects.toThrow();
    };
    for (let count = 0; count < 30; count += 1) await ask();
    expect(lines).toHaveLength(5);
    clock.mockReturnValue(1_011_000);
    await ask();
    clock.mockRestore();
    expect(lines).toHaveLength(6);
    expect(lines[5]).toMatchObject({ reason: 'wrong_key', address: '192.0.2.9', unsaid: 25 });
    expect(JSON.stringify(lines)).not.toContain('a-wrong-key');
  });
});

describe('a key without a name', () => {
  const at = useTestApi();

  it('may do everything, and gets a name made from it', async () => {
    expect((await at.api.post('/v1/payments', anOrderBody('bare-1'))).status).toBe(201);
    const payment = await aPaidPayment(at.store.db);
    await at.api.post(`/v1/payments/${payment.id}/void`, {});
    const { json } = await at.api.send('GET', `/v1/audit?payment=${payment.id}`, { key: API_KEY });
    expect(json.data[0].key).toMatch(/^key-[0-9a-f]{8}$/);
    expect(API_KEY).not.toContain(json.data[0].key.slice(4));
  });
});
