import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type RunningSandbox, runSandbox } from '../../sandbox/run-sandbox.ts';
import { aSession, type SandboxClient, startSandbox } from './sandbox-client.ts';

let client: SandboxClient;

beforeEach(async () => {
  client = await startSandbox();
});

afterEach(() => client.close());

async function pay(reference: string, payment: object = { outcome: 'authorize' }): Promise<string> {
  const order = { amount: 29990, currency: 'NOK', merchant_reference: reference };
  const { body } = await client.api('POST', '/v1/sessions-profile', aSession({ order }));
  return (await client.call('POST', `/__sim/sessions/${body.id}/pay`, payment)).body.transactionId;
}

const change = (id: string, body: object) => client.call('POST', `/__sim/transactions/${id}/change`, body);
const operate = (id: string, kind: string, body: object) =>
  client.api('POST', `/v1/transactions/${id}/${kind}`, body);
const check = async (question: object = {}) =>
  (await client.call('POST', '/__sim/invariants', question)).body;

async function rules(question: object = {}): Promise<string[]> {
  const { violations } = await check(question);
  return violations.map(({ rule }: { rule: string }) => rule);
}

const anOrder = (transactionId: string | null, changes: object = {}) => ({
  reference: 'a',
  status: 'PAID',
  transactionId,
  amount: 29990,
  currency: 'NOK',
  ...changes,
});

describe('sandbox invariants of a transaction', () => {
  it('hold for parts with references of their own, and for a failed operation that is repeated', async () => {
    const id = await pay('a', { outcome: 'authorize', faults: { capture: { result: 'failure', times: 1 } } });
    await operate(id, 'capture', { amount: 100, capture_reference: 'c1' });
    await operate(id, 'capture', { amount: 100, capture_reference: 'c1' });
    await operate(id, 'capture', { amount: 100, capture_reference: 'c2' });
    await operate(id, 'refund', { amount: 100, refund_reference: 'c1' });
    expect(await check()).toMatchObject({ ok: true, violations: [], checked: { transactions: 1 } });
  });

  it.each([
    ['capture', 'double_capture'],
    ['refund', 'double_refund'],
  ])('break when a %s is done twice with one reference', async (kind, rule) => {
    const id = await pay('a', { outcome: kind === 'refund' ? 'capture' : 'authorize' });
    for (let call = 0; call < 2; call++) await operate(id, kind, { amount: 1, [`${kind}_reference`]: 'x' });
    const { body } = await client.call('GET', '/__sim/invariants');
    expect(body).toMatchObject({ ok: false, violations: [{ rule, transactionId: id, reference: 'a' }] });
  });

  it('break when more is captured than authorized, or refunded than captured', async () => {
    const [one, other] = [await pay('a'), await pay('b', { outcome: 'capture' })];
    await change(one, { status: 'CAPTURED', amount: 29991, force: true });
    await change(other, { status: 'REFUNDED', amount: 29991, force: true });
    expect(await rules()).toEqual(['over_captured', 'over_refunded']);
  });

  it('break when two transactions pay one order, until one is given back', async () => {
    const [, second] = [await pay('a'), await pay('a')];
    expect(await rules()).toEqual(['paid_twice']);
    await operate(second, 'void', {});
    expect(await rules()).toEqual([]);
  });
});

describe('sandbox invariants against the merchant’s orders', () => {
  it('hold where each order has its money and no other money is held', async () => {
    const paid = await pay('a');
    const [refunded, failed] = [await pay('b', { outcome: 'capture' }), await pay('c', { outcome: 'fail' })];
    await operate(refunded, 'refund', { amount: 29990 });
    await client.call('POST', '/__sim/transactions', {
      merchantReference: 'z',
      amount: 1,
      currency: 'NOK',
      status: 'AUTHORIZED',
    });
    const orders = [
      anOrder(paid),
      anOrder(refunded, { reference: 'b', status: 'REFUNDED' }),
      anOrder(failed, { reference: 'c', status: 'PAYMENT_FAILED' }),
      anOrder(null, { reference: 'd', status: 'AWAITING_PAYMENT' }),
    ];
    expect(await check({ orders })).toMatchObject({ ok: true, checked: { transactions: 3, orders: 4 } });
  });

  it.each([
    ['the order is unknown', [], ['money_without_order']],
    ['the order is not paid', [anOrder(null, { status: 'CANCELLED' })], ['money_without_order']],
    ['the order is under review', [anOrder(null, { status: 'REVIEW' })], []],
    ['the order is voided and the money is not', [anOrder(null, { status: 'VOIDED' })], ['not_given_back']],
    ['the amount differs', [anOrder(null, { amount: 1 })], ['wrong_amount']],
    ['the currency differs', [anOrder(null, { currency: 'SEK' })], ['wrong_amount']],
    [
      'another order is paid without money',
      [anOrder(null), anOrder(null, { reference: 'b' })],
      ['paid_without_money'],
    ],
  ])('are checked where %s', async (_, orders, expected) => {
    await pay('a');
    expect(await rules({ orders })).toEqual(expected);
  });

  it('break when an order counts on another transaction, or two on one', async () => {
    const id = await pay('a');
    expect(await rules({ orders: [anOrder('T12345678.other')] })).toEqual([
      'money_without_order',
      'paid_without_money',
    ]);
    expect(await rules({ orders: [anOrder(id), anOrder(id, { reference: 'b' })] })).toEqual([
      'paid_without_money',
      'pays_several_orders',
    ]);
  });

  it('break when an order is paid by a transaction that was given back', async () => {
    const id = await pay('a');
    await operate(id, 'void', {});
    expect(await rules({ orders: [anOrder(id)] })).toEqual(['paid_without_money']);
  });

  it("ignore orders that wait for a person's decision", async () => {
    const [paid, late] = [await pay('a'), await pay('a')];
    const orders = [anOrder(paid)];
    expect(await rules({ orders, inReview: [late] })).toEqual([]);
    expect(await rules({ orders: [anOrder(null, { status: 'REVIEW' })] })).toEqual([]);
    expect(await rules({ orders })).toEqual(['paid_twice', 'money_without_order']);
  });

  it('wait until their time limit', async () => {
    await pay('a');
    const question = { orders: [], withinHours: 2 };
    const later = new Date(Date.now() + 3 * 3_600_000).toISOString();
    expect(await check(question)).toMatchObject({ ok: true, waiting: [{ rule: 'money_without_order' }] });
    expect(await rules({ ...question, now: later })).toEqual(['money_without_order']);
    expect(await rules({ ...question, hourMs: 0.001 })).toEqual(['money_without_order']);
    expect((await client.call('GET', '/__sim/invariants?withinHours=x')).status).toBe(400);
  });
});

describe('sandbox invariants in the same process', () => {
  let sandbox: RunningSandbox;

  afterEach(() => sandbox.close());

  it('can be asked without HTTP', async () => {
    sandbox = await runSandbox({ SANDBOX_PORT: '0' });
    expect(sandbox.check({ orders: [anOrder(null)] })).toMatchObject({
      ok: false,
      violations: [{ rule: 'paid_without_money', reference: 'a' }],
    });
  });
});
