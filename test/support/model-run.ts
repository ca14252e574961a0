/** `paymentSession` without Temporal: its own state functions and the real decisions, in a loop small enough to be tried in every order. */
import type { OpenedPayment } from '../../src/activities/payment-activities.ts';
import { decide, decideExpiry, type Become, type Decision } from '../../src/domain/decide.ts';
import { isSettled } from '../../src/domain/payment.ts';
import type { LateMoneyPolicy, Outcome } from '../../src/domain/settle.ts';
import type { Reading } from '../../src/domain/transaction.ts';
import {
  isLookDue,
  isQuiet,
  newRunState,
  openedOf,
  planAfterClearAnswer,
  planAfterUnclearAnswer,
  receivePoke,
  standingOf,
  takeTriggers,
  type RunState,
  type Triggers,
} from '../../src/workflows/run-state.ts';
import { outcomeOf } from '../../src/workflows/look.ts';
import { giveBack, recordOutcome, type StoredOrder, type StoredPayment } from './memory-store.ts';
import { ACCOUNT, cancelSession, readingOf, sessionOf, type SimulatedPsp } from './simulated-psp.ts';

export const POLL_INTERVAL_MS = 3_600_000;

export interface ModelRun {
  state: RunState;
  /** When the lifetime timer fires; null once it has. */
  lifetimeAt: number | null;
  /** A read that the gateway has not answered yet. */
  reading: 'look' | 'cancel' | null;
  /** When it is asked again, and how often it was: the gateway was silent. */
  retryAt: number;
  attempts: number;
  triggers: Triggers | null;
  cancelsWaiting: number;
  /** Shoppers who asked for a session and have not been answered. */
  shoppers: number;
  /** A proved callback was answered 200 and the gateway has not said anything conclusive since. */
  owesLook: boolean;
  /** Looks taken since the run began. */
  looks: number;
}

export interface World {
  now: number;
  psp: SimulatedPsp;
  order: StoredOrder;
  /** By payment number; null where no run is going. */
  runs: (ModelRun | null)[];
  policy: LateMoneyPolicy;
}

export function startRun(world: World, payment: StoredPayment): ModelRun {
  const { id: paymentId, orderReference, n } = payment;
  const state = newRunState({ paymentId, orderReference, n, gateway: 'simulated' });
  const opened = openedPayment(payment);
  state.payment = opened;
  state.status = payment.status;
  state.mark = payment.mark;
  if (payment.transactionId !== null) {
    const { transactionId, transactionUpdatedAt, capturedMinor, refundedMinor } = payment;
    const updatedAt = transactionUpdatedAt === null ? {} : { updatedAt: transactionUpdatedAt };
    state.transaction = { transactionId, capturedMinor, refundedMinor, ...updatedAt };
  }
  const lifetimeAt = payment.status === 'PENDING' ? Math.max(world.now + 1, payment.expiryDueAt) : null;
  const run: ModelRun = {
    state,
    lifetimeAt,
    reading: null,
    retryAt: 0,
    attempts: 0,
    triggers: null,
    cancelsWaiting: 0,
    shoppers: 0,
    owesLook: false,
    looks: 0,
  };
  world.runs[n] = run;
  return run;
}

/** What the activity `openSession` answers for a payment whose session is there. */
export function openedPayment(payment: StoredPayment, untold: readonly string[] = []): OpenedPayment {
  const { transactionId, transactionUpdatedAt, accepted } = payment;
  return {
    kind: 'opened',
    status: payment.status,
    account: ACCOUNT,
    money: payment.money,
    sessionId: payment.sessionId ?? '',
    checkoutUrl: `https://checkout.example/${payment.sessionId}`,
    capturedMinor: payment.capturedMinor,
    refundedMinor: payment.refundedMinor,
    reversals: 0,
    mark: payment.mark,
    isDismissed: payment.dismissed,
    expiresAt: new Date(payment.expiresAt).toISOString(),
    expiryDueAt: new Date(payment.expiryDueAt).toISOString(),
    pollIntervalMs: POLL_INTERVAL_MS,
    capture: 'manual',
    mayHaveSurplus: false,
    untold,
    ...(accepted && { accepted }),
    ...(transactionId !== null && { transactionId }),
    ...(transactionUpdatedAt !== null && { transactionUpdatedAt }),
  };
}

/** Does everything that is due now. */
export function proceed(world: World, run: ModelRun): void {
  for (let steps = 0; ; steps += 1) {
    if (steps > 100) throw new Error('the run never comes to rest');
    if (run.reading !== null) {
      if (run.retryAt > world.now || isSilent(world, run)) return;
      answerRead(world, run);
    } else if (run.cancelsWaiting > 0) startLook(world, run, 'cancel');
    else if (isLookDue(run.state, world.now)) startLook(world, run, 'look');
    else return;
  }
}

/** Contract §5.3: after 1, 2, 5, 15 and 60 seconds, then every 5 minutes. */
const RETRY_AFTER_MS = [1_000, 2_000, 5_000, 15_000, 60_000];

