/** A payer's action on the hosted page and its consequences. */
import { z } from 'zod';
import { autoCapture, autoCaptureOf, withholdsCallback } from './auto-capture.ts';
import { callbackChoiceSchema, plansFor } from '../callbacks/callback-plan.ts';
import { callbackOptions } from '../callbacks/callback-request.ts';
import { maskedCard, outcomeOfCard, timeoutOfCard } from './cards.ts';
import { scheduleResolution } from '../transactions/announce.ts';
import { type Consequence, CONSEQUENCES, OUTCOMES, returnUrl } from './outcomes.ts';
import { type AutoCapture, autoCaptureSchema, ownFaultsSchema } from '../faults/fault-schema.ts';
import { authorizationOf } from '../webhooks/envelope.ts';
import { invalid, Problem } from '../../http/problem.ts';
import type { Sandbox } from '../sandbox.ts';
import { changeTransaction, openTransaction } from '../transactions/status-machine.ts';
import { nowIso } from '../records/ids-and-times.ts';
import { addSessionEvent, type Session } from '../sessions/session.ts';
import type { Transaction } from '../transactions/transaction.ts';

/** The body of `POST /__sim/sessions/{id}/pay`. */
export const paySchema = z.strictObject({
  outcome: z.enum(OUTCOMES).optional(),
  card: z.string().optional(),
  amount: z.number().int().optional(),
  currency: z.string().optional(),
  merchantReference: z.string().optional(),
  product: z.string().min(1).optional(),
  faults: ownFaultsSchema.optional(),
  autoCapture: autoCaptureSchema.optional(),
  transaction: z.literal(false).optional(),
  status: z.string().optional(),
  callback: callbackChoiceSchema,
  return: z.literal(false).optional(),
  resolve: z.strictObject({ status: z.string(), afterMs: z.number().int().min(0) }).optional(),
});

export type Payment = z.infer<typeof paySchema>;

export interface Paid {
  readonly sessionId: string;
  readonly transactionId: string | null;
  /** Where the browser is sent; null if it stays or was closed. */
  readonly returnUrl: string | null;
}

/** Performs an outcome on a session; 409 if the session can no longer be paid. */
export function pay(sandbox: Sandbox, session: Session, payment: Payment): Paid {
  const consequence = consequenceOf(payment);
  checkPayable(sandbox, session);
  const { status } = consequence;
  const transaction =
    status === undefined ? undefined : transact(sandbox, session, payment, status, consequence);
  if (consequence.sessionEvent === 'CANCELLED') cancelByPayer(session);
  if (consequence.sessionEvent !== undefined) addSessionEvent(session, consequence.sessionEvent);
  const plan =
    transaction === undefined ? undefined : captureByItself(sandbox, session, transaction, payment);
  sandbox.ledger.saveSession(session);
  if (transaction !== undefined) sandbox.webhooks.emit({ event: 'checkout_transaction', transaction });
  if (plan === undefined || !withholdsCallback(plan)) {
    callBack(sandbox, session, transaction, payment, consequence);
  }
  const error = plan?.mode === 'fails' ? 'capture' : consequence.error;
  return {
    sessionId: session.id,
    transactionId: session.transaction_id ?? null,
    returnUrl: !consequence.ends || payment.return === false ? null : returnUrl(session, transaction, error),
  };
}

function consequenceOf({ outcome, card, status, transaction }: Payment): Consequence {
  const named = outcome ?? (card === undefined ? undefined : outcomeOfCard(card));
  if (named === undefined && card !== undefined)
    throw invalid(
      `card: ${card.slice(0, 6)}… is not a test card; 4000 0000 0000 0002 pays, and docs/sandbox.md has the others`,
    );
  if (named === undefined && status === undefined) throw invalid('outcome, card or status is required');
  const consequence = {
    ...(named === undefined ? consequenceWith(status) : CONSEQUENCES[named]),
    ...(status === undefined ? {} : { status }),
  };
  if (transaction !== false) return consequence;
  if (consequence.error === undefined)
    throw invalid('transaction: only a payment that fails can have no transaction');
  const { status: _, ...without } = consequence;
  return without;
}

/** Starts the automatic capture if the session has one; returns its plan. */
function captureByItself(
  sandbox: Sandbox,
  session: Session,
  transaction: Transaction,
  payment: Payment,
): AutoCapture | undefined {
  if (transaction.status !== 'AUTHORIZED') return undefined;
  const timesOut = timeoutOfCard(payment.card ?? '');
  const plan = autoCaptureOf(sandbox, session, payment.autoCapture, { timesOut });
  if (plan === undefined) return undefined;
  autoCapture(sandbox, transaction, plan, payment.callback);
  sandbox.ledger.saveTransaction(transaction);
  return plan;
}

/** A status without an outcome is reported like a success: the reader has to handle it. */
function consequenceWith(status: string | undefined): Consequence {
  const known = Object.values(CONSEQUENCES).find((consequence) => consequence.status === status);
  return known ?? CONSEQUENCES.authorize;
}

function checkPayable(sandbox: Sandbox, session: Session): void {
  const refuse = (why: string): never => {
    throw new Problem(409, `session ${session.id} ${why}, so it can't be paid`, 'INVALID_STATE');
  };
  if (session.cancelled_at !== undefined) refuse(`was cancelled at ${session.cancelled_at}`);
  if (session.expires_at <= nowIso()) refuse(`expired at ${session.expires_at}`);
  const transaction = sandbox.ledger.transactionOf(session);
  if (transaction !== undefined && transaction.status !== 'INITIATED') {
    refuse(`has transaction ${transaction.id} in ${transaction.status}`);
  }
}

function transact(
  sandbox: Sandbox,
  session: Session,
  payment: Payment,
  status: string,
  { product }: Consequence,
): Transaction {
  const transaction =
    sandbox.ledger.transactionOf(session) ??
    openTransaction(session, {
      amount: payment.amount,
      currency: payment.currency,
      merchantReference: payment.merchantReference,
      card: payment.card === undefined ? undefined : maskedCard(payment.card),
      product: payment.product ?? product ?? 'dintero_psp.creditcard',
    });
  if (status !== 'INITIATED') changeTransaction(transaction, { status, by: 'checkout', force: true });
  session.transaction_id = transaction.id;
  sandbox.ledger.saveTransaction(transaction);
  const timesOut = payment.card === undefined ? undefined : timeoutOfCard(payment.card);
  if (timesOut !== undefined) sandbox.ledger.saveQuirk({ id: transaction.id, timesOut });
  if (payment.faults !== undefined) sandbox.faults.changeOwn(transaction.id, payment.faults);
  if (payment.resolve !== undefined) scheduleResolution(sandbox, transaction, payment.resolve);
  return transaction;
}

function cancelByPayer(session: Session): void {
  session.cancelled_at = nowIso();
  session.cancelled_by = 'customer';
}

function callBack(
  sandbox: Sandbox,
  session: Session,
  transaction: Transaction | undefined,
  payment: Payment,
  { error, ends }: Consequence,
): void {
  const usual = ends && (error === undefined || callbackOptions(session.url.callback_url).reportError);
  const occasion = error === undefined ? {} : { error };
  const plans = plansFor(payment.callback, usual, sandbox.faults.knobs.callbackPlan);
  sandbox.callbacks.enqueue(session, transaction, occasion, plans);
  if (ends) sandbox.webhooks.emit(authorizationOf(session, transaction, occasion));
}
