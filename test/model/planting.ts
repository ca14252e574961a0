/** Plants a bug in this process, and removes it again. `loader/seams.js` is the other part. */
import { PLANTS } from './plants.ts';

const bugs = ((globalThis as { plantedBugs?: object }).plantedBugs ??= {});

/**
 * Call it for each schedule, since some bugs have a memory: so a seed always gives the same result. Without a
 * name, no bug is planted.
 */
export async function withPlant<Result>(
  name: string | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const exchanged = name === undefined ? {} : planted(name);
  Object.assign(bugs, exchanged);
  try {
    return await work();
  } finally {
    for (const exchange of Object.keys(exchanged)) delete (bugs as Record<string, unknown>)[exchange];
  }
}

function planted(name: string): object {
  const plant = PLANTS[name];
  if (plant === undefined) throw new Error(`there is no planted bug "${name}"`);
  return plant.plant();
}
