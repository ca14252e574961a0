/**
 * The activities of a payment, each with the time limits and retries that its nature asks for. Those with a queue of their own are
 * made per call: the queue's name comes from the run.
 *
 * An activity says itself when it is tried again after what it met. The intervals here are for what it can't say: a worker that was
 * lost, the store away. They grow with all attempts, also with those that only waited for their turn, so the longest of them is short
 * (docs/adr/0024).
 */
import { proxyActivities, workflowInfo, type ActivityInterfaceFor } from '@temporalio/workflow';
import type {
  MoneyActivities,
  PaymentActivities,
  UpdateActivities,
  WakingActivities,
} from '../activities/contract.ts';
import { taskQueues, updatesTaskQueue } from './messages.ts';

/** A worker that is killed is noticed by its silence, not by the time limit of what it was doing. Temporal rounds up to whole seconds. */
const HEARTBEAT = '1 second';
/** Longer where a worker that only stood still would open a second session, or have to find out what it has sent. */
const HEARTBEAT_OF_WRITES = '4 seconds';

/** Where a queue is full, what somebody waits for goes before follow-ups and polls (Temporal's default, 3), and the sweep goes last. */
export const PRIORITY = {
  waitedFor: { priorityKey: 1 },
  usual: { priorityKey: 3 },
  sweep: { priorityKey: 5 },
} as const;

/** What a shopper, or a merchant who replaces a session, waits for, so it is tried again soon; several calls with time-outs of their own fit in. */
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

/** Retried without end. A look records what it has read, so it fits in the time of several calls. */
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

/** Moves money, so it is tried again only where the activity knows that nothing was done. */
export function moneyMover(gateway: string): ActivityInterfaceFor<MoneyActivities> {
  return proxyActivities<MoneyActivities>({
    taskQueue: taskQueues(workflowInfo().taskQueue, gateway).background,
    startToCloseTimeout: '60 seconds',
    heartbeatTimeout: HEARTBEAT_OF_WRITES,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
  });
}

/** Temporal and the store are all that it needs. */
export const { wakeMoney, closeOthers, watchPayment } = proxyActivities<WakingActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/** Our own store: back within seconds or not our fault. */
export const { closeUnopened } = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '100 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/** Tells the merchant what a first attempt could not, on a queue of its own. */
export function notifier(): ActivityInterfaceFor<UpdateActivities> {
  return proxyActivities<UpdateActivities>({
    taskQueue: updatesTaskQueue(workflowInfo().taskQueue),
    // Above what ORDER_WEBHOOK_TIMEOUT may be.
    startToCloseTimeout: '75 seconds',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  });
}
