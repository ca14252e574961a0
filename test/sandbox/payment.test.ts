import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aSession, openSession, type SandboxClient, startSandbox, until } from './sandbox-client.ts';

let client: SandboxClient;

beforeEach(async () => {
  client = await startSandbox();
});

afterEach(() => client.close());

async function statusOf(transactionId: string): Promise<string> {
  return (await client.api('GET', `/v1/transactions/${transactionId}`)).body.status;
}

describe('sandbox payment', () => {
  it.each([
    ['authorize', 'AUTHORIZED', null],
    ['capture', 'CAPTURED', null],
    ['on_hold', 'ON_HOLD', null],
    ['decline', 'DECLINED', 'authorization'],
    ['fail', 'FAILED', 'failed'],
    ['unknown', 'UNKNOWN', 'failed'],
  ])('by outcome %s ends as %s and returns with error %s', async (outcome, status, error) => {
    const id = await openSession(client);
    const { body } = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome });
    const query = new URL(body.returnUrl).searchParams;
    expect(await statusOf(body.transactionId)).toBe(status);
    expect(body.returnUrl).toMatch(/^https:\/\/shop\.example\/return\?key=a%20b&/);
    expect(query.get('error')).toBe(error);
    expect(query.get('transaction_id')).toBe(error === null ? body.transactionId : null);
  });

  it('has no transaction and no return when the payer leaves, and can be paid later', async () => {
    const id = await openSession(client);
    const left = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'abandon' });
    const failed = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'pay_failed' });
    const paid = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' });
    const { body } = await client.api('GET', `/v1/sessions/${id}`);
    expect(left.body).toEqual({ sessionId: id, transactionId: null, returnUrl: null });
    expect(failed.body).toEqual(left.body);
    expect(body.transaction_id).toBe(paid.body.transactionId);
    expect(body.events.map(({ name }: { name: string }) => name)).toEqual([
      'INITIATED',
      'PAY_FAILED',
      'AUTHORIZED',
    ]);
  });

  it('makes at most one transaction per session', async () => {
    const id = await openSession(client);
    const begun = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'initiate' });
    const paid = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' });
    const again = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' });
    expect(paid.body.transactionId).toBe(begun.body.transactionId);
    expect(again.status).toBe(409);
  });

  it('is refused once the session has expired', async () => {
    // Long enough to open the session on a busy machine.
    const expires = Date.now() + 1_000;
    const request = aSession({ expires_at: new Date(expires).toISOString() });
    const { body } = await client.api('POST', '/v1/sessions-profile', request);
    await until(() => Date.now() > expires);
    const { status } = await client.call('POST', `/__sim/sessions/${body.id}/pay`, { outcome: 'authorize' });
    expect(status).toBe(409);
  });

  it('accepts Dintero’s test cards and no others', async () => {
    const authorized = await openSession(client);
    const card = '4000 0000 0000 0002';
    const paid = await client.call('POST', `/__sim/sessions/${authorized}/pay`, { card });
    const refused = await client.call('POST', `/__sim/sessions/${await openSession(client)}/pay`, {
      card: '4242424242424242',
    });
    const { body } = await client.api('GET', `/v1/transactions/${paid.body.transactionId}`);
    expect(body).toMatchObject({ status: 'AUTHORIZED', card: { masked_pan: '400000******0002' } });
    expect(refused.status).toBe(400);
  });

  it('can lie about amount, currency, reference and status', async () => {
    const lie = { amount: 1, currency: 'SEK', merchantReference: 'other', status: 'SETTLED_LATER' };
    const { body } = await client.call('POST', `/__sim/sessions/${await openSession(client)}/pay`, lie);
    const { body: transaction } = await client.api('GET', `/v1/transactions/${body.transactionId}`);
    expect(transaction).toMatchObject({
      amount: 1,
      currency: 'SEK',
      merchant_reference: 'other',
      status: 'SETTLED_LATER',
    });
  });
});

