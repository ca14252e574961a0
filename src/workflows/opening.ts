/** The beginning of a run: the session is opened, found again or adopted. */
import { workflowInfo } from '@temporalio/workflow';
import type { OpenedPayment, OpenSessionOutcome } from '../activities/payment-activities.ts';
import type { PaymentStatus } from '../domain/payment.ts';
import { record } from './look.ts';
import { openSession } from './proxies.ts';
import { publishSearchAttributes, viewOf } from './publish.ts';
import type { RunState } from './run-state.ts';
import { tell } from './telling.ts';

/** Opens the payment's session, or finds out that there is none and never will be: then the run has nothing to watch. */
export async function open(run: RunState): Promise<void> {
  const input = inputOf(run);
  const summary = `open a session at ${run.input.gateway}`;
  const outcome = await openSession.executeWithOptions({ summary }, [input]);
  if (outcome.kind === 'opened') return takeOver(run, outcome);
  await giveUp(run, outcome);
  run.callbacks = run.callbacks.filter(({ eventId }) => !input.eventIds.includes(eventId));
  run.pokes = [];
}

function inputOf(run: RunState): Parameters<typeof openSession>[0] {
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
  const { transactionId, transactionUpdatedAt, capturedMinor, refundedMinor } = payment;
  if (transactionId !== undefined) {
    const updatedAt = transactionUpdatedAt === undefined ? {} : { updatedAt: transactionUpdatedAt };
    run.transaction = { transactionId, capturedMinor, refundedMinor, ...updatedAt };
  }
  publishSearchAttributes(run, before);
  tell(run, payment.untold);
}

async function giveUp(run: RunState, outcome: Exclude<OpenSessionOutcome, OpenedPayment>): Promise<void> {
  if (outcome.kind === 'closed') run.status = outcome.status;
  if (outcome.kind === 'rejected' || outcome.kind === 'never_opened') await recordNeverOpened(run, outcome);
  run.rejected = outcome.reason;
}

async function recordNeverOpened(
  run: RunState,
  outcome: { kind: 'rejected' | 'never_opened'; reason: string },
): Promise<void> {
  const isExpired = outcome.kind === 'never_opened';
  await record(run, {
    paymentId: run.input.paymentId,
    outcome: {
      status: isExpired ? 'EXPIRED' : 'FAILED',
      pays: false,
      reason: outcome.reason,
      cause: outcome.kind,
      capturedMinor: 0,
      refundedMinor: 0,
      ...(isExpired && { closedBy: 'expiry' as const }),
    },
    deliveries: run.callbacks,
    notes: [{ kind: 'operation', text: `no session: ${outcome.reason}` }],
    key: `${workflowInfo().runId}-open`,
  });
}
