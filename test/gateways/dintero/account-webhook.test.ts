import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import { signBody } from '../../../src/gateways/dintero/body-signature.ts';
import type { Delivery, RawRequest, Verification } from '../../../src/gateways/verification.ts';
import { ACCOUNT, anEvent, aTransaction, KEY, SESSION, settingsFor, TRANSACTION } from './fake-dintero.ts';

const SECRETS = ['new-hook-secret', 'old-hook-secret'];
const gateway = createDinteroGateway(settingsFor('http://127.0.0.1:1', { webhookSecrets: SECRETS }));
const METADATA = { ext_paidonce_payment: 'pay_1', ext_paidonce_order: '1001', ext_paidonce_n: 1 };

function aRequest(body: string | Buffer, headers: Record<string, string> = {}): RawRequest {
  const target = '/callbacks/dintero/account';
  return { method: 'POST', target, headers, body: Buffer.from(body), receivedAt: new Date() };
}

function verify(
  body: unknown,
  changes: { secret?: string; headers?: Record<string, string> } = {},
): Verification {
  const bytes = typeof body === 'string' ? body : JSON.stringify(body);
  const { secret = 'new-hook-secret', headers = {} } = changes;
  return gateway.verify(aRequest(bytes, { 'event-signature': signBody(bytes, secret), ...headers }));
}

function deliveryOf(verification: Verification): Delivery {
  if (!('deliveries' in verification)) throw new Error(JSON.stringify(verification));
  return verification.deliveries[0];
}

function anEnvelope(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const delivery = '9ebb6d41-dca5-484e-8330-9c9fa96b60ba';
  const transaction = aTransaction();
  return {
    account_id: ACCOUNT,
    event: 'checkout_transaction',
    event_delivery: delivery,
    transaction,
    ...changes,
  };
}

