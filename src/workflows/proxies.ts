/**
 * The activities of a payment, each with its own time limits and retries. Activities on a queue of their own
 * are made per call, since the queue's name comes from the run.
 *
 * An activity itself says when to retry after a failure that it met. The intervals here are for failures that
 * it can't report: a lost worker, or a store that is away. An interval grows with every attempt, also with
 * attempts that only waited for their turn, so the longest interval is short (docs/adr/0024).
 */
import { proxyActivities, workflowInfo, type ActivityInterfaceFor } from '@temporalio/workflow';
import type {
  MoneyActivities,
  PaymentActivities,
  UpdateActivities,
  WakingActivities,
} from '../activities/contract.ts';
import { taskQueues, updatesTaskQueue } from './messages.ts';

/**
 * A killed worker is noticed by missing heartbeats, not by the time limit of its activity. Temporal rounds up
 * to whole seconds.
 */
const HEARTBEAT = '1 second';
/**
 * Longer where a worker that only paused would open a second session, or would have to find out what it has
 * sent.
 */
const HEARTBEAT_OF_WRITES = '4 seconds';

/**
 * In a full queue, activities that someone waits for go first, then follow-ups and polls (Temporal's default,
 * 3), then the sweep.
 */
export const PRIORITY = {
  waitedFor: { priorityKey: 1 },
  usual: { priorityKey: 3 },
  sweep: { priorityKey: 5 },
} as const;

/**
 * A payer waits for these, or a merchant that replaces a session, so they are retried soon. The limit
 * leaves room for several calls with time-outs of their own.
 */
export function checkout(
  gateway: string,
): ActivityInterfaceFor<Pick<PaymentActivities, 'openSession' | 'cancelSession'>> {
  return proxyActivities<PaymentActivities>({
    taskQueue: taskQueues(workflowInfo().taskQueue, gateway).checkout,
    startToCloseTimeout: '60 seconds',
    heartbeatTimeout: HEARTBEAT_OF_WRITES,
    retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  });
}

/** Retried without end. A look reads and records, so its limit leaves room for several calls. */
export function background(
  gateway: string,
): ActivityInterfaceFor<Pick<PaymentActivities, 'lookAtPayment' | 'cancelSurplusSessions'>> {
  return proxyActivities<PaymentActivities>({
    taskQueue: taskQueues(workflowInfo().taskQueue, gateway).background,
    startToCloseTimeout: '45 seconds',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '100 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  });
}

/** Moves money, so it is retried only where the activity knows that nothing was done. */
export function moneyMover(gateway: string): ActivityInterfaceFor<MoneyActivities> {
  return proxyActivities<MoneyActivities>({
    taskQueue: taskQueues(workflowInfo().taskQueue, gateway).background,
    startToCloseTimeout: '60 seconds',
    heartbeatTimeout: HEARTBEAT_OF_WRITES,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  });
}

/** These need only Temporal and the store. */
export const { wakeMoney, closeOthers, watchPayment } = proxyActivities<WakingActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/** Needs only our own store, which is back within seconds or is not our fault. */
export const { closeUnopened } = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '100 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/** Notifies the merchant after a first attempt failed, on a queue of its own. */
export function notifier(): ActivityInterfaceFor<UpdateActivities> {
  return proxyActivities<UpdateActivities>({
    taskQueue: updatesTaskQueue(workflowInfo().taskQueue),
    // More than the maximum of ORDER_WEBHOOK_TIMEOUT.
    startToCloseTimeout: '75 seconds',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  });
}
