/** How soon a read, an operation, an opening or a call to a silent gateway is repeated: contract §5.3. */

const DELAYS_MS = [1_000, 2_000, 5_000, 15_000, 60_000];
const DELAY_AFTERWARDS_MS = 5 * 60_000;

/** In milliseconds. `times` is the number of earlier repetitions. */
export function delayAfter(times: number): number {
  return DELAYS_MS[times] ?? DELAY_AFTERWARDS_MS;
}

/** Whether the next repetition is one of the first five, which all happen within 83 s. */
export function isSoon(times: number): boolean {
  return times < DELAYS_MS.length;
}
