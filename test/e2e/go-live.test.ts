/**
 * `paidonce trigger` and `paidonce golive` beside the whole product: each event of each sandbox, and each check
 * of a good and of a bad deployment.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../src/cli/program.ts';
import { GATEWAYS } from '../../src/gateways/registry.ts';
import { useTerminal } from '../support/terminal.ts';
import { signCallback } from '../../src/gateways/dintero/signature.ts';
import {
  startMeddlingProxy,
  type Meddling,
  type MeddlingProxy,
  type Passing,
} from './support/meddling-proxy.ts';
import { untilOrder } from './support/shop.ts';
import { startStack, SWEEPS, type GatewayId, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

/** The order's status in the end, by event. */
const OUTCOMES: Record<GatewayId, Record<string, string>> = {
  dintero: {
    payment: 'PAID',
    capture: 'PAID',
    hold: 'PAID',
    hold_fails: 'PAYMENT_FAILED',
    stays_on_hold: 'PAYMENT_PENDING',
    decline: 'PAYMENT_FAILED',
    cancel: 'PAYMENT_FAILED',
    duplicate: 'PAID',
    both: 'PAID',
    late: 'PAID',
    lost: 'PAID',
    trouble: 'PAID',
    forged: 'AWAITING_PAYMENT',
    stale: 'PAID',
    wrong_amount: 'REVIEW',
    refund: 'REFUNDED',
    void: 'VOIDED',
    at_the_bank: 'AWAITING_PAYMENT',
    refund_pending: 'PAID',
    foreign: 'AWAITING_PAYMENT',
  },
  stripe: {
    payment: 'PAID',
    capture: 'PAID',
    hold: 'PAID',
    hold_fails: 'PAYMENT_FAILED',
    stays_on_hold: 'PAYMENT_PENDING',
    decline: 'AWAITING_PAYMENT',
    cancel: 'AWAITING_PAYMENT',
    duplicate: 'PAID',
    twin: 'PAID',
    both: 'PAID',
    late: 'PAID',
    lost: 'PAID',
    trouble: 'PAID',
    forged: 'AWAITING_PAYMENT',
    stale: 'PAID',
    wrong_amount: 'REVIEW',
    refund: 'REFUNDED',
    void: 'VOIDED',
    at_the_bank: 'AWAITING_PAYMENT',
    refund_pending: 'PAID',
    dispute: 'PAID',
    foreign: 'AWAITING_PAYMENT',
  },
};

let stack: Stack;
let proxy: MeddlingProxy;
const terminal = useTerminal();

beforeAll(async () => {
  stack = await startStack({ env: SWEEPS, gateway: 'stripe' });
  proxy = await startMeddlingProxy(stack.origin);
}, 150_000);
afterAll(async () => {
  proxy?.close();
  await stack?.stop();
});
beforeEach(() => {
  process.env = { ...stack.env, DATA_DIR: '/nowhere' };
});

async function trigger(...args: string[]) {
  terminal.output = '';
  const exit = await runCommand(['trigger', ...args, '--json']);
  return { exit, ...(terminal.output.startsWith('{') && JSON.parse(terminal.output)) };
}

describe.each(GATEWAYS.map(({ id }) => id as GatewayId))('the sandbox of %s', (gateway) => {
  it('plays every event, each to its end', async () => {
    const outcomes = OUTCOMES[gateway];
    const { events } = await trigger(gateway, '--list');
    const names = events.map(({ name }: { name: string }) => name);
    expect(names.toSorted()).toEqual(Object.keys(outcomes).toSorted());
    const orders: Record<string, string> = {};
    for (const name of names) {
      const { exit, event, order, sent } = await trigger(gateway, name);
      expect([name, exit, event, sent?.length > 0, terminal.complaints]).toEqual([name, 0, name, true, '']);
      orders[name] = order;
    }
    for (const [name, status] of Object.entries(outcomes))
      await until(`${name}: the order is ${status}`, async () => {
        const { body } = await stack.call('GET', `/v1/orders/${orders[name]}`);
        return body.status === status;
      });
  }, 240_000);
});

it('takes an order that is there, and refuses one that nothing can happen to', async () => {
  const { order } = await trigger('dintero', 'lost');
  await untilOrder(stack, order, 'PAID');
  expect(await trigger('dintero', 'refund', '--order', order)).toMatchObject({
    exit: 0,
    order,
    sent: [{ call: expect.stringMatching(/capture$/) }, { call: expect.stringMatching(/refund$/) }],
  });
  await untilOrder(stack, order, 'REFUNDED');
  expect((await trigger('dintero', 'payment', '--order', order)).exit).toBe(1);
  expect(terminal.complaints).toContain('payment needs a payment that can be paid');
  expect((await trigger('stripe', 'refund', '--order', order)).exit).toBe(1);
  expect(terminal.complaints).toContain('is a payment at dintero, not at stripe');
});

