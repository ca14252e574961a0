/**
 * Carries out captures, refunds and voids: at once, or accepted now and finished later, which survives a
 * restart.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { callbackChoiceSchema, type CallbackChoice } from '../callbacks/callback-plan.ts';
import { announce } from '../transactions/announce.ts';
import type { Late, Manner } from '../transactions/later.ts';
import {
  commandOf,
  type Facts,
  writeAccepted,
  writeCorrection,
  writeFailure,
  writeReversal,
  writeSuccess,
} from './money-events.ts';
import { checkMoney, type MoneyCommand } from './money-request.ts';
import type { Sandbox } from '../sandbox.ts';
import { Problem } from '../../http/problem.ts';
import { isReversed, leftOf } from '../transactions/sums.ts';
import type { Transaction, TransactionEvent } from '../transactions/transaction.ts';

const USUAL_WAIT_MS = 1_000;

interface Request {
  readonly by: string;
  readonly manner?: Manner | undefined;
  readonly callback?: CallbackChoice;
}

/**
 * Performs a command, or throws the problem that Dintero would answer. `acceptedAs` is the request id (a
 * UUID) of a command that was only accepted.
 */
export function moveMoney(
  sandbox: Sandbox,
  transaction: Transaction,
  command: MoneyCommand,
  { by, manner = {}, callback }: Request,
): { readonly acceptedAs: string | undefined } {
  checkMoney(transaction, command);
  const facts = factsOf(sandbox, transaction, by);
  if (manner.pending !== true) {
    finish(sandbox, transaction, command, { facts, manner, callback });
    return { acceptedAs: undefined };
  }
  writeAccepted(transaction, command, facts);
  sandbox.ledger.saveTransaction(transaction);
  if (manner.result !== 'never') {
    const atMs = Date.now() + (manner.afterMs ?? USUAL_WAIT_MS);
    const { isFinal } = command;
    const { id: transactionId } = transaction;
    schedule(sandbox, { id: facts.requestId, transactionId, atMs, step: 'complete', isFinal, manner });
  }
  return { acceptedAs: facts.requestId };
}

/** The body of `POST /__sim/transactions/{id}/reverse`. */
export const reversalSchema = z.strictObject({
  event: z.enum(['CAPTURE', 'REFUND', 'VOID']),
  /** The status of the transaction afterwards; by default the status that follows from its sums. */
  status: z.string().min(1).optional(),
  callback: callbackChoiceSchema,
});

/** Reverses the newest successful operation of a kind, long after it was done. */
export function reverse(
  sandbox: Sandbox,
  transaction: Transaction,
  { event: word, status, callback }: z.infer<typeof reversalSchema>,
): void {
  const before = transaction.status;
  const event = transaction.events.findLast((one) => one.event === word && one.success && !isReversed(one));
  if (event === undefined)
    throw new Problem(409, `transaction ${transaction.id} has no ${word} to reverse`, 'INVALID_STATE');
  writeReversal(transaction, event, status);
  announce(sandbox, transaction, { event, before, callback });
}

/** Continues the operations that were unfinished at a restart. */
export function resumeLate(sandbox: Sandbox): void {
  for (const late of sandbox.ledger.lates.values()) {
    sandbox.agenda.at(late.atMs, () => run(sandbox, late));
  }
}

interface Ending {
  readonly facts: Facts;
  readonly manner: Manner;
  readonly callback?: CallbackChoice;
}

function finish(
  sandbox: Sandbox,
  transaction: Transaction,
  command: MoneyCommand,
  { facts, manner, callback }: Ending,
): void {
  const before = transaction.status;
  const fails = manner.result === 'failure' || manner.result === 'corrected';
  const events = fails
    ? [writeFailure(transaction, command, facts, manner.error)]
    : writeSuccess(transaction, command, facts);
  for (const event of events) announce(sandbox, transaction, { event, before, callback });
  if (manner.result === 'corrected' && events[0] !== undefined) {
    correctLater(sandbox, transaction, events[0], manner);
  }
}

function correctLater(
  sandbox: Sandbox,
  transaction: Transaction,
  failed: TransactionEvent,
  manner: Manner,
): void {
  const afterMs = manner.correctAfterMs ?? 0;
  const late = { id: failed.id, transactionId: transaction.id, atMs: Date.now() + afterMs, manner };
  if (afterMs === 0) correct(sandbox, transaction, failed.id);
  else schedule(sandbox, { ...late, step: 'correct' });
}

function schedule(sandbox: Sandbox, late: Late): void {
  sandbox.ledger.saveLate(late);
  sandbox.agenda.at(late.atMs, () => run(sandbox, late));
}

function run(sandbox: Sandbox, late: Late): void {
  const transaction = sandbox.ledger.transactions.get(late.transactionId);
  if (transaction === undefined || sandbox.ledger.lates.get(late.id) !== late) return;
  if (late.step === 'correct') correct(sandbox, transaction, late.id);
  else complete(sandbox, transaction, late);
  sandbox.ledger.dropLate(late.id);
  sandbox.journal.flush();
}

function complete(sandbox: Sandbox, transaction: Transaction, { id, manner, isFinal }: Late): void {
  const accepted = transaction.events.find((event) => event.request_id === id);
  if (accepted === undefined) return;
  const facts = { ...factsOf(sandbox, transaction, accepted.created_by), correlationId: id };
  // Another request may have used the money meanwhile.
  const { capture, refund } = leftOf(transaction);
  const ending = capture < 0 || refund < 0 ? { ...manner, result: 'failure' as const } : manner;
  finish(sandbox, transaction, commandOf(accepted, isFinal), { facts, manner: ending });
}

function correct(sandbox: Sandbox, transaction: Transaction, eventId: string): void {
  const failed = transaction.events.find((event) => event.id === eventId);
  if (failed === undefined) return;
  const before = transaction.status;
  const event = writeCorrection(transaction, failed, factsOf(sandbox, transaction, failed.created_by));
  if (event === undefined) sandbox.ledger.saveTransaction(transaction);
  else announce(sandbox, transaction, { event, before });
}

function factsOf(sandbox: Sandbox, transaction: Transaction, by: string): Facts {
  return {
    session: sandbox.ledger.session(transaction.session_id),
    by,
    requestId: randomUUID(),
    afterVoidOfRest: sandbox.faults.knobs.partialVoidStatus,
  };
}
