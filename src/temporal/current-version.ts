/**
 * With Worker Versioning only the current version gets new runs. If no process polls for it, no session can
 * be opened.
 */
import type { Connection } from '@temporalio/client';
import type { Config } from '../config/config.ts';
import { remembered } from '../lib/remembered.ts';
import { rootOf } from '../lib/root-of.ts';
import { countPollers, WORKFLOW_TASKS } from './pollers.ts';

const ASKED_EVERY_MS = 15_000;

export interface CurrentVersion {
  /** Empty where no version is current. */
  readonly buildId: string;
  /** The number of processes that poll for it. */
  readonly pollers: number;
}

type Wanted = Pick<Config, 'TEMPORAL_NAMESPACE' | 'TEMPORAL_DEPLOYMENT_NAME' | 'TEMPORAL_TASK_QUEUE'>;

/**
 * The deployment's current version. Null where there is no such deployment, so that its workers are not
 * versioned.
 * @throws where Temporal does not answer
 */
export async function readCurrentVersion(
  connection: Connection,
  {
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_DEPLOYMENT_NAME: deploymentName,
    TEMPORAL_TASK_QUEUE: name,
  }: Wanted,
): Promise<CurrentVersion | null> {
  const found = await connection.workflowService
    .describeWorkerDeployment({ namespace, deploymentName })
    .catch((error: unknown) => {
      if (/not.?found|unimplemented|not enabled/i.test(rootOf(error))) return null;
      throw error;
    });
  if (found === null) return null;
  const buildId = found.workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? '';
  const queue = { namespace, name, type: WORKFLOW_TASKS };
  return { buildId, pollers: await countPollers(connection, queue, { deploymentName, buildId }) };
}

/** Calls Temporal at most once in 15 s, however often the reader is called. */
export function currentVersionReader(
  connection: Connection,
  config: Wanted,
): () => Promise<CurrentVersion | null> {
  return remembered(ASKED_EVERY_MS, () => readCurrentVersion(connection, config));
}
