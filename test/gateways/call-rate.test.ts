/** Our own limit of calls a second: the calls of payers go first, and no call waits for long. */
import { describe, expect, it } from '@jest/globals';
import { GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { limitCallRate } from '../../src/gateways/call-rate.ts';

describe('a limit of calls a second', () => {
  it('is kept, and calls for a waiting payer go first', async () => {
    const pace = limitCallRate(5);
    const begun: { what: string; at: number }[] = [];
    const call = (what: string) => () => Promise.resolve(void begun.push({ what, at: Date.now() }));
    const reads = Array.from({ length: 12 }, () => pace(call('read'), false));
    const opening = pace(call('open'), true);
    await Promise.all([...reads, opening]);
    expect(begun.findIndex(({ what }) => what === 'open')).toBe(5);
    const times = begun.map(({ at }) => at);
    // Any six calls span more than a second, except for the timer's own precision.
    for (const [index, at] of times.slice(5).entries()) expect(at - (times[index] ?? 0)).toBeGreaterThan(980);
  });

  it('refuses a call that would wait too long, without making it, and still takes an urgent one', async () => {
    const pace = limitCallRate(1);
    const quick = () => Promise.resolve('answered');
    const waiting = Array.from({ length: 6 }, () => pace(quick, false));
    await expect(pace(quick, false)).rejects.toBeInstanceOf(GatewayUnavailable);
    expect(await pace(quick, true)).toBe('answered');
    expect(await Promise.all(waiting)).toHaveLength(6);
  }, 20_000);
});
