/** Sessions as Dintero's own plug-ins and its Web SDK send, read and open them. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aSession, openSession, type SandboxClient, startSandbox } from './sandbox-client.ts';

let client: SandboxClient;

beforeEach(async () => {
  client = await startSandbox();
});

afterEach(() => client.close());

/** From the WooCommerce plug-in: without a reference, but with the name of the store. */
const WOOCOMMERCE = {
  order: {
    amount: 33890,
    currency: 'NOK',
    vat_amount: 0,
    items: [{ id: 'chair-1', line_id: 'a1', description: 'Chair', quantity: 1, amount: 29990, vat: 25 }],
    store: { id: 'shop.example' },
    shipping_option: { id: 'post', line_id: 's1', amount: 3900, title: 'Post' },
  },
  remove_lock: true,
};

/** From the Magento plug-in: with a reference and a customer, which an update does not have. */
const MAGENTO = {
  remove_lock: true,
  order: {
    amount: 10000,
    currency: 'NOK',
    merchant_reference: 'quote-2',
    items: [{ id: 'sku-1', line_id: 'sku-1', description: 'Lamp', quantity: 1, amount: 10000, vat: 25 }],
  },
  customer: { email: 'other@example.com' },
};

const put = (id: string, body: unknown, query = '') => client.api('PUT', `/v1/sessions/${id}${query}`, body);
const lock = (id: string) => client.call('POST', `/v1/view/${id}/session/lock`);
const read = async (id: string) => (await client.api('GET', `/v1/sessions/${id}`)).body;

