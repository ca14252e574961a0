/** Replays the runs of a namespace on the workflow code of a build: the question before a deployment. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { PayloadKeys } from '../config/payload-keys.ts';
import { bundleFor, dataConverterOf } from './conversion.ts';

/** The build's workflow code does not do what the history says, or the history can't be read. */
export interface FailedReplay {
  readonly workflowId: string;
  readonly runId: string;
  readonly message: string;
}

export interface RunsToReplay {
  readonly taskQueue: string;
  /** Open runs are replayed whatever their age, and ended ones if they ended since. */
  readonly since: Date;
  /** The keys of the deployment whose runs these are. */
  readonly payloadKeys: PayloadKeys;
  /** The folder of the workflow bundles. Absent: this build's. */
  readonly built?: string;
}

/**
 * One result for each run, null where it replays: first the open runs, since only they continue on the new build,
 * then the runs that have ended. Holds a few histories at a time. Changes nothing at the server.
 * @throws where Temporal does not answer, or the code is no workflow bundle
 */
export async function* replayRuns(
  client: Client,
  { taskQueue, since, payloadKeys, built }: RunsToReplay,
): AsyncGenerator<FailedReplay | null> {
  // A run that does not replay is a result here, and the SDK would also print it.
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
    shutdownSignals: [],
  });
  const options = {
    workflowBundle: bundleFor(payloadKeys, { built }),
    dataConverter: dataConverterOf(payloadKeys),
  };
  const ours = `TaskQueue = '${taskQueue}'`;
  const queries = [
    `${ours} AND ExecutionStatus = 'Running'`,
    `${ours} AND ExecutionStatus != 'Running' AND CloseTime >= '${since.toISOString()}'`,
  ];
  for (const query of queries)
    for await (const { workflowId, runId, error } of Worker.runReplayHistories(
      options,
      histories(client, query),
    ))
      yield error === undefined ? null : { workflowId, runId, message: error.message };
}

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

async function* histories(
  client: Client,
  query: string,
): AsyncGenerator<{ workflowId: string; history: History }> {
  for await (const run of client.workflow.list({ query })) {
    const history = await fetchHistory(client, run);
    if (history !== null) yield { workflowId: run.workflowId, history };
  }
}

const NOT_FOUND = 5;

/** Null where the run's retention has ended since it was listed. */
async function fetchHistory(
  client: Client,
  { workflowId, runId }: WorkflowExecutionInfo,
): Promise<History | null> {
  try {
    return await client.workflow.getHandle(workflowId, runId).fetchHistory();
  } catch (error) {
    const { name, code, cause } = error as { name?: string; code?: number; cause?: { code?: number } };
    if (name === 'WorkflowNotFoundError' || code === NOT_FOUND || cause?.code === NOT_FOUND) return null;
    throw error;
  }
}
