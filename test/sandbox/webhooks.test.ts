import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { signatureHeader } from '../../sandbox/dintero/callbacks/signature.ts';
import {
  ACCOUNT,
  type Answer,
  aSession,
  openSession,
  type Receiver,
  type SandboxClient,
  startReceiver,
  startSandbox,
  until,
} from './sandbox-client.ts';

const PATH = `/v1/accounts/${ACCOUNT}/hooks/subscriptions`;
const SECRET = 'hook-secret';

let client: SandboxClient;
let receiver: Receiver;

beforeEach(async () => {
  [client, receiver] = await Promise.all([startSandbox(), startReceiver()]);
  await client.call('POST', '/__sim/faults', { hookRetryScheduleMs: [5] });
});

afterEach(() => Promise.all([client.close(), receiver.close()]));

function subscribe(events: string[], more: object = {}): Promise<Answer> {
  const config = { url: `${receiver.url}/hook`, secret: SECRET };
  return client.api('POST', PATH, { config, events, ...more });
}

/** A subscription whose ping has been received and removed. */
async function subscribed(events: string[], more: object = {}): Promise<string> {
  const { body } = await subscribe(events, more);
  await until(() => receiver.received.length === 1);
  await settled();
  receiver.received.length = 0;
  return body.id;
}

async function settled(): Promise<{ state: string; attempts: unknown[] }[]> {
  const read = async () => (await client.call('GET', '/__sim/hooks/deliveries')).body;
  await until(async () => (await read()).every(({ state }: { state: string }) => state !== 'pending'));
  return read();
}

async function pay(payment: object = { outcome: 'authorize' }): Promise<string> {
  const id = await openSession(client);
  return (await client.call('POST', `/__sim/sessions/${id}/pay`, payment)).body.transactionId;
}

function lastReceived(): Receiver['received'][number] {
  const last = receiver.received.at(-1);
  if (last === undefined) throw new Error('nothing was received');
  return last;
}

const bodies = () => receiver.received.map(({ body }) => JSON.parse(body));

