/** Every request that the adapter can send, shown to stripe-mock: it knows each field of Stripe's API. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { judgeRequests } from '../../../bin/testing/judge-requests.js';
import { startStripeMock } from '../../../bin/testing/stripe-mock.js';
import { noteRequest } from '../../../sandbox/stripe/http/request-journal.ts';
import type { SessionRequest } from '../../../src/gateways/gateway.ts';
import { toForm } from '../../../src/gateways/stripe/form-parameters.ts';
import { API_VERSION, createStripeClient } from '../../../src/gateways/stripe/client.ts';
import { toLineItems } from '../../../src/gateways/stripe/line-items.ts';
import { localeOf } from '../../../src/gateways/stripe/locales.ts';
import { STRIPE_OPTIONS } from '../../../src/gateways/stripe/options.ts';
import { toSessionForm } from '../../../src/gateways/stripe/session-request.ts';
import {
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
} from '../../../src/gateways/stripe/webhook-endpoints.ts';
import { anOperation, aSessionRequest, gatewayAt, INTENT, KEY, SESSION, settingsFor } from './fake-stripe.ts';

type StripeMock = Awaited<ReturnType<typeof startStripeMock>>;

const NOW = new Date('2026-11-21T12:00:00.000Z');
const formOf = (changes: Partial<SessionRequest> = {}, now = NOW) =>
  Object.fromEntries(
    toForm(toSessionForm(aSessionRequest(changes), { publicUrl: 'https://pay.example', now })),
  );

const LINES = [
  { id: 'chair', lineId: '1', description: 'Chair', quantity: 2, amountMinor: 68_300 },
  { id: 'freight', lineId: '2', description: '', quantity: 1, amountMinor: 3_900 },
];

const FULL: Partial<SessionRequest> = {
  lines: LINES,
  customer: { email: 'jo@shop.example', phone: '+4799999999', name: 'Jo' },
  language: 'no',
  options: {
    statementDescriptor: 'SHOP 1001',
    statementDescriptorSuffix: 'ORDER 1001',
    paymentMethodTypes: ['card', 'klarna'],
    multicapture: true,
    paymentMethodConfiguration: 'pmc_1MsQ2aLkdIwHu7ix',
  },
};

describe('the form of a stripe session', () => {
  it('has our key on the session and on its payment, and our return URL twice', () => {
    const url = 'https://pay.example/return/stripe?k=return-key&payment=pay_1';
    expect(formOf()).toEqual({
      mode: 'payment',
      client_reference_id: 'pay_1',
      'line_items[0][quantity]': '1',
      'line_items[0][price_data][currency]': 'nok',
      'line_items[0][price_data][unit_amount]': '72200',
      'line_items[0][price_data][product_data][name]': 'Order 1001',
      success_url: url,
      cancel_url: url,
      expires_at: String(Date.parse('2026-11-21T16:00:00.000Z') / 1_000),
      'metadata[payment]': 'pay_1',
      'metadata[order]': '1001',
      'metadata[n]': '1',
      'metadata[host]': 'pay.example',
      'payment_intent_data[capture_method]': 'manual',
      'payment_intent_data[description]': 'Order 1001',
      'payment_intent_data[metadata][payment]': 'pay_1',
      'payment_intent_data[metadata][order]': '1001',
      'payment_intent_data[metadata][n]': '1',
      'payment_intent_data[metadata][host]': 'pay.example',
    });
    expect(formOf({ capture: 'auto' })).not.toHaveProperty(['payment_intent_data[capture_method]']);
  });

  it('has a line for each that Stripe can multiply, and one for all others', () => {
    const items = (lines: SessionRequest['lines']) =>
      toLineItems({ ...aSessionRequest(), lines }).map((item) => {
        const { unit_amount: price, product_data: product } = item['price_data'] as {
          unit_amount: number;
          product_data: { name: string };
        };
        return [product.name, item['quantity'], price];
      });
    expect(items(LINES)).toEqual([
      ['Chair', 2, 34_150],
      ['freight', 1, 3_900],
    ]);
    const [chair] = LINES as [(typeof LINES)[number]];
    const whole = [['Order 1001', 1, 72_200]];
    for (const odd of [
      { quantity: 1.5 },
      { quantity: 0 },
      { amountMinor: -1 },
      { quantity: 3, amountMinor: 100 },
    ])
      expect(items([{ ...chair, ...odd }])).toEqual(whole);
    expect(items(Array.from({ length: 101 }, () => chair))).toEqual(whole);
    expect(items([])).toEqual(whole);
  });

  it.each([
    ['2026-11-21T16:00:00.000Z', 4 * 3_600],
    ['2026-11-21T12:01:00.000Z', 30.5 * 60],
    ['2026-11-25T12:00:00.000Z', 24 * 3_600 - 30],
  ])('expires at %s or when Stripe allows it', (expiresAt, seconds) => {
    expect(Number(formOf({ expiresAt: new Date(expiresAt) })['expires_at'])).toBe(
      NOW.getTime() / 1_000 + seconds,
    );
  });

  it('is the same in a later try, where the lifetime is one that we offer', () => {
    const expiresAt = new Date(NOW.getTime() + 31 * 60_000);
    expect(formOf({ expiresAt }, new Date(NOW.getTime() + 20_000))).toEqual(formOf({ expiresAt }));
  });

  it.each([
    ['no', 'nb'],
    ['nn-NO', 'nb'],
    ['nb', 'nb'],
    ['sv-SE', 'sv'],
    ['en-GB', 'en-GB'],
    ['EN_gb', 'en-GB'],
    ['en-US', 'en'],
    ['pt-br', 'pt-BR'],
    ['zh-TW', 'zh-TW'],
    ['is', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('has the language %s as %s', (language, locale) => {
    expect(localeOf(language)).toBe(locale);
  });

  it('takes the options that are Stripe’s own, and no others', () => {
    const form = formOf(FULL);
    expect(form).toMatchObject({
      locale: 'nb',
      customer_email: 'jo@shop.example',
      payment_method_configuration: 'pmc_1MsQ2aLkdIwHu7ix',
      'payment_method_options[card][request_multicapture]': 'if_available',
      'payment_intent_data[statement_descriptor]': 'SHOP 1001',
      'payment_intent_data[statement_descriptor_suffix]': 'ORDER 1001',
    });
    expect(JSON.stringify(form)).not.toContain('4799999999');
    for (const wrong of [
      { statementDescriptor: 'x'.repeat(23) },
      { statementDescriptor: '12345' },
      { statementDescriptorSuffix: 'a*b' },
      { paymentMethodTypes: ['Card'] },
      { paymentMethodTypes: [] },
      { multicapture: false },
      { paymentMethodConfiguration: 'x' },
      { other: 1 },
    ])
      expect(STRIPE_OPTIONS.safeParse(wrong).success).toBe(false);
  });
});

describe('stripe-mock', () => {
  let mock: StripeMock = null;

  beforeAll(async () => {
    mock = await startStripeMock();
  }, 150_000);

  afterAll(() => mock?.close());

  /** The error that stripe-mock has for a request; null where it has none or was not there. */
  const judged = (call: (at: NonNullable<StripeMock>) => Promise<unknown>) =>
    mock === null
      ? Promise.resolve(null)
      : call(mock).then(
          () => null,
          (error: Error) => error.message,
        );

  it('refuses a field that Stripe does not have', async () => {
    if (mock === null) return;
    const client = createStripeClient(settingsFor(mock.url), { now: () => NOW });
    const form = { mode: 'payment', no_such_field: 1 };
    const { status } = await client({ operation: 'x', method: 'POST', path: '/v1/checkout/sessions', form });
    expect(status).toBe(400);
  });

  it('is shown the requests of a run once a shape, and refuses the wrong ones of the adapter', async () => {
    if (mock === null) return;
    const folder = await mkdtemp(join(tmpdir(), 'requests-'));
    const headers = {
      'stripe-version': API_VERSION,
      'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
    };
    const note = (path: string, form: string, userAgent = 'paidonce') =>
      noteRequest(folder, {
        method: 'POST',
        path,
        query: '',
        form,
        headers: { ...headers, 'user-agent': userAgent },
      });
    note('/v1/refunds', 'charge=ch_1A&amount=1&metadata[order]=1');
    note('/v1/refunds', 'charge=ch_2B&amount=22&metadata[order]=x');
    note('/v1/refunds', 'charge=ch_1A&reason=because');
    note('/v1/refunds', 'charge=ch_1A&sum=1');
    note('/v1/refunds', 'charge=ch_1A&sum=1', 'Stripe/v1 NodeBindings');
    note('/v1/payment_intents/pi_1A/seize', '');
    const judged = await judgeRequests(folder);
    expect(judged).toMatchObject({ requests: 5, shapes: 4 });
    expect(judged?.refused.map((words) => words.split(' is refused')[0]?.trim())).toEqual([
      `POST /v1/refunds charge=text reason=because ${API_VERSION}`,
      `POST /v1/refunds charge=text sum=integer ${API_VERSION}`,
      `POST /v1/payment_intents/…/seize ${API_VERSION}`,
    ]);
  });

  // Its sessions have ids of their own and no metadata of ours, so answers are judged by other tests.
  const ODD_ANSWER = /not the requested one|expected|Invalid input|not understood/;

  it.each([
    ['the shortest session', {}],
    ['the fullest session', FULL],
    ['a session that is captured by Stripe', { ...FULL, capture: 'auto' as const }],
  ])('takes %s', async (_, changes) => {
    expect(await judged(({ url }) => gatewayAt({ url }).createSession(aSessionRequest(changes)))).toBeNull();
  });

  it('takes every read and listing', async () => {
    const since = NOW;
    expect(await judged(({ url }) => gatewayAt({ url }).readPayment({ sessionId: SESSION }))).toBeNull();
    expect(await judged(({ url }) => gatewayAt({ url }).findSessions(KEY, since))).toBeNull();
    expect(await judged(({ url }) => gatewayAt({ url }).cancelSession(SESSION))).toBeNull();
    for (const listing of ['sessions', 'events'])
      expect(
        await judged(({ url }) => gatewayAt({ url }).listPage({ listing, since, cursor: null })),
      ).toBeNull();
    const within = { sessionIds: [], from: NOW, to: NOW };
    expect(await judged(({ url }) => gatewayAt({ url }).countMissedCallbacks(within))).toBeNull();
    expect((await judged(({ url }) => gatewayAt({ url }).checkCredentials())) ?? 'expected').toMatch(
      ODD_ANSWER,
    );
  });

  it('takes every read of parts', async () => {
    if (mock === null) return;
    const client = createStripeClient(settingsFor(mock.url), { now: () => NOW });
    for (const [path, query] of [
      ['/v1/refunds', { charge: 'ch_1', limit: 100, starting_after: 're_1' }],
      ['/v1/disputes', { payment_intent: INTENT, limit: 100 }],
      ['/v1/charges/ch_1', { expand: ['balance_transaction'] }],
      [`/v1/payment_intents/${INTENT}`, { expand: ['latest_charge'] }],
      ['/v1/events', { delivery_success: false, types: ['charge.captured'], created: { gte: 1, lt: 2 } }],
    ] as const)
      expect((await client({ operation: 'read', method: 'GET', path, query })).status).toBe(200);
  });

  it.each([
    ['capture', {}],
    ['capture', { finalCapture: true, amountMinor: 1 }],
    ['void', {}],
    ['refund', { reason: 'requested_by_customer' }],
    ['refund', { reason: 'the chair was broken' }],
  ] as const)('takes a %s', async (kind, changes) => {
    if (mock === null) return;
    const answer = await gatewayAt({ url: mock.url }).operate(anOperation({ kind, ...changes }));
    expect(answer).toEqual({ kind: 'answered' });
  });

  it('takes the subscription, in our version of the API', async () => {
    if (mock === null) return;
    const calls = { client: createStripeClient(settingsFor(mock.url), { now: () => NOW }) };
    await listEndpoints(calls);
    const problem = await judged(() => createEndpoint(calls, 'https://pay.example/callbacks/stripe'));
    // Its example has no secret.
    expect(problem ?? 'secret').toMatch(/secret/);
    expect(await judged(() => deleteEndpoint(calls, 'we_1'))).toBeNull();
    expect(API_VERSION).toBe('2026-08-26.dahlia');
  });
});
