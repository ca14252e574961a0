/** Each check against something that is well, and against something that is not. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { checkAddress } from '../../src/cli/doctor/address-checks.ts';
import { check } from '../../src/cli/doctor/check.ts';
import { checkFigures } from '../../src/cli/doctor/figure-checks.ts';
import { checkGateway } from '../../src/cli/doctor/gateway-checks.ts';
import { checkMerchant } from '../../src/cli/doctor/merchant-checks.ts';
import { checkStore } from '../../src/cli/doctor/store-checks.ts';
import { readConfig, type Config } from '../../src/config.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Answer = { status?: number; headers?: Record<string, string>; body?: unknown; text?: string };

/** A server that answers by path. */
async function answering(answers: Record<string, Answer>): Promise<string> {
  const server = createServer((request, response) => {
    const {
      status = 200,
      headers,
      body,
      text,
    } = answers[(request.url ?? '').split('?')[0] ?? ''] ?? { status: 404 };
    response.writeHead(status, { connection: 'close', ...headers }).end(text ?? JSON.stringify(body ?? {}));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function aConfig(changes: Partial<Config> = {}): Config {
  const config = readConfig({
    PUBLIC_URL: 'http://127.0.0.1:3000',
    API_KEYS: 'a-key-of-more-than-24-characters',
    DINTERO_ACCOUNT_ID: 'T12345678',
    DINTERO_CLIENT_ID: 'client',
    DINTERO_CLIENT_SECRET: 'client-secret',
    DINTERO_SIGNATURE_SECRETS: 'newest,older',
    DINTERO_API_URL: 'http://127.0.0.1:3001',
    DINTERO_CHECKOUT_URL: 'http://127.0.0.1:3001',
  });
  return { ...config, ...changes };
}

function aGateway(changes: Partial<Gateway> = {}): Gateway {
  const checkCredentials = () => Promise.resolve();
  const findSubscription = () => Promise.resolve('not_expected');
  return {
    id: 'dintero',
    account: 'T12345678',
    mode: 'test',
    checkCredentials,
    findSubscription,
    ...changes,
  } as Gateway;
}

const PAGE = { data: [], hasMore: false, nextCursor: null };

describe('the public address', () => {
  const whole = {
    '/readyz': { body: { status: 'ready', store: 'ok', temporal: 'ok' } },
    '/v1/payments': { body: PAGE },
    '/callbacks/dintero': { status: 400, body: { code: 'malformed' } },
  };

  it('is well when we answer there, take the key and see callbacks', async () => {
    const found = await checkAddress(aConfig({ PUBLIC_URL: await answering(whole) }), [aGateway()]);
    expect(found.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'service ok',
      'API key ok',
      'dintero callback address warn',
    ]);
  });

  it('is not well when a proxy answers callbacks itself', async () => {
    const url = await answering({ ...whole, '/callbacks/dintero': { status: 403, text: 'blocked' } });
    const found = await checkAddress(aConfig({ PUBLIC_URL: url }), [aGateway()]);
    expect(found.at(-1)).toMatchObject({ state: 'fail', text: `${url}/callbacks/dintero answered 403` });
  });

  it('must be https for a live account', async () => {
    const found = await checkAddress(aConfig({ PUBLIC_URL: await answering(whole) }), [
      aGateway({ mode: 'live' }),
    ]);
    expect(found.at(-1)?.state).toBe('fail');
  });

  it('is not well when the service is degraded, refuses the key, or is somebody else', async () => {
    const degraded = { '/readyz': { body: { status: 'degraded', store: 'no answer', temporal: 'ok' } } };
    const [ready] = await checkAddress(aConfig({ PUBLIC_URL: await answering(degraded) }), []);
    expect(ready).toMatchObject({ state: 'fail' });
    expect(ready?.text).toContain('store no answer');
    const locked = { ...whole, '/v1/payments': { status: 401, body: {} } };
    const [, key] = await checkAddress(aConfig({ PUBLIC_URL: await answering(locked) }), []);
    expect(key).toMatchObject({ name: 'API key', state: 'fail' });
    const [other] = await checkAddress(aConfig({ PUBLIC_URL: await answering({}) }), []);
    expect(other?.text).toContain('not as we do');
  });
});

const SIGNED = {
  id: 'dintero',
  listings: [
    { name: 'created', every: 'sweep' },
    { name: 'changed', every: 'hour' },
  ],
  secrets: [
    { kind: 'session', variable: 'A', fingerprints: ['11111111', '22222222', '33333333'] },
    { kind: 'account', variable: 'B', fingerprints: ['44444444', '55555555'] },
    { kind: 'unused', variable: 'C', fingerprints: [] },
  ],
} as unknown as Gateway;

function lastSweepOf(listing: string): string {
  return `paidonce_last_complete_sweep_timestamp_seconds{gateway="dintero",listing="${listing}"}`;
}

describe('the figures of the running service', () => {
  const calm = {
    paidonce_review_payments: 0,
    paidonce_unhandled_delivery_oldest_seconds: 0,
    paidonce_outbox_pending: 0,
    paidonce_outbox_oldest_seconds: 0,
    [lastSweepOf('created')]: Date.now() / 1_000 - 100,
    [lastSweepOf('changed')]: Date.now() / 1_000 - 7_000,
  };

  async function found(changes: Record<string, number>) {
    const lines = Object.entries({ ...calm, ...changes }).map(([name, value]) => `${name} ${value}`);
    const url = await answering({ '/metrics': { text: `# HELP x\n${lines.join('\n')}\n` } });
    const checks = await checkFigures(aConfig({ PUBLIC_URL: url }), [SIGNED]);
    return Object.fromEntries(checks.map((each) => [each.name, each]));
  }

  it('are calm when nothing waits', async () => {
    const checks = await found({});
    expect(new Set(Object.values(checks).map(({ state }) => state))).toEqual(new Set(['ok']));
  });

  it('say of each secret when it was used last, and of an old one whether it may go', async () => {
    const at = (text: string) => Date.parse(text) / 1_000;
    const of = (name: string, kind: string, secret: number) =>
      `paidonce_signature_secret_${name}_timestamp_seconds{gateway="dintero",kind="${kind}",secret="${secret}"}`;
    const checks = await found({
      [of('last_used', 'session', 0)]: at('2026-11-21T12:00:00Z'),
      [of('last_used', 'session', 1)]: at('2026-11-21T11:59:30Z'),
      [of('last_used', 'session', 2)]: at('2026-11-01T08:00:00Z'),
      [of('retirable', 'session', 2)]: at('2026-11-02T08:00:00Z'),
      [of('last_used', 'account', 0)]: 0,
      [of('last_used', 'account', 1)]: 0,
    });
    expect(checks['dintero session secrets']?.text).toBe(
      'newest (11111111) last used 2026-11-21 12:00; older (22222222) last used 2026-11-21 11:59, still signs; ' +
        'older (33333333) last used 2026-11-01 08:00, safe to retire since 2026-11-02 08:00',
    );
    expect(checks['dintero account secrets']?.text).toBe(
      'newest (44444444) never used; older (55555555) never used, keep it until the newer one has signed for a day',
    );
  });

  it.each([
    ['reviews', 'warn', { paidonce_review_payments: 2, paidonce_review_oldest_seconds: 7_200 }],
    ['callbacks', 'fail', { paidonce_unhandled_delivery_oldest_seconds: 61 }],
    ['outbox', 'fail', { paidonce_outbox_pending: 1, paidonce_outbox_oldest_seconds: 601 }],
    [
      'last complete sweep of dintero, created',
      'fail',
      { [lastSweepOf('created')]: Date.now() / 1_000 - 1_000 },
    ],
    [
      'last complete sweep of dintero, changed',
      'fail',
      { [lastSweepOf('changed')]: Date.now() / 1_000 - 8_500 },
    ],
    [
      'signatures',
      'warn',
      { 'paidonce_deliveries_total{gateway="dintero",outcome="refused",reason="wrong_signature"}': 3 },
    ],
    [
      'missed callbacks',
      'warn',
      {
        'paidonce_callbacks_missed_total{gateway="dintero"}': 2,
        'paidonce_callbacks_expected_total{gateway="dintero"}': 50,
      },
    ],
  ])('make the check of %s %s', async (name, state, changes) => {
    const checks = await found(changes);
    expect(checks[name]?.state).toBe(state);
    expect(checks[name]?.todo).toBeTruthy();
  });

  it('fail as one when they can not be had', async () => {
    const checks = await checkFigures(aConfig({ PUBLIC_URL: await answering({}) }), []);
    expect(checks).toMatchObject([{ name: 'figures', state: 'fail' }]);
  });
});

describe('the gateway', () => {
  it.each([
    [0, 'ok'],
    [-31, 'warn'],
    [300, 'fail'],
  ])('has a clock that differs by %i s: %s', async (skew, state) => {
    const metrics = createMetrics();
    metrics.clockSkew.set({ gateway: 'dintero' }, skew);
    const [credentials, clock] = await checkGateway(aGateway(), metrics);
    expect([credentials?.state, clock?.state]).toEqual(['ok', state]);
  });

  it('does not let us in: the reason is shown once', async () => {
    const checkCredentials = () => Promise.reject(new Error('the client was refused (401)'));
    const found = await checkGateway(aGateway({ checkCredentials }), createMetrics());
    expect(found).toMatchObject([{ state: 'fail', text: 'the client was refused (401)' }]);
  });

  it.each([
    ['not_expected', 'ok', /off/],
    ['there', 'ok', /subscribed/],
    ['missing', 'warn', /nothing is subscribed/],
  ] as const)('says of account webhooks that are %s: %s', async (found, state, text) => {
    const gateway = aGateway({ findSubscription: () => Promise.resolve(found) });
    const webhooks = (await checkGateway(gateway, createMetrics())).at(-1);
    expect(webhooks).toMatchObject({ name: 'dintero account webhooks', state });
    expect(webhooks?.text).toMatch(text);
  });
});

describe('the endpoint for order updates', () => {
  it('is asked itself, by a HEAD, with its credentials, which are not shown', async () => {
    const url = await answering({ '/hook/': { status: 405 } });
    const secrets = { ORDER_WEBHOOK_SECRETS: ['whsec_a', 'whsec_b'] };
    const written = `${url}/hook/?token=hush`.replace('//', '//user:hush@');
    const [found] = await checkMerchant(aConfig({ ORDER_WEBHOOK_URL: written, ...secrets }));
    expect(found).toMatchObject({ state: 'ok', text: `${url}/hook/ answers; signed with 2 secrets` });
  });

  it.each([
    [{ status: 404 }, /is the path right/],
    [{ status: 401 }, /a user and a password/],
    [
      { status: 301, headers: { location: 'https://shop.example/hook/?token=hush' } },
      /meant to be https:\/\/shop.example\/hook\/\?$/,
    ],
  ])('warns where it answers %j', async (answer, todo) => {
    const url = await answering({ '/hook': answer });
    const [found] = await checkMerchant(aConfig({ ORDER_WEBHOOK_URL: `${url}/hook` }));
    expect(found).toMatchObject({ state: 'warn', todo: expect.stringMatching(todo) });
    expect(JSON.stringify(found)).not.toContain('hush');
  });

  it('fails when nobody is, and warns when there is none', async () => {
    const [away] = await checkMerchant(aConfig({ ORDER_WEBHOOK_URL: 'http://127.0.0.1:1/hook' }));
    const [off] = await checkMerchant(aConfig());
    expect([away?.state, off?.state]).toEqual(['fail', 'warn']);
  });
});

describe('updates that keep failing', () => {
  const failing = async (count: number) => {
    const at = '2026-11-29T00:00:00.000Z';
    const data = Array.from({ length: count }, (_, index) => ({
      effectId: `100${index}/order.paid`,
      type: 'order.paid',
      orderReference: `100${index}`,
      payment: `pay_${index}`,
      sequence: 1,
      state: 'pending',
      attempts: 7,
      lastAnswer: '502',
      queuedAt: at,
      attemptedAt: at,
      nextAttemptAt: at,
      finishedAt: null,
    }));
    const body = { data, hasMore: false, nextCursor: null };
    const url = await answering({ '/v1/updates': { body } });
    const [, found] = await checkMerchant(aConfig({ PUBLIC_URL: url }));
    return found;
  };

  it('are named, with what the shop answers', async () => {
    expect(await failing(1)).toMatchObject({
      state: 'fail',
      text: '1000/order.paid (7 times, last: 502)',
      todo: expect.stringContaining('paidonce redeliver'),
    });
    expect(await failing(5)).toMatchObject({ text: expect.stringMatching(/1002.*, and 2 others$/) });
  });

  it('are none, or not to be known', async () => {
    expect(await failing(0)).toMatchObject({ state: 'ok' });
    const [, found] = await checkMerchant(aConfig({ PUBLIC_URL: 'http://127.0.0.1:1' }));
    expect(found).toMatchObject({ state: 'fail' });
  });
});

describe('the store', () => {
  it('is not made by looking for it', async () => {
    const [found] = await checkStore(aConfig({ DATA_DIR: '/nonexistent' }), []);
    expect(found).toMatchObject({ state: 'warn' });
  });

  it('fails with the reason when the server is away, without the password', async () => {
    const [found] = await checkStore(aConfig({ DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/x' }), []);
    expect(found).toMatchObject({ state: 'fail' });
    expect(JSON.stringify(found)).not.toContain('secret');
  });
});

describe('a check', () => {
  it('says the innermost reason of what was thrown', async () => {
    const look = () => Promise.reject(new Error('outer', { cause: new Error('inner\nsecond line') }));
    expect(await check('x', look, 'mend it')).toEqual({
      name: 'x',
      state: 'fail',
      text: 'inner',
      todo: 'mend it',
    });
  });
});
