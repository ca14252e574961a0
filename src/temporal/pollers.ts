import type { Connection } from '@temporalio/client';

/** Temporal's `TASK_QUEUE_TYPE_WORKFLOW` and `TASK_QUEUE_TYPE_ACTIVITY`. */
export const WORKFLOW_TASKS = 1;
export const ACTIVITY_TASKS = 2;

/** A long poll ends after a minute, so a live poller has polled again by then. */
const POLLED_WITHIN_MS = 75_000;

interface Queue {
  readonly namespace: string;
  readonly name: string;
  /** `WORKFLOW_TASKS` or `ACTIVITY_TASKS`. */
  readonly type: number;
}

type Version = { readonly deploymentName?: string | null; readonly buildId?: string | null };

/**
 * The number of processes that poll a queue, or only those of one version.
 * @throws where Temporal does not answer
 */
export async function countPollers(
  { workflowService }: Connection,
  { namespace, name, type }: Queue,
  version?: Version,
): Promise<number> {
  const queue = { namespace, taskQueue: { name }, taskQueueType: type };
  const { pollers } = await workflowService.describeTaskQueue(queue);
  const alive = (pollers ?? []).filter(
    ({ lastAccessTime, deploymentOptions: of }) =>
      Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLLED_WITHIN_MS &&
      (version === undefined ||
        (of?.deploymentName === version.deploymentName && of?.buildId === version.buildId)),
  );
  return new Set(alive.map(({ identity }) => identity)).size;
}
