/** One payment session, from its opening to the merchant's knowing. The only place that moves a payment's state. */
import {
  allHandlersFinished,
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
  returnOf,
} from './arguments.ts';
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
  returnVisited,
  type OpenSessionResult,
  type PaymentSessionInput,
  type PaymentSessionResult,
} from './messages.ts';
import { open, waitForSession } from './opening.ts';
import { newOperations, type Operations } from './operations.ts';
import { showDoing, viewOf, waitsFor } from './publish.ts';
import { ANSWER_WITHIN_MS, MOST_CALLERS } from './opening-plan.ts';
import {
  isLookDue,
  isOpeningDue,
  isQuiet,
  isUnopened,
  newRunState,
  receiveCallback,
  receivePoke,
  type RunState,
} from './run-state.ts';
import { closeSurplusLater } from './surplus.ts';

/**
 * Opens the session, then looks at the gateway whenever a callback, a browser, a timer or the sweep asks for it, until the payment
 * is settled and the merchant knows. Throws nothing but a refusal of its input; a request to cancel the workflow is ignored, since
 * money does not stop for it.
 */
export function paymentSession(input: PaymentSessionInput): Promise<PaymentSessionResult> {
  return CancellationScope.nonCancellable(() => runSession(input));
}

async function runSession(input: PaymentSessionInput): Promise<PaymentSessionResult> {
  const run = newRunState(expectPaymentInput(input, workflowInfo().workflowId));
  const operations = newOperations(run);
  receiveMessages(run, operations);
  for (;;) {
    showDoing(run, null);
    await untilSomethingIsDue(run, operations);
    // From here to `return` and to `continueAsNew` nothing is awaited: what has come is seen, what comes later starts anew.
    if (operations.isWaiting()) await operations.next();
    else if (isLookDue(run, Date.now())) await lookAndWatch(run);
    else if (isOpeningDue(run, Date.now())) await begin(run);
    else if (isOver(run))
      return { status: run.payment === null ? 'NOT_OPENED' : run.status, why: waitsFor(run) };
    else if (isLongAndQuiet(run)) await continueAsNew<typeof paymentSession>(handOver(run));
  }
}

async function begin(run: RunState): Promise<void> {
  await open(run);
  watchLifetime(run);
  closeSurplusLater(run);
}

/** A run that began on hold has no end of the lifetime to wait for, until the hold turns out to be nothing yet. */
async function lookAndWatch(run: RunState): Promise<void> {
  await look(run);
  if (run.status === 'PENDING') watchLifetime(run);
}

/** Whatever is sent, no handler throws: a run that can't take a message would never take another. */
function receiveMessages(run: RunState, operations: Operations): void {
  setHandler(callbackReceived, (sent: unknown) => receiveWhatCame(run, sent), {
    description: 'A verified callback: look at the gateway',
  });
  setHandler(returnVisited, (sent: unknown) => receivePoke(run, returnOf(sent, Date.now())), {
    description: 'An unproved hit: look once',
  });
  setHandler(lookRequested, (sent: unknown) => receivePoke(run, lookOf(sent, Date.now())), {
    description: 'We ask for a look ourselves',
  });
  setHandler(openingTakesLong, () => void (run.opening.isInTrouble = true), {
    description: 'The gateway takes long to open the session: callers are answered without it',
  });
  setHandler(closeRequested, () => operations.close(), {
    description: 'Another payment has paid the order',
  });
  setHandler(getState, () => viewOf(run), { description: 'What this payment is and what it waits for' });
  setHandler(openSession, () => answerShopper(run, operations), {
    description: 'Opens the session, or waits for it',
  });
  setHandler(cancelSession, (sent: unknown) => operations.cancel(expectCancel(sent)), {
    description: 'The merchant closes what nobody paid',
    validator: (sent: unknown) => void expectCancel(sent),
  });
  setHandler(resolveReview, (sent: unknown) => operations.resolve(expectResolve(sent)), {
    description: 'The way out of REVIEW',
    validator: (sent: unknown) => void expectResolve(sent),
  });
}

/** What is no callback of ours may still be somebody's wish that we look. */
function receiveWhatCame(run: RunState, sent: unknown): void {
  const callback = callbackOf(sent, Date.now());
  if (callback === null) receivePoke(run, lookOf(undefined, Date.now()));
  else receiveCallback(run, callback);
}