describe('a dintero account webhook with a valid signature', () => {
  it('has an HMAC-SHA1 of its bytes, in hexadecimal', () => {
    // RFC 2202, test case 2.
    expect(signBody('what do ya want for nothing?', 'Jefe')).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
  });

  it('names the session, by which its payment is found', () => {
    expect(verify(anEnvelope())).toEqual({
      outcome: 'verified',
      deliveries: [
        {
          eventId: 'account/9ebb6d41-dca5-484e-8330-9c9fa96b60ba',
          contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
          key: null,
          isKeyless: true,
          claim: { sessionId: SESSION, transactionId: TRANSACTION },
          kind: 'payment',
          ageSeconds: 0,
          secretIndex: 0,
          secretFingerprint: createHash('sha256').update('new-hook-secret').digest('hex').slice(0, 8),
          isBodySigned: true,
        },
      ],
    });
  });

  it('is matched by its session alone, since another shop on the account may name payments as we do', () => {
    const delivery = deliveryOf(verify(anEnvelope({ transaction: aTransaction({ metadata: METADATA }) })));
    expect(delivery).toMatchObject({ key: null, isKeyless: true, kind: 'payment' });
  });

  it('may be signed with any of the secrets', () => {
    expect(deliveryOf(verify(anEnvelope(), { secret: 'old-hook-secret' })).secretIndex).toBe(1);
  });

  it.each([
    ['AUTHORIZED', [anEvent('AUTHORIZE', 'AUTHORIZED', 1)], undefined],
    ['CAPTURED', [anEvent('AUTHORIZE', 'AUTHORIZED', 1), anEvent('CAPTURE', 'CAPTURED', 1)], 'CAPTURE'],
    ['AUTHORIZED', [anEvent('CAPTURE', 'AUTHORIZED', 1, false)], 'CAPTURE'],
    ['AUTHORIZED', [anEvent('INITIATE_VOID', 'AUTHORIZED', 1)], 'VOID'],
    ['REFUNDED', [anEvent('REFUND', 'REFUNDED', 1)], 'REFUND'],
    ['CAPTURED', [anEvent('CAPTURE', 'CAPTURED', 1), anEvent('SETTLEMENT', 'CAPTURED', 1)], undefined],
    ['PARTIALLY_REFUNDED', undefined, 'REFUND'],
    ['AUTHORIZATION_VOIDED', [], 'VOID'],
    ['AUTHORIZED', 'none', undefined],
  ])('of a transaction in %s names the last operation: %j', (status, events, event) => {
    const transaction = aTransaction({ status, events });
    const { eventRef, ...claim } = deliveryOf(verify(anEnvelope({ transaction }))).claim;
    expect(claim).toEqual({ sessionId: SESSION, transactionId: TRANSACTION, ...(event && { event }) });
    expect(eventRef?.endsWith(`/${event}`)).not.toBe(false);
  });

  it('of a transaction names the last event that moved money', () => {
    const refOf = (...events: object[]) =>
      deliveryOf(verify(anEnvelope({ transaction: aTransaction({ status: 'CAPTURED', events }) }))).claim
        .eventRef;
    expect(refOf({ id: 'e1', event: 'AUTHORIZE' }, { id: 'e2', event: 'CAPTURE' })).toBe('e2/CAPTURE');
    expect(refOf({ id: 'e2', event: 'INITIATE_CAPTURE' })).toBeUndefined();
    expect(refOf({ event: 'CAPTURE' })).toBeUndefined();
    expect(refOf({ id: 'e1', event: 'AUTHORIZE' })).toBeUndefined();
  });

  it('of an authorization may have no transaction', () => {
    const authorization = { merchant_reference: '1001', session_id: SESSION, error: 'cancelled' };
    const body = anEnvelope({ event: 'checkout_authorization', authorization, transaction: undefined });
    expect(deliveryOf(verify(body))).toMatchObject({
      kind: 'payment',
      claim: { sessionId: SESSION, error: 'cancelled' },
    });
  });

  it('has the same hash for the same contents under any delivery id', () => {
    const hashOf = (changes: Record<string, unknown>) => deliveryOf(verify(anEnvelope(changes))).contentHash;
    const captured = (id: string) => ({
      transaction: aTransaction({
        status: 'CAPTURED',
        events: [{ ...anEvent('CAPTURE', 'CAPTURED', 1), id }],
      }),
    });
    expect(hashOf({ event_delivery: 'another', more: 'of it' })).toBe(hashOf({}));
    expect(hashOf(captured('a'))).not.toBe(hashOf({}));
    expect(hashOf(captured('b'))).not.toBe(hashOf(captured('a')));
    // Documented with six fields only: then its time of change must be enough.
    const short = (at: string) => ({ transaction: { id: TRANSACTION, session_id: SESSION, updated_at: at } });
    expect(hashOf(short('2026-11-21T12:00:01Z'))).not.toBe(hashOf(short('2026-11-21T12:00:02Z')));
  });

  it('takes its id from the signed body, then from the header, then from its bytes', () => {
    const nameless = anEnvelope({ event_delivery: undefined });
    const headers = { 'event-delivery': ' from-the-header ' };
    expect(deliveryOf(verify(anEnvelope(), { headers })).eventId).toContain('9ebb6d41');
    expect(deliveryOf(verify(nameless, { headers })).eventId).toBe('account/from-the-header');
    expect(deliveryOf(verify(nameless)).eventId).toMatch(/^account\/[0-9a-f]{64}$/);
  });

  it.each([
    ['a ping', { event: 'ping', transaction: undefined }],
    ['a ping that names no account', { event: 'ping', account_id: undefined }],
    ['a settlement', { event: 'settlement_add', transaction: undefined }],
    ['a future event', { event: 'checkout_teleport' }],
  ])('needs no action when it is %s', (_name, changes) => {
    expect(deliveryOf(verify(anEnvelope(changes)))).toMatchObject({ kind: 'ping', key: null });
  });

  // docs.dintero.com, subscription deliveries, ping: the subscription itself, without account or event.
  it('needs no action when it is the ping from the documentation', () => {
    const ping = {
      created_at: '2026-11-21T12:00:00Z',
      created_by: 'client-1',
      id: '1e6b2a4c-0d0e-4f4a-9d4e-2f4f8f1c1a11',
      updated_at: '2026-11-21T12:00:00Z',
      active: true,
      config: {
        content_type: 'application/json',
        insecure_ssl: '0',
        secret: { type: 'HMAC-SHA1' },
        url: 'https://pay.example/callbacks/dintero/account',
      },
      events: ['checkout_transaction'],
    };
    const headers = { event: 'ping', 'event-delivery': 'd1' };
    expect(deliveryOf(verify(ping, { headers }))).toMatchObject({ kind: 'ping', key: null, claim: {} });
  });

  it.each([
    ['another account', anEnvelope({ account_id: 'T99999999' })],
    ['no account', anEnvelope({ account_id: undefined })],
    ['no event', anEnvelope({ event: undefined })],
    ['an event of 300 characters', anEnvelope({ event: 'x'.repeat(300) })],
    ['a ping of another account', anEnvelope({ event: 'ping', account_id: 'P12345678' })],
    [
      'a session of another account',
      anEnvelope({ transaction: aTransaction({ session_id: 'P99999999.abc' }) }),
    ],
    ['a transaction of another account', anEnvelope({ transaction: aTransaction({ id: 'P99999999.abc' }) })],
    ['no session', anEnvelope({ transaction: aTransaction({ session_id: undefined }) })],
    ['a session that is a path', anEnvelope({ transaction: aTransaction({ session_id: '../x' }) })],
    ['no transaction', anEnvelope({ transaction: undefined })],
    [
      'another session than in its summary',
      anEnvelope({ authorization: { session_id: `${ACCOUNT}.other` } }),
    ],
    [
      'our key beside another order',
      anEnvelope({ transaction: aTransaction({ metadata: METADATA, merchant_reference: '1002' }) }),
    ],
    ['a list', [anEnvelope()]],
    ['a text', '"checkout_transaction"'],
    ['truncated JSON', JSON.stringify(anEnvelope()).slice(0, 200)],
    ['nothing', ''],
    ['no JSON', '<xml/>'],
  ])('is unclear with %s', (_name, body) => {
    expect(deliveryOf(verify(body))).toMatchObject({ kind: 'unclear', ageSeconds: 0 });
  });

  it('is parsed fast at any depth and width', () => {
    const startedAt = performance.now();
    const deep = '['.repeat(500_000) + ']'.repeat(500_000);
    const within = (text: string) => JSON.stringify(anEnvelope()).replace('"events":[', `"events":[${text},`);
    for (const body of [deep, within(deep), within('{},'.repeat(300_000) + '{}')])
      expect(['payment', 'unclear']).toContain(deliveryOf(verify(body)).kind);
    expect(deliveryOf(verify(within(deep))).kind).toBe('payment');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('never throws, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (transaction, authorization) => {
        const event = 'checkout_transaction';
        const body = { account_id: ACCOUNT, event, transaction, authorization };
        expect(['payment', 'unclear']).toContain(deliveryOf(verify(body)).kind);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a dintero account webhook without a valid signature', () => {
  const signed = (body: string) => ({ 'event-signature': signBody(body, 'new-hook-secret') });
  const body = JSON.stringify(anEnvelope({ transaction: aTransaction({ metadata: METADATA }) }));

  it('is refused, and keeps its claim', () => {
    const claim = { sessionId: SESSION, transactionId: TRANSACTION };
    expect(gateway.verify(aRequest(body))).toMatchObject({ reason: 'no_signature', key: KEY, claim });
    expect(verify(body, { secret: 'a-forgers' })).toMatchObject({
      reason: 'wrong_signature',
      key: KEY,
      claim,
    });
    expect(gateway.verify(aRequest(body, { 'event-signature': 'sha1=abc' }))).toMatchObject({
      outcome: 'refused',
      reason: 'malformed_signature',
    });
  });

  it('is refused where no secret is configured, with that reason', () => {
    const without = createDinteroGateway(settingsFor('http://127.0.0.1:1'));
    expect(without.verify(aRequest(body, signed(body)))).toMatchObject({
      outcome: 'refused',
      reason: 'no_signature',
      detail: expect.stringContaining('DINTERO_WEBHOOK_SECRETS'),
    });
  });

  it('is refused for each changed byte', () => {
    const headers = signed(body);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(body);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(gateway.verify(aRequest(changed, headers)).outcome).toBe('refused');
      }),
    );
  });

  it('has no claim when it is too large to be read', () => {
    const large = body.replace('{', `{"padding":"${'x'.repeat(70_000)}",`);
    expect(gateway.verify(aRequest(large))).toMatchObject({ outcome: 'refused', key: null, claim: {} });
  });

  it('is malformed without any id, and when it is no POST', () => {
    expect(gateway.verify(aRequest('{"hello":"world"}')).outcome).toBe('malformed');
    expect(gateway.verify({ ...aRequest(body, signed(body)), method: 'GET' }).outcome).toBe('malformed');
  });

  it('is not verified by the signature of a session callback, nor the other way round', () => {
    const query = {
      ...aRequest(body, signed(body)),
      target: '/callbacks/dintero?payment=pay_1&order=1001&n=1',
    };
    expect(gateway.verify(query)).toMatchObject({ outcome: 'refused', reason: 'no_signature' });
  });
});