describe('sandbox webhook subscription', () => {
  it('is pinged when it is created and on demand, and shows its secret only once', async () => {
    const { body } = await subscribe(['checkout_transaction']);
    await until(() => receiver.received.length === 1);
    const pinged = await client.api('POST', `${PATH}/${body.id}/ping`);
    await until(() => receiver.received.length === 2);
    const [list, one] = [await client.api('GET', PATH), await client.api('GET', `${PATH}/${body.id}`)];
    expect(pinged.status).toBe(204);
    expect(body.config.secret).toBe(SECRET);
    expect(receiver.received[0]?.headers['event']).toBe('ping');
    expect(bodies()).toEqual([one.body, one.body]);
    expect(one.body).toMatchObject({ id: body.id, active: true, config: { secret: { type: 'HMAC-SHA1' } } });
    expect(list.body).toEqual([one.body]);
    expect(JSON.stringify(one.body)).not.toContain(SECRET);
  });

  it.each([
    ['a text', SECRET, SECRET],
    ['an object with its type', { type: 'HMAC-SHA1', secret: SECRET }, SECRET],
    ['an object without the secret itself', { type: 'HMAC-SHA1' }, undefined],
  ])('accepts a secret as %s, and shows only its type', async (_, secret, signsWith) => {
    const config = { url: `${receiver.url}/hook`, secret };
    const made = await client.api('POST', PATH, { config, events: ['checkout_transaction'] });
    await until(() => receiver.received.length === 1);
    const { headers, body } = lastReceived();
    const expected = signsWith && createHmac('sha1', signsWith).update(body).digest('hex');
    expect([made.status, headers['event-signature']]).toEqual([200, expected]);
    expect(made.body.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect((await client.api('GET', `${PATH}/${made.body.id}`)).body.config.secret).toEqual({
      type: 'HMAC-SHA1',
    });
  });

  it('refuses a secret of another type', async () => {
    const config = { url: `${receiver.url}/hook`, secret: { type: 'HMAC-SHA256', secret: SECRET } };
    const { status, body } = await client.api('POST', PATH, { config, events: ['checkout_transaction'] });
    expect([status, body.error.message]).toEqual([400, expect.stringContaining('config.secret')]);
  });

  it('is pinged according to the plan for events, so that a ping can be signed wrongly', async () => {
    await client.call('POST', '/__sim/faults', { hookPlan: { sign: 'wrong' } });
    await subscribe(['checkout_transaction']);
    await until(() => receiver.received.length === 1);
    const { headers, body } = lastReceived();
    const right = createHmac('sha1', SECRET).update(body).digest('hex');
    expect([headers['event'], headers['event-signature'] === right]).toEqual(['ping', false]);
  });

  it('is refused for unknown events, another account, and without a token', async () => {
    const config = { url: receiver.url };
    const answers = [
      await subscribe(['order.paid']),
      await client.api('POST', PATH, { config: { url: 'ftp://x.example' }, events: ['account_update'] }),
      await client.api('POST', PATH.replace(ACCOUNT, 'T99999999'), { config, events: ['account_update'] }),
      await client.call('POST', PATH, { config, events: ['account_update'] }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 403, 401]);
  });

  it('gets no more events once it is deleted', async () => {
    const id = await subscribed(['checkout_transaction']);
    expect((await client.api('DELETE', `${PATH}/${id}`)).status).toBe(204);
    await pay();
    await settled();
    expect(receiver.received).toHaveLength(0);
    expect((await client.api('GET', `${PATH}/${id}`)).status).toBe(404);
  });
});

describe('sandbox webhook', () => {
  it('reports everything on the account with a signature of the bytes', async () => {
    await subscribed(['checkout_transaction']);
    const id = await pay();
    await client.api('POST', `/v1/transactions/${id}/capture`, { amount: 29990 });
    await client.call('POST', `/__sim/transactions/${id}/refund`, { amount: 100 });
    const foreign = { merchantReference: 'other', amount: 5, currency: 'NOK', status: 'AUTHORIZED' };
    await client.call('POST', '/__sim/transactions', foreign);
    await settled();
    expect(bodies().map(({ transaction }) => [transaction.merchant_reference, transaction.status])).toEqual(
      expect.arrayContaining([
        ['order-1', 'AUTHORIZED'],
        ['order-1', 'CAPTURED'],
        ['order-1', 'PARTIALLY_REFUNDED'],
        ['other', 'AUTHORIZED'],
      ]),
    );
    for (const { headers, body } of receiver.received) {
      const expected = createHmac('sha1', SECRET).update(body).digest('hex');
      expect([headers['event'], headers['event-signature']]).toEqual(['checkout_transaction', expected]);
      expect(JSON.parse(body).event_delivery).toBe(headers['event-delivery']);
    }
  });

  it('reports results of payments by checkout_authorization, without a transaction where there is none', async () => {
    await subscribed(['checkout_authorization']);
    const sessionId = await openSession(client);
    await client.call('POST', `/__sim/sessions/${sessionId}/pay`, { outcome: 'cancel' });
    const id = await pay();
    await client.call('POST', `/__sim/transactions/${id}/capture`, { amount: 1 });
    await settled();
    const sorted = bodies().sort((a, b) => ('transaction' in a ? 1 : 0) - ('transaction' in b ? 1 : 0));
    expect(sorted).toMatchObject([
      { authorization: { merchant_reference: 'order-1', session_id: sessionId, error: 'cancelled' } },
      { authorization: { transaction_id: id }, transaction: { id, status: 'AUTHORIZED' } },
    ]);
    expect(sorted[0]).not.toHaveProperty('transaction');
  });

  it.each([
    ['transaction/status', { status: 'AUTHORIZED' }],
    ['transaction(status, amount)', { status: 'AUTHORIZED', amount: 29_990 }],
    ['transaction(status),transaction/amount', { status: 'AUTHORIZED', amount: 29_990 }],
    ['transaction/events/event', { events: [{ event: 'INITIALIZE' }, { event: 'AUTHORIZE' }] }],
    ['*/status', { status: 'AUTHORIZED' }],
    ['transaction/status/deeper', {}],
    ['authorization', undefined],
  ])('sends only the fields of a filter text: %s', async (fields, transaction) => {
    const id = await subscribed(['checkout_transaction'], { fields });
    await pay();
    await settled();
    const [{ event_delivery, ...rest }] = bodies();
    const envelope = { account_id: ACCOUNT, event: 'checkout_transaction' };
    expect(rest).toEqual(transaction === undefined ? envelope : { ...envelope, transaction });
    expect(event_delivery).toEqual(expect.any(String));
    expect((await client.api('GET', PATH)).body).toMatchObject([{ id, fields }]);
  });

  it.each(['', 'transaction(', 'transaction(id', 'transaction)', 'a,,b', '/a', 'a(b)c', ['transaction']])(
    'refuses an invalid filter text: %j',
    async (fields) => {
      expect((await subscribe(['checkout_transaction'], { fields })).status).toBe(400);
    },
  );

  it('leaves out the listed fields', async () => {
    const [fields, exclude_fields] = ['transaction(id,status)', ['transaction.status']];
    await subscribed(['checkout_transaction'], { fields, exclude_fields });
    const id = await pay();
    await settled();
    expect(bodies()[0].transaction).toEqual({ id });
  });

  it('is sent five times, also after a 4xx or a redirect, which it does not follow', async () => {
    const id = await subscribed(['checkout_transaction']);
    receiver.answers.push(302, 404, 500, 503, 200);
    await pay();
    expect((await settled()).at(-1)).toMatchObject({ state: 'delivered', attempts: { length: 5 } });
    expect(new Set(receiver.received.map(({ headers }) => headers['event-delivery'])).size).toBe(1);
    const { body } = await client.api('GET', `${PATH}/${id}/deliveries`);
    expect(body.map(({ status }: { status: number }) => status)).toEqual([200, 503, 500, 404, 302, 200]);
  });

  it('waits while webhooks are switched off, and is tried again when they are on', async () => {
    await subscribed(['checkout_transaction']);
    await client.call('POST', '/__sim/faults', { hookRetryScheduleMs: [2_000] });
    receiver.answers.push(500);
    await pay();
    await until(() => receiver.received.length === 1);
    await client.call('POST', '/__sim/faults', { webhooks: 'off' });
    const { body } = await client.call('GET', '/__sim/hooks/deliveries');
    await until(() => Date.now() > Date.parse(body.at(-1).nextAt) + 50);
    expect(receiver.received).toHaveLength(1);
    await client.call('POST', '/__sim/faults', { webhooks: 'on' });
    expect((await settled()).at(-1)).toMatchObject({ state: 'delivered' });
    expect(receiver.received).toHaveLength(2);
  });

  it('shows its attempts as Dintero documents them: a row each, and the request in the details', async () => {
    const id = await subscribed(['checkout_transaction']);
    receiver.answers.push(401);
    const transactionId = await pay();
    await settled();
    const { body: rows } = await client.api('GET', `${PATH}/${id}/deliveries`);
    const { headers } = lastReceived();
    const attempt = { id: expect.any(String), created_at: expect.stringMatching(/Z$/) };
    const event_delivery = headers['event-delivery'];
    expect(rows.slice(0, 2)).toEqual([
      { ...attempt, event_delivery, status: 200 },
      { ...attempt, event_delivery, status: 401 },
    ]);
    const { body: details } = await client.api('GET', `${PATH}/${id}/deliveries/${rows[1].id}`);
    expect(details).toMatchObject({
      ...rows[1],
      url: `${receiver.url}/hook`,
      request: { headers: { event: 'checkout_transaction', 'event-delivery': event_delivery } },
      details: { delivery_success: false, delivery_duration: expect.any(Number) },
    });
    expect(JSON.parse(details.request.body).transaction.id).toBe(transactionId);
    expect((await client.api('GET', `${PATH}/${id}/deliveries/nobody`)).status).toBe(404);
  });

  it('has no status in an attempt without an answer', async () => {
    const config = { url: 'http://127.0.0.1:9/hook', secret: SECRET };
    const { body } = await client.api('POST', PATH, { config, events: ['checkout_transaction'] });
    const path = `${PATH}/${body.id}/deliveries`;
    await until(async () => (await client.api('GET', path)).body.length > 0);
    expect((await client.api('GET', path)).body[0]).not.toHaveProperty('status');
  });

  it('loses its subscription after several failed deliveries in a row', async () => {
    await client.call('POST', '/__sim/faults', { hookFailuresToDelete: 2 });
    const id = await subscribed(['checkout_transaction']);
    receiver.answers.push(...Array.from({ length: 10 }, () => 500));
    await pay();
    await settled();
    expect((await client.api('GET', `${PATH}/${id}`)).status).toBe(200);
    await pay();
    await until(async () => (await client.api('GET', `${PATH}/${id}`)).status === 404);
    const { body } = await client.call('GET', '/__sim/hooks');
    expect(body[0]).toMatchObject({ id, failures: 2, deletedBecause: expect.stringContaining('failed') });
  });

  it('misbehaves as configured', async () => {
    const id = await subscribed(['checkout_transaction']);
    const transactionId = await pay();
    await settled();
    receiver.received.length = 0;
    const send = (plan: object) => client.call('POST', `/__sim/hooks/${id}/send`, plan);
    await send({ transactionId, copies: 2, sameDelivery: true });
    await send({
      transactionId,
      accountId: 'T99999999',
      event: 'unheard_of',
      patch: { transaction: { amount: 1 } },
    });
    await send({ transactionId, staleMs: 60_000, sign: 'none' });
    await send({ nested: 500_000, sign: 'wrong' });
    await send({ transactionId, truncate: true });
    await settled();
    const found = (test: (text: string) => boolean) => receiver.received.filter(({ body }) => test(body));
    expect(new Set(receiver.received.map(({ headers }) => headers['event-delivery'])).size).toBe(5);
    expect(found((text) => text.includes('"unheard_of"') && text.includes('"amount":1,'))).toHaveLength(1);
    expect(found((text) => text.includes('"INITIATED"') && !text.includes('"AUTHORIZED"'))).toHaveLength(1);
    expect(found((text) => text.length === 1_000_000)).toHaveLength(1);
    expect(found((text) => !text.endsWith('}') && text.startsWith('{'))).toHaveLength(1);
  });
});

describe('sandbox signature secret', () => {
  it('signs callbacks as soon as it is created', async () => {
    const { body } = await client.api('POST', '/v1/admin/signature');
    const id = await openSession(client, `${receiver.url}/cb`);
    await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' });
    await until(() => receiver.received.length === 1);
    const target = receiver.received[0]?.target ?? '';
    const header = String(receiver.received[0]?.headers['dintero-signature']);
    const t = Number(/^t=(\d+)/.exec(header)?.[1]);
    const { secret } = body.signature;
    expect(header).toBe(
      signatureHeader({ secret, account: ACCOUNT, method: 'GET', url: receiver.url + target, t }),
    );
  });

  it('is shown, and rotated with an overlap in which the old one still signs', async () => {
    await client.call('POST', '/__sim/faults', { signatureOverlapMs: 60_000 });
    const before = await client.api('GET', '/v1/admin/signature');
    const made = await client.api('POST', '/v1/admin/signature');
    const after = await client.api('GET', '/v1/admin/signature');
    expect(before.body.signature).toEqual({
      type: 'v0-hmac-sha256',
      secret: 'sandbox-signature-secret-0001',
    });
    expect(after.body).toEqual(made.body);
    expect(made.body.signature.secret).not.toBe(before.body.signature.secret);
  });
});

describe('sandbox settlement', () => {
  async function capturedOf(product: string, amount: number): Promise<string> {
    const { body } = await client.api('POST', '/v1/sessions-profile', aSession());
    const payment = { outcome: 'authorize', product };
    const paid = await client.call('POST', `/__sim/sessions/${body.id}/pay`, payment);
    const id = paid.body.transactionId;
    await client.api('POST', `/v1/transactions/${id}/capture`, { amount, capture_reference: 'c1' });
    return id;
  }

  it('is captures less refunds less fee, once, with a row for each event', async () => {
    const id = await capturedOf('vipps', 20000);
    await client.api('POST', `/v1/transactions/${id}/refund`, { amount: 5000 });
    const terms = { feeBasisPoints: 175, feeFixed: 100 };
    const { body } = await client.call('POST', '/__sim/settlements', terms);
    const again = await client.call('POST', '/__sim/settlements', terms);
    expect(body[0]).toMatchObject({
      provider: 'vipps',
      amounts: [{ amount: 14550, capture: 20000, refund: 5000, fee: 450, currency: 'NOK' }],
    });
    expect(again.body).toEqual([]);
    const path = `/v1/accounts/${ACCOUNT}/settlements/${body[0].id}/attachments/rows`;
    expect((await client.api('GET', path)).body).toMatchObject([
      { event: 'CAPTURE', event_reference: 'c1', amount: 19550 },
      { event: 'REFUND', amount: -5000 },
    ]);
    const transaction = (await client.api('GET', `/v1/transactions/${id}`)).body;
    expect(transaction.settlement_status).toBe('PARTIALLY_SETTLED');
    expect(transaction.events[2].settlements.events[0]).toMatchObject({
      settlement_id: body[0].id,
      fee: 450,
    });
  });

  it('is listed newest first, page by page by a pair of id and date', async () => {
    for (const provider of ['vipps', 'klarna', 'payex']) await capturedOf(`${provider}.x`, 100);
    await client.call('POST', '/__sim/settlements', { settledAt: '2026-11-01T00:00:00Z' });
    const list = async (query: string): Promise<Answer> =>
      client.api('GET', `/v1/accounts/${ACCOUNT}/settlements?${query}`);
    const seen: string[] = [];
    for (let query: string | undefined = 'limit=1'; query !== undefined;) {
      const { body }: Answer = await list(query);
      seen.push(...body.items.map((item: { id: string }) => item.id));
      const key = body.last_evaluated_key;
      query =
        key === undefined
          ? undefined
          : `limit=1&starting_after_id=${key.id}&starting_after_date=${key.settled_at}`;
    }
    expect(new Set(seen).size).toBe(3);
    expect((await list('payment_provider=klarna')).body.items).toHaveLength(1);
    expect((await list('created_at.gte=2026-11-02')).body.items).toHaveLength(0);
    expect((await list(`starting_after_id=${seen[0]}`)).status).toBe(400);
  });
});
