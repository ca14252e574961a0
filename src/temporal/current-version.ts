/** Under Worker Versioning only the current version gets new runs: whether somebody polls for it decides whether anything is opened. */
import type { Connection } from '@temporalio/client';
import type { Config } from '../config.ts';
import { rootOf } from '../telemetry/root-of.ts';

/** A long poll ends after a minute, so a poller that is alive has come back by then. */
export const POLLED_WITHIN_MS = 75_000;
/** Temporal's `TASK_QUEUE_TYPE_WORKFLOW`. */
const WORKFLOW_TASKS = 1;
const ASKED_EVERY_MS = 15_000;

export interface CurrentVersion {
  /** Empty where none is current. */
  readonly buildId: string;
  /** How many processes poll for it. */
  readonly pollers: number;
}

type Wanted = Pick<Config, 'TEMPORAL_NAMESPACE' | 'TEMPORAL_DEPLOYMENT_NAME' | 'TEMPORAL_TASK_QUEUE'>;

/** The deployment's current version; null where there is no such deployment, so that its workers are not versioned. @throws where Temporal does not answer */
export async function readCurrentVersion(
  { workflowService }: Connection,
  {
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_DEPLOYMENT_NAME: deploymentName,
    TEMPORAL_TASK_QUEUE: name,
  }: Wanted,
): Promise<CurrentVersion | null> {
  const found = await workflowService
    .describeWorkerDeployment({ namespace, deploymentName })
    .catch((error: unknown) => {
      if (/not.?found|unimplemented|not enabled/i.test(rootOf(error))) return null;
      throw error;
    });
  if (found === null) return null;
  const buildId = found.workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? '';
  const queue = { namespace, taskQueue: { name }, taskQueueType: WORKFLOW_TASKS };
  const { pollers } = await workflowService.describeTaskQueue(queue);
  const alive = (pollers ?? []).filter(
    ({ lastAccessTime, deploymentOptions }) =>
      deploymentOptions?.deploymentName === deploymentName &&
      deploymentOptions.buildId === buildId &&
      Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLLED_WITHIN_MS,
  );
  return { buildId, pollers: new Set(alive.map(({ identity }) => identity)).size };
}

/** Asks at most every quarter of a minute, however often it is asked. */
export function currentVersionReader(
  connection: Connection,
  config: Wanted,
): () => Promise<CurrentVersion | null> {
  let asked: { readonly at: number; readonly answer: Promise<CurrentVersion | null> } | undefined;
  return () => {
    if (asked === undefined || Date.now() - asked.at >= ASKED_EVERY_MS)
      asked = { at: Date.now(), answer: readCurrentVersion(connection, config) };
    return asked.answer;
  };
}
