import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

/** Where an activity runs as if in its `attempt`th try; failures, which tests provoke, are not logged. */
export function anActivityRun(attempt = 1, scheduledTimestampMs = Date.now()): MockActivityEnvironment {
  return new MockActivityEnvironment(
    { attempt, scheduledTimestampMs },
    { logger: new DefaultLogger('ERROR') },
  );
}
