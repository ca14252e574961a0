/**
 * The current run and activity. Only one of each is at work at a time, until its last microtask, so one
 * variable for each is enough.
 */
import type { ActivityTry } from './activity-try.ts';
import type { Run } from './run.ts';

let run: Run | null = null;
let activity: ActivityTry | null = null;

/** @throws Error outside of a workflow */
export function currentRun(): Run {
  if (run === null) throw new Error('not in a workflow');
  return run;
}

/** Null outside of an activity. */
export function currentActivity(): ActivityTry | null {
  return activity;
}

export function enterRun(entered: Run): void {
  run = entered;
  activity = null;
}

export function enterActivity(entered: ActivityTry | null): void {
  activity = entered;
  run = null;
}
