/** Activities that end without a result, since their input can't succeed or by an operator's hand. No run ends with them. */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';

export const NOT_READ = 'the question was ended before the gateway had answered';
export const NOT_RECORDED = 'what was read could not be recorded';

/** What stands in for the result of an activity that has ended without one. @throws unknown, whatever else went wrong */
export function insteadOf<Result>(error: unknown, result: Result): Result {
  if (error instanceof ActivityFailure) return result;
  throw error;
}

/** Whether it names something that the store does not know. */
export function isOfNothing(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'NO_SUCH_ROW'
  );
}

/** Whether it had no more time: Temporal's own retries have no end, so no worker had a place for it. */
export function isTimedOut(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure;
}
