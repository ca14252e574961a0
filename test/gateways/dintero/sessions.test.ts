import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Gateway } from '../../../src/gateways/gateway.ts';
import type { FakeDintero } from './fake-dintero.ts';
import {
  ACCOUNT,
  aSession,
  aSessionRequest,
  gatewayAt,
  KEY,
  SESSION,
  startFakeDintero,
} from './fake-dintero.ts';

const CREATE = 'POST /v1/sessions-profile';
const SEARCH = 'GET /v1/sessions';
const READ = `GET /v1/sessions/${SESSION}`;
const CANCEL = `POST /v1/sessions/${SESSION}/cancel`;
const OPENED = { id: SESSION, url: `https://checkout.dintero.com/v1/view/${SESSION}` };

let fake: FakeDintero;
let gateway: Gateway;

beforeEach(async () => {
  fake = await startFakeDintero();
  gateway = gatewayAt(fake, { now: () => new Date('2026-11-21T13:00:00.000Z') });
});

afterEach(() => fake.close());

async function bodyFor(changes: Parameters<typeof aSessionRequest>[0] = {}): Promise<unknown> {
  fake.on(CREATE, { json: OPENED });
  await gateway.createSession(aSessionRequest(changes));
  return fake.calls(CREATE).at(-1)?.body;
}