describe('sandbox session update', () => {
  it('of WooCommerce changes the order without a lock and keeps its reference', async () => {
    const id = await openSession(client);
    const { status, body } = await put(id, WOOCOMMERCE, '?update_without_lock=true');
    expect([status, body.id]).toEqual([200, id]);
    expect((await read(id)).order).toMatchObject({ ...WOOCOMMERCE.order, merchant_reference: 'order-1' });
    const paid = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' });
    const { body: transaction } = await client.api('GET', `/v1/transactions/${paid.body.transactionId}`);
    expect(transaction).toMatchObject({ amount: 33890, merchant_reference: 'order-1' });
  });

  it('of Magento is accepted with its reference, which changes nothing', async () => {
    const id = await openSession(client);
    await lock(id);
    expect((await put(id, MAGENTO)).status).toBe(200);
    const { order, customer } = await read(id);
    expect(order).toMatchObject({ amount: 10000, merchant_reference: 'order-1' });
    expect(customer).toBeUndefined();
    expect((await client.api('GET', '/v1/sessions?search=quote-2')).body).toEqual([]);
  });

  it('needs a lock once the checkout was opened, and removes it unless told otherwise', async () => {
    const id = await openSession(client);
    await client.call('GET', `/v1/view/${id}`);
    const update = (more: object = {}) => put(id, { ...WOOCOMMERCE, ...more }, '?update_without_lock=true');
    const unlocked = await update();
    const locked = await lock(id);
    expect(locked.body).toEqual({ pay_lock: { pay_lock_id: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
    const kept = await update({ remove_lock: false });
    const again = await update();
    const gone = await update();
    expect([unlocked, kept, again, gone].map(({ status }) => status)).toEqual([400, 200, 200, 400]);
  });

  it('without a lock is refused, and so is one of a session that is paid', async () => {
    const id = await openSession(client);
    expect((await put(id, WOOCOMMERCE)).status).toBe(400);
    await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' });
    await lock(id);
    expect((await put(id, WOOCOMMERCE)).status).toBe(400);
  });
});

describe('sandbox page of the Web SDK', () => {
  const opened = (sid: string) => client.call('GET', `/?sdk=1.0.0&ui=inline&language=no&sid=${sid}`);

  it('is the hosted page at /?sid=, and pays', async () => {
    const id = await openSession(client);
    const [page, hosted] = [await opened(id), await client.call('GET', `/v1/view/${id}`)];
    expect([page.status, page.body]).toEqual([200, hosted.body]);
    expect(page.headers.get('content-security-policy')).toBe(hosted.headers.get('content-security-policy'));
    const [, action = ''] = /action="([^"]+)"/.exec(page.body) ?? [];
    const { headers } = await client.call('POST', action, 'outcome=authorize');
    expect(headers.get('location')).toMatch(/^https:\/\/shop\.example\/return.*transaction_id=/);
    expect((await opened(id)).body).toContain('already ended: AUTHORIZED');
  });

  it('counts as opened', async () => {
    const id = await openSession(client);
    await opened(id);
    expect((await put(id, WOOCOMMERCE, '?update_without_lock=true')).status).toBe(400);
  });

  it('is a page that says 404 for an unknown session, and nothing without a session', async () => {
    const nobody = await opened('T12345678.nobody');
    expect([nobody.status, nobody.body]).toEqual([404, expect.stringContaining('<!doctype html>')]);
    const nothing = await client.call('GET', '/');
    expect([nothing.status, nothing.body.error.code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('sandbox lines', () => {
  const orderOf = (...items: object[]) =>
    aSession({ order: { amount: 30000, currency: 'NOK', merchant_reference: 'order-1', items } });
  const create = (...items: object[]) => client.api('POST', '/v1/sessions-profile', orderOf(...items));

  it('need neither id nor line_id, are shown on the page, and are paid and captured as a sum', async () => {
    const { status, body } = await create({ description: 'Chair', amount: 20000 }, { amount: 10000 });
    expect(status).toBe(200);
    const page = await client.call('GET', `/v1/view/${body.id}`);
    expect(page.body).toContain('NOK 200.00');
    expect(page.body).not.toContain('undefined');
    const paid = await client.call('POST', `/__sim/sessions/${body.id}/pay`, { outcome: 'authorize' });
    const path = `/v1/transactions/${paid.body.transactionId}`;
    expect((await client.api('POST', `${path}/capture`, { amount: 30000 })).body.status).toBe('CAPTURED');
  });

  it('must each have a different line_id where they have one', async () => {
    const line = { line_id: '1', amount: 15000 };
    const refused = await create(line, line);
    expect([refused.status, refused.body.error.message]).toEqual([400, expect.stringContaining('line_id')]);
    expect((await create(line, { amount: 15000 })).status).toBe(200);
  });

  it('are named by line_id in a capture and a refund, with or without an id', async () => {
    const { body } = await create({ line_id: '1', amount: 20000 }, { line_id: '2', id: 'b', amount: 10000 });
    const paid = await client.call('POST', `/__sim/sessions/${body.id}/pay`, { outcome: 'authorize' });
    const operate = async (kind: string, items: object[]) => {
      const path = `/v1/transactions/${paid.body.transactionId}/${kind}`;
      return (await client.api('POST', path, { amount: 20000, items })).status;
    };
    expect(await operate('capture', [{ id: 'a', amount: 20000 }])).toBe(400);
    expect(await operate('capture', [{ line_id: '1', amount: 20000 }])).toBe(200);
    expect(await operate('refund', [{ id: 'a', amount: 20000 }])).toBe(400);
    expect(await operate('refund', [{ id: 'a', line_id: '1', amount: 20000 }])).toBe(200);
  });
});

describe('sandbox session answer', () => {
  it('has its configuration, from the profile or as it was sent, and no account_id', async () => {
    const plain = await openSession(client);
    const configuration = { auto_capture: true, klarna: { type: 'payment_type' } };
    const { body } = await client.api('POST', '/v1/sessions?include_session=true', {
      ...aSession(),
      profile_id: undefined,
      configuration,
    });
    expect((await read(plain)).configuration).toEqual({ channel: 'ecommerce', auto_capture: false });
    expect(body.session.configuration).toEqual({ channel: 'ecommerce', ...configuration });
    const listed = await client.api('GET', '/v1/sessions?search=order-1');
    const cancelled = await client.api('POST', `/v1/sessions/${plain}/cancel`);
    for (const session of [body.session, ...listed.body, cancelled.body])
      expect(session).not.toHaveProperty('account_id');
  });
});