it('refuses the gateway itself, and says what to do there', async () => {
  process.env['STRIPE_API_URL'] = 'https://api.stripe.com';
  expect((await trigger('stripe', 'payment')).exit).toBe(2);
  expect(terminal.complaints).toContain('is https://api.stripe.com, which is Stripe itself');
  expect(terminal.complaints).toContain('stripe events resend');
  process.env['DINTERO_CHECKOUT_URL'] = stack.origin;
  expect((await trigger('dintero', 'payment')).exit).toBe(2);
  expect(terminal.complaints).toContain('not the sandbox of Dintero');
});

it.each([
  [['adyen', 'payment'], 'Expected one of dintero, stripe.'],
  [['dintero'], 'give an event'],
  [['dintero', 'dispute'], 'Dintero has no event "dispute"'],
])('ends with 2 for %j', async (args, complaint) => {
  expect((await trigger(...args)).exit).toBe(2);
  expect(terminal.complaints).toContain(complaint);
});

interface Check {
  readonly id: string;
  readonly ok: boolean | null;
  readonly evidence: string;
  readonly advice?: string;
}

/** Runs golive; `ok` are the ids by their result. */
async function golive(...args: string[]) {
  terminal.output = '';
  const exit = await runCommand(['golive', ...args, '--json']);
  const checks: Check[] = terminal.output.startsWith('{') ? JSON.parse(terminal.output).checks : [];
  const that = (wanted: boolean | null) => checks.filter(({ ok }) => ok === wanted).map(({ id }) => id);
  return { exit, checks, passed: that(true), failed: that(false), open: that(null) };
}

const NAMES = [
  'concurrent forged changed S3 S5 arrival duplicate resend S6 S1 S2',
  'replay S4 silence reconciliation S7',
].flatMap((names) => names.split(' '));

