/** Reads an order's runs from Temporal: what each did, what it waits for, and what keeps failing. */
import type { Client } from '@temporalio/client';
import type { ClientConfig } from '../../config/config.ts';
import { createPayloadCodec } from '../../temporal/payload-codec.ts';
import { makeReadable } from '../../temporal/readable.ts';
import { withTimeout } from '../../temporal/run-calls.ts';
import { getState } from '../../workflows/messages.ts';
import { pendingOf, stepsOf, type PendingActivity, type Step } from './history.ts';
import { askTemporal, type Unasked } from '../ask-temporal.ts';

export interface Run {
  readonly workflowId: string;
  readonly runId: string;
  /** Temporal's status: RUNNING, PAUSED, COMPLETED, TERMINATED … */
  readonly status: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
  readonly events: number;
  readonly url: string | null;
  /** The run's own text; null if the run is over or no worker answers. */
  readonly waitsFor: string | null;
  /** Temporal's report of a workflow task that keeps failing; normally null. */
  readonly problems: string | null;
  readonly pending: readonly PendingActivity[];
  readonly steps: readonly Step[];
}

export type RunsAnswer =
  /** `orders`: the orders that have the same id, if there is more than one. */
  { readonly kind: 'found'; readonly runs: readonly Run[]; readonly orders?: readonly string[] } | Unasked;

const QUERY_LIMIT_MS = 2_000;
const MOST_RUNS = 20;

/** The runs of an order that Temporal still keeps, oldest first, at most `MOST_RUNS`. Never throws. */
export async function findRuns(config: ClientConfig, reference: string): Promise<RunsAnswer> {
  const runs = await askTemporal(config, (client) => readRuns(client, config, reference));
  return 'kind' in runs ? runs : { kind: 'found', runs };
}

async function readRuns(client: Client, config: ClientConfig, reference: string): Promise<Run[]> {
  const ids: { workflowId: string; runId: string }[] = [];
  const query = `WorkflowType in ('paymentSession', 'moneyOperations') and OrderReference = '${reference}'`;
  for await (const found of client.workflow.list({ query })) {
    ids.push(found);
    if (ids.length === MOST_RUNS) break;
  }
  const runs = await Promise.all(ids.map((id) => readRun(client, config, id)));
  return runs.toSorted((left, right) => left.startedAt.localeCompare(right.startedAt));
}

async function readRun(
  client: Client,
  config: ClientConfig,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<Run> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const [found, history] = await Promise.all([handle.describe(), handle.fetchHistory()]);
  const pending = found.raw.pendingActivities ?? [];
  await makeReadable([history, pending], createPayloadCodec(config.PAYLOAD_KEYS));
  const isRunning = found.status.name === 'RUNNING';
  return {
    workflowId,
    runId,
    status: found.status.name,
    startedAt: found.startTime.toISOString(),
    closedAt: found.closeTime?.toISOString() ?? null,
    events: found.historyLength,
    url: linkTo(config, workflowId, runId),
    waitsFor: isRunning ? await askRun(handle) : null,
    problems: isRunning ? problemsOf(found.searchAttributes) : null,
    pending: pendingOf(pending),
    steps: stepsOf(history.events ?? []),
  };
}

function problemsOf(attributes: Readonly<Record<string, unknown>>): string | null {
  const problems = attributes['TemporalReportedProblems'];
  const texts = [problems].flat().filter((text) => typeof text === 'string');
  return texts.length === 0 ? null : texts.map((text) => text.replace(/^(category|cause)=/, '')).join(', ');
}

/** The query needs a running worker. Without one the rest of the story is still useful. */
async function askRun(handle: ReturnType<Client['workflow']['getHandle']>): Promise<string | null> {
  const view = await withTimeout(handle.query(getState), QUERY_LIMIT_MS).catch(() => null);
  return view?.waitsFor ?? null;
}

function linkTo(config: ClientConfig, workflowId: string, runId: string): string | null {
  const { TEMPORAL_UI_URL: uiUrl, TEMPORAL_NAMESPACE: namespace } = config;
  if (uiUrl === undefined) return null;
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
}
