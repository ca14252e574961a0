import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds, asking gently: the machine is the one under test. @throws Error naming what did not come true */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 60_000,
  everyMs = 100,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`within ${limitMs} ms it did not come true that ${what}`);
    await sleep(everyMs);
  }
}
