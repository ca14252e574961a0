/**
 * Measures the model: it finds typical bugs within the schedules of `npm test`, and the test says after how
 * many.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runMany, startFarm, type Farm } from './farm.ts';
import { PLANTS } from './plants.ts';

const SCHEDULES = 20_000;
const PROCESSES = 2;

let farm: Farm;
beforeAll(() => {
  farm = startFarm(PROCESSES);
});
afterAll(() => farm.close());

describe('the model finds a core that', () => {
  it.each(Object.entries(PLANTS))(
    '%s',
    async (plant, { found, psp = 'lagging' }) => {
      const { broken } = await runMany(farm, { from: 1, count: SCHEDULES, plant, psp }, { size: PROCESSES });
      if (broken === null) throw new Error(`not found in ${SCHEDULES} schedules`);
      process.stdout.write(`model: "${plant}" is found after ${broken.seed} schedules: ${broken.promise}\n`);
      expect(broken.promise).toMatch(found);
      // Without the bug, the same schedule keeps every promise. So the bug was the cause.
      const { broken: unplanted } = await farm.run({ from: broken.seed, count: 1, psp });
      expect(unplanted).toBeNull();
    },
    120_000,
  );
});
