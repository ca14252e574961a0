/** The Workers: one for workflows and what needs the store only, two for each gateway, one that tells the merchant. */
import { join } from 'node:path';
import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { HEARTBEAT_EVERY_MS } from '../activities/heartbeat.ts';
import type {
  MoneyActivities,
  PaymentActivities,
  UpdateActivities,
  WakingActivities,
} from '../activities/contract.ts';
import type { SweepActivities } from '../activities/sweep-activities.ts';
import { taskQueues, updatesTaskQueue } from '../workflows/messages.ts';
import { failsInWords } from './activity-failures.ts';

export const WORKFLOW_BUNDLE = { codePath: join(import.meta.dirname, '..', 'workflow-bundle.js') };

const AROUND_ACTIVITIES = [failsInWords];

export interface WorkerSettings {
  readonly namespace: string;
  readonly taskQueue: string;
  /** The names of those that have queues of their own. */
  readonly gateways: readonly string[];
  readonly sizes: WorkerSizes;
  /** Where several worker processes of different builds run at once: `deployment name:build id`. */
  readonly version?: { readonly deploymentName: string; readonly buildId: string };
}

/** How much a process takes on at once: docs/run-in-production.md says what each costs. */
export interface WorkerSizes {
  readonly workflowSlots: number;
  readonly storeSlots: number;
  readonly checkoutSlots: number;
  readonly backgroundSlots: number;
  readonly updateSlots: number;
  readonly cachedRuns: number;
  /** Long polls for each queue, twice as many for workflow tasks: a part of them waits at the process's own queue. */
  readonly pollers: number;
}

export interface WorkerActivities {
  readonly payments: PaymentActivities & MoneyActivities & WakingActivities & SweepActivities;
  readonly updates: UpdateActivities;
}

/** All Workers of a process, made but not running. Each has slots of its own: what hangs on one queue keeps no other waiting. */
export async function createWorkers(
  connection: NativeConnection,
  settings: WorkerSettings,
  activities: WorkerActivities,
): Promise<Worker[]> {
  const common = commonOptions(connection, settings);
  const options = [
    paymentsWorker(settings, activities),
    ...settings.gateways.flatMap((gateway) => gatewayWorkers(settings, gateway, activities)),
    updatesWorker(settings, activities),
  ];
  const workers: Worker[] = [];
  for (const own of options) workers.push(await Worker.create({ ...common, ...own }));
  return workers;
}

type OwnOptions = Partial<WorkerOptions> & Pick<WorkerOptions, 'taskQueue'>;

function commonOptions(connection: NativeConnection, settings: WorkerSettings) {
  return {
    connection,
    namespace: settings.namespace,
    interceptors: { activity: AROUND_ACTIVITIES },
    // The SDK would send one only when four fifths of the time-out are over, which leaves a busy process no room.
    maxHeartbeatThrottleInterval: HEARTBEAT_EVERY_MS,
    shutdownGraceTime: '15s',
    shutdownForceTime: '25s',
    ...versioningOf(settings),
  } as const;
}

function versioningOf({ version }: WorkerSettings): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === undefined) return {};
  const { deploymentName, buildId } = version;
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}

function paymentsWorker({ taskQueue, sizes }: WorkerSettings, { payments }: WorkerActivities): OwnOptions {
  return {
    taskQueue,
    workflowBundle: WORKFLOW_BUNDLE,
    activities: payments,
    maxCachedWorkflows: sizes.cachedRuns,
    maxConcurrentWorkflowTaskExecutions: sizes.workflowSlots,
    maxConcurrentWorkflowTaskPolls: Math.min(2 * sizes.pollers, sizes.workflowSlots),
    ...slots(sizes.storeSlots, sizes),
    // A run that a killed worker held in its cache waits for so long before another one may have it.
    stickyQueueScheduleToStartTimeout: '1s',
  };
}

/** Calls that hang fill the slots of their own queue: of the background they never keep a shopper waiting. */
function gatewayWorkers(
  { taskQueue, sizes }: WorkerSettings,
  gateway: string,
  { payments: activities }: WorkerActivities,
): OwnOptions[] {
  const { checkout, background } = taskQueues(taskQueue, gateway);
  return [
    { taskQueue: checkout, activities, ...slots(sizes.checkoutSlots, sizes) },
    { taskQueue: background, activities, ...slots(sizes.backgroundSlots, sizes) },
  ];
}

function slots(count: number, { pollers }: WorkerSizes): Partial<WorkerOptions> {
  return {
    maxConcurrentActivityTaskExecutions: count,
    maxConcurrentActivityTaskPolls: Math.min(pollers, count),
  };
}

/** A shop that hangs fills these slots and nobody else's. */
function updatesWorker({ taskQueue, sizes }: WorkerSettings, { updates }: WorkerActivities): OwnOptions {
  return {
    taskQueue: updatesTaskQueue(taskQueue),
    activities: updates,
    ...slots(sizes.updateSlots, sizes),
  };
}
