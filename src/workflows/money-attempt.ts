/** One step of an operation: try it, write down what came of it, tell the merchant. */
import { workflowInfo } from '@temporalio/workflow';
import type { OperationAttempt, OutcomeRecord, StandingPayment } from '../activities/payment-activities.ts';
import { decide } from '../domain/decide.ts';
import { holdsMoney, type PaymentStatus } from '../domain/payment.ts';
import type { Outcome } from '../domain/settle.ts';
import { GIVE_BACK_FAILED } from '../domain/settle.ts';
import type { Transaction } from '../domain/transaction.ts';
import { insteadOf, isOfNothing } from './ended.ts';
import type { GiveBackRequest, OpenOperation } from './messages.ts';
import { close, postpone, request, showMoney, showMoving, wordsOf, type MoneyRun } from './money-run.ts';
import { moneyMover, PRIORITY, recordOutcome } from './proxies.ts';
import { summaryOf } from './publish.ts';
import { haveWatched, tell } from './telling.ts';

/** What was sent and never shown is given up after this long, what the gateway has accepted after that. */
const UNCONFIRMED_MS = 60 * 60_000;
const UNFINISHED_MS = 72 * 60 * 60_000;

/** Tries an operation, or looks what has become of it. What can't be recorded is tried again later; what nobody knows is forgotten. */
export async function attempt(run: MoneyRun, due: OpenOperation): Promise<void> {
  try {
    await attemptNow(run, due);
  } catch (error) {
    insteadOf(error, undefined);
    if (isOfNothing(error)) close(run, due.operationId);
    else postpone(run, due.operationId, Date.now());
  }
}

async function attemptNow(run: MoneyRun, due: OpenOperation): Promise<void> {
  const { operationId, tries } = due;
  const { paymentId, orderReference, n, gateway } = run.input;
  const doing = `carry out ${wordsOf(due)}`;
  const summary = summaryOf(doing);
  showMoving(run, tries === 0 ? doing : `look what became of ${wordsOf(due)}`);
  // The first try is what the caller waits for.
  const priority = tries === 0 ? PRIORITY.waitedFor : PRIORITY.usual;
  const tried = await moneyMover(gateway).attemptOperation.executeWithOptions({ summary, priority }, [
    { paymentId, orderReference, n, gateway, operationId, now: Date.now() },
  ]);
  const failure = tried.failure ?? givenUp(tried, Date.now());
  const isOver = tried.state === 'finished' || failure !== undefined;
  if (tried.transaction !== undefined || failure !== undefined)
    await recordAttempt(run, operationId, tried, failure);
  if (!isOver) return postpone(run, operationId, Date.now());
  if (failure !== undefined && isGiveBack(tried)) await failGiveBack(run, tried, failure);
  close(run, operationId);
}

/** Only on a clear answer that does not show it: that the gateway can't be understood says nothing about the money. */
function givenUp({ state, sentAt, transaction }: OperationAttempt, now: number): OperationAttempt['failure'] {
  if (sentAt === undefined || (state !== 'lost' && state !== 'accepted')) return undefined;
  if (transaction === undefined) return undefined;
  const limit = state === 'lost' ? UNCONFIRMED_MS : UNFINISHED_MS;
  if (now - Date.parse(sentAt) < limit) return undefined;
  const detail = 'the gateway shows nothing of it; should it turn up later, it counts';
  return { code: 'not_confirmed', detail };
}

async function recordAttempt(
  run: MoneyRun,
  operationId: string,
  { payment, transaction }: OperationAttempt,
  failure: OperationAttempt['failure'],
): Promise<void> {
  await record(run, {
    outcome: transaction === undefined ? null : outcomeOf(run, payment, transaction),
    ...(transaction !== undefined && { transaction }),
    ...(failure !== undefined && { failed: { operationId, ...failure } }),
  });
}

