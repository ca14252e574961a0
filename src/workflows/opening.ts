/** The start of a run: the session is opened, found again or adopted. */
import { condition, sleep, workflowInfo } from '@temporalio/workflow';
import type {
  ClosingCause,
  NoSession,
  OpenSessionInput,
  OpenSessionOutcome,
} from '../activities/contract.ts';
import { CLOSED_BECAUSE } from '../domain/finding.ts';
import type { OpenedPayment } from '../domain/opened-payment.ts';
import { isOpen } from '../domain/payment.ts';
import { insteadOf, isTimedOut, NOT_READ } from './ended.ts';
import { beside } from './follow-up.ts';
import { ANSWER_WITHIN_MS, askToOpen, nextToClose, planNextTry } from './opening-plan.ts';
import { background, checkout, closeUnopened } from './proxies.ts';
import { publishSearchAttributes, showDetails, viewOf } from './publish.ts';
import { planAfterClearAnswer, statusOf, type RunState } from './run-state.ts';

/**
 * Tries to open the payment's session. Then plans the next try, or finds that there will never be a session:
 * the run has nothing to watch.
 */
export async function open(run: RunState): Promise<void> {
  const because = nextToClose(run.opening, run.callbacks.length > 0);
  if (because !== undefined && (await closeInstead(run, because))) return;
  const input = inputOf(run);
  const outcome = await tryOnce(run, input);
  if (outcome.kind === 'unavailable')
    return planNextTry(run.opening, Date.now(), run.callbacks.length > 0, outcome);
  if (outcome.kind === 'opened') return takeOver(run, outcome);
  goWithout(run, outcome, input.callbacks);
}

/**
 * Waits for an answer about the session. False where none comes in time. Takes a timer only if opening is in
 * trouble.
 */
export async function waitForSession(run: RunState): Promise<boolean> {
  const { opening } = run;
  const isAnswered = () => run.phase.kind !== 'opening';
  if (isAnswered()) return true;
  const since = Date.now();
  const left = () => ANSWER_WITHIN_MS - (Date.now() - since);
  askToOpen(opening, since);
  await condition(() => isAnswered() || opening.isInTrouble || left() <= 0);
  if (!isAnswered() && left() > 0)
    await condition(isAnswered, left(), { summary: 'then answer without the session' });
  return isAnswered();
}

/** If calls that hang take every slot, callers that wait need an answer. */
const STARTS_WITHIN_MS = 10_000;

async function tryOnce(run: RunState, input: OpenSessionInput): Promise<OpenSessionOutcome> {
  run.opening.since = input.since;
  run.opening.tries += 1;
  const summary = `open a session at ${run.input.gateway}`;
  try {
    const options = { summary, scheduleToStartTimeout: STARTS_WITHIN_MS };
    return await checkout(run.input.gateway).openSession.executeWithOptions(options, [input]);
  } catch (error) {
    if (isTimedOut(error)) return { kind: 'unavailable', reason: 'no worker was free to open the session' };
    return insteadOf<OpenSessionOutcome>(error, { kind: 'unknown', status: 'PENDING', reason: NOT_READ });
  }
}

function inputOf(run: RunState): OpenSessionInput {
  const { paymentId, orderReference, n, gateway } = run.input;
  const { since, tries } = run.opening;
  return {
    paymentId,
    orderReference,
    n,
    gateway,
    key: keyOf(run),
    callbacks: run.callbacks,
    isRetried: tries > 0,
    since: since === 0 ? Date.now() : since,
  };
}

function keyOf({ opening }: RunState): string {
  return `${workflowInfo().runId}-open-${opening.tries}`;
}

/**
 * The merchant cancels a payment that could not be opened yet. No payer has its address, so the gateway need
 * not be asked first. False where another process has opened the session meanwhile.
 */
async function closeInstead(run: RunState, because: ClosingCause): Promise<boolean> {
  const { paymentId, orderReference, n, gateway } = run.input;
  const { callbacks } = run;
  const input = { paymentId, orderReference, n, gateway, key: keyOf(run), because, callbacks };
  const summary = `close the payment without a session: ${CLOSED_BECAUSE[because.why]}`;
  const { status, hasSession } = await closeUnopened
    .executeWithOptions({ summary }, [input])
    .catch((error: unknown) => insteadOf(error, { status: statusOf(run), hasSession: false }));
  if (hasSession) return false;
  run.opening.closing = run.opening.closing.filter((asked) => asked !== because);
  // The store has no request to close it.
  if (isOpen(status)) return true;
  run.closing = because.why;
  goWithout(run, { kind: 'closed', status, reason: CLOSED_BECAUSE[because.why] }, []);
  if (status === 'CANCELLED') closeSurplusLater(run, '');
  return true;
}

function goWithout(
  run: RunState,
  { kind, status, reason }: NoSession,
  answered: OpenSessionInput['callbacks'],
): void {
  const before = viewOf(run);
  // A caller that waits for a session already has a payment row, so it cannot be this unknown payment. Let it
  // ask again.
  run.phase = { kind: 'without_session', status, reason, isRefused: kind === 'rejected' };
  run.callbacks = run.callbacks.filter((callback) => !answered.includes(callback));
  run.pokes = [];
  run.requests = [];
  if (kind !== 'unknown') publishSearchAttributes(run, before);
  showDetails(run);
}

function takeOver(run: RunState, payment: OpenedPayment): void {
  // A new run of an old payment starts without attributes. The first run starts with its status.
  const before = { ...viewOf(run), status: payment.status === 'PENDING' ? payment.status : null };
  run.phase = { kind: 'watching', payment };
  publishSearchAttributes(run, before);
  if (payment.mayHaveSurplus) closeSurplusLater(run, payment.sessionId);
  // The timer of an earlier run is gone, and the next hold poll or review read must not wait for a request.
  const isToBeWatched = payment.status === 'ON_HOLD' || payment.reviewCode !== null;
  if (isToBeWatched && run.nextLook === null) planAfterClearAnswer(run, payment, Date.now());
}

/**
 * A lost answer may have left another session behind, which the gateway's search shows only after a while.
 * `sessionId` is the session that stays. It is empty where none stays, because the payment was closed before
 * its session could be opened.
 */
function closeSurplusLater(run: RunState, sessionId: string): void {
  const { paymentId, orderReference, n, gateway } = run.input;
  const session = { paymentId, orderReference, n, gateway, sessionId };
  const work = async () => {
    await sleep('1 minute', { summary: 'then close sessions that a lost answer left behind' });
    await background(gateway).cancelSurplusSessions(session);
  };
  beside(run, 'closes sessions that a lost answer left behind', work, showDetails);
}
