/** The activities of a payment, each with the time limits and retries that its nature asks for. */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type {
  MoneyActivities,
  PaymentActivities,
  UpdateActivities,
  WakingActivities,
} from '../activities/payment-activities.ts';
import { updatesTaskQueue } from './messages.ts';

/** A worker that is killed is noticed by its silence, not by the time limit of what it was doing. */
const HEARTBEAT = '8 seconds';

/** The payer waits for it, so it is tried again soon; several calls with time-outs of their own fit in. */
export const { openSession, cancelSession } = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '60 seconds',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/** Retried without end; the activity itself says when, by how often it has failed. */
export const { readTransaction, cancelSurplusSessions } = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '45 seconds',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});

/** Moves money, so it is tried again only where the activity knows that nothing was done; it says itself when. */
export const { attemptOperation, planGiveBack } = proxyActivities<MoneyActivities>({
  startToCloseTimeout: '60 seconds',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});

/** Temporal and the store are all that it needs. */
export const { wakeMoney, closeOthers } = proxyActivities<WakingActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Our own store: back within seconds or not our fault. */
export const { recordOutcome } = proxyActivities<PaymentActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/** Made per call: the queue's name comes from the run. */
export function notifier(): Pick<UpdateActivities, 'notifyMerchant'> & {
  notifyMerchant: { executeWithOptions(options: { summary: string }, args: [string]): Promise<string> };
} {
  return proxyActivities<UpdateActivities>({
    taskQueue: updatesTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '15 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 hour' },
  });
}
