/**
 * Plays the stories on a dev server and returns the history of every run, as `temporal workflow show --output
 * json` prints it.
 */
import type { Client, WorkflowClientInterceptor } from '@temporalio/client';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../../src/config/payload-keys.ts';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { BACKFILL_SCENARIOS, LONG_BACKFILL_SCENARIOS } from './backfill-scenarios.ts';
import { beginBackfillAgain, startBackfillWorld } from './backfill-world.ts';
import { KEYED_SCENARIOS } from './keyed-scenarios.ts';
import { KeyedStory } from './keyed-story.ts';
import { MONEY_SCENARIOS, type MoneyScenario } from './money-scenarios.ts';
import { startMoneyWorld } from './money-world.ts';
import { HISTORY_KEYS } from './payload-keys.ts';
import { prepareWorld, type PaymentWorld } from './payment-world.ts';
import { stoppedAnyhow } from './run-activities.ts';
import { LONG_RECONCILE_SCENARIOS, RECONCILE_SCENARIOS } from './reconcile-scenarios.ts';
import { beginAgain, startReconcileWorld } from './reconcile-world.ts';
import { SCENARIOS } from './scenarios.ts';
import { Story } from './story.ts';
import { LONG_SWEEP_SCENARIOS, SWEEP_SCENARIOS } from './sweep-scenarios.ts';
import { beginAfresh, startSweepWorld } from './sweep-world.ts';
import { tracedCalls } from './traced-calls.ts';
import { until } from './until.ts';

export interface Recorded {
  /** `continue-as-new-2`: the scenario, and which of its runs where it has several. */
  readonly name: string;
  readonly json: unknown;
}

/** Scenarios that are also recorded with encrypted payloads, under their names with this prefix. */
const ENCRYPTED = 'encrypted-';
const ALSO_ENCRYPTED = [
  'paid',
  'hold-then-paid',
  'gateway-silent',
  'unrecorded-look',
  'odd-input-of-another',
  'review-resolved',
  'continue-as-new',
  'money-refunded-twice',
  'sweep-page-retried',
].map((name) => `${ENCRYPTED}${name}`);

/** Scenarios that are also recorded with tracing switched on. */
const TRACED = 'traced-';
const ALSO_TRACED = ['paid', 'encrypted-paid', 'hold-then-paid', 'review-resolved', 'continue-as-new'].map(
  (name) => `${TRACED}${name}`,
);

/** Every scenario that leaves a history. */
export const SCENARIO_NAMES = [
  ...ALSO_ENCRYPTED,
  ...ALSO_TRACED,
  ...Object.keys(SCENARIOS),
  ...Object.keys(KEYED_SCENARIOS),
  ...Object.keys(MONEY_SCENARIOS),
  ...Object.keys(SWEEP_SCENARIOS),
  ...Object.keys(LONG_SWEEP_SCENARIOS),
  ...Object.keys(RECONCILE_SCENARIOS),
  ...Object.keys(LONG_RECONCILE_SCENARIOS),
  ...Object.keys(BACKFILL_SCENARIOS),
  ...Object.keys(LONG_BACKFILL_SCENARIOS),
];

/** Of events, after which a server suggests to continue as new. The longer one is Temporal's own. */
const [SHORT_HISTORY, LONG_HISTORY] = [100, 4_096];

const reconcileWorld = (length: number) => ({ start: () => startReconcileWorld(length), again: beginAgain });
const backfillWorld = (length: number) => ({
  start: () => startBackfillWorld(length),
  again: beginBackfillAgain,
});

/**
 * A failing story is named on stdout, and the others are recorded. @throws Error for a name without a
 * scenario
 */
