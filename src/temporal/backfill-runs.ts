/** The client of the API for the runs of `backfillGateway`. */
import type { Client } from '@temporalio/client';
import type { backfillGateway, BackfillInput } from '../workflows/backfill-gateway.ts';
import { startOnce } from './start-once.ts';

/**
 * Starts a backfill. `running` where one runs at this gateway: one at a time is enough, since each reads all of
 * the gateway's events.
 * @throws RunsUnavailable
 */
export function startBackfill(
  client: Client,
  taskQueue: string,
  input: BackfillInput,
): Promise<'started' | 'running'> {
  return startOnce(() =>
    client.workflow.start<typeof backfillGateway>('backfillGateway', {
      workflowId: `backfill/${input.gateway}`,
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `backfill of ${input.gateway}`,
    }),
  );
}
