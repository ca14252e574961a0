/** What a sweep does once an hour. The hours are the clock's and told from the mark of the last complete sweep, so that no process has to remember. */

const HOUR_MS = 3_600_000;
const OVERLAP_MS = 10 * 60_000;
/** After a long absence nobody wants to know which callbacks were missed a week ago. */
const LONGEST_COUNT_MS = 24 * HOUR_MS;

/** Whether no sweep of this hour has been complete. */
export function isFirstOfHour(mark: Date, now: Date): boolean {
  return hourOf(now) > hourOf(mark);
}

/** The first complete sweep of the mark's hour has listed all changes before it. */
export function changesSince(mark: Date): Date {
  return new Date(hourOf(mark) - OVERLAP_MS);
}

/** The hours that have passed since they were counted last, all but their last ten minutes: a callback may still be on its way. */
export function countedWithin(mark: Date, now: Date): { from: Date; to: Date } {
  const to = hourOf(now) - OVERLAP_MS;
  const from = Math.max(hourOf(mark) - OVERLAP_MS, to - LONGEST_COUNT_MS);
  return { from: new Date(from), to: new Date(to) };
}

function hourOf(at: Date): number {
  return at.getTime() - (at.getTime() % HOUR_MS);
}
