/** One look: ask the gateway, decide, settle, tell. */
import { workflowInfo } from '@temporalio/workflow';
import type { OpenedPayment, OutcomeRecord, RecordedOutcome } from '../activities/payment-activities.ts';
import { decide, decideAfterUnclear, decideExpiry, type Become, type Decision } from '../domain/decide.ts';
import { reversalsOf } from '../domain/news.ts';
import { isSettled } from '../domain/payment.ts';
import type { Outcome } from '../domain/settle.ts';
import type { Reading } from '../domain/transaction.ts';
import { insteadOf, NOT_READ, NOT_RECORDED } from './ended.ts';
import { notesOf } from './notes.ts';
import { background, PRIORITY, recordOutcome } from './proxies.ts';
import { publishSearchAttributes, showDetails, showLook, summaryOf, viewOf } from './publish.ts';
import {
  isDismissed,
  isInReview,
  openedOf,
  planAfterClearAnswer,
  planAfterUnclearAnswer,
  standingOf,
  takeAnswered,
  takeTriggers,
  UNCLEAR,
  UNCLEAR_LIMIT_MS,
  type RunState,
  type Triggers,
} from './run-state.ts';
import { followUp, tell } from './telling.ts';

/** Looks once for everything that has asked for it until now. Whether the gateway could say what there is. */
export async function look(run: RunState): Promise<boolean> {
  const payment = run.payment as OpenedPayment;
  const triggers = takeTriggers(run, Date.now());
  run.looking = true;
  showLook(run, triggers);
  const { unclearSince } = run;
  const reading = await read(run, payment, triggers);
  const decided = decideNow(run, payment, triggers, reading);
  const decision = (await follow(run, triggers, reading, decided))
    ? decided
    : await refuse(run, triggers, unclearSince);
  plan(run, triggers, decision);
  run.looking = false;
  return decision.kind !== 'unclear' && reading.kind !== 'absent';
}

/** Records what was decided. False where it can't be recorded. */
async function follow(
  run: RunState,
  triggers: Triggers,
  reading: Reading,
  decision: Decision,
): Promise<boolean> {
  if (decision.kind !== 'become' && !isWorthKeeping(triggers)) return true;
  try {
    if (decision.kind === 'become') {
      const callbacks = [...triggers.callbacks, ...takeAnswered(run, decision)];
      await record(run, becoming(run, decision, { ...triggers, callbacks }, reading));
    } else await record(run, { ...kept(run, triggers, reading, decision), outcome: null });
    return true;
  } catch (error) {
    return insteadOf(error, false);
  }
}

/** What can't be recorded is as good as not understood: looked at again, and for a person after an hour, without the gateway's words. */
async function refuse(run: RunState, triggers: Triggers, unclearSince: number | null): Promise<Decision> {
  run.unclearSince = unclearSince;
  const decision = decideUnclear(run, { kind: 'unclear', reason: NOT_RECORDED });
  const reading: Reading = { kind: 'unreadable', reason: NOT_RECORDED };
  const isFollowed = await follow(run, { ...triggers, callbacks: [] }, reading, decision);
  return isFollowed ? decision : { kind: 'unclear', reason: NOT_RECORDED };
}

/** Asks the gateway, by the transaction that is known or that a proved callback names. */
export async function read(
  run: RunState,
  payment: OpenedPayment,
  triggers: Triggers | null,
): Promise<Reading> {
  const { paymentId, orderReference, n, gateway } = run.input;
  const transactionId = run.transaction?.transactionId ?? payment.transactionId ?? claimed(payment, triggers);
  const summary = summaryOf(
    transactionId === undefined ? `read session ${payment.sessionId}` : `read ${transactionId}`,
  );
  const input = { paymentId, orderReference, n, gateway, sessionId: payment.sessionId };
  const priority = isWaitedFor(triggers) ? PRIORITY.waitedFor : PRIORITY.usual;
  const at = { ...input, ...(transactionId !== undefined && { transactionId }) };
  try {
    return await background(gateway).readTransaction.executeWithOptions({ summary, priority }, [at]);
  } catch (error) {
    return insteadOf<Reading>(error, { kind: 'unreadable', reason: NOT_READ });
  }
}

/** A gateway that has called, a payer who is back, and a caller of our API wait for it; timers and the sweep do not. */
function isWaitedFor(triggers: Triggers | null): boolean {
  if (triggers === null || triggers.callbacks.length > 0 || triggers.expiry === 'shopper') return true;
  return triggers.pokes.some(({ why }) => why === 'return' || why === 'operator');
}

function claimed(payment: OpenedPayment, triggers: Triggers | null): string | undefined {
  const ofSession = triggers?.callbacks.filter(
    ({ claim }) => claim.sessionId === undefined || claim.sessionId === payment.sessionId,
  );
  const named = ofSession?.find(({ claim }) => claim.transactionId !== undefined)?.claim.transactionId;
  return (
    named ??
    triggers?.pokes.map((poke) => ('transactionId' in poke ? poke.transactionId : undefined)).find(Boolean)
  );
}

