/** The same worlds on a real Temporal server: what the toy server of the core takes for granted is as it is there. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inWords, startFarm, type Farm } from './farm.ts';
import { AT_ONCE } from './server/at-once.ts';

const SCHEDULES = AT_ONCE;

/** Each test has a server of its own: the id of a run is that of its seed, and another run of the seed may still be there. */
let farm: Farm;
beforeEach(() => {
  farm = startFarm(1, 'server');
});
afterEach(() => farm.close());

describe('on a time-skipping server', () => {
  it(`the promises of contract §5 are kept in ${SCHEDULES} schedules`, async () => {
    const result = await farm.run({ from: 1, count: SCHEDULES });
    if (result.broken !== null) throw new Error(inWords(result, 'server'));
    process.stdout.write(`model: ${SCHEDULES} schedules on a server, ${JSON.stringify(result.ends)}\n`);
    expect(result.ends['PAID']).toBeGreaterThan(SCHEDULES / 10);
  }, 600_000);

  // Some six of them find it, and it depends on the server's timing which.
  it('late money that is dropped is found', async () => {
    const { broken } = await farm.run({ from: 1, count: SCHEDULES, plant: 'drops late money' });
    expect(broken?.promise).toMatch(/are held for/);
  }, 600_000);
});
