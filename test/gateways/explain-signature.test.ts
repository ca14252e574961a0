/** What a refused signature is compared with: bounded, and never wrong. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Clue } from '../../src/domain/refusal-clue.ts';
import { createDinteroGateway } from '../../src/gateways/dintero/adapter.ts';
import { signCallback } from '../../src/gateways/dintero/signature.ts';
import { bodyVariants } from '../../src/gateways/shared/body-variants.ts';
import {
  explainSignature,
  type SigningScheme,
  type Variant,
} from '../../src/gateways/shared/explain-signature.ts';
import { createStripeGateway } from '../../src/gateways/stripe/adapter.ts';
import { signEvent } from '../../src/gateways/stripe/signature.ts';
import type { RawRequest } from '../../src/gateways/verification.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const SECONDS = NOW.getTime() / 1_000;

/** A scheme that counts, with as many variants as are asked for. */
function counting(secrets: readonly string[], text = (n: number) => Buffer.from(`variant ${n}`)) {
  const done = { signatures: 0, bytes: 0, variants: 0 };
  const scheme: SigningScheme = {
    header: 'signature',
    variable: 'SECRETS',
    secrets,
    parse: (value) =>
      /^[0-9a-f]{64}$/.test(value) ? { timestamp: '', digests: [Buffer.from(value, 'hex')] } : null,
    sign(secret, signed) {
      done.signatures += 1;
      done.bytes += signed.length;
      return createHmac('sha256', secret).update(signed).digest();
    },
    asItCame: () => text(0),
    *variants(): Iterable<Variant> {
      for (;;) {
        done.variants += 1;
        yield { clue: { code: 'body_changed', what: String(done.variants) }, signed: text(done.variants) };
      }
    },
  };
  return { scheme, done };
}

function aRequest(changes: Partial<RawRequest> = {}): RawRequest {
  return { method: 'POST', target: '/', headers: {}, body: Buffer.alloc(0), receivedAt: NOW, ...changes };
}

const signed = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');

describe('the explanation of a signature', () => {
  it.each([1, 3, 12, 60])('hashes at most 40 times and 512 KiB, with %d secrets', (count) => {
    const secrets = Array.from({ length: count }, (_, index) => `secret-${index}`);
    const large = (n: number) => Buffer.alloc(20_000, `${n} `);
    const request = aRequest({ headers: { signature: 'a'.repeat(64) } });
    const known = secrets.map((secret, place) => ({ variable: 'OTHERS', place, fingerprint: 'f', secret }));
    for (const text of [undefined, large]) {
      const { scheme, done } = counting(secrets, text);
      expect(explainSignature(request, scheme, known)).toEqual([{ code: 'no_match' }]);
      expect(done.signatures).toBeLessThanOrEqual(40);
      expect(done.bytes).toBeLessThanOrEqual(512 * 1_024);
    }
  });

  it('does as much work whether and whenever something matches', () => {
    const work = ['variant 1', 'variant 9', 'nothing'].map((text) => {
      const { scheme, done } = counting(['a', 'b']);
      const clues = explainSignature(aRequest({ headers: { signature: signed('b', text) } }), scheme, []);
      expect(clues).toMatchObject([{ code: text === 'nothing' ? 'no_match' : 'body_changed' }]);
      return done.signatures;
    });
    expect(new Set(work).size).toBe(1);
  });

  it('says that no secret is there, and finds one of another list nevertheless', () => {
    const { scheme } = counting([]);
    const headers = { signature: signed('b', 'variant 0') };
    expect(explainSignature(aRequest({ headers }), scheme, [])).toEqual([
      { code: 'no_secret', what: 'SECRETS' },
    ]);
    const known = { variable: 'OTHERS', place: 4, fingerprint: 'f', secret: 'b' };
    expect(explainSignature(aRequest({ headers }), scheme, [known])).toEqual([
      { code: 'other_secret', secret: { variable: 'OTHERS', place: 4, fingerprint: 'f' } },
    ]);
  });
});

describe('the forms of a body', () => {
  const formsOf = (body: Buffer) => [...bodyVariants(body)].map((variant) => variant.body);

  it('include every common form of JSON, whichever of them has arrived', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 3 }), (value) => {
        const json = JSON.stringify(value);
        const [compact, indented] = [json, JSON.stringify(JSON.parse(json), null, 2)].map((text) =>
          Buffer.from(text),
        );
        if (compact === undefined || indented === undefined || compact.equals(indented)) return;
        expect(formsOf(compact).some((form) => form.equals(indented))).toBe(true);
        expect(formsOf(indented).some((form) => form.equals(compact))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['deeply nested', '['.repeat(16_000) + ']'.repeat(16_000)],
    ['deep and long', `${'['.repeat(100)}${'1,'.repeat(15_000)}1${']'.repeat(100)}`],
    ['too large', JSON.stringify('x'.repeat(60_000))],
    ['no JSON', '{'.repeat(60_000)],
    ['no text', Buffer.alloc(60_000, 0xff).toString('latin1')],
  ])('of one that is %s stay small', (_, text) => {
    const forms = formsOf(Buffer.from(text, 'latin1'));
    expect(forms.length).toBeGreaterThan(0);
    for (const form of forms) expect(form.length).toBeLessThan(150_000);
  });
});

describe('a callback that verifies', () => {
  const dintero = createDinteroGateway({
    accountId: 'T12345678',
    clientId: 'c',
    clientSecret: 'c',
    profileId: 'p',
    signatureSecrets: ['new', 'old'],
    apiUrl: 'https://api.example',
    checkoutUrl: 'https://checkout.example',
    publicUrl: 'https://pay.example/shop',
  });
  const stripe = createStripeGateway({
    accountId: 'acct_1',
    secretKey: 'sk_test_1',
    webhookSecrets: ['whsec_1'],
    apiUrl: 'https://api.example',
    publicUrl: 'https://pay.example/shop',
  });
  const age = fc.integer({ min: -2_000, max: 2_000 });

  it('has no clue, whatever is in it; changed in one place, it is explained or has no match', () => {
    const parameters = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(parameters, age, fc.constantFrom('new', 'old'), (pairs, old, secret) => {
        const target = `/shop/callbacks/dintero?${new URLSearchParams(pairs)}`;
        const of = { method: 'GET', accountId: 'T12345678', secret, timestamp: SECONDS - old };
        const signature = signCallback({ ...of, url: `https://pay.example${target}` });
        const request = aRequest({ method: 'GET', target, headers: { 'dintero-signature': signature } });
        expect(dintero.explainRefusal(request, [])).toEqual([]);
        const added = { ...request, target: `${target}&added=1` };
        expect(codesOf(dintero.explainRefusal(added, []))).toContain('parameter_added');
        const wrong = { ...request, target: target.replace('/shop', '/other') };
        expect(codesOf(dintero.explainRefusal(wrong, []))).toEqual(['no_match']);
      }),
    );
  });

  it('has no clue, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), age, (bytes, old) => {
        const body = Buffer.from(bytes);
        const headers = { 'stripe-signature': signEvent(body, 'whsec_1', SECONDS - old) };
        expect(stripe.explainRefusal(aRequest({ body, headers }), [])).toEqual([]);
      }),
    );
  });
});

function codesOf(clues: readonly Clue[]): string[] {
  return clues.map(({ code }) => code);
}
