/** What one run of `paymentSession` knows, and the pure steps that change it. */
import type { OpenedPayment } from '../activities/contract.ts';
import { tellsNews, type Callback, type Proved } from '../domain/callback.ts';
import { delayAfter, isSoon } from '../domain/ladder.ts';
import { isSettled, readEvery, type Closing, type PaymentStatus } from '../domain/payment.ts';
import type { Poke, TimedLook, Triggers } from '../domain/trigger.ts';
import type { CarriedState, PaymentSessionInput } from './messages.ts';
import { Mutex } from './mutex.ts';
import { askToOpen, newOpening, nextToClose, type Opening } from './opening-plan.ts';

/** Delivery ids remembered per run; enough for every retry a gateway makes, small enough to carry over. */
const SEEN_LIMIT = 500;
const MOST_POKES = 50;

/** Where a run is. */
export type Phase =
  /** Tries to open the session, or to find it again. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'watching'; readonly payment: OpenedPayment }
  /** There will be no session. `isRefused`: the gateway said no; else the payment is over, and the order may have another one. */
  | {
      readonly kind: 'without_session';
      readonly status: PaymentStatus;
      readonly reason: string;
      readonly isRefused: boolean;
    };

export interface RunState {
  readonly input: PaymentSessionInput;
  phase: Phase;
  readonly opening: Opening;
  readonly seen: Set<string>;
  callbacks: Callback[];
  pokes: Poke[];
  /** Why a last look is due. */
  expiry: Triggers['expiry'];
  /** The timer of the session's lifetime runs, or has. */
  isLifetimeWatched: boolean;
  /** The gateway has confirmed that the session is closed; what it says of it may lag behind. */
  closing: Closing | null;
  nextLook: { readonly at: number; readonly why: TimedLook } | null;
  followUps: number;
  unclearSince: number | null;
  /** Looks and commands, one at a time. */
  readonly mutex: Mutex;
  /** In words, for people; null while it waits for what may come. */
  doing: string | null;
  looks: number;
  /** Effects that the merchant is being told of by this run. */
  readonly telling: Set<string>;
  /** What is done beside the loop, in words. */
  readonly beside: Set<string>;
}

export function newRunState(input: PaymentSessionInput): RunState {
  const carried: CarriedState = input.carried ?? { seen: [] };
  return {
    input,
    phase: { kind: 'opening' },
    opening: newOpening(carried.opening),
    seen: new Set(carried.seen),
    callbacks: [],
    pokes: [],
    expiry: null,
    isLifetimeWatched: false,
    closing: carried.closing ?? null,
    nextLook: carried.nextLook ?? null,
    followUps: carried.followUps ?? 0,
    unclearSince: carried.unclearSince ?? null,
    mutex: new Mutex(),
    doing: null,
    looks: 0,
    telling: new Set(),
    beside: new Set(),
  };
}

/** The payment's, as far as this run knows. */
export function statusOf({ phase }: Pick<RunState, 'phase'>): PaymentStatus {
  if (phase.kind === 'opening') return 'PENDING';
  return phase.kind === 'watching' ? phase.payment.status : phase.status;
}

/** A delivery that was seen before asks for nothing. */
export function receiveCallback(run: RunState, callback: Callback): void {
  if (run.seen.has(callback.eventId)) return;
  run.seen.add(callback.eventId);
  if (run.seen.size > SEEN_LIMIT) run.seen.delete(run.seen.values().next().value as string);
  run.callbacks.push(callback);
  askToOpen(run.opening, Date.now());
}

/** A browser that comes back to a settled payment has nothing to tell; our own sweep has. Without a session there is nothing to look at. */
export function receivePoke(run: RunState, poke: Poke): void {
  if (run.phase.kind === 'without_session') return;
  if (isUnproved(poke) && isSettled(statusOf(run))) return;
  if (run.pokes.length < MOST_POKES) run.pokes.push(poke);
  askToOpen(run.opening, Date.now());
}

function isUnproved({ why }: Poke): boolean {
  return why === 'return' || why === 'unproved_callback';
}

