/** Checkout Sessions: their creation, their rules, their lists and their end. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Stripe } from 'stripe';
import { aManualSession, aSession, startStripeSandbox, type StripeSandboxClient } from './stripe-client.ts';

let sandbox: StripeSandboxClient;
beforeAll(async () => {
  sandbox = await startStripeSandbox();
});
beforeEach(async () => {
  await sandbox.sim('/reset', {});
});
afterAll(() => sandbox.close());

type Changes = Partial<Stripe.Checkout.SessionCreateParams>;
const create = (changes: Changes = {}) => sandbox.stripe.checkout.sessions.create(aSession(changes));
const now = () => Math.floor(Date.now() / 1_000);
const line = (price: object, quantity: unknown = 1) =>
  ({
    line_items: [{ quantity, price_data: { currency: 'nok', product_data: { name: 'Chair' }, ...price } }],
  }) as Changes;

/** The error that Stripe would answer with. */
async function refusal(asked: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await asked.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Stripe.errors.StripeError) return error;
  throw error;
}

describe('a session', () => {
  it('has the address of its page, the sum of its lines, and no payment intent', async () => {
    const session = await create({
      ...line({ unit_amount: 1_250 }, 3),
      locale: 'nb',
      customer_email: 'kari@example.com',
    });
    expect(session).toMatchObject({
      object: 'checkout.session',
      amount_total: 3_750,
      currency: 'nok',
      client_reference_id: 'order-1',
      customer_email: 'kari@example.com',
      locale: 'nb',
      metadata: { key: 'order-1' },
      mode: 'payment',
      payment_intent: null,
      status: 'open',
      url: `${sandbox.url}/c/pay/${session.id}`,
    });
    expect(session.id).toMatch(/^cs_test_a1\w{56}$/);
    expect(session.expires_at - session.created).toBe(86_400);
  });

  it('offers only cards where the money is held, unless methods are named', async () => {
    const { payment_method_types: automatic } = await create();
    expect(automatic).toContain('sepa_debit');
    const held = await sandbox.stripe.checkout.sessions.create(aManualSession());
    expect(held.payment_method_types).toEqual(['card', 'link']);
    expect((await create({ payment_method_types: ['ideal'] } as Changes)).payment_method_types).toEqual([
      'ideal',
    ]);
  });

  it('shows its lines where they are asked for', async () => {
    const { id } = await create(line({ unit_amount: 1_250 }, 3));
    expect(await sandbox.stripe.checkout.sessions.retrieve(id)).not.toHaveProperty('line_items');
    const { line_items: lines } = await sandbox.stripe.checkout.sessions.retrieve(id, {
      expand: ['line_items'],
    });
    expect(lines?.data).toMatchObject([
      { object: 'item', description: 'Chair', quantity: 3, amount_total: 3_750 },
    ]);
    const listed = await sandbox.stripe.checkout.sessions.listLineItems(id);
    expect(listed.data).toEqual(lines?.data);
  });

  it('changes only its metadata, and an empty value removes a key', async () => {
    const { id } = await create({ metadata: { one: '1', two: '2' } });
    const changed = await sandbox.stripe.checkout.sessions.update(id, { metadata: { one: '', three: '3' } });
    expect(changed.metadata).toEqual({ two: '2', three: '3' });
  });
});

describe('Stripe refuses', () => {
  it.each<[string, Changes, { param?: string; code?: string }]>([
    ['an unknown parameter', { foo: '1' } as Changes, { param: 'foo', code: 'parameter_unknown' }],
    [
      'an unknown parameter of a line',
      line({ unit_amount: 1_000, foo: '1' }),
      { param: 'line_items[0][price_data][foo]', code: 'parameter_unknown' },
    ],
    [
      'no success_url',
      { success_url: undefined } as unknown as Changes,
      { param: 'success_url', code: 'parameter_missing' },
    ],
    ['an address that is none', { success_url: 'nowhere' }, { param: 'success_url', code: 'url_invalid' }],
    ['a language that it does not know', { locale: 'no' }, { param: 'locale' }],
    [
      'a broken quantity',
      line({ unit_amount: 1_000 }, 1.5),
      { param: 'line_items[0][quantity]', code: 'parameter_invalid_integer' },
    ],
    [
      'a negative price',
      line({ unit_amount: -1 }),
      { param: 'line_items[0][price_data][unit_amount]', code: 'parameter_invalid_integer' },
    ],
    ['a sum below the least', line({ unit_amount: 299 }), { code: 'amount_too_small' }],
    [
      'a currency that it does not know',
      line({ currency: 'zzz', unit_amount: 1_000 }),
      { param: 'line_items[0][price_data][currency]' },
    ],
    [
      'parts of a króna',
      line({ currency: 'isk', unit_amount: 1_050 }),
      { param: 'line_items[0][price_data][unit_amount]' },
    ],
    [
      'a third decimal that is not 0',
      line({ currency: 'kwd', unit_amount: 10_001 }),
      { param: 'line_items[0][price_data][unit_amount]' },
    ],
    ['a long reference', { client_reference_id: 'x'.repeat(201) }, { param: 'client_reference_id' }],
    [
      '51 keys of metadata',
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, '1'])) },
      { param: 'metadata' },
    ],
    ['a long value of metadata', { metadata: { key: 'x'.repeat(501) } }, { param: 'metadata[key]' }],
    [
      'a short statement descriptor',
      { payment_intent_data: { statement_descriptor: 'abc' } },
      { param: 'payment_intent_data[statement_descriptor]' },
    ],
  ])('%s', async (_, changes, expected) => {
    expect(await refusal(create(changes))).toMatchObject({
      statusCode: 400,
      type: 'StripeInvalidRequestError',
      ...expected,
    });
  });

  it.each([29 * 60, 24 * 3_600 + 60])('a life of %d s', async (seconds) => {
    expect(await refusal(create({ expires_at: now() + seconds }))).toMatchObject({ param: 'expires_at' });
  });

  it('a session that it does not have', async () => {
    expect(await refusal(sandbox.stripe.checkout.sessions.retrieve('cs_test_none'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      message: "No such checkout.session: 'cs_test_none'",
    });
  });
});

