/** The client of the API for the runs of `reconcileGateway`. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { reconcileGateway, ReconcileInput } from '../workflows/reconcile-gateway.ts';
import { scheduleIdOfReconciliation } from './setup.ts';
import { withTimeout } from './run-calls.ts';

const LIMIT_MS = 5_000;

/**
 * Starts a reconciliation. `running` where one that was asked for runs at this gateway: one at a time is
 * enough, since each lists all of the gateway's transactions.
 * @throws RunsUnavailable
 */
export async function startReconciliation(
  client: Client,
  taskQueue: string,
  input: ReconcileInput,
): Promise<'started' | 'running'> {
  const start = async () =>
    client.workflow.start<typeof reconcileGateway>('reconcileGateway', {
      // The Schedule's runs have a time after it.
      workflowId: scheduleIdOfReconciliation(input.gateway),
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `reconciliation of ${input.gateway}`,
    });
  try {
    await withTimeout(start(), LIMIT_MS);
    return 'started';
  } catch (error) {
    if ((error as Error).cause instanceof WorkflowExecutionAlreadyStartedError) return 'running';
    throw error;
  }
}