/** Null where the transaction changes nothing about the payment. */
function outcomeOf(run: MoneyRun, payment: StandingPayment, transaction: Transaction): Outcome | null {
  const { paymentId, orderReference, n } = run.input;
  const opened = { ...payment, paymentId, orderReference, n };
  const decision = decide(payment, opened, { kind: 'transaction', transaction });
  if (decision.kind !== 'become') return null;
  const { status, pays, reason } = decision;
  const { transactionId: cause, capturedMinor, refundedMinor } = transaction;
  return { status, pays, cause, capturedMinor, refundedMinor, ...(reason !== undefined && { reason }) };
}

async function record(
  run: MoneyRun,
  what: Pick<OutcomeRecord, 'outcome' | 'transaction' | 'failed'>,
): Promise<void> {
  await write(run, 'record what came of it', { notes: [], ...what });
}

/** Tells what is new of it; what is in REVIEW now is watched by the payment's own run. */
async function write(
  run: MoneyRun,
  summary: string,
  what: Omit<OutcomeRecord, 'paymentId' | 'deliveries' | 'key'>,
): Promise<void> {
  run.records += 1;
  const key = `${workflowInfo().runId}-${run.records}`;
  const { paymentId } = run.input;
  const recorded = await recordOutcome.executeWithOptions({ summary }, [
    { paymentId, deliveries: [], key, ...what },
  ]);
  tell(run, recorded, showMoney);
  if (what.outcome !== null && recorded.status === 'REVIEW') haveWatched(run);
}

/** The next operation that gives money back; the last one has recorded that all of it is gone. */
export async function planNextGiveBack(run: MoneyRun): Promise<void> {
  try {
    await planNow(run);
  } catch (error) {
    // The money is in the store as what has to go back: the forwarder finds it there and wakes this run again.
    run.givesBack = insteadOf(error, null);
  }
}

async function planNow(run: MoneyRun): Promise<void> {
  const { paymentId, orderReference, n, gateway } = run.input;
  const asked = run.givesBack as GiveBackRequest;
  const { giveBacksAsked } = run;
  const summary = 'find out what there is to give back';
  showMoving(run, summary);
  const plan = await moneyMover(gateway).planGiveBack.executeWithOptions({ summary }, [
    { paymentId, orderReference, n, gateway, ...asked },
  ]);
  if (plan.operationId !== null) return request(run, plan.operationId, plan.about, Date.now());
  const { payment, transaction } = plan;
  if (plan.isStuck) return endGiveBack(run, plan, 'money is left that no operation can return');
  if (transaction !== undefined)
    await record(run, { outcome: outcomeOf(run, payment, transaction), transaction });
  // Asked for meanwhile: what was given back may have been taken back since this reading.
  if (run.giveBacksAsked === giveBacksAsked) run.givesBack = null;
}

function isGiveBack({ operation: { cause } }: OperationAttempt): boolean {
  return cause === 'late_money' || cause === 'operator';
}

/** What was not needed, or could not be done since nothing is held any more, is no failure. */
async function failGiveBack(
  run: MoneyRun,
  tried: OperationAttempt,
  { code, detail }: { readonly code: string; readonly detail: string },
): Promise<void> {
  const isHeld = tried.transaction === undefined || holdsMoney(tried.transaction.status as PaymentStatus);
  if (isHeld && code !== 'not_needed') return endGiveBack(run, tried, detail);
  run.givesBack = null;
}

/** Money that could not be given back is for a person to see to. */
async function endGiveBack(
  run: MoneyRun,
  { payment, transaction }: Pick<OperationAttempt, 'payment' | 'transaction'>,
  detail: string,
): Promise<void> {
  if (run.givesBack === null) return;
  run.givesBack = null;
  const { capturedMinor, refundedMinor } = transaction ?? payment;
  const cause = `${workflowInfo().runId}-${run.records}`;
  const outcome: Outcome = {
    status: 'REVIEW',
    pays: false,
    reason: GIVE_BACK_FAILED,
    cause,
    capturedMinor,
    refundedMinor,
  };
  await write(run, 'the money could not be given back', {
    outcome,
    notes: [{ kind: 'operation', text: `could not be given back: ${detail}` }],
    ...(transaction !== undefined && { transaction }),
  });
}
