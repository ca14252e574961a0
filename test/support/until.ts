import { until as untilTrue } from '../../kit/poll.js';

/**
 * Waits until a condition holds. @throws Error naming the condition that did not come true within the limit.
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  await untilTrue(what, holds, { limitMs });
}
