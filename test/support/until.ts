import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds. @throws Error naming what did not come true within the limit. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`within ${limitMs} ms it did not come true that ${what}`);
    await sleep(10);
  }
}
