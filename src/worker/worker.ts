/**
 * The Workers: one for workflows and activities that need only the store, two for each gateway, one that
 * notifies the merchant.
 */
import {
  Worker,
  type ActivityInterceptorsFactory,
  type NativeConnection,
  type WorkerOptions,
} from '@temporalio/worker';
import { HEARTBEAT_EVERY_MS } from '../activities/heartbeat.ts';
import type { BackfillActivities } from '../activities/backfill-activities.ts';
import type {
  MoneyActivities,
  PaymentActivities,
  UpdateActivities,
  WakingActivities,
} from '../activities/contract.ts';
import type { ReconcileActivities } from '../activities/reconcile-activities.ts';
import type { SweepActivities } from '../activities/sweep-activities.ts';
import type { PayloadKeys } from '../config/payload-keys.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import { taskQueues, updatesTaskQueue } from '../workflows/messages.ts';
import { failsInWords } from './activity-failures.ts';
import { bundleFor, dataConverterOf } from './conversion.ts';

export interface WorkerSettings {
  readonly namespace: string;
  readonly taskQueue: string;
  /** The gateways, which have queues of their own. */
  readonly gateways: readonly string[];
  readonly sizes: WorkerSizes;
  readonly payloadKeys: PayloadKeys;
  readonly tracing: Tracing | null;
  /** Set where worker processes of several builds run at once: `deployment name:build id`. */
  readonly version?: { readonly deploymentName: string; readonly buildId: string };
}

/** How much work a process takes at once. docs/run-in-production.md says what each costs. */
export interface WorkerSizes {
  readonly workflowSlots: number;
  readonly storeSlots: number;
  readonly checkoutSlots: number;
  readonly backgroundSlots: number;
  readonly updateSlots: number;
  readonly cachedRuns: number;
  /**
   * The long polls for each queue, twice as many for workflow tasks: a part of them waits at the process's
   * own queue.
   */
  readonly pollers: number;
}

export interface WorkerActivities {
  readonly payments: PaymentActivities &
    MoneyActivities &
    WakingActivities &
    SweepActivities &
    ReconcileActivities &
    BackfillActivities;
  readonly updates: UpdateActivities;
}

/**
 * All Workers of a process, created but not running. Each has its own slots: calls that hang on one queue do
 * not delay another.
 */
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
    interceptors: { activity: aroundActivities(settings) },
    dataConverter: dataConverterOf(settings.payloadKeys),
    // By default the SDK sends one only after four fifths of the time-out, which leaves a busy process no
    // reserve.
    maxHeartbeatThrottleInterval: HEARTBEAT_EVERY_MS,
    shutdownGraceTime: '15s',
    shutdownForceTime: '25s',
    ...versioningOf(settings),
  } as const;
}

/** The span is outside, so that it sees no other error than Temporal does. */
function aroundActivities({ tracing }: WorkerSettings): ActivityInterceptorsFactory[] {
  return tracing === null ? [failsInWords] : [tracing.activity, failsInWords];
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

function paymentsWorker(
  { taskQueue, sizes, payloadKeys, tracing }: WorkerSettings,
  { payments }: WorkerActivities,
): OwnOptions {
  return {
    taskQueue,
    workflowBundle: bundleFor(payloadKeys, { isTraced: tracing !== null }),
    activities: payments,
    maxCachedWorkflows: sizes.cachedRuns,
    maxConcurrentWorkflowTaskExecutions: sizes.workflowSlots,
    maxConcurrentWorkflowTaskPolls: Math.min(2 * sizes.pollers, sizes.workflowSlots),
    ...slots(sizes.storeSlots, sizes),
    // How long a run in a killed worker's cache waits before another worker may take it.
    stickyQueueScheduleToStartTimeout: '1s',
  };
}

/**
 * Calls that hang fill only the slots of their own queue: hanging background calls never keep a payer
 * waiting.
 */
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

/** A shop that hangs fills only these slots. */
function updatesWorker({ taskQueue, sizes }: WorkerSettings, { updates }: WorkerActivities): OwnOptions {
  return {
    taskQueue: updatesTaskQueue(taskQueue),
    activities: updates,
    ...slots(sizes.updateSlots, sizes),
  };
}
