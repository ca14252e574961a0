/** What a payer does on the hosted page and what comes of it. */
import { z } from 'zod';
import { callbackChoiceSchema, plansFor } from './callback-plan.ts';
import { callbackOptions } from './callback-request.ts';
import { maskedCard, outcomeOfCard, timeoutOfCard } from './cards.ts';
import { scheduleResolution } from './changes.ts';
import { type Consequence, CONSEQUENCES, OUTCOMES } from './consequences.ts';
import { ownFaultsSchema } from './fault-schema.ts';
import { nowIso, type Session, type Transaction } from './model.ts';
import { invalid, Problem } from './problem.ts';
import { returnUrl } from './return-url.ts';
import type { Sandbox } from './sandbox.ts';
import { addSessionEvent } from './session-events.ts';
import { changeTransaction, openTransaction } from './transactions.ts';

/** The body of `POST /__sim/sessions/{id}/pay`. */
export const paySchema = z.strictObject({
  outcome: z.enum(OUTCOMES).optional(),
  card: z.string().optional(),
  amount: z.number().int().optional(),
  currency: z.string().optional(),
  merchantReference: z.string().optional(),
  product: z.string().min(1).optional(),
  faults: ownFaultsSchema.optional(),
  status: z.string().optional(),
  callback: callbackChoiceSchema,
  return: z.literal(false).optional(),
  resolve: z.strictObject({ status: z.string(), afterMs: z.number().int().min(0) }).optional(),
});

export type Payment = z.infer<typeof paySchema>;

export interface Paid {
  readonly sessionId: string;
  readonly transactionId: string | null;
  /** Where the browser is sent; null where it stays or is gone. */
  readonly returnUrl: string | null;
}

/** Performs an outcome on a session that can still be paid; 409 where it can't. */
export function pay(sandbox: Sandbox, session: Session, payment: Payment): Paid {
  const consequence = consequenceOf(session, payment);
  checkPayable(sandbox, session);
  const transaction =
    consequence.status === undefined
      ? undefined
      : transact(sandbox, session, payment, consequence.status, consequence);
  if (consequence.sessionEvent === 'CANCELLED') cancelByPayer(session);
  if (consequence.sessionEvent !== undefined) addSessionEvent(session, consequence.sessionEvent);
  sandbox.ledger.saveSession(session);
  callBack(sandbox, session, transaction, payment, consequence);
  return {
    sessionId: session.id,
    transactionId: session.transaction_id ?? null,
    returnUrl:
      !consequence.ends || payment.return === false
        ? null
        : returnUrl(session, transaction, consequence.error),
  };
}

function consequenceOf(session: Session, { outcome, card, status }: Payment): Consequence {
  const named = outcome ?? (card === undefined ? undefined : outcomeOfCard(card));
  if (named === undefined && card !== undefined) throw invalid(`card: ${card.slice(0, 6)}… is no test card`);
  if (named === undefined && status === undefined) throw invalid('outcome, card or status is required');
  const autoCapture = named === 'authorize' && session.configuration?.['auto_capture'] === true;
  const consequence = named === undefined ? consequenceWith(status) : CONSEQUENCES[named];
  return {
    ...consequence,
    ...(autoCapture ? { status: 'CAPTURED' } : {}),
    ...(status === undefined ? {} : { status }),
  };
}

/** A status that no outcome has is told like a success: what to make of it is the reader's trouble. */
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
  if (payment.faults !== undefined) sandbox.faults.add(transaction.id, payment.faults);
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
  if (session.url.callback_url === undefined) return;
  const usual = ends && (error === undefined || callbackOptions(session.url.callback_url).reportError);
  const occasion = error === undefined ? {} : { error };
  sandbox.deliveries.enqueue(session, transaction, occasion, plansFor(payment.callback, usual));
}
