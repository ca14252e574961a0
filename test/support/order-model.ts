/** One order, its sessions and runs, and the ten things that can happen to them, in any order. */
import { receiveCallback, receivePoke } from '../../src/workflows/run-state.ts';
import { claimPayment, copyOrder, newOrder, type StoredOrder } from './memory-store.ts';
import { isOver, proceed, startRun, type ModelRun, type World } from './model-run.ts';
import {
  copyPsp,
  createSession,
  holdOrResolve,
  newPsp,
  resolveHolds,
  transactionIdOf,
  type SimulatedPsp,
} from './simulated-psp.ts';

export const EVENTS = [
  'callback',
  'duplicate',
  'return',
  'hold → authorized',
  'hold → failed',
  'hourly timer',
  'PSP 5xx',
  'expiry',
  'merchant cancel',
  'shopper tries again',
] as const;
export type Event = (typeof EVENTS)[number];

export const HOUR_MS = 3_600_000;
/** What "expiry" adds to the clock: a session's lifetime, its grace and a minute. */
export const EXPIRY_MS = 4 * HOUR_MS + 16 * 60_000;
/** How long the gateway takes to decide about a hold, so that the hourly poll finds it. */
export const HOLD_MS = 30 * 60_000;

export interface OrderWorld extends World {
  /** Counts callbacks, whose ids it makes. */
  sent: number;
  lastSent: { readonly n: number; readonly eventId: string }[];
}

export function newWorld(reference = 'o', now = Date.UTC(2026, 0, 1)): OrderWorld {
  const order = newOrder(reference, { amountMinor: 72_200, currency: 'NOK' });
  const world: OrderWorld = {
    now,
    psp: newPsp(),
    order,
    runs: [],
    policy: 'give_back',
    sent: 0,
    lastSent: [],
  };
  shop(world);
  return world;
}

export function copyWorld(world: OrderWorld): OrderWorld {
  return {
    ...world,
    psp: copyPsp(world.psp),
    order: copyOrder(world.order),
    runs: world.runs.map((run) => (run ? copyRun(run) : null)),
  };
}

function copyRun(run: ModelRun): ModelRun {
  const { state } = run;
  const { seen, callbacks, pokes } = state;
  return {
    ...run,
    state: {
      ...state,
      seen: new Set(seen),
      callbacks: [...callbacks],
      pokes: [...pokes],
      telling: new Set<string>(),
    },
  };
}

/** Lets one event happen, and everything that follows from it at once. */
export function happen(world: OrderWorld, event: Event): void {
  switch (event) {
    case 'callback':
      return callback(world);
    case 'duplicate':
      return world.lastSent.forEach(({ n, eventId }) => signal(world, n, eventId));
    case 'return':
      return world.runs.forEach((run) => {
        if (!run) return;
        receivePoke(run.state, { why: 'return', at: '' });
        settleDown(world);
      });
    case 'hold → authorized':
      return world.psp.sessions.forEach((session) =>
        holdOrResolve(session, 'AUTHORIZED', world.now + HOLD_MS),
      );
    case 'hold → failed':
      return world.psp.sessions.forEach((session) => holdOrResolve(session, 'FAILED', world.now + HOLD_MS));
    case 'hourly timer':
    case 'expiry':
      world.psp.isDown = false;
      return advance(world, event === 'expiry' ? EXPIRY_MS : HOUR_MS);
    case 'PSP 5xx':
      world.psp.isDown = true;
      return;
    case 'merchant cancel':
      return cancel(world);
    case 'shopper tries again':
      return shop(world);
  }
}

/** The gateway tells of every session as it is, by a delivery of its own. */
function callback(world: OrderWorld): void {
  world.sent += 1;
  world.lastSent = world.order.payments.map(({ n }) => ({ n, eventId: `event-${world.sent}-${n}` }));
  for (const { n, eventId } of world.lastSent) signal(world, n, eventId);
}

/** `signalWithStart`. */
function signal(world: OrderWorld, n: number, eventId: string): void {
  receiveCallback(runOf(world, n).state, callbackSignal(eventId));
  settleDown(world);
}

export function callbackSignal(eventId: string) {
  return { eventId, contentHash: eventId, claim: {}, receivedAt: '2026-01-01T00:00:00.000Z' };
}

