/** The beginning of a run: the session is opened, found again or adopted. */
import { workflowInfo } from '@temporalio/workflow';
import type {
  OpenedPayment,
  OpenSessionInput,
  OpenSessionOutcome,
  OutcomeRecord,
} from '../activities/payment-activities.ts';
import { isSettled, type PaymentStatus } from '../domain/payment.ts';
import type { Outcome } from '../domain/settle.ts';
import { record } from './look.ts';
import { checkout } from './proxies.ts';
import { publishSearchAttributes, viewOf } from './publish.ts';
import { planAfterClearAnswer, type RunState } from './run-state.ts';
import { tell } from './telling.ts';

/** Opens the payment's session, or finds out that there is none and never will be: then the run has nothing to watch. */
export async function open(run: RunState): Promise<void> {
  const input = inputOf(run);
  const summary = `open a session at ${run.input.gateway}`;
  const outcome = await checkout(run.input.gateway).openSession.executeWithOptions({ summary }, [input]);
  if (outcome.kind === 'opened') return takeOver(run, outcome);
  await giveUp(run, outcome);
  run.callbacks = run.callbacks.filter(({ eventId }) => !input.eventIds.includes(eventId));
  run.pokes = [];
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
  publishSearchAttributes(run, before);
  tell(run, payment.untold);
  // An earlier run's timer is gone with it, and the next hold poll or review must not wait for somebody to call.
  const isWatched = run.status === 'PENDING' || isSettled(run.status) || run.nextLook !== null;
  if (!isWatched) planAfterClearAnswer(run, Date.now());
}

async function giveUp(run: RunState, outcome: Exclude<OpenSessionOutcome, OpenedPayment>): Promise<void> {
  if (outcome.kind !== 'unknown') await record(run, withoutSession(run, outcome));
  // Whoever asks for a session has a payment in the store, and so another one than this run knows nothing of: he asks again.
  run.isRefused = outcome.kind === 'rejected';
  run.rejected = outcome.reason;
}

/** What was closed before is left as it is: only what came in is marked, and what was never told is told. */
function withoutSession(
  run: RunState,
  { kind, reason }: { kind: 'rejected' | 'never_opened' | 'closed'; reason: string },
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

function endOf(kind: 'rejected' | 'never_opened', reason: string): Outcome {
  const nothing = { pays: false, reason, cause: kind, capturedMinor: 0, refundedMinor: 0 };
  return kind === 'rejected'
    ? { ...nothing, status: 'FAILED' }
    : { ...nothing, status: 'EXPIRED', closedBy: 'expiry' };
}
