/** The beginning of a run: the session is opened, found again or adopted. */
import { condition, workflowInfo } from '@temporalio/workflow';
import type {
  ClosingCause,
  OpenedPayment,
  OpenSessionInput,
  OpenSessionOutcome,
  OutcomeRecord,
} from '../activities/payment-activities.ts';
import { isOpen, type PaymentStatus } from '../domain/payment.ts';
import type { Outcome } from '../domain/settle.ts';
import { insteadOf, isTimedOut, NOT_READ } from './ended.ts';
import { CLOSED_BECAUSE, record } from './look.ts';
import { ANSWER_WITHIN_MS, askToOpen, nextToClose, planNextTry } from './opening-plan.ts';
import { checkout } from './proxies.ts';
import { publishSearchAttributes, showDetails, viewOf } from './publish.ts';
import { isInReview, planAfterClearAnswer, type RunState } from './run-state.ts';
import { closeLeftBehind } from './surplus.ts';
import { tell } from './telling.ts';

/** Tries to open the payment's session, plans the next try, or finds out that there will never be one: then the run has nothing to watch. */
export async function open(run: RunState): Promise<void> {
  const { opening } = run;
  const because = nextToClose(opening, run.callbacks.length > 0);
  if (because !== undefined) return closeUnopened(run, because);
  const input = inputOf(run);
  const outcome = await tryOnce(run, input);
  if (outcome.kind === 'unavailable')
    return planNextTry(opening, Date.now(), run.callbacks.length > 0, outcome);
  if (outcome.kind === 'opened') return takeOver(run, outcome);
  await giveUp(run, outcome).catch((error: unknown) => insteadOf(error, undefined));
  run.callbacks = run.callbacks.filter(({ eventId }) => !input.eventIds.includes(eventId));
  run.pokes = [];
}

/** Waits for an answer about the session; false where there is none in time. Only where opening is in trouble does it take a timer. */
export async function waitForSession(run: RunState): Promise<boolean> {
  const { opening } = run;
  const isAnswered = () => run.payment !== null || run.rejected !== null;
  if (isAnswered()) return true;
  const since = Date.now();
  const left = () => ANSWER_WITHIN_MS - (Date.now() - since);
  askToOpen(opening, since);
  await condition(() => isAnswered() || opening.isInTrouble || left() <= 0);
  if (!isAnswered() && left() > 0) await condition(isAnswered, left(), { summary: 'then answer without it' });
  return isAnswered();
}

/** Where every slot is taken by calls that hang, those who wait have to be told. */
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
    return insteadOf<OpenSessionOutcome>(error, { kind: 'unknown', reason: NOT_READ });
  }
}

/** The merchant cancels what could not be opened yet. No payer has its address, so there is nothing to ask the gateway first. */
async function closeUnopened(run: RunState, because: ClosingCause): Promise<void> {
  const reason = CLOSED_BECAUSE[because.why];
  const closed = { ...withoutSession(run, { kind: because.why, reason }), closing: because };
  const status = await record(run, closed).then(
    (recorded) => recorded.status,
    (error: unknown) => insteadOf(error, run.status),
  );
  run.opening.closing = run.opening.closing.filter((asked) => asked !== because);
  // Nobody has asked for it, as far as the store knows.
  if (isOpen(status)) return;
  run.closing = because.why;
  run.rejected = reason;
  run.pokes = [];
  if (status === 'CANCELLED') closeLeftBehind(run);
}

function inputOf(run: RunState): OpenSessionInput {
  const { paymentId, orderReference, n, gateway } = run.input;
  const claimedSessionId = run.callbacks.find(({ claim }) => claim.sessionId !== undefined)?.claim.sessionId;
  return {
    paymentId,
    orderReference,
    n,
    gateway,
    eventIds: run.callbacks.map(({ eventId }) => eventId),
    isRetried: run.opening.tries > 0,
    since: run.opening.since === 0 ? Date.now() : run.opening.since,
    ...(claimedSessionId !== undefined && { claimedSessionId }),
  };
}

function takeOver(run: RunState, payment: OpenedPayment): void {
  // A new run of an old payment starts without attributes, a first one with its status.
  const before = {
    ...viewOf(run),
    status: payment.status === 'PENDING' ? payment.status : ('NONE' as PaymentStatus),
  };
  run.payment = payment;
  run.rejected = null;
  run.status = payment.status;
  run.reason = payment.reason ?? null;
  const { transactionId, transactionUpdatedAt, capturedMinor, refundedMinor } = payment;
  if (transactionId !== undefined) {
    const updatedAt = transactionUpdatedAt === undefined ? {} : { updatedAt: transactionUpdatedAt };
    run.transaction = { transactionId, capturedMinor, refundedMinor, ...updatedAt };
  }
  run.reversals = payment.reversals;
  run.mark = payment.mark;
  publishSearchAttributes(run, before);
  tell(run, payment, showDetails);
  // An earlier run's timer is gone with it, and the next hold poll or review must not wait for somebody to call.
  const isToBeWatched = run.status === 'ON_HOLD' || isInReview(run);
  if (isToBeWatched && run.nextLook === null) planAfterClearAnswer(run, Date.now());
}

type NoSession = Exclude<OpenSessionOutcome, OpenedPayment | { kind: 'unavailable' }>;

async function giveUp(run: RunState, outcome: NoSession): Promise<void> {
  // Whoever asks for a session has a payment in the store, and so another one than this run knows nothing of: he asks again.
  run.isRefused = outcome.kind === 'rejected';
  try {
    if (outcome.kind !== 'unknown') await record(run, withoutSession(run, outcome));
  } finally {
    run.rejected = outcome.reason;
  }
}

/** What was closed before is left as it is: only what came in is marked, and what was never told is told. */
function withoutSession(
  run: RunState,
  { kind, reason }: { kind: 'rejected' | 'never_opened' | 'closed' | ClosingCause['why']; reason: string },
): OutcomeRecord {
  const text = `no session: ${reason}`;
  const isNews = kind !== 'closed';
  return {
    paymentId: run.input.paymentId,
    outcome: isNews ? endOf(kind, reason) : null,
    deliveries: run.callbacks,
    notes: isNews || run.callbacks.length > 0 ? [{ kind: 'operation', text }] : [],
    key: `${workflowInfo().runId}-${kind}`,
  };
}

function endOf(kind: 'rejected' | 'never_opened' | ClosingCause['why'], reason: string): Outcome {
  const nothing = { pays: false, reason, cause: kind, capturedMinor: 0, refundedMinor: 0 };
  if (kind === 'rejected') return { ...nothing, status: 'FAILED' };
  if (kind === 'never_opened') return { ...nothing, status: 'EXPIRED', closedBy: 'expiry' };
  return { ...nothing, status: 'CANCELLED', closedBy: 'merchant' };
}
