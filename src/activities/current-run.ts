import { Context } from '@temporalio/activity';

/** The run that has asked for this activity: what it records, it tells. */
export function currentRun(): string {
  return Context.current().info.workflowExecution?.runId ?? '';
}
