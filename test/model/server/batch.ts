/** Many schedules in parallel on one server, since all of them share its clock. */
import { setTimeout as rest } from 'node:timers/promises';
import { ACTIONS, type ActionName } from '../schedule/actions.ts';
import { startBackground } from '../schedule/background.ts';
import { FOUND_WITHIN_MS, REST_WITHIN_MS, weightsFor } from '../schedule/run.ts';
import { booksOf, brokenAtRest, unrest } from '../world/at-rest.ts';
import { Chance } from '../world/chance.ts';
import { time } from '../world/clock.ts';
import { KeyedPsp } from '../world/keyed-psp.ts';
import { pspOf, type PspKind } from '../world/psp.ts';
import { calmed } from '../world/weather.ts';
import { World } from '../world/world.ts';
import type { Batch } from '../worker.ts';
import { AT_ONCE } from './at-once.ts';
import type { RealStage } from './real-stage.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const GAPS_MS = [2_000, 30_000, 5 * MINUTE_MS, 40 * MINUTE_MS, 5 * HOUR_MS];
const STEPS = 7;
/** A run with work to do starts an activity at least this often, even on a busy machine. */
const STILL_MS = 40;
const STUCK_MS = 120_000;
/**
 * The time after which a clock is checked. By then, a clock that runs ahead is further than a real one, or
 * there was work all the time.
 */
const WATCHED_MS = 10_000;
const FEW = 20;

export interface Played {
  readonly seed: number;
  readonly psp: PspKind;
  readonly actions: number;
  readonly broken: string | null;
  readonly story: readonly string[];
  readonly orderStatus: string;
}

/**
 * The server's clock no longer runs ahead, since the server has lost a task and waits for it. This is no
 * fault of ours.
 */
export class ServerStuck extends Error {
  override readonly name = 'ServerStuck';
}

/** Plays the seeds of a batch in parallel. @throws ServerStuck */
export async function playBatch(
  stage: RealStage,
  { from, count, psp = 'lagging' }: Batch,
): Promise<Played[]> {
  const worlds = Array.from(
    { length: count },
    (_, index) => new World(stage, from + index, true, pspOf(from + index, psp)),
  );
  const chance = new Chance(Math.floor((from - 1) / AT_ONCE));
  for (const world of worlds) {
    startBackground(world, () => false);
    ACTIONS.shop(world);
  }
  await pass(stage, worlds, MINUTE_MS);
  for (let step = 0; step < STEPS; step += 1) {
    for (const world of worlds) if (!world.isOver) act(world);
    await pass(stage, worlds, chance.pick(GAPS_MS));
  }
  await calmDown(stage, worlds);
  const played = worlds.map((world, index) => endOf(world, from + index));
  await takeOff(stage, worlds);
  return played;
}

function act(world: World): void {
  const name: ActionName = world.chance.weigh(weightsFor(kindOf(world)));
  if (name !== 'loseRun') ACTIONS[name](world);
}

/**
 * Passes this much time with all its timers. A timer that is due soon after another one rings together with
 * it.
 */
async function pass(stage: RealStage, worlds: readonly World[], ms: number): Promise<void> {
  const until = time.now + ms;
  await still(stage);
  while (time.now < until) {
    const next = Math.min(...worlds.map(({ clock }) => clock.next()));
    await sleepTo(stage, Math.min(until, Math.max(next, time.now) + Math.max(1_000, ms / 6)));
    for (const { clock } of worlds) while (clock.next() <= time.now) clock.ring();
    await still(stage);
  }
}

async function sleepTo({ env, pulse }: RealStage, at: number): Promise<void> {
  const slept = env.sleep(Math.max(1, at - time.now));
  for (let isLate = true; isLate;) {
    const before = { now: time.now, ended: pulse.ended };
    isLate = (await Promise.race([slept, rest(WATCHED_MS, 'late', { ref: false })])) === 'late';
    time.now = Math.max(time.now, await env.currentTimeMs());
    const isSlow = time.now - before.now < 2 * WATCHED_MS && pulse.ended - before.ended < FEW;
    if (isLate && isSlow) throw new ServerStuck(`it did not sleep until ${at}`);
  }
}

/** Resolves once no activity runs and none has started for a while. */
async function still({ pulse }: RealStage): Promise<void> {
  const deadline = performance.now() + STUCK_MS;
  for (let seen = -1; seen !== pulse.ended || pulse.running > 0;) {
    seen = pulse.ended;
    await rest(STILL_MS);
    if (performance.now() > deadline) throw new ServerStuck('its activities never end');
  }
}

async function calmDown(stage: RealStage, worlds: readonly World[]): Promise<void> {
  for (const { trouble } of worlds) trouble.end(calmed(trouble.weather));
  const deadline = time.now + REST_WITHIN_MS;
  await pass(stage, worlds, 5 * HOUR_MS);
  while (time.now < deadline && worlds.some((world) => !world.isOver && !isAtRest(world, deadline)))
    await pass(stage, worlds, 6 * HOUR_MS);
}

/** A refund that comes back after the deadline never does, since the schedule is over by then. */
function isAtRest(world: World, deadline: number): boolean {
  const { underway, lateUntil, lastChange } = world;
  const isExpected = lateUntil > time.now && lateUntil < deadline;
  if (underway > 0 || isExpected || time.now - lastChange < FOUND_WITHIN_MS) return false;
  return unrest(booksOf(world)) === null;
}

function kindOf({ psp }: World): PspKind {
  return psp instanceof KeyedPsp ? 'keyed' : 'lagging';
}

function endOf(world: World, seed: number): Played {
  const restless = unrest(booksOf(world));
  const broken =
    world.promises.broken ??
    world.server.failure?.message ??
    (restless === null ? brokenAtRest(booksOf(world)) : `after four days, ${restless}`);
  const orderStatus = world.tables.orders.get(world.reference)?.status ?? 'none';
  return { seed, psp: kindOf(world), actions: STEPS, broken, story: world.story ?? [], orderStatus };
}

/** An operator dismisses payments in REVIEW, so that no run polls in the next batch. */
async function takeOff(stage: RealStage, worlds: readonly World[]): Promise<void> {
  for (const { tables, runs } of worlds)
    for (const { id: paymentId, orderReference, n, gateway, status } of tables.payments.values())
      if (status === 'REVIEW')
        await runs
          .resolve({ paymentId, orderReference, n, gateway }, { decision: 'dismiss', noteKey: '' })
          .catch(() => undefined);
  await still(stage);
  for (const world of worlds) stage.forget(world);
}
