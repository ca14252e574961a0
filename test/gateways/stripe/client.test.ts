import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import { modeOf } from '../../../src/gateways/stripe/settings.ts';
import { STRIPE_VARIABLES } from '../../../src/gateways/stripe/variables.ts';
import { GatewayRejected, GatewayUnavailable, KeySpent } from '../../../src/gateways/gateway-errors.ts';
import type { GatewayCall } from '../../../src/gateways/gateway-descriptor.ts';
import {
  ACCOUNT,
  anError,
  anOpenSession,
  anOperation,
  anIntent,
  aCharge,
  aSessionRequest,
  gatewayAt,
  INTENT,
  SECRET_KEY,
  SESSION,
  settingsFor,
  startFakeStripe,
  type FakeStripe,
} from './fake-stripe.ts';

const CREATE = 'POST /v1/checkout/sessions';
const REFUND = 'POST /v1/refunds';
const CAPTURE = `POST /v1/payment_intents/${INTENT}/capture`;
const INTENT_READ = `GET /v1/payment_intents/${INTENT}`;
const MESSAGE = { type: 'api_error', message: 'something' };

let fake: FakeStripe;

beforeEach(async () => {
  fake = await startFakeStripe();
});

afterEach(() => fake.close());

const thrownBy = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => new Error('it did not throw'),
    (error: Error) => error,
  );

describe('every call to stripe', () => {
  it('has the key, the version and, where it must happen once, an idempotency key', async () => {
    fake.on(CREATE, { json: anOpenSession() });
    await gatewayAt(fake).createSession(aSessionRequest());
    const [call] = fake.calls(CREATE);
    expect(call?.headers).toMatchObject({
      authorization: `Bearer ${SECRET_KEY}`,
      'stripe-version': '2026-08-26.dahlia',
      'idempotency-key': 'pay_1-open-1',
      'content-type': expect.stringContaining('application/x-www-form-urlencoded'),
      'user-agent': 'paidonce',
    });
    expect(call?.headers).not.toHaveProperty('stripe-context');
  });

  it('with the key of an organization names the account', async () => {
    fake.on('GET /v1/account', { json: { id: ACCOUNT } });
    const secretKey = 'sk_org_test_abc';
    const gateway = createStripeGateway(settingsFor(fake.url, { secretKey }));
    expect(await gateway.checkCredentials()).toEqual({ account: ACCOUNT });
    expect(fake.seen[0]?.headers['stripe-context']).toBe(ACCOUNT);
  });

  it('with a restricted key is tried where it must work', async () => {
    fake.on('GET /v1/checkout/sessions', { json: { data: [] } });
    const gateway = createStripeGateway(settingsFor(fake.url, { secretKey: 'rk_test_abc' }));
    expect(await gateway.checkCredentials()).toEqual({});
    fake.on('GET /v1/checkout/sessions', anError(403, { message: 'no permission' }));
    expect(await thrownBy(gateway.checkCredentials())).toMatchObject({ kind: 'credentials' });
  });

  it.each([
    [401, {}, { kind: 'credentials' }],
    [403, {}, { kind: 'credentials' }],
    [429, { 'retry-after': '7' }, { kind: 'rate_limited', retryAfterMs: 7_000 }],
    [500, {}, { kind: 'silent' }],
    [503, {}, { kind: 'silent' }],
    [302, { location: 'https://evil.example' }, { kind: 'silent' }],
  ])('that is answered %i is unavailable', async (status, headers, expected) => {
    const message = `Invalid API Key provided: ${SECRET_KEY}`;
    fake.on('GET /v1/account', anError(status, { message }, headers));
    const calls: GatewayCall[] = [];
    const gateway = gatewayAt(fake, { onCall: (call) => calls.push(call) });
    const error = await thrownBy(gateway.checkCredentials());
    expect(error).toBeInstanceOf(GatewayUnavailable);
    expect(error).toMatchObject(expected);
    expect(inspect(error)).not.toContain(SECRET_KEY);
    expect(calls).toMatchObject([
      { operation: 'check credentials', serverDate: new Date('2026-11-21T12:00:05Z') },
    ]);
  });

  it('that is refused says why, without secrets, contacts and control characters', async () => {
    const message = `No sk_test_51*****7ix or ${SECRET_KEY}, jo@shop.example\n\u0000`;
    fake.on('GET /v1/account', anError(400, { message, code: 'parameter_unknown' }));
    const error = await thrownBy(gatewayAt(fake).checkCredentials());
    expect(error).toBeInstanceOf(GatewayRejected);
    expect(error.message).toBe('Stripe check credentials: No … or …, …  (parameter_unknown)');
  });
});

