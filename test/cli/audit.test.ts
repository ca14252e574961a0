/** `paidonce audit` beside the sandboxes of both gateways: a shop that has charged some customers twice. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../src/cli/program.ts';
import { ACCOUNT, aSession, startSandbox, type SandboxClient } from '../sandbox/sandbox-client.ts';
import { KEY, startStripeSandbox, type StripeSandboxClient } from '../sandbox/stripe/stripe-client.ts';
import * as atStripe from '../sandbox/stripe/stripe-client.ts';
import { useTerminal } from '../support/terminal.ts';

const HEAD = 'reference,customer,amount,currency,created_at';
const AMOUNT = 29_990;

let dintero: SandboxClient;
let stripe: StripeSandboxClient;
let folder: string;
const terminal = useTerminal();

beforeAll(async () => {
  [dintero, stripe] = [await startSandbox(), await startStripeSandbox()];
  folder = await mkdtemp(join(tmpdir(), 'paidonce-audit-'));
});
afterAll(async () => {
  await dintero.close();
  await stripe.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  process.env = {
    DATA_DIR: '/nowhere',
    DINTERO_ACCOUNT_ID: ACCOUNT,
    DINTERO_CLIENT_ID: 'sandbox-client',
    DINTERO_CLIENT_SECRET: 'sandbox-client-secret-0001',
    DINTERO_SIGNATURE_SECRETS: 'sandbox-signature-secret-0001',
    DINTERO_API_URL: dintero.url,
    DINTERO_CHECKOUT_URL: dintero.url,
    STRIPE_ACCOUNT_ID: 'acct_1Sandbox000000001',
    STRIPE_SECRET_KEY: KEY,
    STRIPE_WEBHOOK_SECRETS: atStripe.WEBHOOK_SECRET,
    STRIPE_API_URL: stripe.url,
  };
});
afterEach(() => dintero.call('POST', '/__sim/faults', {}));

/** Runs the command on a file with these lines. */
async function audit(lines: readonly string[], ...more: string[]): Promise<number> {
  const path = join(folder, 'orders.csv');
  await writeFile(path, lines.join('\n'));
  return runCommand(['audit', '--orders', path, ...more]);
}

function row(reference: string, customer: string, at: number, amount: number | string = AMOUNT): string {
  return `${reference},${customer},${amount},NOK,${new Date(at).toISOString()}`;
}

/** A payment at Dintero for an order of the shop. */
async function paidAtDintero(reference: string): Promise<string> {
  const order = { ...(aSession()['order'] as object), merchant_reference: reference };
  const { body } = await dintero.api('POST', '/v1/sessions-profile', aSession({ order }));
  const paid = await dintero.call('POST', `/__sim/sessions/${body.id}/pay`, { outcome: 'authorize' });
  return paid.body.transactionId;
}

/** A payment at Stripe whose order only its Checkout Session names. */
async function paidAtStripe(reference: string): Promise<string> {
  const { id } = await stripe.stripe.checkout.sessions.create(
    atStripe.aSession({ client_reference_id: reference, metadata: {}, payment_intent_data: {} }),
  );
  return (await stripe.sim(`/sessions/${id}/pay`, { outcome: 'authorize' })).transactionId;
}

const suspects = () => JSON.parse(terminal.output).suspects;