/** The run of a payment; a new one where none is going. */
function runOf(world: OrderWorld, n: number): ModelRun {
  const payment = world.order.payments[n - 1];
  if (payment === undefined) throw new Error(`there is no payment ${n}`);
  return world.runs[n] ?? startRun(world, payment);
}

function cancel(world: OrderWorld): void {
  runOf(world, world.order.payments.length).cancelsWaiting += 1;
  settleDown(world);
}

/** `POST /v1/payments`, with its new beginnings when the run says that the payment is not open any more. */
export function shop(world: OrderWorld): void {
  const claim = claimPayment(world.order, world.now);
  if (claim.kind === 'refused') return;
  if (claim.kind === 'created') {
    const { id: paymentId, orderReference: reference, money } = claim.payment;
    claim.payment.sessionId = createSession(world.psp, {
      sessionId: `${paymentId}-s`,
      reference,
      money,
      paymentId,
    }).sessionId;
    startRun(world, claim.payment);
    return;
  }
  const run = runOf(world, claim.payment.n);
  if (run.state.status === 'PENDING' && world.now >= claim.payment.expiresAt) run.state.expiry = 'shopper';
  run.shoppers += 1;
  settleDown(world);
}

/** Everything that is due until then happens in its order. */
export function advance(world: OrderWorld, ms: number): void {
  const until = world.now + ms;
  settleDown(world);
  for (let next = nextDue(world, until); next !== null; next = nextDue(world, until)) {
    world.now = Math.max(next, world.now);
    resolveHolds(world.psp, world.now);
    for (const run of world.runs) if (run?.lifetimeAt && run.lifetimeAt <= world.now) endLifetime(run);
    settleDown(world);
  }
  world.now = until;
}

function endLifetime(run: ModelRun): void {
  run.lifetimeAt = null;
  run.state.isLifetimeOver = true;
  run.state.expiry = 'lifetime';
}

function nextDue(world: OrderWorld, until: number): number | null {
  const times = [
    ...world.psp.sessions.map((session) => session.resolution?.at),
    ...world.runs.flatMap((run) => (run === null || run === undefined ? [] : dueTimes(run))),
  ].filter((at): at is number => typeof at === 'number' && at <= until);
  return times.length === 0 ? null : Math.min(...times);
}

/** What is due while a read is unanswered waits for it. */
function dueTimes({ reading, retryAt, lifetimeAt, state }: ModelRun): (number | null | undefined)[] {
  return reading === null ? [lifetimeAt, state.nextLook?.at] : [lifetimeAt, retryAt];
}

/** Everything that is due now, in every run, until nothing moves. */
export function settleDown(world: OrderWorld): void {
  world.runs.forEach((run, n) => {
    if (!run) return;
    proceed(world, run);
    if (run.reading === null) answerShoppers(world, run);
    if (isOver(run)) world.runs[n] = null;
  });
}

/** A shopper whose session has just died begins again from the order's row. */
function answerShoppers(world: OrderWorld, run: ModelRun): void {
  const { shoppers } = run;
  run.shoppers = 0;
  const isOpenStatus = run.state.status === 'PENDING' || run.state.status === 'ON_HOLD';
  if (isOpenStatus) return;
  for (let shopper = 0; shopper < shoppers; shopper += 1) shop(world);
}

/** What the sweep would find: every session whose transaction differs from what is known, poked until all is quiet. */
export function sweep(world: OrderWorld, differs: (n: number) => boolean): void {
  for (const payment of world.order.payments) {
    const session = world.psp.sessions[payment.n - 1];
    if (!session || !differs(payment.n)) continue;
    const transactionId = transactionIdOf(session);
    receivePoke(runOf(world, payment.n).state, { why: 'sweep', at: '', transactionId });
    settleDown(world);
  }
}

/** All that matters of where an order has ended, to be compared with what the real workflow made of the same events. */
export function summaryOf(order: StoredOrder, psp: SimulatedPsp) {
  return {
    order: order.status,
    paid: order.paidPaymentId,
    payments: order.payments.map(({ status, reason, closedBy }) => ({ status, reason, closedBy })),
    gateway: psp.sessions.map(({ state, status }) => `${state} ${status}`),
    updates: order.updates.map((update) => update.effectId).toSorted(),
  };
}
