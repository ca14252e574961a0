/**
 * The source rule beside `golive`'s measurement: a signature is compared in one place, in constant time. A
 * difference of nanoseconds can't be measured over a network, and a comparison with === hardly in a process.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const FOLDER = join(import.meta.dirname, '..', '..', 'src', 'gateways');
const PLACE = 'shared/which-secret.ts';

/** Not the secrets themselves: a command may look whether one is configured. */
const SIGNED = String.raw`\w*(?:digest|signature|hmac|mac)(?!\w*secret)\w*`;
/** A text or bytes that may be a signature, compared so that the time tells how much is equal. */
const LEAKY = new RegExp(
  String.raw`\b${SIGNED}\b(?:\([^)]*\)|\.toString\([^)]*\))?\s*[!=]==?\s*(?!undefined|null|''|\d)|[!=]==?\s*\b${SIGNED}\b(?!\.length)|\b${SIGNED}\.(?:equals|localeCompare|startsWith|includes)\(|Buffer\.compare\(`,
  'i',
);

const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({
    path,
    text: readFileSync(join(FOLDER, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''),
  }));

describe('the signatures of the gateways', () => {
  it('are compared in constant time, and in one place', () => {
    const comparing = sources.filter(({ text }) => text.includes('timingSafeEqual'));
    expect(comparing.map(({ path }) => path)).toEqual([PLACE]);
    expect(sources.filter(({ text }) => LEAKY.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('are compared there wherever they are made', () => {
    const making = sources.filter(({ text }) => text.includes('createHmac'));
    expect(making.length).toBeGreaterThan(1);
    expect(making.filter(({ text }) => !text.includes('whichSecret(')).map(({ path }) => path)).toEqual([]);
  });

  it.each([
    'return signature === expected;',
    'if (given !== hmac(secret, body)) return null;',
    "digest.toString('hex') === given",
    'expectedDigest.equals(given)',
    'return Buffer.compare(left, right) === 0;',
  ])('would be found where they are compared as by %s', (line) => {
    expect(LEAKY.test(line)).toBe(true);
  });
});