export async function recordHistories(names: readonly string[]): Promise<Recorded[]> {
  const unknown = names.find((name) => !SCENARIO_NAMES.includes(name));
  if (unknown !== undefined)
    throw new Error(`no scenario "${unknown}"; there are: ${SCENARIO_NAMES.join(', ')}`);
  const isEncrypted = (name: string) => name.includes(ENCRYPTED);
  return [
    ...(await recordWith(
      NO_PAYLOAD_KEYS,
      names.filter((name) => !isEncrypted(name)),
    )),
    ...(await recordWith(HISTORY_KEYS, names.filter(isEncrypted))),
    ...(await recordListed(names, RECONCILE_SCENARIOS, reconcileWorld(SHORT_HISTORY))),
    ...(await recordListed(names, LONG_RECONCILE_SCENARIOS, reconcileWorld(LONG_HISTORY))),
    ...(await recordListed(names, BACKFILL_SCENARIOS, backfillWorld(SHORT_HISTORY))),
    ...(await recordListed(names, LONG_BACKFILL_SCENARIOS, backfillWorld(LONG_HISTORY))),
  ];
}

async function recordWith(keys: PayloadKeys, names: readonly string[]): Promise<Recorded[]> {
  const of = (scenarios: object) => names.filter((name) => baseOf(name) in scenarios);
  return [
    ...(await recordStories(
      of(SCENARIOS).filter((name) => !isTraced(name)),
      record,
      { keys },
    )),
    ...(await recordStories(of(SCENARIOS).filter(isTraced), record, { keys, around: [tracedCalls()] })),
    ...(await recordStories(of(KEYED_SCENARIOS), recordKeyed, { keys, gateways: ['stripe'] })),
    ...(await recordMoney(of(MONEY_SCENARIOS), 'real', keys)),
    ...(await recordMoney(of(MONEY_SCENARIOS), 'skipping', keys)),
    ...(await recordSweeps(of(SWEEP_SCENARIOS), SWEEP_SCENARIOS, { keys })),
    ...(await recordSweeps(of(LONG_SWEEP_SCENARIOS), LONG_SWEEP_SCENARIOS, {
      keys,
      suggestsAfter: LONG_HISTORY,
    })),
  ];
}

/** The scenario that is played under a name. */
function baseOf(name: string): string {
  const [traced, encrypted] = [TRACED, ENCRYPTED].map((prefix) => `(?:${prefix})?`);
  return name.replace(new RegExp(`^${traced}${encrypted}`), '');
}

function isTraced(name: string): boolean {
  return name.startsWith(TRACED);
}

interface How {
  readonly keys: PayloadKeys;
  readonly suggestsAfter?: number;
  readonly gateways?: readonly string[];
  readonly around?: readonly WorkflowClientInterceptor[];
}

async function recordSweeps(
  names: readonly string[],
  scenarios: typeof SWEEP_SCENARIOS,
  { keys, suggestsAfter }: How,
): Promise<Recorded[]> {
  if (names.length === 0) return [];
  const world = await startSweepWorld(suggestsAfter, keys);
  try {
    const recorded: Recorded[] = [];
    // One after another, since the listings belong to the world.
    for (const name of names) {
      await beginAfresh(world);
      const play = async () => [(await scenarios[baseOf(name)]?.(world)) ?? ''];
      recorded.push(...(await recordOne(world.client, name, play).catch(failedAt(name))));
    }
    return recorded;
  } finally {
    await world.close();
  }
}

/** Worlds with a gateway whose lists a scenario writes. */
async function recordListed<World extends { readonly client: Client; close(): Promise<void> }>(
  names: readonly string[],
  scenarios: Readonly<Record<string, (world: World) => Promise<string>>>,
  { start, again }: { start: () => Promise<World>; again: (world: World) => Promise<void> },
): Promise<Recorded[]> {
  const wanted = names.filter((name) => name in scenarios);
  if (wanted.length === 0) return [];
  const world = await start();
  try {
    const recorded: Recorded[] = [];
    // One after another, since the list belongs to the world.
    for (const name of wanted) {
      await again(world);
      const play = async () => [(await scenarios[name]?.(world)) ?? ''];
      recorded.push(...(await recordOne(world.client, name, play).catch(failedAt(name))));
    }
    return recorded;
  } finally {
    await world.close();
  }
}

