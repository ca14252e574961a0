import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import { retryAfterMs } from '../../../src/gateways/shared/http-exchange.ts';
import type { GatewayCall } from '../../../src/gateways/gateway-descriptor.ts';
import type { FakeDintero } from './fake-dintero.ts';
import { ACCOUNT, aSession, gatewayAt, SESSION, settingsFor, startFakeDintero } from './fake-dintero.ts';

const TOKEN = `POST /v1/accounts/${ACCOUNT}/auth/token`;
const READ = `GET /v1/sessions/${SESSION}`;

let fake: FakeDintero;

beforeEach(async () => {
  fake = await startFakeDintero();
  fake.on(READ, { json: aSession() });
});

afterEach(() => fake.close());

function token(value: unknown, expiresIn: unknown = 3600): { json: unknown } {
  return { json: { access_token: value, token_type: 'Bearer', expires_in: expiresIn } };
}

describe('dintero token', () => {
  it('is requested with Basic credentials and the audience of the account', async () => {
    await gatewayAt(fake).readSession(SESSION);
    const [asked] = fake.calls(TOKEN);
    expect(asked?.headers.authorization).toBe(`Basic ${btoa('a-client:a-client-secret')}`);
    expect(asked?.body).toEqual({
      grant_type: 'client_credentials',
      audience: `https://api.dintero.com/v1/accounts/${ACCOUNT}`,
    });
    expect(fake.calls(READ)[0]?.headers.authorization).toBe('Bearer token-1');
  });

  it('is requested once by many parallel calls', async () => {
    const gateway = gatewayAt(fake);
    await Promise.all(Array.from({ length: 20 }, () => gateway.readSession(SESSION)));
    expect(fake.calls(TOKEN)).toHaveLength(1);
    expect(fake.calls(READ)).toHaveLength(20);
  });

  it.each([
    [100, 89, 91],
    [3600, 3539, 3541],
  ])('with a lifetime of %i s is used for a tenth or a minute less', async (expiresIn, still, nolonger) => {
    let seconds = 0;
    fake.on(TOKEN, token('a', expiresIn));
    const gateway = gatewayAt(fake, { now: () => new Date(seconds * 1000) });
    await gateway.readSession(SESSION);
    seconds = still;
    await gateway.readSession(SESSION);
    expect(fake.calls(TOKEN)).toHaveLength(1);
    seconds = nolonger;
    await gateway.readSession(SESSION);
    expect(fake.calls(TOKEN)).toHaveLength(2);
  });

  it('is used while it is valid and its renewal hangs', async () => {
    let seconds = 0;
    fake.on(TOKEN, token('a', 3600));
    const gateway = gatewayAt(fake, { now: () => new Date(seconds * 1000) });
    await gateway.readSession(SESSION);
    fake.on(TOKEN, { hang: true });
    seconds = 3560;
    expect(await gateway.readSession(SESSION)).toMatchObject({ sessionId: SESSION });
    expect(fake.calls(TOKEN)).toHaveLength(2);
  });

  it('is renewed once when a call is answered 401', async () => {
    fake.on(READ, { status: 401, json: { error: { message: 'expired' } } }, { json: aSession() });
    expect(await gatewayAt(fake).readSession(SESSION)).toMatchObject({ sessionId: SESSION });
    expect(fake.calls(READ).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('that is refused late does not invalidate the next one', async () => {
    let release = () => {};
    const held = new Promise<void>((settle) => (release = settle));
    let reads = 0;
    const slowAtFirst: typeof fetch = async (url, init) => {
      const isFirst = typeof url === 'string' && url.endsWith(SESSION) && (reads += 1) === 1;
      const answer = await fetch(url, init);
      if (isFirst) await held;
      return answer;
    };
    fake.on(READ, { status: 401 }, { status: 401 }, { json: aSession() });
    const gateway = gatewayAt(fake, { fetch: slowAtFirst });
    const late = gateway.readSession(SESSION);
    await until(() => fake.calls(READ).length === 1);
    await gateway.readSession(SESSION);
    release();
    await late;
    const tokens = fake.calls(READ).map(({ headers }) => headers.authorization);
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2', 'Bearer token-2']);
  });

  it('is not requested again and again when a new one is refused too', async () => {
    fake.on(READ, { status: 401 });
    await expect(gatewayAt(fake).readSession(SESSION)).rejects.toMatchObject({ kind: 'credentials' });
    expect(fake.calls(READ)).toHaveLength(2);
  });

  it.each([
    [{ status: 400 }, 'credentials'],
    [{ status: 401 }, 'credentials'],
    [{ status: 403 }, 'credentials'],
    [{ status: 500 }, 'silent'],
    [{ drop: true }, 'silent'],
    [{ raw: '{"access_to' }, 'silent'],
    [{ json: {} }, 'silent'],
    [token('a', -1), 'silent'],
    [token('a', '3600'), 'silent'],
    [token('two\nlines'), 'silent'],
  ])('answered %j is %s', async (reply, kind) => {
    fake.on(TOKEN, reply);
    await expect(gatewayAt(fake).readSession(SESSION)).rejects.toMatchObject({
      name: 'GatewayUnavailable',
      kind,
    });
    expect(fake.calls(READ)).toHaveLength(0);
  });

  it('is requested again after a failure', async () => {
    fake.on(TOKEN, { status: 503 }, token('b'));
    const gateway = gatewayAt(fake);
    await expect(gateway.readSession(SESSION)).rejects.toMatchObject({ kind: 'silent' });
    expect(await gateway.readSession(SESSION)).not.toBeNull();
  });

  it('and the secret are in no error text', async () => {
    fake.on(READ, { status: 401, json: { error: { message: 'no' } } });
    const thrown: unknown = await gatewayAt(fake)
      .readSession(SESSION)
      .catch((error: unknown) => error);
    expect(inspect(thrown)).toMatch(/GatewayUnavailable/);
    expect(inspect(thrown)).not.toMatch(/token-\d|a-client-secret/);
  });
});

describe('dintero client', () => {
  it.each([
    ['a 500', { status: 500 }, 'silent'],
    ['a 503', { status: 503 }, 'silent'],
    ['a 408', { status: 408 }, 'silent'],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, 'silent'],
    ['a dropped connection', { drop: true }, 'silent'],
    ['a 403', { status: 403 }, 'credentials'],
    ['a 429', { status: 429 }, 'rate_limited'],
  ])('treats %s as no answer', async (_name, reply, kind) => {
    fake.on(READ, reply);
    await expect(gatewayAt(fake).readSession(SESSION)).rejects.toMatchObject({
      name: 'GatewayUnavailable',
      kind,
    });
    expect(fake.seen.filter(({ path }) => path === '/elsewhere')).toEqual([]);
  });

  it('says how long to wait, on reads and on tokens', async () => {
    fake.on(READ, { status: 429, headers: { 'retry-after': '7' } });
    await expect(gatewayAt(fake).readSession(SESSION)).rejects.toMatchObject({ retryAfterMs: 7000 });
    fake.on(TOKEN, { status: 429, headers: { 'retry-after': '9' } });
    await expect(gatewayAt(fake).readSession(SESSION)).rejects.toMatchObject({
      kind: 'rate_limited',
      retryAfterMs: 9000,
    });
  });

  it.each([
    [null, undefined],
    ['30', 30_000],
    ['Sat, 21 Nov 2026 12:00:05 GMT', 5000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
  ])('reads Retry-After %j as %j ms', (header, expected) => {
    expect(retryAfterMs(header, new Date('2026-11-21T12:00:00Z'))).toBe(expected);
  });

  it('stops when its caller does', async () => {
    fake.on(READ, { hang: true });
    const caller = new AbortController();
    const reading = gatewayAt(fake).readSession(SESSION, { signal: caller.signal });
    await until(() => fake.calls(READ).length === 1);
    caller.abort();
    await expect(reading).rejects.toMatchObject({ kind: 'silent' });
    await expect(gatewayAt(fake).readSession(SESSION, { signal: caller.signal })).rejects.toMatchObject({
      kind: 'silent',
    });
    expect(fake.calls(READ)).toHaveLength(1);
  });

  it('stops after ten seconds of silence', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    try {
      fake.on(READ, { hang: true });
      const reading = expect(gatewayAt(fake).readSession(SESSION)).rejects.toMatchObject({ kind: 'silent' });
      for (let tries = 0; tries < 50_000 && fake.calls(READ).length === 0; tries += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      jest.advanceTimersByTime(10_000);
      await reading;
    } finally {
      jest.useRealTimers();
    }
  });

  it('stops at an endless answer', async () => {
    fake.on(READ, { raw: `"${'x'.repeat(5 * 1024 * 1024)}"` });
    await expect(gatewayAt(fake).readSession(SESSION)).rejects.toMatchObject({
      kind: 'silent',
      message: expect.stringContaining('larger than'),
    });
  });

  it('reports each call with its outcome and the clock of Dintero', async () => {
    const calls: GatewayCall[] = [];
    const gateway = gatewayAt(fake, { onCall: (call) => calls.push(call) });
    await gateway.readSession(SESSION);
    for (const status of [500, 429, 403, 404]) {
      fake.on(READ, { status });
      await gateway.readSession(SESSION).catch(() => null);
    }
    expect(calls.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
      'token ok',
      'read session ok',
      'read session silent',
      'read session rate_limited',
      'read session credentials',
      'read session rejected',
    ]);
    expect(calls.every(({ ms, serverDate }) => ms >= 0 && serverDate !== undefined)).toBe(true);
  });

  it('sends its name with the version of the package', async () => {
    await gatewayAt(fake).readSession(SESSION);
    const [, version] = /"version": "([^"]+)"/.exec(readFileSync('package.json', 'utf8')) ?? [];
    expect(version).toBeDefined();
    expect(fake.calls(READ)[0]?.headers).toMatchObject({
      'dintero-system-name': 'paidonce',
      'dintero-system-version': version,
    });
  });

  it('checks credentials by one cheap call', async () => {
    fake.on('GET /v1/transactions', { json: [] });
    await gatewayAt(fake).checkCredentials();
    fake.on('GET /v1/transactions', { status: 403 });
    await expect(gatewayAt(fake).checkCredentials()).rejects.toMatchObject({ kind: 'credentials' });
  });
});

describe('dintero settings', () => {
  it('distinguish test from live by the account', () => {
    const at = (accountId: string) => createDinteroGateway(settingsFor(fake.url, { accountId }));
    expect([at('T12345678').mode, at('P12345678').mode]).toEqual(['test', 'live']);
    expect(at('P12345678').account).toBe('P12345678');
  });

  it('are refused all at once, without repeating a secret', () => {
    const wrong = {
      accountId: 'X1',
      clientSecret: ' ',
      signatureSecrets: ['fine-secret', ' '],
      publicUrl: 'pay.example',
    };
    const create = () => createDinteroGateway(settingsFor(fake.url, wrong));
    expect(create).toThrow(/accountId.*signatureSecrets.*clientSecret.*publicUrl/);
    expect(create).not.toThrow(/fine-secret/);
    expect(() => createDinteroGateway(settingsFor(fake.url, { signatureSecrets: [] }))).toThrow(
      /at least one/,
    );
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('condition not met in 5 s');
}
