/** The Workers: one for payments, one that tells the merchant. */
import { join } from 'node:path';
import { Worker, type NativeConnection } from '@temporalio/worker';
import type {
  MoneyActivities,
  PaymentActivities,
  UpdateActivities,
  WakingActivities,
} from '../activities/payment-activities.ts';
import type { SweepActivities } from '../activities/sweep-activities.ts';
import { updatesTaskQueue } from '../workflows/messages.ts';
import { failsWithoutValues } from './activity-failures.ts';

export const WORKFLOW_BUNDLE = { codePath: join(import.meta.dirname, '..', 'workflow-bundle.js') };

const AROUND_ACTIVITIES = [failsWithoutValues];

export interface WorkerSettings {
  readonly namespace: string;
  readonly taskQueue: string;
  /** Where several worker processes of different builds run at once: `deployment name:build id`. */
  readonly version?: { readonly deploymentName: string; readonly buildId: string };
}

/** Both Workers, made but not running. */
export async function createWorkers(
  connection: NativeConnection,
  settings: WorkerSettings,
  activities: {
    payments: PaymentActivities & MoneyActivities & WakingActivities & SweepActivities;
    updates: UpdateActivities;
  },
): Promise<Worker[]> {
  const common = {
    connection,
    namespace: settings.namespace,
    interceptors: { activity: AROUND_ACTIVITIES },
    shutdownGraceTime: '15s',
    shutdownForceTime: '25s',
  } as const;
  const { deploymentName, buildId } = settings.version ?? {};
  const versioning =
    deploymentName === undefined || buildId === undefined
      ? {}
      : {
          workerDeploymentOptions: {
            version: { deploymentName, buildId },
            useWorkerVersioning: true,
            defaultVersioningBehavior: 'AUTO_UPGRADE',
          } as const,
        };
  return [
    await Worker.create({
      ...common,
      ...versioning,
      taskQueue: settings.taskQueue,
      workflowBundle: WORKFLOW_BUNDLE,
      activities: activities.payments,
      maxCachedWorkflows: 1_000,
      maxConcurrentActivityTaskExecutions: 100,
    }),
    // A shop that hangs fills these slots and nobody else's.
    await Worker.create({
      ...common,
      ...versioning,
      taskQueue: updatesTaskQueue(settings.taskQueue),
      activities: activities.updates,
      maxConcurrentActivityTaskExecutions: 50,
    }),
  ];
}
