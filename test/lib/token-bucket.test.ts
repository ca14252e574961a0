import { describe, expect, it } from '@jest/globals';
import { TokenBuckets } from '../../src/lib/token-bucket.ts';

describe('token buckets', () => {
  const take = (buckets: TokenBuckets, times: number, now: number, key = 'a') =>
    Array.from({ length: times }, () => buckets.take(key, now)).filter(Boolean).length;

  it('allow a burst, and then as many calls as time refills', () => {
    const buckets = new TokenBuckets(20);
    expect(take(buckets, 30, 0)).toBe(20);
    expect(take(buckets, 30, 500)).toBe(10);
    expect(take(buckets, 30, 60_000)).toBe(20);
  });

  it('allow three pokes, then one per half minute', () => {
    const buckets = new TokenBuckets(1 / 30, 3);
    expect(take(buckets, 10, 0)).toBe(3);
    expect(take(buckets, 10, 29_000)).toBe(0);
    expect(take(buckets, 10, 31_000)).toBe(1);
    expect(take(buckets, 10, 62_000)).toBe(1);
  });

  it('never take from another key', () => {
    const buckets = new TokenBuckets(1);
    expect(take(buckets, 5, 0, 'a')).toBe(1);
    expect(take(buckets, 5, 0, 'b')).toBe(1);
  });

  it('stay small for any number of keys, and drop the quiet ones first', () => {
    const buckets = new TokenBuckets(0.001, 1);
    expect(buckets.take('busy', 0)).toBe(true);
    for (let index = 0; index < 20_000; index += 1) {
      buckets.take(`key-${index}`, 0);
      if (index % 1_000 === 0) expect(buckets.take('busy', 0)).toBe(false);
    }
  });
});
