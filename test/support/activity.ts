import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

/** Runs an activity as if in its `attempt`th try. Failures are not logged, since tests provoke them. */
export function anActivityRun(attempt = 1, scheduledTimestampMs = Date.now()): MockActivityEnvironment {
  return new MockActivityEnvironment(
    { attempt, scheduledTimestampMs },
    { logger: new DefaultLogger('ERROR') },
  );
}
