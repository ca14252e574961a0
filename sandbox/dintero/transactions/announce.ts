/** Changes of a transaction after the payer has left: resolved holds, changes in the Backoffice, releases. */
import { z } from 'zod';
import { callbackChoiceSchema, type CallbackChoice, plansFor } from '../callbacks/callback-plan.ts';
import { callbackOptions } from '../callbacks/callback-request.ts';
import { authorizationOf } from '../webhooks/envelope.ts';
import type { Sandbox } from '../sandbox.ts';
import { movesMoney } from './sums.ts';
import { changeTransaction, type Change } from './status-machine.ts';
import type { Occasion } from '../callbacks/callback-record.ts';
import { addSessionEvent, type Session } from '../sessions/session.ts';
import type { Resolution } from './later.ts';
import type { Transaction, TransactionEvent } from './transaction.ts';

/** The body of `POST /__sim/transactions/{id}/change`. */
export const changeSchema = z.strictObject({
  status: z.string().min(1),
  amount: z.number().int().optional(),
  force: z.boolean().optional(),
  callback: callbackChoiceSchema,
});

const RESULTS = new Set(['AUTHORIZED', 'ON_HOLD', 'DECLINED', 'FAILED', 'UNKNOWN']);
const ERRORS: Readonly<Record<string, string>> = {
  DECLINED: 'authorization',
  FAILED: 'failed',
  UNKNOWN: 'failed',
};

/** Changes a transaction and sends the callbacks that Dintero would send, or the requested ones. */
export function applyChange(
  sandbox: Sandbox,
  transaction: Transaction,
  change: Change,
  callback?: CallbackChoice,
  told: Pick<News, 'isResult'> = {},
): TransactionEvent {
  const before = transaction.status;
  const event = changeTransaction(transaction, change);
  announce(sandbox, transaction, { event, before, callback, ...told });
  return event;
}

interface News {
  readonly event: TransactionEvent;
  /** The status before the event. */
  readonly before: string;
  readonly callback?: CallbackChoice;
  /** The event is the result of the payment, independent of its name. */
  readonly isResult?: boolean | undefined;
}

/** Saves a change of a transaction and sends its callbacks and webhooks. */
export function announce(sandbox: Sandbox, transaction: Transaction, news: News): void {
  const { event, before, callback } = news;
  const session = sandbox.ledger.session(transaction.session_id);
  sandbox.ledger.saveTransaction(transaction);
  if (event.success || transaction.status !== before) sandbox.ledger.dropResolution(transaction.id);
  if (isResult(event) && event.transaction_status !== 'ON_HOLD') {
    addSessionEvent(session, event.transaction_status);
  }
  sandbox.ledger.saveSession(session);
  const { occasion, usual } = occasionOf(session, transaction, news);
  sandbox.callbacks.enqueue(
    session,
    transaction,
    occasion,
    plansFor(callback, usual, sandbox.faults.knobs.callbackPlan),
  );
  sandbox.webhooks.emit({ event: 'checkout_transaction', transaction });
  if (occasion.event === undefined) sandbox.webhooks.emit(authorizationOf(session, transaction, occasion));
}

/** Schedules a later change of a transaction; the schedule survives a restart. */
export function scheduleResolution(
  sandbox: Sandbox,
  transaction: Transaction,
  { afterMs, ...what }: Omit<Resolution, 'transactionId' | 'atMs'> & { readonly afterMs: number },
): void {
  const resolution = { transactionId: transaction.id, atMs: Date.now() + afterMs, ...what };
  sandbox.ledger.saveResolution(resolution);
  sandbox.agenda.at(resolution.atMs, () => resolve(sandbox, resolution));
}

/** Continues the resolutions that were waiting at a restart. */
export function resumeResolutions(sandbox: Sandbox): void {
  for (const resolution of sandbox.ledger.resolutions.values()) {
    sandbox.agenda.at(resolution.atMs, () => resolve(sandbox, resolution));
  }
}

function resolve(sandbox: Sandbox, resolution: Resolution): void {
  const { transactionId, status, by = 'payment provider', callback, isResult } = resolution;
  const transaction = sandbox.ledger.transactions.get(transactionId);
  // The transaction has changed before, which removed the resolution.
  if (transaction === undefined || sandbox.ledger.resolutions.get(transactionId) !== resolution) return;
  applyChange(sandbox, transaction, { status, by, force: true }, callback, { isResult });
  sandbox.journal.flush();
}

/**
 * The result of a payment always gets a callback, an error only if requested or after a hold, and other
 * events according to `report_event`.
 */
function occasionOf(
  session: Session,
  transaction: Transaction,
  { event, before, isResult: isNamedResult }: News,
): { occasion: Occasion; usual: boolean } {
  const { reportError, reportEvents } = callbackOptions(session.url.callback_url);
  const error = ERRORS[event.transaction_status];
  if (error !== undefined) return { occasion: { error }, usual: reportError || before === 'ON_HOLD' };
  const paidNow =
    event.transaction_status === 'CAPTURED' && ['INITIATED', 'ON_HOLD', 'UNKNOWN'].includes(before);
  if (isNamedResult === true || paidNow || isResult(event)) return { occasion: {}, usual: true };
  const eventId = transaction.events.indexOf(event);
  return { occasion: { event: event.event, eventId }, usual: reportEvents.includes(event.event) };
}

/** A failed capture leaves the status AUTHORIZED, which is not a new result of the payment. */
function isResult(event: TransactionEvent): boolean {
  return RESULTS.has(event.transaction_status) && !movesMoney(event);
}
