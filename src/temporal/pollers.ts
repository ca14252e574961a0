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

export interface Poller {
  /** `pid@host`, as the SDK names a process. */
  readonly identity: string;
  /** Null for a worker without a version. */
  readonly buildId: string | null;
  readonly deploymentName: string | null;
}

/** Who polls a queue. One process may have several pollers. @throws where Temporal does not answer */
export async function listPollers(
  { workflowService }: Connection,
  { namespace, name, type }: Queue,
): Promise<Poller[]> {
  const queue = { namespace, taskQueue: { name }, taskQueueType: type };
  const { pollers } = await workflowService.describeTaskQueue(queue);
  return (pollers ?? []).flatMap(({ lastAccessTime, identity, deploymentOptions: of }) =>
    Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLLED_WITHIN_MS
      ? [
          {
            identity: identity ?? '',
            buildId: of?.buildId || null,
            deploymentName: of?.deploymentName || null,
          },
        ]
      : [],
  );
}

/** The number of processes among them. */
export function processesOf(pollers: readonly Poller[]): number {
  return new Set(pollers.map(({ identity }) => identity)).size;
}

/** The number of processes that poll a queue. @throws where Temporal does not answer */
export async function countPollers(connection: Connection, queue: Queue): Promise<number> {
  return processesOf(await listPollers(connection, queue));
}
