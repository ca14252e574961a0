/** The namespace and the versions of our workers, as Temporal has them. */
import type { Connection } from '@temporalio/client';
import type { Config } from '../config/config.ts';
import { rootOf } from '../lib/root-of.ts';
import { listPollers, processesOf, WORKFLOW_TASKS, type Poller } from './pollers.ts';

export interface WorkerVersion {
  readonly buildId: string;
  /**
   * `current`: gets new runs, and continues those of the versions before. `ramping`: gets a part of them.
   * `draining`: open runs are still pinned to it. `drained`: none are. `inactive`: it was never current.
   */
  readonly state: 'current' | 'ramping' | 'draining' | 'drained' | 'inactive' | 'unknown';
  /** Since when it is in use; null where it is not. */
  readonly currentSince: Date | null;
  /** Processes that poll for it now. */
  readonly pollers: number;
}

export interface Versions {
  /** Newest first. Null where the deployment is not known, so that its workers have no versions. */
  readonly versions: readonly WorkerVersion[] | null;
  /** Empty where no version is current. */
  readonly current: string;
  /** Processes that poll without a version. */
  readonly unversioned: number;
  readonly pollers: readonly Poller[];
}

type Wanted = Pick<Config, 'TEMPORAL_NAMESPACE' | 'TEMPORAL_DEPLOYMENT_NAME' | 'TEMPORAL_TASK_QUEUE'>;

/** Temporal's `WorkerDeploymentVersionStatus`, by its number. */
const STATES: readonly WorkerVersion['state'][] = [
  'unknown',
  'inactive',
  'current',
  'ramping',
  'draining',
  'drained',
];

/** @throws where Temporal does not answer */
export async function readVersions(connection: Connection, config: Wanted): Promise<Versions> {
  const {
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_DEPLOYMENT_NAME: deploymentName,
    TEMPORAL_TASK_QUEUE: name,
  } = config;
  const [deployment, pollers] = await Promise.all([
    describeDeployment(connection, { namespace, deploymentName }),
    listPollers(connection, { namespace, name, type: WORKFLOW_TASKS }),
  ]);
  const unversioned = processesOf(pollers.filter(({ buildId }) => buildId === null));
  if (deployment === null) return { versions: null, current: '', unversioned, pollers };
  const { routingConfig, versionSummaries } = deployment;
  const madeAt = ({ createTime }: { readonly createTime?: Timestamp | null }) =>
    timeOf(createTime)?.getTime() ?? 0;
  const versions = (versionSummaries ?? [])
    .toSorted((one, other) => madeAt(other) - madeAt(one))
    .map(({ deploymentVersion, status, currentSinceTime }) => {
      const buildId = deploymentVersion?.buildId ?? '';
      const ofThis = pollers.filter(
        (each) => each.deploymentName === deploymentName && each.buildId === buildId,
      );
      return {
        buildId,
        state: STATES[status ?? 0] ?? 'unknown',
        currentSince: timeOf(currentSinceTime),
        pollers: processesOf(ofThis),
      };
    });
  const current = routingConfig?.currentDeploymentVersion?.buildId ?? '';
  return { versions, current, unversioned, pollers };
}

/** Null where the deployment is not known, or the server has none. */
async function describeDeployment(
  { workflowService }: Connection,
  deployment: { readonly namespace: string; readonly deploymentName: string },
) {
  const found = await workflowService.describeWorkerDeployment(deployment).catch((error: unknown) => {
    if (/not.?found|unimplemented|not enabled/i.test(rootOf(error))) return null;
    throw error;
  });
  return found?.workerDeploymentInfo ?? null;
}

interface Timestamp {
  readonly seconds?: { toString(): string } | number | null;
}

/** Protobuf's beginning of time means that there is none. */
function timeOf(at: Timestamp | null | undefined): Date | null {
  const seconds = Number(at?.seconds ?? 0);
  return seconds > 0 ? new Date(seconds * 1_000) : null;
}
