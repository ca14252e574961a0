import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { pacedCalls } from '../../src/lib/paced-calls.ts';

const RHYTHM = { restsPerAnswer: 4, longestRestMs: 250 };

/** When each of the calls was made, in milliseconds. */
async function timesOf(count: number, call: () => Promise<void>, atOnce = 1): Promise<number[]> {
  const pace = pacedCalls({ ...RHYTHM, atOnce });
  const times: number[] = [];
  const calls = Array.from({ length: count }, () =>
    pace(() => {
      times.push(performance.now());
      return call();
    }).catch(() => undefined),
  );
  await Promise.all(calls);
  return times;
}

function shortestGap(times: readonly number[]): number {
  return Math.min(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
}

it('paced calls are at most 20 a second for all callers together', async () => {
  const times = await timesOf(10, () => Promise.resolve());
  expect(shortestGap(times)).toBeGreaterThanOrEqual(48);
});

it('paced calls pause for as long as the answer took, after a failure too, up to a limit', async () => {
  const times = await timesOf(4, () => sleep(40).then(() => Promise.reject(new Error('no'))));
  expect(shortestGap(times)).toBeGreaterThanOrEqual(40 + 4 * 38);
  const slow = await timesOf(3, () => sleep(300));
  expect(shortestGap(slow)).toBeGreaterThanOrEqual(300 + 248);
  expect(shortestGap(slow)).toBeLessThan(300 + 4 * 250);
});

it('paced calls that may wait at the same time are still 20 a second at most, and pass one that hangs', async () => {
  const times = await timesOf(20, () => Promise.resolve(), 4);
  expect(shortestGap(times)).toBeGreaterThanOrEqual(48);
  const pace = pacedCalls({ ...RHYTHM, atOnce: 2 });
  void pace(() => new Promise(() => undefined));
  expect(await Promise.all([1, 2, 3].map((n) => pace(() => Promise.resolve(n))))).toEqual([1, 2, 3]);
});

it('paced calls return answers and throw errors unchanged', async () => {
  const pace = pacedCalls(RHYTHM);
  expect(await pace(() => Promise.resolve(7))).toBe(7);
  await expect(pace(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
