/**
 * The schedules that share one server's clock and the times that it passes: seeds 1 to 100, 101 to 200, …, and
 * the same times also where one seed is played alone.
 */
export const AT_ONCE = 100;
