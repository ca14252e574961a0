import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Stripe } from 'stripe';
import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import { signEvent } from '../../../src/gateways/stripe/signature.ts';
import type { Delivery, RawRequest, Verification } from '../../../src/gateways/verification.ts';
import {
  ACCOUNT,
  aCharge,
  aDispute,
  anIntent,
  aRefund,
  aSession,
  INTENT,
  KEY,
  METADATA,
  SESSION,
  settingsFor,
} from './fake-stripe.ts';

/** Stripe's own library makes the headers, and judges the same requests. */
const stripe = new Stripe('sk_test_x', { telemetry: false });
const gateway = createStripeGateway(settingsFor('https://api.stripe.com'));
const AT = 1_795_262_405;

function requestOf(
  body: string | Buffer,
  changes: Partial<RawRequest> = {},
  secret = 'whsec_new',
): RawRequest {
  const bytes = Buffer.from(body);
  const header = stripe.webhooks.generateTestHeaderString({
    payload: bytes.toString('utf8'),
    secret,
    timestamp: AT,
  });
  return {
    method: 'POST',
    target: '/callbacks/stripe',
    headers: { 'stripe-signature': header },
    body: bytes,
    receivedAt: new Date(AT * 1_000),
    ...changes,
  };
}

type Fields = Record<string, unknown>;

function anEvent(type: string, object: Fields, changes: Fields = {}): Fields {
  return {
    id: 'evt_1MtwBwLkdIwHu7ix',
    object: 'event',
    api_version: '2026-08-26.dahlia',
    created: AT,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    ...changes,
  };
}

function aThinEvent(type: string, related: Fields | null, changes: Fields = {}): Fields {
  return {
    id: 'evt_test_65UP',
    object: 'v2.core.event',
    created: '2026-11-21T12:00:05.000Z',
    livemode: false,
    related_object: related,
    type,
    ...changes,
  };
}

const verify = (event: unknown, secret?: string): Verification =>
  gateway.verify(requestOf(typeof event === 'string' ? event : JSON.stringify(event), {}, secret));

function delivered(event: unknown, secret?: string): Delivery {
  const verification = verify(event, secret);
  if (verification.outcome !== 'verified') throw new Error(JSON.stringify(verification));
  return verification.deliveries[0];
}

const PLAIN_INTENT = { ...anIntent(), latest_charge: 'ch_1' };
const PLAIN_SESSION = { ...aSession(), payment_intent: INTENT };

