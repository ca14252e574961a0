import { setTimeout as sleep } from 'node:timers/promises';

const SHORTEST_REST_MS = 10;
const LONGEST_REST_MS = 100;

/** Waits until a condition holds, asking ever more rarely: many who wait at once must not be what the machine is busy with. @throws Error naming what did not come true within the limit. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (let rest = SHORTEST_REST_MS; !(await holds()); rest = Math.min(LONGEST_REST_MS, rest * 1.5)) {
    if (Date.now() > deadline) throw new Error(`within ${limitMs} ms it did not come true that ${what}`);
    await sleep(rest);
  }
}
