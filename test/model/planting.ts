/** Plants a bug in this process, and takes it out again: the other end of `loader/seams.js`. */
import { PLANTS } from './plants.ts';

const bugs = ((globalThis as { plantedBugs?: object }).plantedBugs ??= {});

/** To be called anew for each schedule, since some bugs remember: a seed then shows the same whatever came before it. No name, no bug. */
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