describe('creating a dintero session', () => {
  it('sends the whole amount as one line where the order has none, and asks for strict sums', async () => {
    expect(await bodyFor()).toEqual({
      profile_id: 'default',
      expires_at: '2026-11-21T16:00:00.000Z',
      url: {
        return_url: 'https://pay.example/return/dintero?k=return-key&payment=pay_1',
        callback_url:
          'https://pay.example/callbacks/dintero?payment=pay_1&order=1001&n=1' +
          '&report_error=true&report_event=CAPTURE&report_event=REFUND&report_event=VOID',
      },
      order: {
        amount: 72200,
        currency: 'NOK',
        merchant_reference: '1001',
        items: [{ id: 'order', line_id: '1', description: 'Order 1001', quantity: 1, amount: 72200 }],
      },
      metadata: { ext_paidonce_payment: 'pay_1', ext_paidonce_order: '1001', ext_paidonce_n: 1 },
    });
    expect(fake.calls(CREATE)[0]?.headers['dintero-feature-toggles']).toBe('strict-session-amounts');
  });

  it('sends addresses with the known data of the payer, and no empty field', async () => {
    const customer = {
      email: 'kari@shop.example',
      phone: '+4799999999',
      name: 'Kari Anne Nordmann',
      billingAddress: { line1: 'Storgata 1', postalCode: '0155', city: 'Oslo', country: 'NO' },
      shippingAddress: { name: 'Ola', company: 'Post i Butikk', line2: 'c/o Kari' },
    };
    const contact = { email: 'kari@shop.example', phone_number: '+4799999999' };
    expect(await bodyFor({ customer })).toMatchObject({
      customer: contact,
      order: {
        billing_address: {
          ...contact,
          first_name: 'Kari Anne',
          last_name: 'Nordmann',
          address_line: 'Storgata 1',
          postal_code: '0155',
          postal_place: 'Oslo',
          country: 'NO',
        },
        shipping_address: { first_name: 'Ola', business_name: 'Post i Butikk', address_line_2: 'c/o Kari' },
      },
    });
  });

  it('repeats neither names nor addresses where Dintero refuses them', async () => {
    const message = 'billing_address: Storgata 1, 0155 Oslo is not where kari nordmann lives';
    fake.on(CREATE, { status: 400, json: { error: { message, errors: [] } } });
    const customer = {
      name: 'Kari Nordmann',
      billingAddress: { line1: 'Storgata 1', postalCode: '0155', city: 'Oslo', country: 'NO' },
    };
    const refused = gateway.createSession(aSessionRequest({ customer }));
    await expect(refused).rejects.toThrow(/billing_address: …/);
    await expect(refused).rejects.not.toThrow(/Storgata|0155|Oslo|kari|nordmann/i);
  });

  it('sends lines unchanged, also negative and shipping ones', async () => {
    const line = { id: 'chair-1', lineId: '1', description: 'Chair', quantity: 1.5, amountMinor: 72200 };
    const body = await bodyFor({
      lines: [
        { ...line, vat: 25, vatAmountMinor: 14440, type: 'physical' },
        { ...line, id: 'gift', lineId: '2', quantity: 1, amountMinor: -3900, type: 'gift_card' },
        { ...line, id: 'post', lineId: '3', quantity: 1, amountMinor: 3900, type: 'shipping' },
      ],
    });
    expect(body).toMatchObject({
      order: {
        items: [
          {
            id: 'chair-1',
            line_id: '1',
            quantity: 1.5,
            amount: 72200,
            vat: 25,
            vat_amount: 14440,
            type: 'physical',
          },
          { amount: -3900, type: 'gift_card' },
          { amount: 3900, type: 'shipping' },
        ],
      },
    });
  });

  it('leaves out empty fields', async () => {
    expect(await bodyFor({ customer: { email: '', phone: '' } })).not.toHaveProperty('customer');
    expect(await bodyFor({ customer: { email: 'a@shop.example', phone: '' } })).toMatchObject({
      customer: { email: 'a@shop.example' },
    });
    expect(await bodyFor({ customer: { phone: '+4799999999' } })).toMatchObject({
      customer: { phone_number: '+4799999999' },
    });
  });

  it('takes profile, second reference and language from the request', async () => {
    const changes = { profileId: 'swish', merchantReference2: 'B2', language: 'no' };
    expect(await bodyFor(changes)).toMatchObject({
      profile_id: 'swish',
      order: { merchant_reference_2: 'B2' },
    });
    expect(await gateway.createSession(aSessionRequest(changes))).toEqual({
      sessionId: SESSION,
      checkoutUrl: `${OPENED.url}?language=no`,
    });
  });

  it.each([400, 404, 409, 422])("is rejected with Dintero's text on %i", async (status) => {
    fake.on(CREATE, { status, json: { error: { message: 'amounts do not add up', code: 'INVALID' } } });
    await expect(gateway.createSession(aSessionRequest())).rejects.toMatchObject({
      name: 'GatewayRejected',
      message: 'Dintero create session: amounts do not add up (INVALID)',
    });
  });

  it('does not repeat the payer in an error', async () => {
    const customer = { email: 'jane@shop.example', phone: '+4799999999' };
    const message = 'jane@shop.example or +4799999999 is invalid\n';
    fake.on(CREATE, { status: 400, json: { error: { message } } });
    await expect(gateway.createSession(aSessionRequest({ customer }))).rejects.toMatchObject({
      message: 'Dintero create session: … or … is invalid ',
    });
  });

  it.each([
    'tel:+4799988777',
    '+47 999 88 777',
    '+47-999-88-777',
    '+47 (0) 99988777',
    '0047.999.88.777',
    '999 88 777',
    '99988\u00a0777',
    '%2B4799988777',
    '4799988777',
    'JANE@Shop.Example',
    'mailto:jane@shop.example',
    'jane%40shop.example',
    "O'Neill@shop.example",
    'another.jane@shop.example',
  ])('does not repeat the payer as %s either', async (spelling) => {
    const email = spelling.startsWith("O'") ? "o'neill@shop.example" : 'jane@shop.example';
    const customer = { email, phone: '+47 99988777' };
    const message = `customer "${spelling}" is invalid, order 1001 over 72200 on 2026-11-21`;
    fake.on(CREATE, { status: 422, json: { error: { message } } });
    const refused = await gateway.createSession(aSessionRequest({ customer })).catch((error: Error) => error);
    const words = (refused as Error).message;
    expect(words).toMatch(
      /^Dintero create session: customer ".*….*" is invalid, order 1001 over 72200 on 2026-11-21$/,
    );
    expect(words).not.toMatch(/99988|88.{0,3}777|jane|neill/i);
  });

  it.each([
    ['a dropped connection', { drop: true }],
    ['a 500', { status: 500 }],
    ['truncated JSON', { raw: '{"id":"T1234' }],
    ['no id', { json: { url: OPENED.url } }],
    ['an id of another account', { json: { ...OPENED, id: 'P99999999.abc' } }],
    ['a url that is not http', { json: { ...OPENED, url: 'javascript:alert(1)' } }],
  ])('has an unknown result after %s', async (_name, reply) => {
    fake.on(CREATE, reply);
    await expect(gateway.createSession(aSessionRequest())).rejects.toMatchObject({
      name: 'GatewayUnavailable',
      kind: 'silent',
    });
    expect(fake.calls(CREATE)).toHaveLength(1);
  });
});