async function recordMoney(
  names: readonly string[],
  time: MoneyScenario['time'],
  keys: PayloadKeys,
): Promise<Recorded[]> {
  const wanted = names.filter((name) => MONEY_SCENARIOS[baseOf(name)]?.time === time);
  if (wanted.length === 0) return [];
  const world = await startMoneyWorld(time, [], keys);
  try {
    const recorded: Recorded[] = [];
    // One after another, since a policy belongs to the world.
    for (const name of wanted) {
      const play = async () => (await MONEY_SCENARIOS[baseOf(name)]?.play(world)) ?? [];
      recorded.push(...(await recordOne(world.client, name, play).catch(failedAt(name))));
    }
    return recorded;
  } finally {
    await world.close();
  }
}

async function recordStories(
  names: readonly string[],
  recordStory: (world: PaymentWorld, name: string) => Promise<Recorded[]>,
  { keys, gateways, around }: How,
): Promise<Recorded[]> {
  if (names.length === 0) return [];
  const suggestion = 'limit.historyCount.suggestContinueAsNew=100';
  const world = await prepareWorld('real', [suggestion], keys, around);
  const stop = await world.work(gateways);
  try {
    const left = [...names];
    const recorded: Recorded[] = [];
    const playNext = async (): Promise<void> => {
      for (let name = left.shift(); name !== undefined; name = left.shift())
        recorded.push(...(await recordStory(world, name).catch(failedAt(name))));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, playNext));
    return recorded;
  } finally {
    await stop().catch(stoppedAnyhow);
    await world.close();
  }
}

/** Most of a story is waiting. With more at once, the server has no time to answer. */
const AT_ONCE = 12;

function failedAt(name: string): (error: unknown) => [] {
  return (error) => {
    process.exitCode = 1;
    process.stdout.write(`${name} has failed: ${String(error)}\n`);
    return [];
  };
}

function record(world: PaymentWorld, name: string): Promise<Recorded[]> {
  const story = new Story(world, name);
  const play = async () => (await SCENARIOS[baseOf(name)]?.(story)) ?? [story.workflowId];
  return recordOne(world.server.client, name, play);
}

function recordKeyed(world: PaymentWorld, name: string): Promise<Recorded[]> {
  const story = new KeyedStory(world, name);
  const play = async () => (await KEYED_SCENARIOS[baseOf(name)]?.(story)) ?? [story.workflowId];
  return recordOne(world.server.client, name, play);
}

/** Plays it, and returns the histories of every run of the workflows that it names. */
async function recordOne(
  client: Client,
  name: string,
  play: () => Promise<readonly string[]>,
): Promise<Recorded[]> {
  const ids = await play();
  const runs = (await Promise.all(ids.map((id) => runsOf(client, id)))).flat();
  process.stdout.write(`${name} has ended\n`);
  return Promise.all(runs.map((run, index) => historyOf(client, run, nameOf(name, runs, index))));
}

interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * Every run of a workflow, the first one first, once the last one has ended, even if an operator has ended
 * it.
 */
async function runsOf(client: Client, workflowId: string): Promise<Run[]> {
  const handle = client.workflow.getHandle(workflowId);
  const hasEnded = async () =>
    ['COMPLETED', 'TERMINATED', 'FAILED'].includes((await handle.describe()).status.name);
  await until(`${workflowId} ends`, hasEnded, 120_000);
  const runs: Run[] = [];
  try {
    for await (const { runId } of client.workflow.list({ query: `WorkflowId="${workflowId}"` }))
      runs.unshift({ workflowId, runId });
  } catch {
    // The time-skipping server has no lists; its stories have one run each.
    runs.push({ workflowId, runId: (await handle.describe()).runId });
  }
  return runs;
}

function nameOf(name: string, runs: readonly Run[], index: number): string {
  return runs.length === 1 ? name : `${name}-${index + 1}`;
}

async function historyOf(client: Client, { workflowId, runId }: Run, name: string): Promise<Recorded> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return { name, json: JSON.parse(historyToJSON(history)) as unknown };
}
