/** `paidonce trigger` beside the whole product: each event of each sandbox, and what comes of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../src/cli/program.ts';
import { GATEWAYS } from '../../src/gateways/registry.ts';
import { useTerminal } from '../support/terminal.ts';
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
    foreign: 'AWAITING_PAYMENT',
  },
  stripe: {
    payment: 'PAID',
    capture: 'PAID',
    hold: 'PAID',
    hold_fails: 'PAYMENT_FAILED',
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
    dispute: 'PAID',
    foreign: 'AWAITING_PAYMENT',
  },
};

let stack: Stack;
const terminal = useTerminal();

beforeAll(async () => {
  stack = await startStack({ env: SWEEPS, gateway: 'stripe' });
}, 150_000);
afterAll(async () => {
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
