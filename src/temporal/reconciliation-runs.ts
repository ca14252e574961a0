/** The client of the API for the runs of `reconcileGateway`. */
import type { Client } from '@temporalio/client';
import type { reconcileGateway, ReconcileInput } from '../workflows/reconcile-gateway.ts';
import { scheduleIdOfReconciliation } from './setup.ts';
import { startOnce } from './start-once.ts';

/**
 * Starts a reconciliation. `running` where one that was asked for runs at this gateway: one at a time is
 * enough, since each lists all of the gateway's transactions.
 * @throws RunsUnavailable
 */
export function startReconciliation(
  client: Client,
  taskQueue: string,
  input: ReconcileInput,
): Promise<'started' | 'running'> {
  return startOnce(() =>
    client.workflow.start<typeof reconcileGateway>('reconcileGateway', {
      // The Schedule's runs have a time after it.
      workflowId: scheduleIdOfReconciliation(input.gateway),
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `reconciliation of ${input.gateway}`,
    }),
  );
}
