/** Plays the stories on a dev server and hands back the history of every run, as `temporal workflow show --output json` prints it. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import { startDevWorld, type DevWorld } from './dev-server.ts';
import { SCENARIOS, Story } from './scenarios.ts';
import { until } from './until.ts';

export interface Recorded {
  /** `continue-as-new-2`: the scenario, and which of its runs where it has several. */
  readonly name: string;
  readonly json: unknown;
}

/** @throws Error naming the story that did not end */
export async function recordHistories(names: readonly string[]): Promise<Recorded[]> {
  const world = await startDevWorld(['limit.historyCount.suggestContinueAsNew=100']);
  try {
    return (await Promise.all(names.map((name) => record(world, name)))).flat();
  } finally {
    await world.close();
  }
}

async function record(world: DevWorld, name: string): Promise<Recorded[]> {
  const play = SCENARIOS[name];
  if (play === undefined)
    throw new Error(`no scenario "${name}"; there are: ${Object.keys(SCENARIOS).join(', ')}`);
  const story = new Story(world, name);
  await play(story);
  const workflowId = paymentWorkflowId(story.payment);
  const handle = world.client.workflow.getHandle(workflowId);
  const hasEnded = async () => (await handle.describe()).status.name === 'COMPLETED';
  await until(`${name} ends`, hasEnded, 120_000);
  process.stdout.write(`${name} has ended\n`);
  const runIds: string[] = [];
  for await (const run of world.client.workflow.list({ query: `WorkflowId="${workflowId}"` }))
    runIds.unshift(run.runId);
  return Promise.all(
    runIds.map((runId, index) => historyOf(world, { workflowId, runId }, nameOf(name, runIds, index))),
  );
}

function nameOf(name: string, runIds: readonly string[], index: number): string {
  return runIds.length === 1 ? name : `${name}-${index + 1}`;
}

async function historyOf(
  { client }: DevWorld,
  { workflowId, runId }: { workflowId: string; runId: string },
  name: string,
): Promise<Recorded> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return { name, json: JSON.parse(historyToJSON(history)) as unknown };
}
