/**
 * Runs the sources of the core against payers, a gateway, a network, a merchant and operators that act at
 * random.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inWords, runMany, startFarm, type Farm } from './farm.ts';

/** Of each PSP. */
const SCHEDULES = 6_000;
const PROCESSES = 2;
const ENDS = ['PAID', 'VOIDED', 'REFUNDED', 'CANCELLED', 'PAYMENT_FAILED', 'REVIEW'];

let farm: Farm;
beforeAll(() => {
  farm = startFarm(PROCESSES);
});
afterAll(() => farm.close());

describe('the core', () => {
  it.each(['lagging', 'keyed'] as const)(
    `keeps the promises of contract §5 in ${SCHEDULES} schedules with a %s PSP`,
    async (psp) => {
      const result = await runMany(farm, { from: 1, count: SCHEDULES, psp }, { size: PROCESSES });
      if (result.broken !== null) throw new Error(inWords(result));
      const { done, actions, seconds, ends } = result;
      const rate = (done / seconds).toFixed(0);
      process.stdout.write(
        `model: ${done} schedules, ${psp}, ${actions} actions, ${seconds.toFixed(1)} s, ${rate}/s\n`,
      );
      expect(done).toBe(SCHEDULES);
      for (const end of ENDS) expect(ends[end]).toBeGreaterThan(SCHEDULES / 200);
    },
    600_000,
  );

  it('has a readable log, the same for the same seed', async () => {
    for (const psp of ['lagging', 'keyed'] as const) {
      const [first, again] = [await farm.run({ tell: 7, psp }), await farm.run({ tell: 7, psp })];
      expect(first.broken?.story.length).toBeGreaterThan(3);
      expect(again).toEqual(first);
    }
  }, 60_000);
});