it.each([
  ['isk', 105_000],
  ['jpy', 1_050],
  ['kwd', 10_010],
])('takes %s in the digits that Stripe counts', async (currency, amount) => {
  expect(await create(line({ currency, unit_amount: amount }))).toMatchObject({
    currency,
    amount_total: amount,
  });
});

describe('the end of an open session', () => {
  it('comes by a call, once', async () => {
    const { id } = await create();
    expect(await sandbox.stripe.checkout.sessions.expire(id)).toMatchObject({ status: 'expired', url: null });
    await sandbox.stripe.events
      .list({ type: 'checkout.session.expired' })
      .then(({ data }) => expect(data).toHaveLength(1));
    expect(await refusal(sandbox.stripe.checkout.sessions.expire(id))).toMatchObject({ statusCode: 400 });
  });

  it('comes by itself when its time is over', async () => {
    const { id } = await create({ expires_at: now() + 31 * 60 });
    await sandbox.sim('/clock', { advanceSeconds: 30 * 60 });
    expect(await sandbox.stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: 'open' });
    await sandbox.sim('/clock', { advanceSeconds: 2 * 60 });
    expect(await sandbox.stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: 'expired' });
    expect((await sandbox.stripe.events.list()).data.map(({ type }) => type)).toEqual([
      'checkout.session.expired',
    ]);
  });

  it('cancels the payment intent of a payer who tried', async () => {
    const { id } = await create();
    const { transactionId } = await sandbox.sim(`/sessions/${id}/pay`, { outcome: 'decline' });
    expect(await refusal(sandbox.stripe.paymentIntents.cancel(transactionId))).toMatchObject({
      statusCode: 400,
    });
    await sandbox.stripe.checkout.sessions.expire(id);
    expect(await sandbox.stripe.paymentIntents.retrieve(transactionId)).toMatchObject({ status: 'canceled' });
  });
});

describe('the list of sessions', () => {
  it('is newest first, in pages, forwards and backwards', async () => {
    const ids: string[] = [];
    for (let at = 0; at < 5; at++) ids.unshift((await create()).id);
    const { sessions } = sandbox.stripe.checkout;
    const first = await sessions.list({ limit: 2 });
    expect([first.data.map(({ id }) => id), first.has_more]).toEqual([ids.slice(0, 2), true]);
    const last = await sessions.list({ limit: 3, starting_after: ids[1] as string });
    expect([last.data.map(({ id }) => id), last.has_more]).toEqual([ids.slice(2), false]);
    const before = await sessions.list({ limit: 2, ending_before: ids[3] as string });
    expect([before.data.map(({ id }) => id), before.has_more]).toEqual([ids.slice(1, 3), true]);
    const all: string[] = [];
    for await (const { id } of sessions.list({ limit: 2 })) all.push(id);
    expect(all).toEqual(ids);
    expect(await refusal(sessions.list({ limit: 101 }))).toMatchObject({ param: 'limit' });
  });

  it('finds by payment intent, status and time, with the payment in each row', async () => {
    const [open, paid] = [await create(), await create()];
    const { transactionId } = await sandbox.sim(`/sessions/${paid.id}/pay`, { outcome: 'authorize' });
    const ids = async (params: Stripe.Checkout.SessionListParams) =>
      (await sandbox.stripe.checkout.sessions.list(params)).data.map(({ id }) => id);
    expect(await ids({ payment_intent: transactionId })).toEqual([paid.id]);
    expect(await ids({ status: 'open' })).toEqual([open.id]);
    expect(await ids({ created: { gte: now() + 60 } })).toEqual([]);
    expect(await ids({ created: { gte: now() - 60, lt: now() + 60 } })).toEqual([paid.id, open.id]);
    const { data } = await sandbox.stripe.checkout.sessions.list({
      expand: ['data.payment_intent.latest_charge.refunds'],
    });
    expect(data[0]).toMatchObject({
      payment_intent: { id: transactionId, latest_charge: { refunds: { data: [] } } },
    });
    expect(data[1]).toMatchObject({ payment_intent: null });
    expect(await refusal(sandbox.stripe.checkout.sessions.list({ expand: ['data.nothing'] }))).toMatchObject({
      param: 'expand',
    });
  });
});
