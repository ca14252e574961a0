/** The activities of the workflows that page through a whole gateway: sweep, reconciliation, backfill. */
import type { Duration } from '@temporalio/common';
import { proxyActivities, workflowInfo, type ActivityInterfaceFor } from '@temporalio/workflow';
import { taskQueues } from './messages.ts';
import { PRIORITY } from './proxies.ts';

/** A killed worker is noticed by missing heartbeats. Nobody waits for a page. */
export const HEARTBEAT = '4 seconds';

/** These need only our own store, which is back within seconds or is not our fault. */
export function bookkeeping<Activities>(
  startToCloseTimeout: Duration = '60 seconds',
): ActivityInterfaceFor<Activities> {
  return proxyActivities<Activities>({
    startToCloseTimeout,
    retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  });
}

/** Each makes calls to the gateway, paced. A retry has the same result. After six hours it is given up. */
export function pages<Activities>(gateway: string): ActivityInterfaceFor<Activities> {
  return proxyActivities<Activities>({
    taskQueue: taskQueues(workflowInfo().taskQueue, gateway).background,
    priority: PRIORITY.sweep,
    startToCloseTimeout: '10 minutes',
    scheduleToCloseTimeout: '6 hours',
    heartbeatTimeout: HEARTBEAT,
    retry: {
      initialInterval: '1 second',
      backoffCoefficient: 2,
      maximumInterval: '30 seconds',
      nonRetryableErrorTypes: ['GatewayRejected'],
    },
  });
}
