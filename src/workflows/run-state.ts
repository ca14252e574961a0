/** The state of one run of `paymentSession`, and the pure steps that change it. */
import { tellsNews, type Callback, type Proved } from '../domain/callback.ts';
import { delayAfter, isSoon } from '../domain/ladder.ts';
import type { OpenedPayment } from '../domain/opened-payment.ts';
import { isSettled, readEvery, type Closing, type PaymentStatus } from '../domain/payment.ts';
import type { LookRequest, Poke, TimedLook, Triggers } from '../domain/trigger.ts';
import type { CarriedState, PaymentSessionInput } from './messages.ts';
import { Mutex } from './mutex.ts';
import { askToOpen, newOpening, nextToClose, type Opening } from './opening-plan.ts';

/**
 * The number of delivery ids that a run remembers: enough for all retries of a gateway, and small enough to
 * carry over.
 */
const SEEN_LIMIT = 500;
const MOST_ASKED = 50;

/** The phase of a run. */
export type Phase =
  /** The run tries to open the session, or to find it again. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'watching'; readonly payment: OpenedPayment }
  /**
   * There will be no session. `isRefused`: the gateway refused it. Otherwise the payment is over, and the
   * order may have another one.
   */
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
  requests: LookRequest[];
  /** Why a last look is due. */
  expiry: Triggers['expiry'];
  /** The timer of the session's lifetime runs or has fired. */
  isLifetimeWatched: boolean;
  /** The gateway has confirmed that the session is closed. Its reads may lag behind. */
  closing: Closing | null;
  nextLook: { readonly at: number; readonly why: TimedLook } | null;
  followUps: number;
  unclearSince: number | null;
  /** Looks and commands, one at a time. */
  readonly mutex: Mutex;
  /** In words, for people. Null while the run only waits. */
  doing: string | null;
  looks: number;
  /** Effects of which this run is notifying the merchant. */
  readonly telling: Set<string>;
  /** Work that is done beside the loop, in words. */
  readonly beside: Set<string>;
}

export function newRunState(input: PaymentSessionInput): RunState {
  const carried: CarriedState = input.carried ?? { seen: [] };
  return {
    input,
    phase: input.opened === undefined ? { kind: 'opening' } : { kind: 'watching', payment: input.opened },
    opening: newOpening(carried.opening),
    seen: new Set(carried.seen),
    callbacks: [],
    pokes: [],
    requests: [],
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

/** The payment's status, as far as this run knows. */
export function statusOf({ phase }: Pick<RunState, 'phase'>): PaymentStatus {
  if (phase.kind === 'opening') return 'PENDING';
  return phase.kind === 'watching' ? phase.payment.status : phase.status;
}

/** A delivery that was seen before is ignored. */
export function receiveCallback(run: RunState, callback: Callback): void {
  if (run.seen.has(callback.eventId)) return;
  run.seen.add(callback.eventId);
  if (run.seen.size > SEEN_LIMIT) run.seen.delete(run.seen.values().next().value as string);
  run.callbacks.push(callback);
  askToOpen(run.opening, Date.now());
}

/** A browser that comes back to a settled payment is ignored. */
export function receivePoke(run: RunState, poke: Poke): void {
  if (!isSettled(statusOf(run))) ask(run, run.pokes, poke);
}

export function receiveLookRequest(run: RunState, request: LookRequest): void {
  ask(run, run.requests, request);
}

/** Without a session there is nothing to look at. */
function ask<Trigger>(run: RunState, asked: Trigger[], trigger: Trigger): void {
  if (run.phase.kind === 'without_session') return;
  if (asked.length < MOST_ASKED) asked.push(trigger);
  askToOpen(run.opening, Date.now());
}

/** Whether anything asks for a look now. */
export function isLookDue(run: RunState, now: number): boolean {
  if (run.phase.kind !== 'watching') return false;
  if (isAsked(run)) return true;
  if (run.expiry !== null && statusOf(run) === 'PENDING') return true;
  return run.nextLook !== null && run.nextLook.at <= now;
}

function isAsked({ callbacks, pokes, requests }: RunState): boolean {
  return callbacks.length > 0 || pokes.length > 0 || requests.length > 0;
}

/**
 * Whether to try to open the session now. This includes a callback that names a session which we could not
 * find.
 */
export function isOpeningDue(run: RunState, now: number): boolean {
  if (!isUnopened(run)) return false;
  return run.opening.nextTry <= now || nextToClose(run.opening, run.callbacks.length > 0) !== undefined;
}

/** There is no session yet, and a request or the payment's deadline will ask for it. */
export function isUnopened({ phase, callbacks }: RunState): boolean {
  return phase.kind === 'opening' || (phase.kind === 'without_session' && callbacks.length > 0);
}

/**
 * The triggers of a look. They are taken at once: a trigger that comes while the gateway answers asks for
 * another look.
 */
export function takeTriggers(run: RunState, now: number): Triggers {
  const timer = run.nextLook !== null && run.nextLook.at <= now ? run.nextLook.why : null;
  const { callbacks, pokes, requests, expiry } = run;
  run.expiry = null;
  run.callbacks = [];
  run.pokes = [];
  run.requests = [];
  // A look with another trigger does not replace the timed follow-up that a callback needs.
  if (timer !== null) run.nextLook = null;
  run.looks += 1;
  return { callbacks, pokes, requests, timer, expiry };
}

/**
 * Forgets callbacks that came while the gateway answered and say no more than that answer. The look covered
 * them, and its record has marked those that the log had by then.
 */
function forgetAnswered(run: RunState, { status, transactionId, knownEvents, capture }: OpenedPayment): void {
  const proved: Proved = { status, transactionId, capture, knownEvents };
  const answered = run.callbacks.filter(({ claim }) => !tellsNews(claim, proved));
  run.callbacks = run.callbacks.filter(({ claim }) => tellsNews(claim, proved));
  // If the log did not have a callback yet, the forwarder sends it again. It must then count as new.
  for (const { eventId } of answered) run.seen.delete(eventId);
  run.pokes = [];
}

/** After a clear answer, the status alone says what is still to be watched. */
export function planAfterClearAnswer(run: RunState, payment: OpenedPayment, now: number): void {
  run.followUps = 0;
  if (isSettled(payment.status)) forgetAnswered(run, payment);
  run.nextLook = watchOf(payment, now);
}

/** Reads without a trigger: a hold by its interval, a review every hour. */
function watchOf(payment: OpenedPayment, now: number): RunState['nextLook'] {
  const every = readEvery(payment, payment.pollIntervalMs);
  if (every === null) return null;
  return { at: now + every, why: payment.status === 'ON_HOLD' ? 'poll' : 'review' };
}

/**
 * After an answer that is not clear: look again soon if a verified callback asked or the answer was odd;
 * otherwise at the usual time, or when woken. If a person has been asked because answers stayed unclear, read
 * every hour.
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
  // Each callback restarts the follow-up delays: five callbacks at once must not delay the next read by
  // minutes.
  if (triggers.callbacks.length > 0) run.followUps = 0;
  const at = now + delayAfter(run.followUps);
  const isLasting = !isSettled(payment.status) || (isUnclear && !payment.dismissed);
  if (!isLasting && !isSoon(run.followUps)) return;
  run.followUps += 1;
  run.nextLook = watched !== null && watched.at <= at ? watched : { at, why: 'follow-up' };
}

/** Nothing to do and nothing under way: the only condition under which a run may end. */
export function isQuiet(run: RunState): boolean {
  return !isAsked(run) && run.telling.size === 0 && run.beside.size === 0 && !run.mutex.isBusy;
}