/** Answered within 12 s, so that callers never pile up: a run takes ten updates at a time. */
async function answerShopper(run: RunState, operations: Operations): Promise<OpenSessionResult> {
  if (run.opening.callers >= MOST_CALLERS) return { kind: 'still_opening' };
  run.opening.callers += 1;
  const answer = await waitForAnswer(run, operations);
  run.opening.callers -= 1;
  return answer;
}

/** Waits for any look that is due or running, so that nobody is sent to a session that has just died. */
async function waitForAnswer(run: RunState, operations: Operations): Promise<OpenSessionResult> {
  const since = Date.now();
  if (!(await waitForSession(run))) return { kind: 'still_opening' };
  if (run.payment === null) return answerWithoutSession(run);
  const { sessionId, checkoutUrl, expiresAt } = run.payment;
  if (run.status === 'PENDING' && Date.now() >= Date.parse(expiresAt)) run.expiry = 'shopper';
  const isClear = () => !run.looking && !operations.isWaiting() && !isLookDue(run, Date.now());
  const left = since + ANSWER_WITHIN_MS - Date.now();
  if (!isClear() && !(await condition(isClear, Math.max(1, left)))) return { kind: 'still_opening' };
  if (isSettled(run.status) || run.status === 'REVIEW') return { kind: 'not_open', status: run.status };
  const { runId } = workflowInfo();
  return { kind: 'open', status: run.status, sessionId, checkoutUrl, runId };
}

function answerWithoutSession(run: RunState): OpenSessionResult {
  if (run.isRefused) return { kind: 'rejected', reason: run.rejected as string };
  return { kind: 'not_open', status: run.status };
}

/** One timer for the run's whole life; while on hold it has no effect. */
function watchLifetime(run: RunState): void {
  if (run.isLifetimeWatched || run.payment === null) return;
  if (run.status !== 'PENDING' && run.status !== 'REVIEW') return;
  run.isLifetimeWatched = true;
  const ms = Math.max(1, Date.parse(run.payment.expiryDueAt) - Date.now());
  void endLifetime(run, ms);
}

async function endLifetime(run: RunState, ms: number): Promise<void> {
  await sleep(ms, { summary: 'session lifetime: a last look, then EXPIRED' });
  run.isLifetimeOver = true;
  run.expiry = 'lifetime';
}

async function untilSomethingIsDue(run: RunState, operations: Operations): Promise<void> {
  const isDue = () =>
    operations.isWaiting() ||
    isLookDue(run, Date.now()) ||
    isOpeningDue(run, Date.now()) ||
    isOver(run) ||
    isLongAndQuiet(run);
  if (isDue()) return;
  const next = nextTimer(run);
  if (next === null) return condition(isDue);
  const { at, summary } = next;
  await condition(() => isDue() || nextTimer(run)?.at !== at, Math.max(1, at - Date.now()), { summary });
}

function nextTimer(run: RunState): { at: number; summary: string } | null {
  const { nextLook, opening } = run;
  if (isUnopened(run)) {
    const summary = opening.isResting
      ? 'nobody asks for the session: until its deadline'
      : 'try again to open it';
    return { at: opening.nextTry, summary };
  }
  return nextLook && { at: nextLook.at, summary: `next look at the gateway: ${nextLook.why}` };
}

function isOver(run: RunState): boolean {
  const isDone =
    (run.payment === null && !isUnopened(run)) || (isSettled(run.status) && run.nextLook === null);
  return isDone && isQuiet(run) && allHandlersFinished();
}

function isLongAndQuiet(run: RunState): boolean {
  return workflowInfo().continueAsNewSuggested && isQuiet(run) && allHandlersFinished();
}

function handOver(run: RunState): PaymentSessionInput {
  const { paymentId, orderReference, n, gateway } = run.input;
  const { since, tries, nextTry, isResting } = run.opening;
  const carried = {
    seen: [...run.seen],
    ...(run.payment === null && { opening: { since, tries, nextTry, isResting } }),
    followUps: run.followUps,
    ...(run.closing !== null && { closing: run.closing }),
    ...(run.unclearSince !== null && { unclearSince: run.unclearSince }),
    ...(run.nextLook !== null && { nextLook: run.nextLook }),
  };
  return { paymentId, orderReference, n, gateway, carried };
}
