/** Each check against something healthy, and against something that is not. */
import { describe, expect, it } from '@jest/globals';
import { check } from '../../src/health/check.ts';
import { checkFigures } from '../../src/health/figure-checks.ts';
import type { Figures } from '../../src/health/figures.ts';
import { DINTERO_TRAITS } from '../../src/gateways/dintero/capabilities.ts';
import { GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { checkGateway } from '../../src/health/gateway-checks.ts';
import { checkEndpoint } from '../../src/health/merchant-checks.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { aConfig, useAnswering } from '../support/health-samples.ts';
import { aSimulator } from '../support/simulation.ts';

const answering = useAnswering();

const SIGNED = aSimulator({
  listings: [
    { name: 'created', every: 'sweep' },
    { name: 'changed', every: 'hour' },
  ],
  secrets: [
    { kind: 'session', variable: 'A', fingerprints: ['11111111', '22222222', '33333333'] },
    { kind: 'account', variable: 'B', fingerprints: ['44444444', '55555555'] },
    { kind: 'unused', variable: 'C', fingerprints: [] },
  ],
});

const LAST_RECONCILIATION = 'paidonce_last_complete_reconciliation_timestamp_seconds{gateway="dintero"}';

function lastSweepOf(listing: string): string {
  return `paidonce_last_complete_sweep_timestamp_seconds{gateway="dintero",listing="${listing}"}`;
}

/** By the names and labels that Prometheus shows. */
function figuresIn(shown: Record<string, number>): Figures {
  const all = (name: string) =>
    Object.entries(shown)
      .filter(([key]) => key.split('{')[0] === name)
      .map(([key, value]) => {
        const pairs = [...key.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1], match[2]]);
        return { labels: Object.fromEntries(pairs) as Record<string, string>, value };
      });
  return {
    all,
    of: (name, labels = {}) =>
      all(name).find((found) => Object.entries(labels).every(([key, value]) => found.labels[key] === value))
        ?.value,
  };
}

