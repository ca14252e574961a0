/** Tries every order of the ten events, sharing what orders have in common and what leads to an equal state. */
import { EVENTS, copyWorld, happen, newWorld, type Event, type OrderWorld } from './order-model.ts';
import { checkAfterSweep, checkOrder, checkRun, checkStep } from './order-invariants.ts';

export interface Tried {
  /** Orders of every length from 1 up to the longest. */
  orders: number;
  /** Steps that were really carried out; the rest led on from a state already seen. */
  steps: number;
  states: number;
}

/** @throws Error that names the shortest prefix it found to break an invariant. */
export function tryEveryOrder(longest: number): Tried {
  const tried: Tried = { orders: 0, steps: 0, states: 0 };
  let level = new Map([['', { world: newWorld(), path: [] as Event[] }]]);
  const known = new Set<string>();
  // Breadth first: an equal state seen earlier had at least as many events before it, so nothing new follows from it.
  for (let length = 1; length <= longest; length += 1) {
    tried.orders += EVENTS.length ** length;
    const next: typeof level = new Map();
    for (const { world, path } of level.values())
      for (const event of EVENTS) step(world, [...path, event], known, next, tried);
    level = next;
  }
  tried.states = known.size;
  return tried;
}

function step(
  before: OrderWorld,
  path: Event[],
  known: Set<string>,
  next: Map<string, { world: OrderWorld; path: Event[] }>,
  tried: Tried,
): void {
  const world = copyWorld(before);
  tried.steps += 1;
  try {
    happen(world, path.at(-1) as Event);
    checkStep(before.order, world.order);
    checkAll(world);
  } catch (error) {
    throw new Error(`${path.join(', ')}: ${(error as Error).message}`, { cause: error });
  }
  const key = keyOf(world);
  if (known.has(key)) return;
  known.add(key);
  next.set(key, { world, path });
}

export function checkAll(world: OrderWorld): void {
  checkOrder(world.order, world.psp);
  for (const run of world.runs) if (run) checkRun(run, world.now);
  checkAfterSweep(world);
}

/** Everything that what follows can depend on; times relative to now, callbacks by whether they were seen. */
function keyOf(world: OrderWorld): string {
  const { now, psp, order, runs } = world;
  return JSON.stringify([
    psp.isDown,
    psp.sessions.map((s) => [
      s.state,
      s.status,
      s.version,
      s.everAuthorized,
      s.resolution && [s.resolution.to, s.resolution.at - now],
    ]),
    [order.status, order.paidPaymentId, order.paidTimes, order.updates.map((update) => update.effectId)],
    order.payments.map((p) => [
      p.status,
      p.reason,
      p.closedBy,
      p.transactionUpdatedAt,
      Math.max(-1, p.expiresAt - now),
    ]),
    runs.map((run) => run && runKey(run, world)),
    world.lastSent.map(({ n, eventId }) => [n, world.runs[n]?.state.seen.has(eventId)]),
  ]);
}

function runKey(run: NonNullable<OrderWorld['runs'][number]>, { now }: OrderWorld): unknown[] {
  const { state } = run;
  return [
    [state.status, state.transaction, state.expiry, state.isLifetimeOver, state.looking, state.followUps],
    state.nextLook && [state.nextLook.at - now, state.nextLook.why],
    [state.callbacks.length, state.pokes.map(({ why }) => why)],
    run.lifetimeAt && run.lifetimeAt - now,
    [
      run.reading,
      run.reading && run.retryAt - now,
      run.reading && run.attempts,
      run.triggers?.callbacks.length,
      run.triggers?.timer,
      run.triggers?.expiry,
    ],
    [run.cancelsWaiting, run.shoppers, run.owesLook],
  ];
}
