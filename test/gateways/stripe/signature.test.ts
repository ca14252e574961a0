import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { signEvent, verifySignature } from '../../../src/gateways/stripe/signature.ts';

/** The payload of stripe-node's own test, and the digest that its test helper makes of it. */
const PAYLOAD = JSON.stringify({ id: 'evt_test_webhook', object: 'event' }, null, 2);
const SECRET = 'whsec_test_secret';
const AT = 1_700_000_000;
const HEADER = `t=${AT},v1=4f1cd7feda9826e746b7d482c4badebb657398df1099e1046364f6196a230150`;
const later = (seconds: number) => new Date((AT + seconds) * 1_000);
const verify = (
  header: string | undefined,
  body: Buffer | string = PAYLOAD,
  seconds = 0,
  secrets = [SECRET],
) => verifySignature(header, Buffer.from(body), secrets, later(seconds));

describe("a signature of Stripe's webhooks", () => {
  it("verifies the vector of Stripe's own library", () => {
    expect(verify(HEADER)).toMatchObject({ outcome: 'verified', ageSeconds: 0, secretIndex: 0 });
    expect(signEvent(PAYLOAD, SECRET, AT)).toBe(HEADER);
  });

  it('is found by any of several secrets, and by any of several v1', () => {
    const rolled = `${HEADER},v1=${'0'.repeat(64)},v0=${'1'.repeat(64)}`;
    expect(verify(rolled, PAYLOAD, 0, ['whsec_new', SECRET])).toMatchObject({ secretIndex: 1 });
  });

  it.each([
    [300, 'verified'],
    [301, 'stale'],
    [-300, 'verified'],
    [-301, 'stale'],
  ])('signed %i s ago is %s', (seconds, outcome) => {
    expect(verify(HEADER, PAYLOAD, seconds)).toMatchObject({ outcome, ageSeconds: seconds });
  });

  it.each([
    [undefined, 'no_signature'],
    ['', 'no_signature'],
    [' ', 'no_signature'],
    ['v1=', 'malformed_signature'],
    [`t=${AT}`, 'malformed_signature'],
    [`t=${AT},v1=`, 'malformed_signature'],
    [`t=${AT},v1=${'é'.repeat(64)}`, 'malformed_signature'],
    [`t=${AT},v0=${'0'.repeat(64)}`, 'malformed_signature'],
    [`t=1e9,v1=${'0'.repeat(64)}`, 'malformed_signature'],
    [`t=-1,v1=${'0'.repeat(64)}`, 'malformed_signature'],
    [`${HEADER}, ${HEADER}`, 'malformed_signature'],
    [`t=${AT},v1=${'0'.repeat(64)}`, 'wrong_signature'],
    [HEADER.replace(String(AT), String(AT + 1)), 'wrong_signature'],
  ])('%j is refused as %s', (header, reason) => {
    expect(verify(header)).toMatchObject({ outcome: 'refused', reason });
  });

  it('covers every byte, also of what is no text', () => {
    const anyBody = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(anyBody, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, place, flip) => {
        const body = Buffer.from(bytes);
        const header = signEvent(body, SECRET, AT);
        expect(verify(header, body)).toMatchObject({ outcome: 'verified' });
        const changed = Buffer.from(body);
        const at = place % changed.length;
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(verify(header, changed)).toMatchObject({ outcome: 'refused', reason: 'wrong_signature' });
      }),
    );
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(PAYLOAD)]);
    expect(verify(HEADER, marked)).toMatchObject({ reason: 'wrong_signature' });
  });
});
