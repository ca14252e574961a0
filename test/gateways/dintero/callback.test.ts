import { describe, expect, it } from '@jest/globals';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import { signCallback } from '../../../src/gateways/dintero/signature.ts';
import type { Delivery, RawRequest, Verification } from '../../../src/gateways/verification.ts';
import { ACCOUNT, KEY, SESSION, settingsFor, TRANSACTION } from './fake-dintero.ts';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const gateway = createDinteroGateway(settingsFor('http://127.0.0.1:1'));

const OURS =
  'payment=pay_1&order=1001&n=1&report_error=true&report_event=CAPTURE&report_event=REFUND&report_event=VOID';
const CLAIM = `session_id=${SESSION}&transaction_id=${TRANSACTION}&merchant_reference=1001&time=2026-11-21T11:59:00Z`;

interface Call {
  readonly query?: string;
  readonly method?: string;
  readonly secret?: string;
  readonly ageSeconds?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function aCall({ query = `${OURS}&${CLAIM}`, method = 'GET', headers = {}, body = '' }: Call): RawRequest {
  const target = `/callbacks/dintero?${query}`;
  return { method, target, headers, body: Buffer.from(body), receivedAt: NOW };
}

function verifySigned(call: Call): Verification {
  const { method = 'GET', secret = 'new-secret', ageSeconds = 0 } = call;
  const raw = aCall(call);
  const timestamp = NOW.getTime() / 1000 - ageSeconds;
  const url = `https://pay.example${raw.target}`;
  const signature = signCallback({ method, url, accountId: ACCOUNT, secret, timestamp });
  return gateway.verify({ ...raw, headers: { ...raw.headers, 'dintero-signature': signature } });
}

function deliveryOf(verification: Verification): Delivery {
  if (!('deliveries' in verification)) throw new Error(JSON.stringify(verification));
  return verification.deliveries[0];
}

describe('a dintero callback with a valid signature', () => {
  it('has our key and its claim', () => {
    expect(verifySigned({ headers: { 'event-delivery': ' d-1 ' } })).toMatchObject({
      outcome: 'verified',
      deliveries: [
        {
          eventId: 'd-1',
          key: KEY,
          claim: { sessionId: SESSION, transactionId: TRANSACTION },
          kind: 'payment',
          ageSeconds: 0,
          secretIndex: 0,
        },
      ],
    });
  });

  it('is parsed completely when it is stale', () => {
    const verification = verifySigned({ ageSeconds: 4000, secret: 'old-secret' });
    expect(verification.outcome).toBe('stale');
    expect(deliveryOf(verification)).toMatchObject({
      key: KEY,
      kind: 'payment',
      ageSeconds: 4000,
      secretIndex: 1,
    });
  });

  it('may name the session sid, and an error or an event', () => {
    const query = `${OURS}&sid=${SESSION}&merchant_reference=1001&error=cancelled&event=CAPTURE&event_id=3`;
    expect(deliveryOf(verifySigned({ query }))).toMatchObject({
      kind: 'payment',
      claim: { sessionId: SESSION, error: 'cancelled', event: 'CAPTURE' },
    });
  });

  it('names its event by kind and id together', () => {
    const claimOf = (more: string) => deliveryOf(verifySigned({ query: `${OURS}&${CLAIM}${more}` })).claim;
    expect(claimOf('&event=CAPTURE&event_id=3')).toMatchObject({ event: 'CAPTURE', eventRef: '3/CAPTURE' });
    for (const more of ['&event=CAPTURE', '&event_id=3', ''])
      expect(claimOf(more)).not.toHaveProperty('eventRef');
  });

  it('has no key where one of its three parts is missing', () => {
    for (const query of [CLAIM, `payment=pay_1&n=1&${CLAIM}`, `payment=pay_1&order=1001&${CLAIM}`]) {
      expect(deliveryOf(verifySigned({ query }))).toMatchObject({ key: null, kind: 'payment' });
    }
  });

  it.each([
    ['two transaction ids', `${OURS}&${CLAIM}&transaction_id=${ACCOUNT}.other`],
    ['two session ids', `${OURS}&${CLAIM}&session_id=${SESSION}`],
    ['two sids', `${OURS}&sid=${SESSION}&sid=${SESSION}`],
    ['a session id and another sid', `${OURS}&${CLAIM}&sid=${ACCOUNT}.other`],
    ['two payments', `${OURS}&${CLAIM}&payment=pay_2`],
    ['two orders', `${OURS}&${CLAIM}&order=1002`],
    ['two counts', `${OURS}&${CLAIM}&n=2`],
    ['an id of 201 characters', `${OURS}&transaction_id=${ACCOUNT}.${'x'.repeat(191)}`],
    ['a control character', `${OURS}&transaction_id=${ACCOUNT}.x%0Ay`],
    ['an order with a slash', `payment=pay_1&order=a%2Fb&n=1&${CLAIM}`],
    ['an order of 300 characters', `payment=pay_1&order=${'a'.repeat(300)}&n=1&${CLAIM}`],
    ['a count of zero', `payment=pay_1&order=1001&n=0&${CLAIM}`],
    ['a reference that is not the order', `${OURS}&merchant_reference=1002&transaction_id=${TRANSACTION}`],
    ['a transaction of another account', `${OURS}&transaction_id=P99999999.abc`],
    ['a session of another account', `${OURS}&session_id=P99999999.abc`],
  ])('is unclear with %s', (_name, query) => {
    const verification = verifySigned({ query });
    expect(verification.outcome).toBe('verified');
    expect(deliveryOf(verification).kind).toBe('unclear');
  });

  it('has no claim where it is ambiguous', () => {
    const { claim, key } = deliveryOf(
      verifySigned({ query: `${OURS}&${CLAIM}&transaction_id=x&payment=pay_2` }),
    );
    expect(claim).toEqual({ sessionId: SESSION });
    expect(key).toBeNull();
  });

  it('has the same content for any body', () => {
    const plain = deliveryOf(verifySigned({ method: 'POST' }));
    const lying = deliveryOf(
      verifySigned({ method: 'POST', body: '{"id":"T12345678.other","status":"CAPTURED"}' }),
    );
    expect(lying).toEqual(plain);
  });
});

describe('dintero delivery id', () => {
  it('is the signed query and its time where the header is missing, blank or too long', () => {
    const ids = [{}, { 'event-delivery': '  ' }, { 'event-delivery': 'x'.repeat(201) }].map(
      (headers) => deliveryOf(verifySigned({ headers })).eventId,
    );
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(deliveryOf(verifySigned({ ageSeconds: 1 })).eventId).not.toBe(ids[0]);
  });

  it('does not change the content hash, which is equal for equal signed queries only', () => {
    const first = deliveryOf(verifySigned({ headers: { 'event-delivery': 'a' } }));
    const again = deliveryOf(verifySigned({ headers: { 'event-delivery': 'b' }, ageSeconds: 9 }));
    const reordered = deliveryOf(verifySigned({ query: `${CLAIM}&${OURS}` }));
    const captured = deliveryOf(verifySigned({ query: `${OURS}&${CLAIM}&event=CAPTURE` }));
    expect(again.contentHash).toBe(first.contentHash);
    expect(reordered.contentHash).toBe(first.contentHash);
    expect(captured.contentHash).not.toBe(first.contentHash);
  });
});

describe('a dintero callback without a valid signature', () => {
  it('is refused, with its key and its claim', () => {
    expect(gateway.verify(aCall({}))).toMatchObject({
      outcome: 'refused',
      reason: 'no_signature',
      key: KEY,
      claim: { sessionId: SESSION, transactionId: TRANSACTION },
    });
    expect(verifySigned({ secret: 'a-forgers' })).toMatchObject({
      outcome: 'refused',
      reason: 'wrong_signature',
      key: KEY,
    });
  });

  it('is malformed with repeated parameters that Dintero never repeats, and without any id', () => {
    for (const query of [
      `${OURS}&${CLAIM}&session_id=x`,
      `${OURS}&sid=${'x'.repeat(201)}`,
      `${OURS}&sid=a%00`,
    ]) {
      expect(gateway.verify(aCall({ query })).outcome).toBe('malformed');
      expect(verifySigned({ query, secret: 'a-forgers' }).outcome).toBe('malformed');
    }
    expect(gateway.verify(aCall({ query: 'hello=world' })).outcome).toBe('malformed');
    expect(gateway.verify({ ...aCall({}), target: 'http://x/' }).outcome).toBe('malformed');
  });

  it('is checked against the configured host, never the Host header', () => {
    const raw = aCall({ headers: { host: 'evil.example' } });
    const url = `https://evil.example${raw.target}`;
    const timestamp = NOW.getTime() / 1000;
    const signature = signCallback({
      method: 'GET',
      url,
      accountId: ACCOUNT,
      secret: 'new-secret',
      timestamp,
    });
    const verification = gateway.verify({
      ...raw,
      headers: { ...raw.headers, 'dintero-signature': signature },
    });
    expect(verification).toMatchObject({ outcome: 'refused', reason: 'wrong_signature' });
  });
});