describe('opening a stripe session', () => {
  const open = (changes = {}) => gatewayAt(fake).createSession(aSessionRequest(changes));

  it('gives its id and its address', async () => {
    fake.on(CREATE, { json: anOpenSession() });
    const checkoutUrl = `https://checkout.stripe.com/c/pay/${SESSION}`;
    expect(await open()).toEqual({ sessionId: SESSION, checkoutUrl });
  });

  it.each([
    ['an id of another kind', { id: 'pi_1' }],
    ['no address', { url: null }],
    ['an address that is no URL', { url: 'javascript:alert(1)' }],
    ['the other mode', { livemode: true }],
  ])('is not believed with %s', async (_, changes) => {
    fake.on(CREATE, { json: anOpenSession(changes) });
    expect(await thrownBy(open())).toMatchObject({ kind: 'silent' });
  });

  it('is refused with Stripe’s reason, without the payer’s data', async () => {
    fake.on(
      CREATE,
      anError(400, { message: 'Jo Doe of Karl Johans gate 1 can not pay', param: 'line_items' }),
    );
    const customer = { name: 'Jo Doe', billingAddress: { line1: 'Karl Johans gate 1' } };
    const error = await thrownBy(open({ customer }));
    expect(error).toBeInstanceOf(GatewayRejected);
    expect(error.message).not.toMatch(/Doe|Karl/);
  });

  it('leaves out an e-mail address that Stripe does not take', async () => {
    fake.on(CREATE, anError(400, { code: 'email_invalid', param: 'customer_email' }), {
      json: anOpenSession(),
    });
    await open({ customer: { email: 'jo@shop.example' } });
    const [first, second] = fake.calls(CREATE);
    expect([first?.body.get('customer_email'), second?.body.get('customer_email')]).toEqual([
      'jo@shop.example',
      null,
    ]);
    expect(second?.headers['idempotency-key']).not.toBe(first?.headers['idempotency-key']);
  });

  it.each([
    [
      'with another body',
      anError(400, { type: 'idempotency_error', message: 'Keys for idempotent requests' }),
    ],
    ['with a stored failure', anError(500, MESSAGE, { 'Idempotent-Replayed': 'true' })],
  ])('needs another key after one that was used %s', async (_, reply) => {
    fake.on(CREATE, reply);
    expect(await thrownBy(open())).toBeInstanceOf(KeySpent);
  });

  it.each([
    ['a failure that is not stored', anError(500, MESSAGE), 'silent'],
    [
      'a request with the same key that is under way',
      anError(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }),
      'silent',
    ],
    ['a lock', anError(429, { code: 'lock_timeout' }), 'rate_limited'],
    ['a broken connection', { drop: true }, 'silent'],
  ])('is tried again with the same key after %s', async (_, reply, kind) => {
    fake.on(CREATE, reply);
    const error = await thrownBy(open());
    expect(error).not.toBeInstanceOf(KeySpent);
    expect(error).toMatchObject({ kind });
  });
});