describe('a stripe event', () => {
  it("about a payment of ours has the key in its object's metadata", () => {
    const event = anEvent('payment_intent.amount_capturable_updated', PLAIN_INTENT);
    expect(delivered(event)).toEqual({
      kind: 'payment',
      key: KEY,
      claim: { event: event['type'], transactionId: INTENT, eventRef: 'authorized' },
      eventId: 'evt_1MtwBwLkdIwHu7ix',
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      ageSeconds: 0,
      secretIndex: 0,
      secretFingerprint: expect.any(String),
      isBodySigned: true,
    });
    const { body, headers } = requestOf(JSON.stringify(event));
    const judged = stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', 'whsec_new', 1e9);
    expect(judged.id).toBe('evt_1MtwBwLkdIwHu7ix');
  });

  it('may be signed by any of several secrets', () => {
    expect(delivered(anEvent('payment_intent.succeeded', PLAIN_INTENT), 'whsec_old').secretIndex).toBe(1);
  });

  it.each([
    ['checkout.session.completed', PLAIN_SESSION, 'session:complete:unpaid'],
    ['checkout.session.completed', { ...PLAIN_SESSION, payment_status: 'paid' }, 'session:complete:paid'],
    [
      'checkout.session.expired',
      { ...PLAIN_SESSION, payment_intent: null, status: 'expired' },
      'session:expired:unpaid',
    ],
    ['checkout.session.async_payment_failed', PLAIN_SESSION, 'failed'],
    ['payment_intent.succeeded', { ...PLAIN_INTENT, status: 'succeeded', amount_received: 5 }, 'captured:5'],
    ['payment_intent.amount_capturable_updated', { ...PLAIN_INTENT, amount_received: 7 }, 'captured:7'],
    ['payment_intent.processing', { ...PLAIN_INTENT, status: 'processing' }, 'processing'],
    ['payment_intent.canceled', { ...PLAIN_INTENT, status: 'canceled' }, 'voided'],
    ['payment_intent.payment_failed', { ...PLAIN_INTENT, status: 'requires_payment_method' }, 'failed'],
    ['charge.succeeded', aCharge(), 'authorized'],
    ['charge.captured', aCharge({ captured: true, amount_captured: 5 }), 'captured:5'],
    ['charge.captured', aCharge({ captured: true, amount_captured: 5, amount_refunded: 3 }), 'captured:5'],
    ['charge.refunded', aCharge({ captured: true, amount_captured: 5, amount_refunded: 3 }), 'refunded:3'],
    ['charge.expired', aCharge(), 'voided'],
    ['charge.failed', aCharge({ status: 'failed', failure_code: 'card_declined' }), 'failed'],
    ['refund.updated', aRefund({ status: 'failed' }), 'refund:re_3MtwBwLkdIwHu7ix2one:failed'],
    ['charge.dispute.closed', aDispute({ status: 'lost' }), 'dispute:du_1MtJUT2eZvKYlo2CNaw2HvEv:lost'],
  ] as const)('%s tells its fact', (type, object, eventRef) => {
    const { claim, kind } = delivered(anEvent(type, object));
    expect([kind, claim.event, claim.eventRef]).toEqual(['payment', type, eventRef]);
  });

  it('of a refund or a dispute has no key of ours, and names its payment', () => {
    for (const [type, object] of [
      ['refund.created', aRefund()],
      ['refund.created', aRefund({ metadata: { reference: 'ret-1', host: 'pay.example' } })],
      ['charge.dispute.created', aDispute()],
      ['charge.dispute.created', aDispute({ payment_intent: { id: INTENT, object: 'payment_intent' } })],
    ] as const)
      expect(delivered(anEvent(type, object))).toMatchObject({
        key: null,
        isKeyless: true,
        claim: { transactionId: INTENT },
      });
  });

  it('says why a payment failed, in a word', () => {
    const last = {
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      message: 'John Doe has no money',
    };
    const event = anEvent('payment_intent.payment_failed', {
      ...PLAIN_INTENT,
      status: 'requires_payment_method',
      last_payment_error: last,
    });
    expect(delivered(event).claim.error).toBe('insufficient_funds');
  });

  it.each([
    ['without our metadata', {}],
    ['of another paidonce', { ...METADATA, host: 'other.example' }],
    ['with a key that can not be ours', { ...METADATA, order: 'a b' }],
  ])('%s is foreign', (_, metadata) => {
    for (const [type, object] of [
      ['payment_intent.succeeded', { ...PLAIN_INTENT, metadata }],
      ['checkout.session.completed', { ...PLAIN_SESSION, metadata }],
      ['charge.captured', aCharge({ metadata })],
    ] as const) {
      const delivery = delivered(anEvent(type, object));
      expect([delivery.kind, delivery.key, delivery.isKeyless]).toEqual(['payment', null, undefined]);
    }
    const refund = delivered(anEvent('refund.created', aRefund({ metadata: { host: 'other.example' } })));
    expect(refund.isKeyless).toBeUndefined();
  });

  it.each([
    ['of another type', anEvent('customer.created', { object: 'customer', id: 'cus_1' })],
    ['that only says that a payment exists', anEvent('payment_intent.created', PLAIN_INTENT)],
    ['of the other mode', anEvent('payment_intent.succeeded', PLAIN_INTENT, { livemode: true })],
    ['of a connected account', anEvent('payment_intent.succeeded', PLAIN_INTENT, { account: 'acct_2' })],
    ['that is thin and of another account', aThinEvent('v1.charge.captured', null, { context: 'acct_2' })],
  ])('%s is other', (_, event) => {
    expect(delivered(event)).toMatchObject({ kind: 'other', key: null, eventId: event['id'] });
  });

  it('that names our own account is ours', () => {
    expect(delivered(anEvent('charge.captured', aCharge(), { account: ACCOUNT })).key).toEqual(KEY);
  });

  it('of one fact has one content, and another fact another', () => {
    const hashOf = (type: string, object: Fields, changes: Fields = {}) =>
      delivered(anEvent(type, object, changes)).contentHash;
    const succeeded = { ...PLAIN_INTENT, status: 'succeeded', amount_received: 5 };
    const first = hashOf('payment_intent.succeeded', succeeded);
    expect(hashOf('payment_intent.succeeded', succeeded, { id: 'evt_2', created: AT + 1 })).toBe(first);
    expect(hashOf('charge.captured', aCharge({ captured: true, amount_captured: 5 }))).toBe(first);
    expect(hashOf('payment_intent.succeeded', { ...succeeded, amount_received: 6 })).not.toBe(first);
    expect(hashOf('payment_intent.succeeded', { ...succeeded, id: 'pi_2' })).not.toBe(first);
    const [one, two] = [1, 2].map((sum) =>
      hashOf('charge.refunded', aCharge({ captured: true, amount_captured: 5, amount_refunded: sum })),
    );
    expect(one).not.toBe(two);
  });
});

describe('a thin stripe event', () => {
  it.each([
    ['v1.checkout.session.completed', { id: SESSION, type: 'checkout.session' }, { sessionId: SESSION }],
    ['v1.payment_intent.succeeded', { id: INTENT, type: 'payment_intent' }, { transactionId: INTENT }],
    ['v1.refund.created', { id: 're_1', type: 'refund' }, {}],
    ['v1.charge.captured', null, {}],
  ])('%s names its object and no more', (type, related, ids) => {
    const delivery = delivered(aThinEvent(type, related));
    expect(delivery).toMatchObject({ kind: 'payment', key: null, isKeyless: true, eventId: 'evt_test_65UP' });
    expect(delivery.claim).toEqual({ event: type, ...ids });
  });

  it('is the same delivery as its snapshot, and two of them are two facts', () => {
    const related = { id: 'ch_1', type: 'charge' };
    const thin = (changes: Fields) => delivered(aThinEvent('v1.charge.refunded', related, changes));
    expect(thin({ snapshot_event: 'evt_1' }).eventId).toBe('evt_1');
    expect(thin({ id: 'evt_a' }).contentHash).not.toBe(thin({ id: 'evt_b' }).contentHash);
  });
});