describe('finding dintero sessions', () => {
  it('keeps those whose metadata names the payment, oldest first', async () => {
    const own = (n: string, created: string, metadata: object = {}) =>
      aSession({ id: `${ACCOUNT}.${n}`, created_at: created, metadata: { ...META, ...metadata } });
    fake.on(SEARCH, {
      json: [
        own('b', '2026-11-21T12:02:00Z'),
        own('other', '2026-11-21T12:00:00Z', { ext_paidonce_payment: 'pay_11' }),
        aSession({ id: `${ACCOUNT}.foreign`, metadata: { 'session:profile_id': 'x' } }),
        own('a', '2026-11-21T12:01:00Z', { ext_paidonce_n: '1' }),
      ],
    });
    const found = await gateway.findSessions(KEY, new Date(0));
    expect(found.map(({ sessionId }) => sessionId)).toEqual([`${ACCOUNT}.a`, `${ACCOUNT}.b`]);
    expect(found[0]).toEqual({
      sessionId: `${ACCOUNT}.a`,
      checkoutUrl: `${fake.url}/v1/view/${ACCOUNT}.a`,
      key: KEY,
      reference: '1001',
      money: { amountMinor: 72200, currency: 'NOK' },
      createdAt: new Date('2026-11-21T12:01:00Z'),
      live: true,
      expiresAt: new Date('2026-11-21T16:00:00Z'),
    });
    expect(Object.fromEntries(fake.calls(SEARCH)[0]?.query ?? [])).toEqual({ search: '1001', limit: '100' });
  });

  it('reads those whose row has too few fields', async () => {
    const bare = { id: SESSION, order: { merchant_reference: '1001' } };
    const otherShops = { id: `${ACCOUNT}.x`, order: { merchant_reference: '10011' } };
    fake.on(SEARCH, { json: [otherShops, bare] });
    fake.on(READ, { json: aSession() });
    expect(await gateway.findSessions(KEY, new Date(0))).toMatchObject([{ sessionId: SESSION }]);
    expect(fake.calls(`GET /v1/sessions/${ACCOUNT}.x`)).toHaveLength(0);
  });

  it('goes to the last page', async () => {
    const page = Array.from({ length: 100 }, (_, index) =>
      aSession({ id: `${ACCOUNT}.x${index}`, metadata: {} }),
    );
    fake.on(SEARCH, ({ query }) => ({
      json: query.get('starting_after') === `${ACCOUNT}.x99` ? [aSession()] : page,
    }));
    expect(await gateway.findSessions(KEY, new Date(0))).toHaveLength(1);
    expect(fake.calls(SEARCH)).toHaveLength(2);
  });

  it.each([
    ['a row without id', [{}]],
    ['no list', { sessions: [] }],
  ])('does not mistake %s for "none"', async (_name, json) => {
    fake.on(SEARCH, { json });
    await expect(gateway.findSessions(KEY, new Date(0))).rejects.toMatchObject({ kind: 'silent' });
  });
});

const META = { ext_paidonce_payment: 'pay_1', ext_paidonce_order: '1001', ext_paidonce_n: 1 };

describe('reading a dintero session', () => {
  it('reports a missing session, and one of another account', async () => {
    expect(await gateway.readSession(SESSION)).toBe('absent');
    for (const metadata of [
      undefined,
      null,
      {},
      { ext_paidonce_payment: 'pay_1' },
      { ...META, ext_paidonce_n: 'x' },
    ]) {
      fake.on(READ, { json: aSession({ metadata }) });
      expect(await gateway.readSession(SESSION)).toBe('foreign');
    }
    const before = fake.seen.length;
    for (const id of ['P99999999.abc', '..', `${ACCOUNT}./../x`])
      expect(await gateway.readSession(id)).toBe('foreign');
    expect(fake.seen).toHaveLength(before);
  });

  it('is foreign where its payer returns to another paidonce on the account', async () => {
    const returning = (return_url: string) => aSession({ url: { return_url } });
    for (const url of [
      'https://other.example/return/dintero?k=1',
      'https://pay.example.evil/return/dintero?k=1',
    ]) {
      fake.on(READ, { json: returning(url) });
      expect(await gateway.readSession(SESSION)).toBe('foreign');
    }
    fake.on(READ, { json: returning('https://pay.example/return/dintero?k=1') });
    expect(await gateway.readSession(SESSION)).toMatchObject({ sessionId: SESSION });
  });

  it.each([
    ['open', {}, true],
    ['cancelled', { cancelled_at: '2026-11-21T12:30:00Z' }, false],
    ['expired', { expires_at: '2026-11-21T13:00:00Z' }, false],
    ['without an end', { expires_at: null }, true],
  ])('reports whether one that is %s is live', async (_name, changes, live) => {
    fake.on(READ, { json: aSession(changes) });
    expect(await gateway.readSession(SESSION)).toMatchObject({ live });
  });

  it('fails on an unreadable answer, and names the field', async () => {
    fake.on(READ, {
      json: aSession({ order: { amount: '72200', currency: 'NOK', merchant_reference: '1001' } }),
    });
    await expect(gateway.readSession(SESSION)).rejects.toThrow(/order\.amount/);
    fake.on(READ, { json: aSession({ id: `${ACCOUNT}.other` }) });
    await expect(gateway.readSession(SESSION)).rejects.toThrow(/not the requested one/);
    fake.on(READ, { status: 400, json: { error: { message: 'odd' } } });
    await expect(gateway.readSession(SESSION)).rejects.toMatchObject({ name: 'GatewayRejected' });
  });
});

describe('cancelling a dintero session', () => {
  it.each([
    [200, 'cancelled'],
    [400, 'refused'],
    [404, 'refused'],
    [409, 'refused'],
  ])('answered %i is %s', async (status, outcome) => {
    fake.on(CANCEL, { status, json: {} });
    expect(await gateway.cancelSession(SESSION)).toBe(outcome);
  });

  it.each([
    [{ status: 500 }, 'silent'],
    [{ status: 403 }, 'credentials'],
    [{ drop: true }, 'silent'],
  ])('answered %j fails', async (reply, kind) => {
    fake.on(CANCEL, reply);
    await expect(gateway.cancelSession(SESSION)).rejects.toMatchObject({ kind });
  });
});