function decideNow(run: RunState, payment: OpenedPayment, triggers: Triggers, reading: Reading): Decision {
  const decision = decide(standingOf(run), openedOf(run, payment), reading);
  if (decision.kind === 'unclear') return decideUnclear(run, decision);
  if (isHidden(run, reading)) return { kind: 'unclear', reason: 'the gateway does not show the session' };
  run.unclearSince = null;
  // A shopper who is back after the deadline gets a new session, unless a payment is on its way in the old one.
  const isDead = triggers.expiry === 'shopper' && reading.kind === 'session';
  const now = standingOf(run);
  // That nothing is shown is no answer to what could not be understood.
  const isAnswered = now.isUnclear && reading.kind !== 'absent';
  const reviewed = isAnswered ? decideAfterUnclear(decision) : decision;
  return run.isLifetimeOver || isDead ? decideExpiry(now, reviewed) : reviewed;
}

/** A session that was opened is there: that it is not shown when its time is over says nothing about its money, for an hour. */
function isHidden(run: RunState, reading: Reading): boolean {
  if (reading.kind !== 'absent' || !run.isLifetimeOver || run.status !== 'PENDING') return false;
  run.unclearSince ??= Date.now();
  return Date.now() - run.unclearSince < UNCLEAR_LIMIT_MS;
}

/** UNKNOWN is not failed: a person is asked, after an hour in which the gateway could not say. What is settled stays what it is. */
function decideUnclear(run: RunState, decision: Decision & { kind: 'unclear' }): Decision {
  run.unclearSince ??= Date.now();
  const isTooLong = Date.now() - run.unclearSince >= UNCLEAR_LIMIT_MS;
  if (!isTooLong || isInReview(run) || isDismissed(run)) return decision;
  const reason = `${UNCLEAR}${decision.reason}`;
  if (isSettled(run.status)) return { kind: 'become', status: run.status, pays: false, reason, marks: true };
  return { kind: 'become', status: 'REVIEW', pays: false, reason };
}

/**
 * A look that nobody proved asked for and that found nothing leaves no trace but in the run's history. One for an update that was never
 * told must be recorded, since the record says what is untold; a hold's or a review's, since nothing else shows that it is watched.
 */
function isWorthKeeping(triggers: Triggers): boolean {
  return (
    triggers.callbacks.length > 0 ||
    triggers.timer === 'poll' ||
    triggers.timer === 'review' ||
    triggers.pokes.some(({ why }) => KEPT.has(why))
  );
}

const KEPT: ReadonlySet<string> = new Set(['sweep', 'unwatched', 'untold_update', 'in_review']);

function kept(
  run: RunState,
  triggers: Triggers,
  reading: Reading,
  decision: Decision,
): Omit<OutcomeRecord, 'outcome'> {
  return {
    paymentId: run.input.paymentId,
    deliveries: triggers.callbacks,
    notes: notesOf(run.input.gateway, triggers, { reading, decision }, Date.now()),
    key: `${workflowInfo().runId}-${run.looks}`,
  };
}

function becoming(run: RunState, decision: Become, triggers: Triggers, reading: Reading): OutcomeRecord {
  return {
    ...kept(run, triggers, reading, decision),
    outcome: outcomeOf(run, decision),
    ...(decision.transaction && { transaction: decision.transaction }),
  };
}

/** What a decision asks of the order. */
export function outcomeOf(run: RunState, decision: Become): Outcome {
  const outcome = asRead(run, decision);
  // Closing a session voids what was begun in it.
  const isClosed = outcome.status === 'CANCELLED' || outcome.status === 'VOIDED';
  if (run.closing === null || !isClosed || run.status !== 'PENDING') return outcome;
  const reason = CLOSED_BECAUSE[run.closing];
  return { ...outcome, status: 'CANCELLED', pays: false, cause: run.closing, closedBy: 'merchant', reason };
}

/** Said of a payment that we closed. */
export const CLOSED_BECAUSE = {
  merchant: 'cancelled by the merchant',
  order_paid: 'another payment has paid the order',
} as const;

function asRead(run: RunState, decision: Become): Outcome {
  const { status, pays, reason, marks, transaction } = decision;
  return {
    status,
    pays,
    cause: transaction?.transactionId ?? (status === 'EXPIRED' ? 'expiry' : 'session'),
    capturedMinor: transaction?.capturedMinor ?? run.transaction?.capturedMinor ?? 0,
    refundedMinor: transaction?.refundedMinor ?? run.transaction?.refundedMinor ?? 0,
    ...(reason !== undefined && { reason }),
    ...(marks !== undefined && { marks }),
    ...(status === 'EXPIRED' && { closedBy: 'expiry' as const }),
  };
}

/** Writes it down, takes over what the order's lock made of it, and tells the merchant what is new. */
export async function record(run: RunState, outcome: OutcomeRecord): Promise<RecordedOutcome> {
  const before = viewOf(run);
  const summary = outcome.outcome === null ? 'keep what was seen' : `settle as ${outcome.outcome.status}`;
  const recorded = await recordOutcome.executeWithOptions({ summary }, [outcome]);
  run.status = recorded.status;
  run.reason = recorded.reason;
  run.mark = recorded.mark;
  if (outcome.transaction !== undefined) {
    run.transaction = outcome.transaction;
    run.reversals = reversalsOf(outcome.transaction);
  }
  const { accepted } = recorded;
  if (run.payment !== null && accepted !== undefined) run.payment = { ...run.payment, accepted };
  publishSearchAttributes(run, before);
  tell(run, recorded, showDetails);
  followUp(run, recorded.next);
  return recorded;
}

function plan(run: RunState, triggers: Triggers, decision: Decision): void {
  const isClear = decision.kind === 'become' || decision.kind === 'keep';
  if (isClear) planAfterClearAnswer(run, Date.now());
  else planAfterUnclearAnswer(run, triggers, Date.now(), decision.kind === 'unclear');
}
