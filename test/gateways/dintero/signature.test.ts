import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseTarget, signCallback, verifySignature } from '../../../src/gateways/dintero/signature.ts';

const OFFICIAL = {
  target: '/callback?B=123&A=992',
  timestamp: 1582236537,
  signer: { accountId: 'P00000000', hostname: 'example.com', secrets: ['123'] },
  header: 't=1582236537,v0-hmac-sha256=6bed2ab1b919d460ef7465a20dc6c97260dca73fab6647106ca525f0908df64a',
};

const SIGNER = { accountId: 'T12345678', hostname: 'pay.example', secrets: ['new-secret', 'old-secret'] };
const TIMESTAMP = 1_763_725_200;
const TARGET =
  '/callbacks/dintero?payment=pay_1&order=1001&n=1&report_event=VOID&report_event=CAPTURE&transaction_id=T12345678.abc';

function check(
  header: string | undefined,
  target = TARGET,
  { method = 'GET', signer = SIGNER, ageSeconds = 0 } = {},
): ReturnType<typeof verifySignature> {
  const parsed = parseTarget(method, target);
  if (parsed === null) throw new Error('target');
  return verifySignature(header, parsed, signer, new Date((TIMESTAMP + ageSeconds) * 1000));
}

function sign(changes: Partial<Parameters<typeof signCallback>[0]> = {}): string {
  const url = `https://pay.example${TARGET}`;
  return signCallback({
    method: 'GET',
    url,
    accountId: 'T12345678',
    secret: 'new-secret',
    timestamp: TIMESTAMP,
    ...changes,
  });
}