describe('a signed stripe webhook that is not understood', () => {
  const { type: _, ...untyped } = anEvent('charge.captured', aCharge());
  it.each([
    ['a text', '"str"'],
    ['a number', '1'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['a byte order mark', `\uFEFF${JSON.stringify(anEvent('charge.captured', aCharge()))}`],
    ['an event without a type', JSON.stringify(untyped)],
    ['an object of another kind', JSON.stringify(anEvent('charge.captured', { object: 'toaster', id: 'x' }))],
    ['a float amount', JSON.stringify(anEvent('charge.captured', aCharge({ amount_refunded: 1.5 })))],
    [
      'a control character in an id',
      JSON.stringify(anEvent('charge.captured', aCharge(), { id: 'evt_\u0000' })),
    ],
    ['an odd payment id', JSON.stringify(anEvent('charge.captured', aCharge({ payment_intent: '../../x' })))],
    ['deep nesting', '['.repeat(20_000)],
  ])('is unclear: %s', (_name, body) => {
    expect(delivered(body)).toMatchObject({ kind: 'unclear', isBodySigned: true });
  });

  it('is unclear with invalid UTF-8, whose bytes are signed', () => {
    const event = JSON.stringify(anEvent('charge.captured', aCharge({ description: '?' })));
    const [before = '', after = ''] = event.split('?');
    const body = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
    const headers = { 'stripe-signature': signEvent(body, 'whsec_new', AT) };
    expect(gateway.verify(requestOf(body, { headers }))).toMatchObject({
      outcome: 'verified',
      deliveries: [{ kind: 'unclear', key: null }],
    });
  });

  it('has an id that is made of its bytes', () => {
    expect(delivered('hello').eventId).toBe(delivered('hello').eventId);
    expect(delivered('hello').eventId).not.toBe(delivered('hallo').eventId);
  });
});

describe('a stripe webhook with a wrong signature', () => {
  const event = JSON.stringify(anEvent('payment_intent.succeeded', PLAIN_INTENT));
  const withHeader = (header: string | undefined, body = event) =>
    gateway.verify(requestOf(body, { headers: header === undefined ? {} : { 'stripe-signature': header } }));

  it.each([
    [undefined, 'no_signature'],
    ['', 'no_signature'],
    ['v1=', 'malformed_signature'],
    [`t=${AT},v1=`, 'malformed_signature'],
    [`t=${AT},v1=${'é'.repeat(64)}`, 'malformed_signature'],
    [`t=${AT},v1=${'0'.repeat(63)}ß`, 'malformed_signature'],
    [`t=${AT},v1=${'0'.repeat(64)}`, 'wrong_signature'],
    [`t=${AT},v1=${'0'.repeat(64)}, t=${AT},v1=${'0'.repeat(64)}`, 'malformed_signature'],
  ])('%p is refused, and what it claims is kept', (header, reason) => {
    expect(withHeader(header)).toMatchObject({
      outcome: 'refused',
      reason,
      key: KEY,
      claim: { transactionId: INTENT },
    });
  });

  it('that names nothing, or is no POST, is malformed', () => {
    expect(withHeader(undefined, '{}').outcome).toBe('malformed');
    expect(gateway.verify(requestOf(event, { method: 'GET' })).outcome).toBe('malformed');
  });

  it('is not parsed where it is larger than any event', () => {
    const large = JSON.stringify({ ...JSON.parse(event), filler: 'x'.repeat(300_000) });
    expect(withHeader(`t=${AT},v1=${'0'.repeat(64)}`, large)).toMatchObject({ key: null, claim: {} });
  });

  it('of another body is refused, and an old one is stale', () => {
    const { headers } = requestOf(event);
    const changed = gateway.verify(requestOf(event.replace('72200', '1'), { headers }));
    expect(changed).toMatchObject({ outcome: 'refused', reason: 'wrong_signature' });
    const late = gateway.verify(requestOf(event, { receivedAt: new Date((AT + 301) * 1_000) }));
    expect(late).toMatchObject({ outcome: 'stale', deliveries: [{ ageSeconds: 301, key: KEY }] });
  });

  it('never throws for any header and body', () => {
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('t=1,v1=', 't=,v1=a', ',,,', '=='),
    );
    fc.assert(
      fc.property(header, fc.uint8Array(), (value, bytes) => {
        const verification = gateway.verify(
          requestOf(Buffer.from(bytes), { headers: { 'stripe-signature': value } }),
        );
        expect(['refused', 'malformed']).toContain(verification.outcome);
      }),
    );
    fc.assert(fc.property(fc.json(), (body) => expect(verify(body).outcome).toBe('verified')));
  });
});
