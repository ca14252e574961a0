import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { SweepActivities, SweepResult } from '../activities/sweep-activities.ts';
import { taskQueues } from './messages.ts';
import { PRIORITY } from './proxies.ts';

const OPTIONS = {
  priority: PRIORITY.sweep,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  // The next sweep begins where the last complete one ended, so a failed one is not worth many tries.
  retry: { initialInterval: '2 seconds', backoffCoefficient: 3, maximumAttempts: 4 },
  summary: 'list transactions, wake the payments that differ',
} as const;

/** Finds what nobody told us: one listing of a gateway's transactions, compared with what we know. */
export async function sweepGateway({ gateway }: { readonly gateway: string }): Promise<SweepResult> {
  const taskQueue = taskQueues(workflowInfo().taskQueue, gateway).background;
  return proxyActivities<SweepActivities>({ ...OPTIONS, taskQueue }).sweepGateway(gateway);
}
