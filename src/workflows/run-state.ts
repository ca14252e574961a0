/** What one run of `paymentSession` knows, and the pure steps that change it. */
import type { OpenedPayment } from '../activities/payment-activities.ts';
import { tellsNews, type Proved } from '../domain/claim.ts';
import type { Become, Standing } from '../domain/decide.ts';
import { delayAfter, isSoon } from '../domain/ladder.ts';
import { isSettled, type PaymentStatus } from '../domain/payment.ts';
import { LATE_HOLD } from '../domain/settle.ts';
import type { Opened, Transaction } from '../domain/transaction.ts';
import type {
  CallbackSignal,
  CarriedState,
  Closing,
  LookSignal,
  PaymentSessionInput,
  ReturnSignal,
} from './messages.ts';
import { askToOpen, newOpening, nextToClose, type Opening } from './opening-plan.ts';

/** Delivery ids remembered per run; enough for every retry a gateway makes, small enough to carry over. */
const SEEN_LIMIT = 500;

/** How the reason of a review begins that a clear answer ends, whatever it is. */
export const UNCLEAR = 'unclear: ';
/** How long an answer may stay unclear before a person is asked, and how often a payment in REVIEW is read. */
export const UNCLEAR_LIMIT_MS = 60 * 60_000;
const REVIEW_INTERVAL_MS = 60 * 60_000;

export type DueLook = 'follow-up' | 'poll' | 'review';

export interface RunState {
  readonly input: PaymentSessionInput;
  status: PaymentStatus;
  reason: string | null;
  payment: OpenedPayment | null;
  transaction: Pick<
    Transaction,
    'transactionId' | 'updatedAt' | 'capturedMinor' | 'refundedMinor' | 'knownEvents'
  > | null;
  /** How many operations the gateway has taken back, as far as that is recorded. */
  reversals: number;
  /** Why a person is asked about a settled payment whose status stands. */
  mark: string | null;
  /** Set when the session could not be opened at all. */
  rejected: string | null;
  /** The gateway said no. Not where the payment is merely over: then the order may have another one. */
  isRefused: boolean;
  readonly opening: Opening;
  readonly seen: Set<string>;
  callbacks: CallbackSignal[];
  pokes: (ReturnSignal | LookSignal)[];
  /** Why a last look is due: the lifetime is over, or a shopper came back after the gateway's own deadline. */
  expiry: 'lifetime' | 'shopper' | null;
  isLifetimeOver: boolean;
  /** Its timer runs, or has. */
  isLifetimeWatched: boolean;
  /** The gateway has confirmed that the session is closed; what it says of it may lag behind. */
  closing: Closing | null;
  nextLook: { readonly at: number; readonly why: DueLook } | null;
  followUps: number;
  unclearSince: number | null;
  looking: boolean;
  /** In words, for people; null while it waits for what may come. */
  doing: string | null;
  looks: number;
  readonly telling: Set<string>;
}

export function newRunState(input: PaymentSessionInput): RunState {
  const carried: CarriedState = input.carried ?? { seen: [] };
  return {
    input,
    status: 'PENDING',
    reason: null,
    payment: null,
    transaction: null,
    reversals: 0,
    mark: null,
    rejected: null,
    isRefused: false,
    opening: newOpening(carried.opening),
    seen: new Set(carried.seen),
    callbacks: [],
    pokes: [],
    expiry: null,
    isLifetimeOver: false,
    isLifetimeWatched: false,
    closing: carried.closing ?? null,
    nextLook: carried.nextLook ?? null,
    followUps: carried.followUps ?? 0,
    unclearSince: carried.unclearSince ?? null,
    looking: false,
    doing: null,
    looks: 0,
    telling: new Set(),
  };
}

/** A delivery that was seen before asks for nothing. */
export function receiveCallback(run: RunState, callback: CallbackSignal): void {
  if (run.seen.has(callback.eventId)) return;
  run.seen.add(callback.eventId);
  if (run.seen.size > SEEN_LIMIT) run.seen.delete(run.seen.values().next().value as string);
  run.callbacks.push(callback);
  askToOpen(run.opening, Date.now());
}

/** A browser that comes back to a settled payment has nothing to tell; our own sweep has. Without a session there is nothing to look at. */
export function receivePoke(run: RunState, poke: ReturnSignal | LookSignal): void {
  if (run.payment === null && run.rejected !== null) return;
  const isUnproved = poke.why === 'return' || poke.why === 'unproved_callback';
  if (isUnproved && isSettled(run.status)) return;
  if (run.pokes.length < 50) run.pokes.push(poke);
  askToOpen(run.opening, Date.now());
}

/** Whether somebody or something asks for a look right now. */
export function isLookDue(run: RunState, now: number): boolean {
  if (run.payment === null) return false;
  if (run.callbacks.length > 0 || run.pokes.length > 0) return true;
  if (run.expiry !== null && run.status === 'PENDING') return true;
  return run.nextLook !== null && run.nextLook.at <= now;
}

/** Whether the session is to be tried to be opened now; also where a callback names one that we could not find. */
export function isOpeningDue(run: RunState, now: number): boolean {
  if (!isUnopened(run)) return false;
  return run.opening.nextTry <= now || nextToClose(run.opening, run.callbacks.length > 0) !== undefined;
}

