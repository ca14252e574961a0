/** Runs one schedule, from its seed until nothing happens any more. */
import type { Chance } from '../world/chance.ts';
import { calmed } from '../world/weather.ts';
import { World } from '../world/world.ts';
import { TOY_STAGE } from '../temporal/toy-stage.ts';
import { booksOf, brokenAtRest, unrest } from '../world/at-rest.ts';
import type { PspKind } from '../world/psp.ts';
import { ACTIONS, type ActionName } from './actions.ts';
import { startBackground, TEND_MS } from './background.ts';

const HOUR_MS = 3_600_000;
/** By then everything is finished, if the gateway works. */
export const REST_WITHIN_MS = 4 * 24 * HOUR_MS;

/** The relative frequency of each action, with the lagging PSP. */
const WEIGHTS: Readonly<Record<ActionName, number>> = {
  shop: 4,
  replace: 1,
  cancel: 3,
  pay: 9,
  comeBack: 3,
  forge: 1,
  repeat: 2,
  mislead: 2,
  settleHold: 1,
  changeMind: 1,
  reverse: 1,
  byHand: 2,
  move: 6,
  moveTwice: 2,
  decide: 3,
  awayFor: 1,
  loseRun: 0.5,
  dispute: 0,
  failRefund: 0,
  hearForeign: 0,
};

/** Corrections are the lagging PSP's, disputes and refunds that come back the keyed one's. */
const KEYED_WEIGHTS: typeof WEIGHTS = {
  ...WEIGHTS,
  reverse: 0,
  dispute: 1.5,
  failRefund: 2,
  hearForeign: 0.3,
};

export function weightsFor(kind: PspKind): typeof WEIGHTS {
  return kind === 'keyed' ? KEYED_WEIGHTS : WEIGHTS;
}

export interface Ended {
  /** The promise that was broken, or null. */
  readonly broken: string | null;
  readonly actions: number;
  /** The log of the schedule; empty unless `isTold` is set. */
  readonly story: readonly string[];
  /** The order's last status, for the statistics. */
  readonly orderStatus: string;
}

export async function runSchedule(
  seed: number,
  {
    psp: kind = 'lagging',
    isTold = false,
  }: { readonly psp?: PspKind | undefined; readonly isTold?: boolean } = {},
): Promise<Ended> {
  const world = new World(TOY_STAGE, seed, isTold, kind);
  const { chance } = world;
  let lostRuns = 0;
  startBackground(world, () => lostRuns === 0 && world.trouble.last < world.clock.now - 2 * HOUR_MS);
  ACTIONS.shop(world);
  await world.advance(gap(chance));
  if (chance.hits(0.5)) ACTIONS.pay(world);
  await world.server.settle();
  const actions = chance.between(3, 14);
  const weights = weightsFor(kind);
  for (let index = 0; index < actions && !world.isOver; index += 1) {
    const name = chance.weigh(weights);
    if (name === 'loseRun') lostRuns += 1;
    ACTIONS[name](world);
    await world.server.settle();
    await world.advance(gap(chance));
  }
  await calmDown(world);
  const broken = world.promises.broken ?? failureOf(world) ?? brokenAtRest(booksOf(world));
  const orderStatus = world.tables.orders.get(world.reference)?.status ?? 'none';
  return { broken, actions, orderStatus, story: world.story ?? [] };
}

/** Mostly short, sometimes hours. */
function gap(chance: Chance): number {
  const most = chance.pick([20, 20, 200, 3_000, 60_000, 10 * 60_000, 90 * 60_000, 6 * HOUR_MS]);
  return chance.between(0, most);
}

/** Ends all trouble and all actions, and waits until everything is finished. */
async function calmDown(world: World): Promise<void> {
  const { trouble, clock } = world;
  // Otherwise no key would ever be outlived.
  if (trouble.weather.outlivesKeys) await world.advance(Math.max(0, trouble.away.gateway - clock.now));
  trouble.end(calmed(trouble.weather));
  world.say(() => 'from now on all is well');
  if (world.lateUntil > clock.now) await world.advance(world.lateUntil - clock.now);
  const deadline = clock.now + REST_WITHIN_MS;
  await world.advance(3 * HOUR_MS);
  while (!world.isOver && clock.now < deadline && !(await staysAtRest(world))) await world.advance(HOUR_MS);
  const restless = unrest(booksOf(world));
  if (!world.isOver && restless !== null) world.promises.broken = `after four days, ${restless}`;
}

/**
 * Waits once more, since an operation may just have failed, and a background job may request the next one.
 */
async function staysAtRest(world: World): Promise<boolean> {
  if (!isAtRest(world)) return false;
  await world.advance(FORGOTTEN_MS);
  return isAtRest(world);
}

function isAtRest(world: World): boolean {
  const { clock, underway, lastChange, psp } = world;
  if (underway > 0 || clock.now - lastChange < FOUND_WITHIN_MS) return false;
  return psp.sessions.every(({ ledger }) => ledger?.status !== 'ON_HOLD') && unrest(booksOf(world)) === null;
}

/** Two sweeps, or the effects of the last callback. */
export const FOUND_WITHIN_MS = 11 * 60_000;
/** `takeForgotten` wakes an operation that has not changed for a quarter of an hour, at its next turn. */
const FORGOTTEN_MS = 16 * 60_000 + TEND_MS;

function failureOf({ server }: World): string | null {
  const { failure } = server;
  return failure === null ? null : `${failure.message}\n${(failure.cause as Error | undefined)?.stack ?? ''}`;
}