function isSilent({ psp, now }: World, run: ModelRun): boolean {
  if (!psp.isDown) return false;
  run.retryAt = now + (RETRY_AFTER_MS[run.attempts] ?? 300_000);
  run.attempts += 1;
  return true;
}

/** The condition under which the real run returns. */
export function isOver({ state, shoppers }: ModelRun): boolean {
  return isSettled(state.status) && state.nextLook === null && isQuiet(state) && shoppers === 0;
}

function startLook(world: World, run: ModelRun, why: 'look' | 'cancel'): void {
  run.triggers = takeTriggers(run.state, world.now);
  run.state.looking = true;
  run.reading = why;
  run.retryAt = 0;
  run.attempts = 0;
  run.looks += 1;
}

function answerRead(world: World, run: ModelRun): void {
  const isCancel = run.reading === 'cancel';
  finishLook(world, run, read(world, run));
  if (isCancel) {
    run.cancelsWaiting -= 1;
    if (run.state.status === 'PENDING') cancel(world, run);
  }
}

function read(world: World, run: ModelRun): Reading {
  return readingOf(sessionOf(world.psp, (run.state.payment as OpenedPayment).sessionId));
}

function finishLook(world: World, run: ModelRun, reading: Reading): void {
  const triggers = run.triggers as Triggers;
  run.triggers = null;
  run.reading = null;
  const decision = decideLook(run, triggers, reading);
  if (decision.kind === 'become') record(world, run, decision, outcomeOf(run.state, decision), triggers);
  else if (triggers.callbacks.length > 0) keep(world, run, triggers);
  const isClear = decision.kind === 'become' || decision.kind === 'keep';
  if (isClear) planAfterClearAnswer(run.state, world.now);
  else planAfterUnclearAnswer(run.state, triggers, world.now, decision.kind === 'unclear');
  run.owesLook = !isClear && (run.owesLook || triggers.callbacks.length > 0);
  run.state.looking = false;
}

function decideLook({ state }: ModelRun, triggers: Triggers, reading: Reading): Decision {
  const decision = decide(standingOf(state), openedOf(state, state.payment as OpenedPayment), reading);
  const isDead = triggers.expiry === 'shopper' && reading.kind === 'session';
  return state.isLifetimeOver || isDead ? decideExpiry(standingOf(state), decision) : decision;
}

function keep(world: World, run: ModelRun, triggers: Triggers): void {
  const { paymentId } = run.state.input;
  const deliveries = triggers.callbacks;
  run.state.status = recordOutcome(
    world.order,
    { paymentId, outcome: null, deliveries, notes: [], key: '' },
    world.policy,
  ).status;
}

function record(
  world: World,
  run: ModelRun,
  decision: Become,
  outcome: Outcome,
  triggers: Triggers | null,
): void {
  const { transaction } = decision;
  const recorded = recordOutcome(
    world.order,
    {
      paymentId: run.state.input.paymentId,
      outcome,
      deliveries: triggers?.callbacks ?? [],
      notes: [],
      key: '',
      ...(transaction && { transaction }),
    },
    world.policy,
  );
  run.state.status = recorded.status;
  if (transaction !== undefined) run.state.transaction = transaction;
  const { payment } = run.state;
  if (recorded.next.includes('give_back') && payment !== null)
    giveBack(world.order, sessionOf(world.psp, payment.sessionId), world.policy);
  if (recorded.next.includes('close_others')) closeOthers(world, run);
  for (const update of world.order.updates) update.told ||= recorded.untold.includes(update.effectId);
}

/** The order is paid: what is still open of it is closed, as far as the gateway lets it. */
function closeOthers(world: World, paying: ModelRun): void {
  for (const other of world.runs) {
    if (!other || other === paying || other.state.status !== 'PENDING') continue;
    cancelSession(sessionOf(world.psp, (other.state.payment as OpenedPayment).sessionId));
    receivePoke(other.state, { why: 'return', at: '' });
  }
}

/** The merchant's cancel, after a look that showed no money: what the gateway says afterwards is what happened. */
function cancel(world: World, run: ModelRun): void {
  cancelSession(sessionOf(world.psp, (run.state.payment as OpenedPayment).sessionId));
  const { state } = run;
  const decision = decide(
    standingOf(state),
    openedOf(state, state.payment as OpenedPayment),
    read(world, run),
  );
  if (decision.kind !== 'become') return;
  const isClosed = decision.status === 'CANCELLED' || decision.status === 'VOIDED';
  const become: Become = isClosed ? { ...decision, status: 'CANCELLED', pays: false } : decision;
  const words = { closedBy: 'merchant', cause: 'merchant', reason: 'cancelled by the merchant' } as const;
  record(world, run, become, { ...outcomeOf(state, become), ...(isClosed && words) }, null);
  planAfterClearAnswer(state, world.now);
  run.owesLook = false;
}