describe('a stripe operation', () => {
  const refund = (changes = {}) => gatewayAt(fake).operate(anOperation({ kind: 'refund', ...changes }));

  it('is sent with its key and reference', async () => {
    fake.on(REFUND, { json: {} });
    expect(await refund({ amountMinor: 500, reason: 'duplicate' })).toEqual({ kind: 'answered' });
    expect(fake.calls(REFUND)[0]?.headers['idempotency-key']).toBe('op_1');
    expect(Object.fromEntries(fake.calls(REFUND)[0]?.body ?? [])).toEqual({
      payment_intent: INTENT,
      amount: '500',
      reason: 'duplicate',
      'metadata[reference]': 'parcel-1',
      'metadata[host]': 'pay.example',
    });
    await refund({ reason: 'broken' });
    expect(fake.calls(REFUND)[1]?.body.get('reason')).toBeNull();
  });

  it.each([
    ['unavailable', 72_200, undefined, null],
    ['available', 72_200, undefined, null],
    ['available', 50_000, undefined, 'false'],
    ['available', 50_000, false, 'false'],
    ['available', 50_000, true, null],
  ])(
    'captures with multicapture %s, %i and final %s: final_capture is %s',
    async (status, amountMinor, finalCapture, final) => {
      const charge = aCharge({
        payment_method_details: { type: 'card', card: { multicapture: { status } } },
      });
      fake.on(INTENT_READ, { json: anIntent({ latest_charge: charge }) });
      fake.on(CAPTURE, { json: {} });
      await gatewayAt(fake).operate(
        anOperation({ amountMinor, ...(finalCapture !== undefined && { finalCapture }) }),
      );
      const form = fake.calls(CAPTURE)[0]?.body;
      expect([form?.get('final_capture'), form?.get('amount_to_capture')]).toEqual([
        final,
        String(amountMinor),
      ]);
      const [[name, value] = []] = [...(form ?? [])].filter(([field]) => field.startsWith('metadata'));
      expect([name, value]).toEqual([
        expect.stringMatching(/^metadata\[capture_[0-9a-f]{16}\]$/),
        `${amountMinor} parcel-1`,
      ]);
    },
  );

  it('is not sent where its read gets no answer', async () => {
    fake.on(INTENT_READ, anError(500, MESSAGE));
    const call = gatewayAt(fake).operate(anOperation());
    expect(await thrownBy(call)).toBeInstanceOf(GatewayUnavailable);
    expect(fake.calls(CAPTURE)).toEqual([]);
  });

  it.each([
    [
      anError(400, { code: 'charge_already_refunded', message: 'Charge ch_1 has already been refunded.' }),
      { kind: 'declined', reason: 'Charge ch_1 has already been refunded. (charge_already_refunded)' },
    ],
    [anError(402, { type: 'card_error', decline_code: 'x' }), { kind: 'declined' }],
    [anError(404, { code: 'resource_missing' }), { kind: 'declined' }],
    [anError(409, { code: 'idempotency_key_in_use', type: 'idempotency_error' }), { kind: 'busy' }],
    [anError(400, { type: 'idempotency_error' }), { kind: 'lost', isKeySpent: true }],
    [anError(500, MESSAGE, { 'Idempotent-Replayed': 'true' }), { kind: 'lost', isKeySpent: true }],
    [{ raw: 'no json' }, { kind: 'lost' }],
  ])('that is answered %j ends so', async (reply, expected) => {
    fake.on(REFUND, reply);
    expect(await refund()).toMatchObject(expected);
  });

  it.each([anError(500, MESSAGE), anError(503, MESSAGE), { drop: true }])(
    'that is answered %j is lost',
    async (reply) => {
      fake.on(REFUND, reply);
      expect(await refund()).toEqual({ kind: 'lost', reason: expect.any(String) });
    },
  );

  it.each([401, 403, 429])('that is answered %i was certainly not done', async (status) => {
    fake.on(REFUND, anError(status, MESSAGE));
    expect(await thrownBy(refund())).toBeInstanceOf(GatewayUnavailable);
  });

  it('that could not be sent was certainly not done', async () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const gateway = gatewayAt(fake, { fetch: () => Promise.reject(new TypeError('failed', { cause })) });
    const call = gateway.operate(anOperation({ kind: 'refund' }));
    expect(await thrownBy(call)).toBeInstanceOf(GatewayUnavailable);
  });

  it('on anything but a PaymentIntent is declined unsent', async () => {
    expect(await refund({ transactionId: '../account' })).toMatchObject({ kind: 'declined' });
    expect(fake.seen).toEqual([]);
  });
});

describe('the settings of stripe', () => {
  it.each([
    ['sk_test_abc', 'test'],
    ['sk_live_abc', 'live'],
    ['rk_live_abc', 'live'],
    ['sk_org_live_abc', 'live'],
    ['sk_org_test_abc', 'test'],
    ['sk_test_live_abc', 'test'],
  ])('take the mode from the key %s', (key, mode) => {
    expect(modeOf(key)).toBe(mode);
  });

  it.each([
    ['STRIPE_ACCOUNT_ID', 'acct_', 'acc_1', ''],
    ['STRIPE_SECRET_KEY', 'pk_test_abc', 'sk_test_', 'sk_test_a b', 'sk_abc', ''],
    ['STRIPE_WEBHOOK_SECRETS', '', 'whsec_', 'whsec_a, whsec_b', 'whsec_a,', 'abc'],
    ['STRIPE_API_URL', 'api.stripe.com', 'ftp://x', 'https://a:b@c'],
  ])('refuse what can not be %s', (name, ...wrong) => {
    const form = STRIPE_VARIABLES.shape[name];
    for (const value of wrong) expect([value, form?.safeParse(value).success]).toEqual([value, false]);
  });

  it('take several secrets, and have a default host', () => {
    expect(STRIPE_VARIABLES.shape['STRIPE_WEBHOOK_SECRETS']?.parse('whsec_a,whsec_b')).toEqual([
      'whsec_a',
      'whsec_b',
    ]);
    expect(STRIPE_VARIABLES.shape['STRIPE_API_URL']?.parse(undefined)).toBe('https://api.stripe.com');
  });

  it('that are wrong are named, without their values', () => {
    const wrong = { accountId: 'x-account', secretKey: 'pk_secret', webhookSecrets: ['secret'], apiUrl: 'x' };
    const create = () => createStripeGateway(settingsFor('x', wrong));
    expect(create).toThrow(/accountId .* secretKey .* webhookSecrets .* apiUrl/);
    expect(create).not.toThrow(/pk_secret|'secret'/);
  });
});
