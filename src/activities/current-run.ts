import { Context } from '@temporalio/activity';

/** The id of the run that called this activity. */
export function currentRun(): string {
  return Context.current().info.workflowExecution?.runId ?? '';
}
