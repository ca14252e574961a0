/** The parts of `@temporalio/activity` that the activities use. */
import { currentActivity } from '../temporal/current.ts';

export const Context = {
  current() {
    const tried = currentActivity();
    if (tried === null) throw new Error('not in an activity');
    const { attempt, scheduledAt, run } = tried;
    const workflowExecution = { workflowId: run.workflowId, runId: run.runId };
    return { info: { attempt, scheduledTimestampMs: scheduledAt, workflowExecution } };
  },
};

export function heartbeat(): void {}
