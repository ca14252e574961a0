/** So many schedules share one server's clock, and what is let pass of it: seeds 1 to 100, 101 to 200, …, also where one is played alone. */
export const AT_ONCE = 100;
