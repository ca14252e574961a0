import { Context } from '@temporalio/activity';

/** The run that called this activity. It notifies the merchant of what the activity records. */
export function currentRun(): string {
  return Context.current().info.workflowExecution?.runId ?? '';
}
