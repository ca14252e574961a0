/**
 * One payment, from opening its session until it is settled. It decides when to look; `domain/` decides what
 * a look means.
 */
import {
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { isSettled } from '../domain/payment.ts';
import {
  callbackOf,
  expectCancel,
  expectPaymentInput,
  expectResolve,
  lookOf,
  pokeOf,
  textOf,
} from './arguments.ts';
import { cancel, close, resolve } from './session-commands.ts';
import { tell } from './follow-up.ts';
import { look } from './look.ts';
import {
  callbackReceived,
  cancelSession,
  closeRequested,
  getState,
  lookRequested,
  openingTakesLong,
  openSession,
  resolveReview,
  poked,
  tellMerchant,
  type OpenSessionResult,
  type PaymentSessionInput,
  type PaymentSessionResult,
} from './messages.ts';
import { ANSWER_WITHIN_MS, MOST_CALLERS } from './opening-plan.ts';
import { open, waitForSession } from './opening.ts';
import { showDoing, viewOf, waitsFor } from './publish.ts';
import { runLoop } from './run-loop.ts';
import {
  isLookDue,
  isOpeningDue,
  isQuiet,
  isUnopened,
  newRunState,
  receiveCallback,
  receiveLookRequest,
  receivePoke,
  statusOf,
  type RunState,
} from './run-state.ts';

/**
 * Watches a payment's session: looks at the gateway when a callback, a browser, a timer or the sweep asks for it,
 * until the payment is settled. Opens the session first where the request could not. Throws only to refuse its input. A request to cancel the workflow is ignored,
 * since it does not stop money.
 */
export function paymentSession(input: PaymentSessionInput): Promise<PaymentSessionResult> {
  return CancellationScope.nonCancellable(() => runSession(input));
}

function runSession(input: PaymentSessionInput): Promise<PaymentSessionResult> {
  const run = newRunState(expectPaymentInput(input, workflowInfo().workflowId));
  receiveMessages(run);
  watchLifetime(run);
  showDoing(run, null);
  return runLoop<PaymentSessionResult>({
    due: (now) => dueOf(run, now),
    timer: () => timerOf(run),
    isQuiet: () => isQuiet(run),
    end: () => endOf(run),
    continueAsNew: () => continueAsNew<typeof paymentSession>(handOver(run)),
  });
}

function dueOf(run: RunState, now: number): (() => Promise<void>) | null {
  if (run.mutex.isBusy) return null;
  if (isLookDue(run, now)) return () => alone(run, () => look(run));
  return isOpeningDue(run, now) ? () => alone(run, () => open(run)) : null;
}

/** Nothing else moves before the work is no longer shown: the run may end as soon as the mutex is free. */
function alone(run: RunState, work: () => Promise<unknown>): Promise<void> {
  return run.mutex.run(async () => {
    await work();
    watchLifetime(run);
    showDoing(run, null);
  });
}

function timerOf(run: RunState): { at: number; summary: string } | null {
  const { nextLook, opening } = run;
  if (run.mutex.isBusy) return null;
  if (!isUnopened(run))
    return nextLook && { at: nextLook.at, summary: `next look at the gateway: ${nextLook.why}` };
  const summary = opening.isResting
    ? 'no request for the session: rest until its deadline'
    : 'try again to open the session';
  return { at: opening.nextTry, summary };
}

function endOf(run: RunState): { result: PaymentSessionResult } | null {
  if (run.phase.kind === 'watching') {
    const { status } = run.phase.payment;
    const isOver = isSettled(status) && run.nextLook === null;
    return isOver ? { result: { status, why: waitsFor(run) } } : null;
  }
  return isUnopened(run) ? null : { result: { status: 'NOT_OPENED', why: waitsFor(run) } };
}

/** No handler throws, whatever is sent: a run that fails on one message could never process another. */
function receiveMessages(run: RunState): void {
  setHandler(callbackReceived, (sent: unknown) => receiveWhatCame(run, sent), {
    description: 'A verified callback: look at the gateway',
  });
  setHandler(poked, (sent: unknown) => receivePoke(run, pokeOf(sent, Date.now())), {
    description: 'A request that proves nothing: look once',
  });
  setHandler(lookRequested, (sent: unknown) => receiveLookRequest(run, lookOf(sent, Date.now())), {
    description: 'The service itself asks for a look',
  });
  setHandler(tellMerchant, (sent: unknown) => tellWhatWasSent(run, textOf(sent)), {
    description: 'The first attempt to notify the merchant failed: notify it, with retries',
  });
  setHandler(openingTakesLong, () => void (run.opening.isInTrouble = true), {
    description: 'The gateway takes long to open the session: callers are answered without it',
  });
  setHandler(closeRequested, () => close(run), { description: 'Another payment has paid the order' });
  setHandler(getState, () => viewOf(run), {
    description: 'The status of this payment and what it waits for',
  });
  setHandler(openSession, () => answerPayer(run), { description: 'Opens the session, or waits for it' });
  setHandler(cancelSession, (sent: unknown) => cancel(run, expectCancel(sent)), {
    description: 'The merchant cancels a session that is not paid',
    validator: (sent: unknown) => void expectCancel(sent),
  });
  setHandler(resolveReview, (sent: unknown) => resolve(run, expectResolve(sent)), {
    description: 'An operator decides a payment in REVIEW',
    validator: (sent: unknown) => void expectResolve(sent),
  });
}

/** A message that is no callback of ours may still ask for a look. */
function receiveWhatCame(run: RunState, sent: unknown): void {
  const callback = callbackOf(sent, Date.now());
  if (callback === null) receiveLookRequest(run, lookOf(undefined, Date.now()));
  else receiveCallback(run, callback);
}

function tellWhatWasSent(run: RunState, effectId: string | null): void {
  if (effectId !== null) tell(run, effectId);
}

/** Answered within 12 s, so that callers do not pile up: a run accepts ten updates at a time. */
async function answerPayer(run: RunState): Promise<OpenSessionResult> {
  if (run.opening.callers >= MOST_CALLERS) return { kind: 'still_opening' };
  run.opening.callers += 1;
  const answer = await waitForAnswer(run);
  run.opening.callers -= 1;
  return answer;
}

/** Waits for any look that is due or running, so that no payer is sent to a session that has just ended. */
async function waitForAnswer(run: RunState): Promise<OpenSessionResult> {
  const since = Date.now();
  if (!(await waitForSession(run))) return { kind: 'still_opening' };
  if (run.phase.kind !== 'watching') return answerWithoutSession(run);
  const { sessionId, checkoutUrl, expiresAt } = run.phase.payment;
  if (statusOf(run) === 'PENDING' && Date.now() >= Date.parse(expiresAt)) run.expiry = 'payer';
  const isClear = () => !run.mutex.isBusy && !isLookDue(run, Date.now());
  const left = since + ANSWER_WITHIN_MS - Date.now();
  if (!isClear() && !(await condition(isClear, Math.max(1, left)))) return { kind: 'still_opening' };
  const status = statusOf(run);
  if (isSettled(status) || status === 'REVIEW') return { kind: 'not_open', status };
  return { kind: 'open', status, sessionId, checkoutUrl, runId: workflowInfo().runId };
}

function answerWithoutSession({ phase }: RunState): OpenSessionResult {
  if (phase.kind === 'without_session' && phase.isRefused) return { kind: 'rejected', reason: phase.reason };
  return { kind: 'not_open', status: statusOf({ phase }) };
}

/**
 * One timer for the run's whole life. It has no effect during a hold, and a run that begins on hold needs
 * none yet.
 */
function watchLifetime(run: RunState): void {
  if (run.isLifetimeWatched || run.phase.kind !== 'watching') return;
  const { status, expiryDueAt } = run.phase.payment;
  if (status !== 'PENDING' && status !== 'REVIEW') return;
  run.isLifetimeWatched = true;
  void endLifetime(run, Math.max(1, Date.parse(expiryDueAt) - Date.now()));
}

async function endLifetime(run: RunState, ms: number): Promise<void> {
  await sleep(ms, { summary: 'session lifetime: a last look, then EXPIRED' });
  run.expiry = 'lifetime';
}

function handOver(run: RunState): PaymentSessionInput {
  const { paymentId, orderReference, n, gateway } = run.input;
  const { since, tries, nextTry, isResting } = run.opening;
  const carried = {
    seen: [...run.seen],
    ...(run.phase.kind !== 'watching' && { opening: { since, tries, nextTry, isResting } }),
    followUps: run.followUps,
    ...(run.closing !== null && { closing: run.closing }),
    ...(run.unclearSince !== null && { unclearSince: run.unclearSince }),
    ...(run.nextLook !== null && { nextLook: run.nextLook }),
  };
  return { paymentId, orderReference, n, gateway, carried };
}