describe('paidonce golive', () => {
  it('passes at both gateways, and the shop hears of no order of it', async () => {
    const { exit, checks, passed, failed, open } = await golive();
    expect(failed.map((id) => checks.find((check) => check.id === id))).toEqual([]);
    expect(exit).toBe(0);
    const ids = ['dintero', 'stripe'].flatMap((gateway) => NAMES.map((name) => `${gateway}/${name}`));
    expect(passed.toSorted()).toEqual(['timing', ...ids].toSorted());
    expect(open).toEqual([]);
    const told = stack.merchant.updates.filter(({ orderReference }) => orderReference.startsWith('golive-'));
    expect(told).toEqual([]);
    expect(checks.every(({ evidence }) => evidence.length > 10)).toBe(true);
  }, 120_000);

  it.each<[string, Meddling, readonly string[]]>([
    [
      'a proxy answers every callback with 200',
      { answers: (request) => (isCallback(request) ? { status: 200, body: { result: 'accepted' } } : null) },
      ['forged', 'changed', 'S3', 'S5', 'duplicate', 'S1', 'replay'],
    ],
    [
      'a build believes callbacks, pays twice, tells the shop, verifies badly, and differs',
      {
        // Of two signatures it sees one; and it does not act upon a stale one.
        answers: ({ headers: { 'dintero-signature': given = '' } }) => {
          if (given.split(',').length > 2) return { status: 401, body: aProblem('bad_signature') };
          return ageOf(given) > 300 ? { status: 401, body: aProblem('stale_signature') } : null;
        },
        changes: stampedNow,
        rewrites: ({ path }, body) => {
          if (path.startsWith('/v1/orders/golive-')) return body.replace('"AWAITING_PAYMENT"', '"PAID"');
          if (path.startsWith('/v1/reconciliations'))
            return body.replace('"complete"', '"failed"').replaceAll('"unexplained":0', '"unexplained":1');
          return path.startsWith('/v1/updates') ? twice(body.replaceAll('"off"', '"delivered"')) : body;
        },
      },
      ['S3', 'duplicate', 'resend', 'S6', 'S1', 'S2', 'replay', 'silence', 'reconciliation', 'S7'],
    ],
    [
      'a build opens a session for each request, and refuses to show payments',
      {
        answers: ({ method, path }) =>
          method === 'GET' && path.startsWith('/v1/payments/')
            ? { status: 500, body: aProblem('internal') }
            : null,
        rewrites: ({ method, path }, body) =>
          method === 'POST' && path === '/v1/payments'
            ? body.replace(/"sessionId":"[^"]*"/, `"sessionId":"T12345678.${randomUUID()}"`)
            : body,
      },
      ['concurrent', 'forged', 'changed', 'S3', 'arrival', 'replay', 'S4'],
    ],
  ])(
    'fails where %s',
    async (_, meddling, expected) => {
      onlyDintero();
      proxy.meddling = meddling;
      const { exit, failed, checks } = await golive('--url', proxy.url);
      expect({ exit, failed }).toEqual({ exit: 1, failed: expected.map((name) => `dintero/${name}`) });
      expect(checks.filter(({ ok }) => ok === false).every(({ advice = '' }) => advice.length > 10)).toBe(
        true,
      );
    },
    120_000,
  );

  it('fails where PUBLIC_URL or a secret is not that of the service', async () => {
    onlyDintero();
    process.env['PUBLIC_URL'] = 'http://pay.example';
    const elsewhere = await golive('--url', stack.origin);
    expect(elsewhere).toMatchObject({ exit: 1, failed: expect.arrayContaining(['dintero/duplicate']) });
    expect(elsewhere.checks.find(({ id }) => id === 'dintero/duplicate')?.advice).toContain('PUBLIC_URL');
    Object.assign(process.env, {
      PUBLIC_URL: stack.origin,
      DINTERO_SIGNATURE_SECRETS: 'another-secret-0001',
    });
    expect(await golive()).toMatchObject({ exit: 1, failed: expect.arrayContaining(['dintero/S3']) });
  }, 120_000);

  it("fails where the gateway's own callbacks do not arrive", async () => {
    onlyDintero();
    await stack.at('dintero').sandbox.faults({ callbacks: 'off' });
    const { failed } = await golive();
    await stack.at('dintero').sandbox.faults({ callbacks: 'on' });
    expect(failed).toEqual(['dintero/arrival']);
  }, 120_000);

  it('says what can not be checked without a sandbox, a payer or the secrets', async () => {
    process.env = { PUBLIC_URL: stack.origin, API_KEYS: stack.env['API_KEYS'], DATA_DIR: '/nowhere' };
    const alone = await golive();
    expect(alone).toMatchObject({ exit: 0, passed: ['timing'], failed: [] });
    expect(alone.checks.find(({ id }) => id === 'stripe/forged')?.evidence).toContain('this shell has not');
    process.env = { ...stack.env, DATA_DIR: '/nowhere' };
    onlyDintero();
    // The gateway answers here, but has no `/__sim`: as a test account does.
    proxy.meddling = {};
    const gateway = await startMeddlingProxy(stack.at('dintero').sandbox.origin);
    gateway.meddling = {
      answers: ({ path }) => (path.startsWith('/__sim') ? { status: 404, body: {} } : null),
    };
    Object.assign(process.env, { DINTERO_API_URL: gateway.url, DINTERO_CHECKOUT_URL: gateway.url });
    const { exit, failed, open, checks } = await golive();
    expect({ exit, failed }).toEqual({ exit: 0, failed: [] });
    expect(open).toEqual(expect.arrayContaining(['dintero/arrival', 'dintero/replay', 'dintero/S4']));
    expect(checks.find(({ id }) => id === 'dintero/arrival')?.evidence).toContain('must pay by hand');

    // With a person at a terminal.
    const { value } = Object.getOwnPropertyDescriptor(process.stdin, 'isTTY') ?? {};
    process.stdin.isTTY = true;
    terminal.output = '';
    const ended = runCommand(['golive']);
    await until('it asks for a payer', () => terminal.output.includes('pay here as a payer would'));
    const [, sessionId = ''] = /within 10 minutes: \S*\/(\S+)/.exec(terminal.output) ?? [];
    await stack.at('dintero').sandbox.pay(sessionId, { outcome: 'authorize' });
    expect(await ended).toBe(0);
    process.stdin.isTTY = value;
    gateway.close();
    expect(terminal.output).toMatch(/^ok +dintero\/arrival: .*\n.*the payer paid, the gateway called/m);
    expect(terminal.output).toMatch(/^ok +dintero\/duplicate/m);
  }, 120_000);

  it('refuses the account of another deployment', async () => {
    process.env['DINTERO_ACCOUNT_ID'] = 'T99999999';
    expect((await golive()).exit).toBe(2);
    expect(terminal.complaints).toContain(
      'the service has dintero account T12345678, and this shell T99999999',
    );
  });
});

function onlyDintero(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('STRIPE_')) delete process.env[name];
}

function isCallback({ path }: Passing): boolean {
  return path.startsWith('/callbacks/');
}

function ageOf(signature: string): number {
  return Date.now() / 1_000 - Number(/t=(\d+)/.exec(signature)?.[1]);
}

/** Signs a callback from the future again, with the present time. */
function stampedNow(request: Passing): Passing {
  if (!isCallback(request) || !(ageOf(request.headers['dintero-signature'] ?? '') < -300)) return request;
  const { DINTERO_ACCOUNT_ID: accountId = '', DINTERO_SIGNATURE_SECRETS: secret = '' } = stack.env;
  const timestamp = Math.floor(Date.now() / 1_000);
  const signed = { method: request.method, url: stack.origin + request.path, accountId, secret, timestamp };
  return { ...request, headers: { ...request.headers, 'dintero-signature': signCallback(signed) } };
}

function aProblem(code: string): object {
  return { type: 'about:blank', title: code, status: 401, code, detail: code };
}

/** A page with each row twice. */
function twice(page: string): string {
  const { data, ...rest } = JSON.parse(page);
  return JSON.stringify({ data: [...data, ...data], ...rest });
}
