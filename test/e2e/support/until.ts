import { until as untilTrue } from '../../../kit/poll.js';

/**
 * Waits until a condition holds. It asks rarely, since this machine is the one under test. @throws Error that
 * names the condition
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 60_000,
  everyMs = 100,
): Promise<void> {
  await untilTrue(what, holds, { limitMs, everyMs });
}