/** Whether anything asks for a look right now. */
export function isLookDue(run: RunState, now: number): boolean {
  if (run.phase.kind !== 'watching') return false;
  if (run.callbacks.length > 0 || run.pokes.length > 0) return true;
  if (run.expiry !== null && statusOf(run) === 'PENDING') return true;
  return run.nextLook !== null && run.nextLook.at <= now;
}

/** Whether the session is to be tried to be opened now; also where a callback names one that we could not find. */
export function isOpeningDue(run: RunState, now: number): boolean {
  if (!isUnopened(run)) return false;
  return run.opening.nextTry <= now || nextToClose(run.opening, run.callbacks.length > 0) !== undefined;
}

/** No session yet, and somebody or the payment's deadline will ask for it. */
export function isUnopened({ phase, callbacks }: RunState): boolean {
  return phase.kind === 'opening' || (phase.kind === 'without_session' && callbacks.length > 0);
}

/** What woke a look. Taken at once: whatever comes while the gateway answers asks for another look. */
export function takeTriggers(run: RunState, now: number): Triggers {
  const timer = run.nextLook !== null && run.nextLook.at <= now ? run.nextLook.why : null;
  const taken = { callbacks: run.callbacks, pokes: run.pokes, timer, expiry: run.expiry };
  run.expiry = null;
  run.callbacks = [];
  run.pokes = [];
  // A look that something else asked for does not stand in for the one that a callback is owed.
  if (timer !== null) run.nextLook = null;
  run.looks += 1;
  return taken;
}

/**
 * Callbacks that came while the gateway answered and say no more than it did: the look was theirs too, and its record has marked what was
 * in the log by then.
 */
function forgetAnswered(run: RunState, { status, transactionId, knownEvents, capture }: OpenedPayment): void {
  const proved: Proved = { status, transactionId, capture, knownEvents };
  const answered = run.callbacks.filter(({ claim }) => !tellsNews(claim, proved));
  run.callbacks = run.callbacks.filter(({ claim }) => tellsNews(claim, proved));
  // Should the log not have had one, the forwarder sends it again, and it must be new then.
  for (const { eventId } of answered) run.seen.delete(eventId);
  run.pokes = run.pokes.filter((poke) => !isUnproved(poke));
}

/** A clear answer: what is still to be watched depends on the status alone. */
export function planAfterClearAnswer(run: RunState, payment: OpenedPayment, now: number): void {
  run.followUps = 0;
  if (isSettled(payment.status)) forgetAnswered(run, payment);
  run.nextLook = watchOf(payment, now);
}

/** What is read without being asked for: a hold by its interval, a review by the hour. */
function watchOf(payment: OpenedPayment, now: number): RunState['nextLook'] {
  const every = readEvery(payment, payment.pollIntervalMs);
  if (every === null) return null;
  return { at: now + every, why: payment.status === 'ON_HOLD' ? 'poll' : 'review' };
}

/**
 * No clear answer: look again soon if a verified callback asked or the answer itself was odd, else when it is watched anyway, or wait to
 * be woken. What could not be understood for so long that a person has been asked is read by the hour.
 */
export function planAfterUnclearAnswer(
  run: RunState,
  payment: OpenedPayment,
  triggers: Triggers,
  { now, isUnclear }: { readonly now: number; readonly isUnclear: boolean },
): void {
  const watched = watchOf(payment, now);
  const isFollowing = triggers.callbacks.length > 0 || triggers.timer === 'follow-up' || isUnclear;
  if (!isFollowing || (isUnclear && payment.reviewCode !== null)) {
    run.nextLook ??= watched;
    return;
  }
  // Every callback is followed from the beginning: five at once must not make the next read wait for minutes.
  if (triggers.callbacks.length > 0) run.followUps = 0;
  const at = now + delayAfter(run.followUps);
  const isLasting = !isSettled(payment.status) || (isUnclear && !payment.dismissed);
  if (!isLasting && !isSoon(run.followUps)) return;
  run.followUps += 1;
  run.nextLook = watched !== null && watched.at <= at ? watched : { at, why: 'follow-up' };
}

/** Nothing to do, nothing under way: the one condition under which a run may end. */
export function isQuiet(run: RunState): boolean {
  const isHeard = run.callbacks.length === 0 && run.pokes.length === 0;
  return isHeard && run.telling.size === 0 && run.beside.size === 0 && !run.mutex.isBusy;
}
