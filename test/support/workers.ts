/** The product's Workers on any server, with the activities of a test. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type NativeConnection,
  type WorkflowBundle,
} from '@temporalio/worker';
import type { BackfillActivities } from '../../src/activities/backfill-activities.ts';
import type { ReconcileActivities } from '../../src/activities/reconcile-activities.ts';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../../src/config/payload-keys.ts';
import type { SweepActivities } from '../../src/activities/sweep-activities.ts';
import { taskQueues, updatesTaskQueue } from '../../src/workflows/messages.ts';
import { failsInWords } from '../../src/worker/activity-failures.ts';
import { bundleFor, dataConverterOf } from '../../src/worker/conversion.ts';
import { workflowSources } from '../../src/worker/workflow-sources.ts';
import { MissingActivity, refusing, type AnyActivity, type RunActivities } from './run-activities.ts';

const TASK_QUEUE = 'payments';
const AROUND_ACTIVITIES = { activity: [failsInWords] };
/** The task queue of the tests' payments. */
const GATEWAYS = ['dintero'];

/** The bundle that `npm test` has just built from these sources; without it, one is built here. */
export async function workflowBundle(
  keys: PayloadKeys = NO_PAYLOAD_KEYS,
  isTraced = false,
): Promise<WorkflowBundle> {
  const built = process.env['PAIDONCE_DIST'];
  return built === undefined
    ? bundleWorkflows(keys, isTraced)
    : { code: await readFile(bundleFor(keys, { isTraced, built }).codePath, 'utf8') };
}

export function bundleWorkflows(
  { encrypts }: PayloadKeys = NO_PAYLOAD_KEYS,
  isTraced = false,
): Promise<WorkflowBundle> {
  const folder = fileURLToPath(new URL('../../src', import.meta.url));
  const sources = workflowSources(folder, { isEncrypted: encrypts !== null, isTraced });
  return bundleWorkflowCode({ ...sources, logger: new DefaultLogger('ERROR') });
}

let isQuietened = false;

export function quietRuntime(): void {
  if (isQuietened) return;
  isQuietened = true;
  // The SDK's core warns about every server that is not the newest, on every connection.
  const telemetryOptions = { logging: { filter: 'ERROR' } };
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions });
}

/**
 * A Worker for each queue with these activities; `gateways` are the configured ones, and `keys` those of the bundle. The result stops them
 * after the work under way. A missing activity fails for ever. @throws MissingActivity when they are stopped,
 * naming it
 */
export async function startWorkers(
  connection: NativeConnection,
  workflowBundle: WorkflowBundle,
  activities: RunActivities | SweepActivities | ReconcileActivities | BackfillActivities | AnyActivity,
  gateways: readonly string[] = GATEWAYS,
  keys: PayloadKeys = NO_PAYLOAD_KEYS,
): Promise<() => Promise<void>> {
  const missing = new Set<string>();
  const common = {
    connection,
    activities: { ...refusing(missing), ...activities },
    interceptors: AROUND_ACTIVITIES,
    dataConverter: dataConverterOf(keys),
    maxConcurrentActivityTaskExecutions: 50,
    maxHeartbeatThrottleInterval: '500ms',
    // A server that has lost a task must not keep the test from ending.
    shutdownForceTime: '5s',
  } as const;
  const workers = await Promise.all([
    Worker.create({ ...common, workflowBundle, taskQueue: TASK_QUEUE, maxCachedWorkflows: 1_500 }),
    ...activityQueues(gateways).map((taskQueue) => Worker.create({ ...common, taskQueue })),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    for (const worker of workers) worker.shutdown();
    await running.finally(() => {
      if (missing.size > 0)
        throw new MissingActivity(`add ${[...missing].join(', ')} to the activities of this test's Workers`);
    });
  };
}

function activityQueues(gateways: readonly string[]): string[] {
  const ofGateways = gateways.map((gateway) => taskQueues(TASK_QUEUE, gateway));
  return [
    ...ofGateways.flatMap(({ checkout, background }) => [checkout, background]),
    updatesTaskQueue(TASK_QUEUE),
  ];
}

/** For clients of a server that may be busy. */
export const PATIENT = { taskQueue: TASK_QUEUE, updateTimeoutMs: 300_000, signalTimeoutMs: 60_000 };