describe('the figures of the running service', () => {
  const calm = {
    paidonce_store_figures_age_seconds: 30,
    paidonce_review_payments: 0,
    paidonce_unhandled_delivery_oldest_seconds: 0,
    paidonce_outbox_pending: 0,
    paidonce_outbox_oldest_seconds: 0,
    [lastSweepOf('created')]: Date.now() / 1_000 - 100,
    [lastSweepOf('changed')]: Date.now() / 1_000 - 7_000,
    [LAST_RECONCILIATION]: Date.now() / 1_000 - 20 * 3_600,
  };

  function found(changes: Record<string, number>) {
    const checks = checkFigures(figuresIn({ ...calm, ...changes }), aConfig(), [SIGNED]);
    return Object.fromEntries(checks.map((each) => [each.name, each]));
  }

  it('are ok when nothing waits', () => {
    const checks = found({});
    expect(new Set(Object.values(checks).map(({ state }) => state))).toEqual(new Set(['ok']));
  });

  it.each([
    ['are too old', 31.4, 'read 31 s ago'],
    ['were never read', undefined, 'never read from the store'],
  ])("can't be judged where they %s, except for the process's own counters", (_, age, words) => {
    const { paidonce_store_figures_age_seconds: _age, ...others } = calm;
    const shown = age === undefined ? others : { ...others, paidonce_store_figures_age_seconds: age };
    const checks = checkFigures(figuresIn(shown), aConfig(), [SIGNED]);
    const counted = ['missed callbacks', 'signatures'];
    for (const { name, state, text, todo } of checks) {
      const isCounted = counted.includes(name);
      expect([name, state, text.includes(`can't be checked: the figures were ${words}`)]).toEqual([
        name,
        isCounted ? 'ok' : 'warn',
        !isCounted,
      ]);
      expect(todo === undefined).toBe(isCounted);
    }
  });

  it.each([
    ['20 h ago: nothing unexplained', 'ok', {}],
    ['2.1 days ago', 'warn', { [LAST_RECONCILIATION]: Date.now() / 1_000 - 2.1 * 86_400 }],
    [
      '20 h ago; differences that nothing explains: 3 missing here',
      'warn',
      {
        'paidonce_drift_payments{gateway="dintero",class="missing_here"}': 3,
        'paidonce_drift_payments{gateway="dintero",class="mismatch"}': 0,
        'paidonce_drift_payments{gateway="other",class="mismatch"}': 7,
      },
    ],
  ])('say of the last reconciliation: %s', (text, state, changes) => {
    expect(found(changes)['last reconciliation of dintero']).toMatchObject({ state, text });
  });

  it('say how to make the first reconciliation', () => {
    const { [LAST_RECONCILIATION]: _last, ...others } = calm;
    const checks = checkFigures(figuresIn(others), aConfig(), [SIGNED]);
    expect(checks.find(({ name }) => name === 'last reconciliation of dintero')).toMatchObject({
      state: 'warn',
      commands: ['paidonce reconcile --gateway dintero'],
    });
  });

  it('show when each secret was used last, and whether an old one may be removed', () => {
    const at = (text: string) => Date.parse(text) / 1_000;
    const of = (name: string, kind: string, secret: number) =>
      `paidonce_signature_secret_${name}_timestamp_seconds{gateway="dintero",kind="${kind}",secret="${secret}"}`;
    const checks = found({
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
  ])('make the check of %s %s', (name, state, changes) => {
    const checks = found(changes);
    expect(checks[name]?.state).toBe(state);
    expect(checks[name]?.todo).toBeTruthy();
  });
});

describe('the gateway', () => {
  it.each([
    [0, 'ok'],
    [-31, 'warn'],
    [300, 'fail'],
  ])('with a clock that differs by %i s is %s', async (skew, state) => {
    const metrics = createMetrics();
    metrics.clockSkew.set({ gateway: 'dintero' }, skew);
    const [credentials, clock] = await checkGateway(aSimulator(), metrics);
    expect([credentials?.state, clock?.state]).toEqual(['ok', state]);
  });

  it('that refuses our credentials is reported once, with the reason', async () => {
    const checkCredentials = () => Promise.reject(new Error('the client was refused (401)'));
    const found = await checkGateway(aSimulator({ checkCredentials }), createMetrics());
    expect(found).toMatchObject([{ state: 'fail', text: 'the client was refused (401)' }]);
  });

  it('that does not answer is not reported as a fault of the credentials', async () => {
    const answers = (kind: 'silent' | 'credentials') => async () => {
      const checkCredentials = () => Promise.reject(new GatewayUnavailable('answered 503', { kind }));
      return (await checkGateway(aSimulator({ checkCredentials }), createMetrics()))[0];
    };
    const silent = await answers('silent')();
    expect(silent).toMatchObject({ state: 'fail', text: 'dintero does not answer (answered 503)' });
    expect(silent?.todo).toMatch(/nothing is lost/);
    expect((await answers('credentials')())?.todo).toMatch(/the credentials and the account/);
  });

  it.each([
    ['T12345678', 'ok', /accepted for account T12345678/],
    ['T99999999', 'fail', /the credentials are of account T99999999/],
  ])('whose credentials are of account %s is %s', async (account, state, text) => {
    const checkCredentials = () => Promise.resolve({ account });
    const [credentials] = await checkGateway(aSimulator({ checkCredentials }), createMetrics());
    expect(credentials).toMatchObject({ state, text: expect.stringMatching(text) });
  });

  it.each([
    ['not subscribed', 'missing', /nothing else notifies us/],
    ['wrongly subscribed', { wrong: 'the endpoint is disabled' }, /the endpoint is disabled/],
  ] as const)('that only calls the account, and is %s, has failed', async (_, found, text) => {
    const traits = { ...DINTERO_TRAITS, notifies: 'account' } as const;
    const gateway = aSimulator({ traits, findSubscription: () => Promise.resolve(found) });
    const webhooks = (await checkGateway(gateway, createMetrics())).at(-1);
    expect(webhooks).toMatchObject({ state: 'fail', text: expect.stringMatching(text) });
    expect(webhooks?.commands?.[0]).toMatch(/dintero subscribe/);
  });

  it.each([
    ['not_expected', 'ok', /off/],
    ['there', 'ok', /subscribed/],
    ['missing', 'warn', /there is no subscription/],
    ['not_shown', 'warn', /does not tell whether it calls us/],
  ] as const)('whose account webhooks are %s is %s', async (found, state, text) => {
    const gateway = aSimulator({ findSubscription: () => Promise.resolve(found) });
    const webhooks = (await checkGateway(gateway, createMetrics())).at(-1);
    expect(webhooks).toMatchObject({ name: 'dintero account webhooks', state });
    expect(webhooks?.text).toMatch(text);
  });
});

describe('the endpoint for order updates', () => {
  it('gets a HEAD request with its credentials, which are not shown', async () => {
    const url = await answering({ '/hook/': { status: 405 } });
    const secrets = { ORDER_WEBHOOK_SECRETS: ['whsec_a', 'whsec_b'] };
    const written = `${url}/hook/?token=hush`.replace('//', '//user:hush@');
    const found = await checkEndpoint(aConfig({ ORDER_WEBHOOK_URL: written, ...secrets }));
    expect(found).toMatchObject({ state: 'ok', text: `${url}/hook/ can be reached; signed with 2 secrets` });
  });

  it.each([
    [{ status: 404 }, /check the path/],
    [{ status: 401, headers: { 'www-authenticate': 'Basic realm="shop"' } }, /a user and a password/],
    [
      { status: 301, headers: { location: 'https://shop.example/hook/?token=hush' } },
      /set ORDER_WEBHOOK_URL to https:\/\/shop.example\/hook\/ if/,
    ],
  ])('is reported as a warning where it answers %j', async (answer, todo) => {
    const url = await answering({ '/hook': answer });
    const found = await checkEndpoint(aConfig({ ORDER_WEBHOOK_URL: `${url}/hook` }));
    expect(found).toMatchObject({ state: 'warn', todo: expect.stringMatching(todo) });
    expect(JSON.stringify(found)).not.toContain('hush');
  });

  it.each([401, 403])('may refuse with %s a HEAD that has no signature', async (status) => {
    const url = await answering({ '/hook': { status } });
    const found = await checkEndpoint(aConfig({ ORDER_WEBHOOK_URL: `${url}/hook` }));
    expect(found).toMatchObject({ state: 'ok' });
  });

  it('fails when no server listens, and is a warning when no address is set', async () => {
    const away = await checkEndpoint(aConfig({ ORDER_WEBHOOK_URL: 'http://127.0.0.1:1/hook' }));
    const off = await checkEndpoint(aConfig());
    expect([away?.state, off?.state]).toEqual(['fail', 'warn']);
  });
});

describe('a check', () => {
  it('reports the innermost reason of an error', async () => {
    const look = () => Promise.reject(new Error('outer', { cause: new Error('inner\nsecond line') }));
    expect(await check('x', look, 'ask again')).toEqual({
      name: 'x',
      state: 'fail',
      text: 'inner',
      todo: 'ask again',
    });
  });
});