describe('sandbox transaction', () => {
  async function paid(outcome: string, more: object = {}): Promise<string> {
    const id = await openSession(client);
    return (await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome, ...more })).body.transactionId;
  }

  it('resolves a hold by itself when configured, once', async () => {
    const id = await paid('on_hold', { resolve: { status: 'FAILED', afterMs: 20 } });
    await until(async () => (await statusOf(id)) === 'FAILED');
    const { body } = await client.api('GET', `/v1/transactions/${id}`);
    expect(body.events.map((event: { event: string }) => event.event)).toEqual([
      'INITIALIZE',
      'INITIALIZE',
      'AUTHORIZE',
    ]);
  });

  it('is released from a hold by /authorization, and from nothing else', async () => {
    const held = await paid('on_hold');
    const authorized = await paid('authorize');
    const released = await client.api('POST', `/v1/transactions/${held}/authorization`, {});
    const refused = await client.api('POST', `/v1/transactions/${authorized}/authorization`, {});
    expect([released.body.status, refused.status]).toEqual(['AUTHORIZED', 409]);
  });

  it('of Klarna is extended with a reason and a reference, and can be captured as before', async () => {
    const id = await paid('authorize', { product: 'klarna.klarna' });
    const path = `/v1/transactions/${id}`;
    const asked = { reason: 'out of stock', reference: 'ext-1' };
    const { status, body } = await client.api('POST', `${path}/authorization`, asked);
    expect([status, body.status]).toEqual([200, 'AUTHORIZED']);
    const { metadata } = body.events.at(-1);
    expect(metadata).toMatchObject({
      'klarna:authorization_expiration_reason': 'out of stock',
      'klarna:authorization_expiration_reference': 'ext-1',
    });
    const days = (Date.parse(metadata['klarna:authorization_expiration']) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(28);
    expect((await client.api('GET', path)).body).toEqual(body);
    expect((await client.api('POST', `${path}/capture`, { amount: 100 })).body.status).toBe(
      'PARTIALLY_CAPTURED',
    );
    expect((await client.api('POST', `${path}/authorization`, {})).status).toBe(200);
    await client.api('POST', `${path}/capture`, { amount: 29890 });
    expect((await client.api('POST', `${path}/authorization`, {})).status).toBe(409);
  });

  it('of Klarna keeps its amount, and of another product has no extension', async () => {
    const klarna = await paid('authorize', { product: 'klarna.klarna' });
    const card = await paid('authorize');
    const ask = async (id: string, body: object) =>
      (await client.api('POST', `/v1/transactions/${id}/authorization`, body)).status;
    expect([await ask(klarna, { amount: 100 }), await ask(card, { reason: 'x' })]).toEqual([400, 409]);
  });

  it('refuses impossible changes unless they are forced', async () => {
    const id = await paid('decline');
    const change = { status: 'AUTHORIZED' };
    const refused = await client.call('POST', `/__sim/transactions/${id}/change`, change);
    const forced = await client.call('POST', `/__sim/transactions/${id}/change`, { ...change, force: true });
    expect([refused.status, forced.body.status]).toEqual([409, 'AUTHORIZED']);
  });

  it('is captured in parts up to the authorized sum', async () => {
    const id = await paid('authorize');
    const change = (status: string, amount: number) =>
      client.call('POST', `/__sim/transactions/${id}/change`, { status, amount });
    const statuses = [
      (await change('PARTIALLY_CAPTURED', 20_000)).status,
      (await change('CAPTURED', 10_000)).status,
      (await change('CAPTURED', 9_990)).status,
      (await change('REFUNDED', 29_991)).status,
    ];
    expect(statuses).toEqual([200, 400, 200, 400]);
    expect(await statusOf(id)).toBe('CAPTURED');
  });

  it('has one writable field', async () => {
    const id = await paid('authorize');
    const written = await client.api('PUT', `/v1/transactions/${id}`, { merchant_reference_2: 'second' });
    const refused = await client.api('PUT', `/v1/transactions/${id}`, { amount: 1 });
    const found = await client.api('GET', '/v1/transactions?merchant_reference_2=second');
    expect([written.body.merchant_reference_2, refused.status, found.body.length]).toEqual([
      'second',
      400,
      1,
    ]);
  });
});
