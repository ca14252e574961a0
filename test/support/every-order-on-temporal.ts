/** All orders up to a length, in groups whose steps in time are the same: the server has one clock for all of them. */
import { RETRIED_WITHIN_MS } from './order-invariants.ts';
import { DRAIN_MS, OrderTrial } from './order-trial.ts';
import { EVENTS, EXPIRY_MS, HOUR_MS, type Event } from './order-model.ts';
import type { TimeSkippingWorld } from './time-skipping.ts';

const TIMED: Partial<Record<Event, number>> = { 'hourly timer': HOUR_MS, expiry: EXPIRY_MS };

/** How many orders are moved at the same time: more only wait for one another. */
const AT_ONCE = 24;

/**
 * Passes after every step, so that the follow-ups of a callback come between the steps and not at the moment of one: the server
 * loses a workflow task that cancels a timer which has just fired.
 */
const PAUSE_MS = 90_000;

export interface Ended {
  readonly path: readonly Event[];
  readonly real: object;
  readonly expected: object;
}

/** Every order of events of length 1 to `longest`, grouped by where in it time passes and how much. */
export function groupsOfOrders(longest: number): Event[][][] {
  const groups = new Map<string, Event[][]>();
  for (const path of ordersUpTo(longest)) {
    const pattern = Array.from({ length: longest }, (_, index) => TIMED[path[index] as Event] ?? 0).join();
    groups.set(pattern, [...(groups.get(pattern) ?? []), path]);
  }
  return [...groups.values()].flatMap(inBatches);
}

/** A step of many orders takes long enough on a busy machine for the next follow-up to come due in the middle of it. */
const BATCH = 24;

function inBatches(paths: Event[][]): Event[][][] {
  const count = Math.ceil(paths.length / BATCH);
  return Array.from({ length: count }, (_, index) => paths.slice(index * BATCH, (index + 1) * BATCH));
}

function ordersUpTo(longest: number): Event[][] {
  if (longest === 0) return [];
  const shorter = ordersUpTo(longest - 1);
  const begun = longest === 1 ? [[]] : shorter.filter((path) => path.length === longest - 1);
  return [...shorter, ...begun.flatMap((path) => EVENTS.map((event) => [...path, event]))];
}

/** Where the test server logged "invalid history builder state", it has lost a task and its clock stands still: see PAUSE_MS. */
export class ServerStuck extends Error {
  override readonly name = 'ServerStuck';
}

const GROUP_LIMIT_MS = 240_000;

/** Lets one group happen. @throws ServerStuck | Error that names the order in which a promise was broken */
export async function tryGroup(
  world: TimeSkippingWorld,
  name: string,
  paths: readonly Event[][],
): Promise<Ended[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const stuck = new ServerStuck(`${name} did not end within ${GROUP_LIMIT_MS} ms`);
    timer = setTimeout(() => reject(stuck), GROUP_LIMIT_MS);
  });
  return Promise.race([letHappen(world, name, paths), late]).finally(() => clearTimeout(timer));
}

async function letHappen(
  world: TimeSkippingWorld,
  name: string,
  paths: readonly Event[][],
): Promise<Ended[]> {
  const begun = await world.env.currentTimeMs();
  const trials = paths.map((path, index) => new OrderTrial(world, `${name}x${index}`, path, begun));
  await each(trials, (trial) => trial.begin(begun));
  const longest = Math.max(...paths.map((path) => path.length));
  for (let step = 0; step < longest; step += 1) await takeStep(world, trials, step);
  await drain(world, trials);
  const ended = trials.map((trial) => ({ path: trial.path, ...trial.ends() }));
  await each(trials, (trial) => trial.dismiss());
  return ended;
}

async function takeStep(
  world: TimeSkippingWorld,
  trials: readonly OrderTrial[],
  step: number,
): Promise<void> {
  const ms = Math.max(...trials.map(({ path }) => TIMED[path[step] as Event] ?? 0));
  if (ms > 0) {
    for (const trial of trials) trial.repair();
    return passTime(world, trials, ms + PAUSE_MS);
  }
  const now = await world.env.currentTimeMs();
  await each(trials, async (trial) => {
    const event = trial.path[step];
    if (event !== undefined) await trial.happen(event, now);
  });
  await passTime(world, trials, PAUSE_MS);
}

async function passTime(world: TimeSkippingWorld, trials: readonly OrderTrial[], ms: number): Promise<void> {
  await world.env.sleep(ms);
  await each(trials, (trial) => trial.passed(ms));
}

async function drain(world: TimeSkippingWorld, trials: readonly OrderTrial[]): Promise<void> {
  const sweepAll = async () => {
    const now = await world.env.currentTimeMs();
    await each(trials, (trial) => trial.sweep(now));
  };
  for (const trial of trials) trial.repair();
  // A read that had failed is repeated 7 s from now and followed up for 383 s: the sweep must not come with the last of these.
  await passTime(world, trials, 1.5 * PAUSE_MS + RETRIED_WITHIN_MS);
  await sweepAll();
  await passTime(world, trials, DRAIN_MS);
  await sweepAll();
}

async function each(
  trials: readonly OrderTrial[],
  work: (trial: OrderTrial) => Promise<void>,
): Promise<void> {
  const waiting = [...trials];
  const take = async () => {
    for (let trial = waiting.pop(); trial !== undefined; trial = waiting.pop()) {
      const { path } = trial;
      await work(trial).catch((error: unknown) => {
        throw new Error(`${path.join(', ')}: ${String(error)}`, { cause: error });
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
}