describe('paidonce audit', () => {
  it('finds orders that a customer placed twice within the window, and whether both were paid', async () => {
    const now = Date.now();
    const [first, second] = [await paidAtDintero('a-1'), await paidAtStripe('a-2')];
    const once = await paidAtStripe('b-1');
    const exit = await audit(
      [
        HEAD,
        row('a-2', 'ada', now + 30_000),
        row('a-1', 'ada', now),
        row('b-1', 'bo', now),
        row('b-2', 'bo', now + 59_000),
        row('c-1', 'cy', now),
        row('c-2', 'cy', now + 61_000),
        row('d-1', '', now),
        row('d-2', '', now),
        row('e-1', 'eve', now),
        row('e-2', 'eve', now, 100),
      ],
      '--json',
    );
    expect(exit).toBe(1);
    expect(JSON.parse(terminal.output)).toMatchObject({ orders: 10 });
    expect(suspects()).toMatchObject([
      {
        orders: ['a-1', 'a-2'],
        amount: AMOUNT,
        currency: 'NOK',
        transactions: [
          { gateway: 'dintero', transactionId: first, reference: 'a-1', keptMinor: AMOUNT },
          { gateway: 'stripe', transactionId: second, reference: 'a-2', keptMinor: AMOUNT },
        ],
        chargedTwice: true,
        advice: `give back 299.90 NOK of ${second}, unless the customer wanted each of these orders`,
      },
      {
        orders: ['b-1', 'b-2'],
        transactions: [{ transactionId: once }],
        chargedTwice: false,
        advice: `charged once, by ${once}: nothing to give back`,
      },
    ]);
  });

  it('finds one order that was paid twice, and not one whose second payment went back', async () => {
    const now = Date.now();
    await paidAtDintero('twice-1');
    const second = await paidAtDintero('twice-1');
    await paidAtDintero('returned-1');
    const returned = await paidAtDintero('returned-1');
    await dintero.api('POST', `/v1/transactions/${returned}/void`);
    expect(await audit([HEAD, row('twice-1', 'ada', now), row('returned-1', 'bo', now)], '--json')).toBe(1);
    expect(suspects()).toMatchObject([
      { orders: ['twice-1'], chargedTwice: true, advice: `give back 299.90 NOK of ${second}` },
    ]);
  });

  it('finds payments that no Checkout Session opened, by their metadata', async () => {
    const ids = [];
    for (const metadata of [{ order_id: 'bare-1' }, { orderReference: 'bare-1', n: '2' }]) {
      const { id } = await stripe.stripe.paymentIntents.create({
        amount: AMOUNT,
        currency: 'nok',
        confirm: true,
        payment_method: 'pm_card_visa',
        metadata,
      });
      ids.push(id);
    }
    expect(await audit([HEAD, row('bare-1', 'ada', Date.now()), row('2', 'bo', Date.now())], '--json')).toBe(
      1,
    );
    expect(suspects()).toMatchObject([{ orders: ['bare-1'], transactions: [{}, {}], chargedTwice: true }]);
    expect(
      suspects()[0]
        .transactions.map((one: { transactionId: string }) => one.transactionId)
        .toSorted(),
    ).toEqual(ids.toSorted());
  });

  it('takes decimals, semicolons, quotes, a BOM, other orders of columns and times of other zones', async () => {
    const [first] = [await paidAtDintero('form-1'), await paidAtDintero('form-1')];
    const at = new Date(Date.now() + 3_600_000).toISOString().replace('T', ' ').replace('Z', '+0100');
    const lines = [
      '\uFEFFamount;CURRENCY;created_at;reference;customer;note',
      `299.9000;NOK;${at};"form-1";"Ada; and ""Bo""";x`,
    ];
    expect([await audit(lines), terminal.complaints]).toEqual([1, '']);
    expect(terminal.output).toContain('TWICE  form-1 over 299.90 NOK: give back 299.90 NOK of ');
    expect(terminal.output).toContain(first);
    expect(terminal.output).toMatch(
      /1 orders beside \d+ payments of dintero T12345678, stripe acct_1Sandbox000000001/,
    );
  });

  it('ends well where no customer was charged twice', async () => {
    expect(
      await audit([HEAD, row('none-1', 'ada', Date.now()), row('none-2', 'ada', Date.now())], '--json'),
    ).toBe(0);
    expect(suspects()).toMatchObject(
      [
        {
          orders: ['none-1', 'none-2'],
          transactions: [],
          chargedTwice: false,
          advice: /nothing to give back/,
        },
      ].map(({ advice, ...rest }) => ({ ...rest, advice: expect.stringMatching(advice) })),
    );
    expect(await audit([HEAD])).toBe(0);
  });

  it.each([
    ['a column is missing', ['reference,customer,amount,currency', '1,a,100,NOK'], 'created_at is missing'],
    ['an amount is no amount', [HEAD, '1,a,1e3,NOK,2026-11-28T12:00:00Z'], 'line 2: amount: "1e3"'],
    [
      'an amount has a part of an øre',
      [HEAD, '1,a,1.005,NOK,2026-11-28T12:00:00Z'],
      'line 2: amount: "1.005"',
    ],
    ['a currency is no code', [HEAD, '1,a,100,kr,2026-11-28T12:00:00Z'], 'line 2: currency: "kr"'],
    ['a time is no time', [HEAD, '1,a,100,NOK,yesterday'], 'line 2: created_at: "yesterday"'],
    ['a reference is empty', [HEAD, ',a,100,NOK,2026-11-28T12:00:00Z'], 'line 2: reference: empty'],
    [
      'amounts have two forms',
      [HEAD, '1,a,100,NOK,2026-11-28T12:00:00Z', '2,a,1.00,NOK,2026-11-28T12:00:00Z'],
      'line 2 is in minor units, line 3 is in decimals',
    ],
    ['a row has too few cells', [HEAD, '1,a,100'], "can't be read as CSV"],
  ])('names the place where %s', async (_, lines, complaint) => {
    expect(await audit(lines)).toBe(2);
    expect(terminal.complaints).toContain(complaint);
  });

  it('expects a file that is there, and a gateway', async () => {
    expect(await runCommand(['audit', '--orders', join(folder, 'missing.csv')])).toBe(2);
    expect(terminal.complaints).toContain("missing.csv can't be read");
    process.env = { DATA_DIR: '/nowhere' };
    expect(await audit([HEAD])).toBe(2);
    expect(terminal.complaints).toContain('gateway: none is configured');
  });
});
