/**
 * Activities that end without a result, because their input can't succeed or an operator ended them. They do
 * not end the run.
 */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';

export const NOT_READ = 'the activity was ended before the gateway answered';
export const NOT_RECORDED = 'the reading could not be recorded';

/**
 * Replaces the result of an activity that has ended without one.
 * @throws every error that is no ActivityFailure
 */
export function insteadOf<Result>(error: unknown, result: Result): Result {
  if (error instanceof ActivityFailure) return result;
  throw error;
}

/** Whether the activity was about a row that the store does not have. */
export function isOfNothing(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'NO_SUCH_ROW'
  );
}

/**
 * Whether the activity timed out. Temporal retries without end, so a time-out means that no worker had a free
 * slot for it.
 */
export function isTimedOut(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure;
}
