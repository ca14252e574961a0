/** How soon something is asked again: contract §5.3, for follow-up reads, operations, openings and a gateway that is silent. */

const DELAYS_MS = [1_000, 2_000, 5_000, 15_000, 60_000];
const DELAY_AFTERWARDS_MS = 5 * 60_000;

/** In milliseconds; `times` is how often it was asked again before. */
export function delayAfter(times: number): number {
  return DELAYS_MS[times] ?? DELAY_AFTERWARDS_MS;
}

/** Whether the next time is one of the first five, all of them within 83 s. */
export function isSoon(times: number): boolean {
  return times < DELAYS_MS.length;
}