describe('dintero signature', () => {
  it('accepts the official vector', () => {
    const target = parseTarget('GET', OFFICIAL.target);
    const at = new Date(OFFICIAL.timestamp * 1000);
    expect(target && verifySignature(OFFICIAL.header, target, OFFICIAL.signer, at)).toMatchObject({
      outcome: 'verified',
      ageSeconds: 0,
    });
  });

  it('makes the official vector', () => {
    const url = 'https://example.com/callback?B=123&A=992';
    const { timestamp } = OFFICIAL;
    const made = signCallback({
      method: 'GET',
      url,
      accountId: 'P00000000',
      secret: '123',
      timestamp,
    });
    expect(made).toBe(OFFICIAL.header);
  });

  it('makes a year-old stamp stale, where the check in the documentation would accept it', () => {
    const nowSeconds = OFFICIAL.timestamp + 365 * 86_400;
    // The published sample: its comment promises five minutes, but its code limits only the future, to five
    // hours.
    expect(OFFICIAL.timestamp < Math.floor(nowSeconds + 5 * 60 * 60)).toBe(true);
    const target = parseTarget('GET', OFFICIAL.target);
    expect(
      target && verifySignature(OFFICIAL.header, target, OFFICIAL.signer, new Date(nowSeconds * 1000)),
    ).toMatchObject({ outcome: 'stale', ageSeconds: 365 * 86_400 });
  });

  it.each([
    [300, 'verified'],
    [301, 'stale'],
    [-300, 'verified'],
    [-301, 'stale'],
  ])('makes a stamp %i seconds old %s', (ageSeconds, outcome) => {
    expect(check(sign(), TARGET, { ageSeconds })).toMatchObject({ outcome, ageSeconds });
  });

  it('accepts any configured secret and says which one', () => {
    expect(check(sign({ secret: 'new-secret' }))).toMatchObject({ outcome: 'verified', secretIndex: 0 });
    expect(check(sign({ secret: 'old-secret' }))).toMatchObject({ outcome: 'verified', secretIndex: 1 });
    expect(check(sign({ secret: 'other' }))).toMatchObject({ outcome: 'refused', reason: 'wrong_signature' });
  });

  it('accepts a right digest among several and skips unknown schemes', () => {
    const [stamp, digest] = sign().split(',');
    const wrong = `v0-hmac-sha256=${'0'.repeat(64)}`;
    expect(check(`v1-ed25519=abc, ${wrong},${digest} , ${stamp}`)).toMatchObject({ outcome: 'verified' });
  });

  it.each([
    ['no header', undefined, 'no_signature'],
    ['a blank header', '  ', 'no_signature'],
    ['no stamp', `v0-hmac-sha256=${'0'.repeat(64)}`, 'malformed_signature'],
    ['a signed stamp', `t=-1,v0-hmac-sha256=${'0'.repeat(64)}`, 'malformed_signature'],
    ['a hexadecimal stamp', `t=0x10,v0-hmac-sha256=${'0'.repeat(64)}`, 'malformed_signature'],
    ['a fractional stamp', `t=1.5,v0-hmac-sha256=${'0'.repeat(64)}`, 'malformed_signature'],
    ['two stamps', `t=1,t=2,v0-hmac-sha256=${'0'.repeat(64)}`, 'malformed_signature'],
    ['no digest of our scheme', 't=1,v1=abc', 'malformed_signature'],
    ['a short digest', 't=1,v0-hmac-sha256=abc', 'malformed_signature'],
    ['upper-case hex', `t=1,v0-hmac-sha256=${'A'.repeat(64)}`, 'malformed_signature'],
    ['a digest of something else', `t=1,v0-hmac-sha256=${'0'.repeat(64)}`, 'wrong_signature'],
  ])('refuses %s', (_name, header, reason) => {
    expect(check(header)).toMatchObject({ outcome: 'refused', reason });
  });

  it('is independent of the order of parameters, except of those with the same name', () => {
    const [path, query = ''] = TARGET.split('?');
    const moved = query
      .split('&')
      .toSorted((a, b) => Number(a.startsWith('n=')) - Number(b.startsWith('n=')));
    expect(check(sign(), `${path}?${moved.join('&')}`)).toMatchObject({ outcome: 'verified' });
    const swapped = TARGET.replace('VOID', 'X').replace('CAPTURE', 'VOID').replace('X', 'CAPTURE');
    expect(check(sign(), swapped)).toMatchObject({ outcome: 'refused' });
  });

  it('covers values form-encoded and the path as it was sent', () => {
    const url = 'https://pay.example/a%20b/~c?time=2026-11-21T12:00:00Z&q=%7e%20x(1)!';
    const header = sign({ url });
    expect(check(header, '/a%20b/~c?q=~+x%281%29%21&time=2026-11-21T12%3A00%3A00Z').outcome).toBe('verified');
    expect(check(header, '/a b/~c'.replace(' ', '+') + url.slice(url.indexOf('?'))).outcome).toBe('refused');
  });

  it.each([
    ['method', { method: 'POST' }],
    ['host', { signer: { ...SIGNER, hostname: 'evil.example' } }],
    ['account', { signer: { ...SIGNER, accountId: 'P12345678' } }],
  ])('refuses another %s', (_name, changes) => {
    expect(check(sign(), TARGET, changes)).toMatchObject({ outcome: 'refused', reason: 'wrong_signature' });
  });

  it('does not cover the port', () => {
    expect(check(sign({ url: `https://pay.example:8443${TARGET}` })).outcome).toBe('verified');
  });

  it('refuses a changed byte, anywhere in path, query or header', () => {
    const header = sign();
    fc.assert(
      fc.property(
        fc.constantFrom('target', 'header'),
        fc.nat(),
        fc.integer({ min: 1, max: 127 }),
        (where, at, flip) => {
          const target = where === 'target' ? flipped(TARGET, at, flip) : TARGET;
          const given = where === 'header' ? flipped(header, at, flip) : header;
          const parsed = parseTarget('GET', target);
          if (parsed === null) return;
          expect(verifySignature(given, parsed, SIGNER, new Date(TIMESTAMP * 1000)).outcome).toBe('refused');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each(['http://pay.example/callbacks/dintero', '*', '', '/a\nb', '/a?b=c d', '/a\u0000'])(
    'does not accept %j as a request target',
    (target) => {
      expect(parseTarget('GET', target)).toBeNull();
    },
  );

  it('never has a secret in its texts', () => {
    const refusals = [undefined, 'x', `t=1,v0-hmac-sha256=${'0'.repeat(64)}`].map((header) => check(header));
    expect(JSON.stringify(refusals)).not.toMatch(/new-secret|old-secret/);
  });
});

function flipped(text: string, at: number, flip: number): string {
  const index = at % text.length;
  const changed = String.fromCharCode(text.charCodeAt(index) ^ flip);
  return text.slice(0, index) + changed + text.slice(index + 1);
}
