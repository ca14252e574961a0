import { describe, expect, it } from '@jest/globals';
import { CLUE_CODES, clueInWords, isProof, type Clue } from '../../src/domain/refusal-clue.ts';

const secret = { variable: 'SECRETS', place: 1, fingerprint: '0123abcd' };

describe('a clue in words', () => {
  it.each(CLUE_CODES)('says what was found and what to do: %s', (code) => {
    const { text, todo } = clueInWords({ code, what: 'a value', secret, seconds: -400, clock: 'ours' });
    expect(text).not.toMatch(/undefined|NaN/);
    expect(todo.length).toBeGreaterThan(10);
  });

  it('names the secret by its place and fingerprint', () => {
    expect(clueInWords({ code: 'other_host', what: 'b.example', secret }).text).toBe(
      'the signature matches secret 2 of SECRETS (0123abcd) for host b.example, and PUBLIC_URL has another host',
    );
  });

  it('of a newer version has words too', () => {
    const clue = { code: 'not_yet_known' } as unknown as Clue;
    expect(clueInWords(clue).text).toBe('a newer version of paidonce has found: not_yet_known');
  });

  it('without a match proves nothing', () => {
    expect(CLUE_CODES.filter((code) => !isProof({ code }))).toEqual([
      'header_missing',
      'body_missing',
      'no_secret',
      'other_mode',
      'no_match',
      'not_examined',
    ]);
  });
});
