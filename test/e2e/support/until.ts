import { until as untilTrue } from '../../../kit/poll.js';

/** Waits until a condition holds, asking gently: the machine is the one under test. @throws Error naming what did not come true */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 60_000,
  everyMs = 100,
): Promise<void> {
  await untilTrue(what, holds, { limitMs, everyMs });
}
