import { describe, expect, it } from '@jest/globals';
import { fetchTarget, hasCredentials, shownUrl } from '../../src/lib/url-credentials.ts';

describe('a URL', () => {
  it.each([
    ['https://shop.example/hook/?a=1', 'https://shop.example/hook/?a=1', null],
    ['https://user:pass@shop.example/hook/?a=1', 'https://shop.example/hook/?a=1', 'user:pass'],
    ['https://us%40er:100%25@shop.example', 'https://shop.example', 'us@er:100%'],
    ['https://user:100%@shop.example', 'https://shop.example', 'user:100%'],
    ['https://user@shop.example/@home', 'https://shop.example/@home', 'user:'],
  ])('%s is called without its credentials, which become a header', (written, url, credentials) => {
    const authorization =
      credentials === null ? null : `Basic ${Buffer.from(credentials).toString('base64')}`;
    expect(fetchTarget(written)).toEqual({ url, authorization });
    expect(hasCredentials(written)).toBe(credentials !== null);
    expect(hasCredentials(url)).toBe(false);
  });

  it('is shown without credentials, query and fragment', () => {
    expect(shownUrl('https://user:pass@shop.example/hook?token=1#x')).toBe('https://shop.example/hook');
    expect(shownUrl('postgresql://user:p@ss@db.example/x')).not.toContain('p@ss');
  });

  it('that is invalid has no credentials', () => {
    expect(hasCredentials('user:pass@shop')).toBe(false);
  });
});
