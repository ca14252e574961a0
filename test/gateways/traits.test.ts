import { describe, expect, it } from '@jest/globals';
import { lifetimeWithin } from '../../src/gateways/traits.ts';

describe('the lifetime of a session', () => {
  it.each([
    [10, 30],
    [30, 30],
    [45, 45],
    [60, 60],
    [90, 60],
  ])('of %i minutes is %i where a gateway allows 30 to 60', (wanted, is) => {
    const allowed = { shortestMs: 30 * 60_000, longestMs: 60 * 60_000 };
    expect(lifetimeWithin(allowed, wanted * 60_000)).toBe(is * 60_000);
  });
});
