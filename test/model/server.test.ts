/** Runs the same worlds on a real Temporal server, which shows that the toy server behaves like it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inWords, startFarm, type Farm } from './farm.ts';
import { AT_ONCE } from './server/at-once.ts';

/** Half of them with each PSP. */
const SCHEDULES = AT_ONCE;

/**
 * Each test has a server of its own, since a run's id comes from its seed, and an earlier run of the seed may
 * still exist.
 */
let farm: Farm;
beforeEach(() => {
  farm = startFarm(1, 'server');
});
afterEach(() => farm.close());

describe('on a time-skipping server', () => {
  it(`the promises of contract §5 are kept in ${SCHEDULES} schedules`, async () => {
    const result = await farm.run({ from: 1, count: SCHEDULES, psp: 'both' });
    if (result.broken !== null) throw new Error(inWords(result, 'server'));
    process.stdout.write(`model: ${SCHEDULES} schedules on a server, ${JSON.stringify(result.ends)}\n`);
    expect(result.ends['PAID']).toBeGreaterThan(SCHEDULES / 10);
  }, 600_000);

  // About six schedules find it. Which ones depends on the server's timing.
  it('late money that is dropped is found', async () => {
    const { broken } = await farm.run({ from: 1, count: SCHEDULES, psp: 'both', plant: 'drops late money' });
    expect(broken?.promise).toMatch(/are held for/);
  }, 600_000);
});