/** No session yet, and somebody or the payment's deadline will ask for it. */
export function isUnopened(run: RunState): boolean {
  return run.payment === null && (run.rejected === null || run.callbacks.length > 0);
}

/** What woke a look. Taken at once: whatever comes while the gateway answers asks for another look. */
export interface Triggers {
  readonly callbacks: readonly CallbackSignal[];
  readonly pokes: readonly (ReturnSignal | LookSignal)[];
  readonly timer: DueLook | null;
  readonly expiry: RunState['expiry'];
}

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

/** Callbacks that came while the gateway answered and say no more than it did: this look is theirs too. */
export function takeAnswered(run: RunState, { status, transaction }: Become): readonly CallbackSignal[] {
  const proved = provedOf(run, status, transaction);
  const answered = run.callbacks.filter(({ claim }) => !tellsNews(claim, proved));
  run.callbacks = run.callbacks.filter(({ claim }) => tellsNews(claim, proved));
  return answered;
}

function provedOf(
  run: RunState,
  status: PaymentStatus,
  transaction: Pick<Transaction, 'transactionId' | 'knownEvents'> | null | undefined,
): Proved {
  const { transactionId = null, knownEvents = [] } = transaction ?? {};
  const { capture } = run.payment as OpenedPayment;
  return { status, transactionId, capture, knownEvents };
}

/** Whoever calls while an outcome is being recorded finds it answered: the record has marked what was in the log by then. */
function forgetAnswered(run: RunState): void {
  const proved = provedOf(run, run.status, run.transaction);
  const forgotten = run.callbacks.filter(({ claim }) => !tellsNews(claim, proved));
  run.callbacks = run.callbacks.filter(({ claim }) => tellsNews(claim, proved));
  // Should the log not have had one, the forwarder sends it again, and it must be new then.
  for (const { eventId } of forgotten) run.seen.delete(eventId);
  run.pokes = run.pokes.filter((poke) => poke.why !== 'return' && poke.why !== 'unproved_callback');
}

/** A clear answer: what is still to be watched depends on the status alone. */
export function planAfterClearAnswer(run: RunState, now: number): void {
  run.followUps = 0;
  run.unclearSince = null;
  if (isSettled(run.status)) forgetAnswered(run);
  run.nextLook = watchOf(run, now);
}

/** What is read without anybody asking: a hold by its interval, a review by the hour. */
function watchOf(run: RunState, now: number): RunState['nextLook'] {
  const pollMs = (run.payment as OpenedPayment).pollIntervalMs;
  if (run.status === 'ON_HOLD') return { at: now + pollMs, why: 'poll' };
  if (!isInReview(run)) return null;
  return { at: now + (run.reason === LATE_HOLD ? pollMs : REVIEW_INTERVAL_MS), why: 'review' };
}

/** A person has been asked: it is read by the hour until the gateway says clearly what it is. */
export function isInReview({ status, mark }: Pick<RunState, 'status' | 'mark'>): boolean {
  return status === 'REVIEW' || mark !== null;
}

/**
 * No clear answer: look again soon if somebody proved has called or the answer itself was odd, else when it is watched anyway, or
 * wait to be woken. What could not be understood for so long that a person has been asked is read by the hour.
 */
export function planAfterUnclearAnswer(
  run: RunState,
  triggers: Triggers,
  now: number,
  isUnclear: boolean,
): void {
  const watch = watchOf(run, now);
  const isFollowing = triggers.callbacks.length > 0 || triggers.timer === 'follow-up' || isUnclear;
  if (!isFollowing || (isUnclear && isInReview(run))) {
    run.nextLook ??= watch;
    return;
  }
  // Every callback is followed from the beginning: five at once must not make the next read wait for minutes.
  if (triggers.callbacks.length > 0) run.followUps = 0;
  const at = now + delayAfter(run.followUps);
  const isLasting = !isSettled(run.status) || (isUnclear && !isDismissed(run));
  if (!isLasting && !isSoon(run.followUps)) return;
  run.followUps += 1;
  run.nextLook = watch !== null && watch.at <= at ? watch : { at, why: 'follow-up' };
}

/** A person has taken it off our hands: nobody is asked about it again. */
export function isDismissed({ payment }: RunState): boolean {
  return (payment as OpenedPayment).isDismissed;
}

export function standingOf(run: RunState): Standing {
  const updatedAt = run.transaction?.updatedAt;
  return {
    status: run.status,
    capturedMinor: run.transaction?.capturedMinor ?? 0,
    refundedMinor: run.transaction?.refundedMinor ?? 0,
    reversals: run.reversals,
    isMarked: run.mark !== null,
    isUnclear: run.status === 'REVIEW' && (run.reason?.startsWith(UNCLEAR) ?? false),
    ...(updatedAt !== undefined && { transactionUpdatedAt: updatedAt }),
  };
}

export function openedOf(run: RunState, payment: OpenedPayment): Opened {
  const { paymentId, orderReference, n } = run.input;
  return {
    paymentId,
    orderReference,
    n,
    account: payment.account,
    sessionId: payment.sessionId,
    money: payment.money,
    ...(payment.accepted && { accepted: payment.accepted }),
  };
}

/** Nothing to do, nobody waiting: the one condition under which a run may end. */
export function isQuiet(run: RunState): boolean {
  return run.callbacks.length === 0 && run.pokes.length === 0 && run.telling.size === 0 && !run.looking;
}
