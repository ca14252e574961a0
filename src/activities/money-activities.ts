/** Captures, refunds and voids, each sent at most once: read first, look for its own trace, say before it is sent that it is. */
import { crashPoint } from '../crash-points.ts';
import { linesOfRest, type MovedLine } from '../domain/lines.ts';
import { failedVoidsOf, feasible, reservedFor, type Feasibility } from '../domain/operation.ts';
import { wholeOrder } from '../domain/order.ts';
import type { Transaction } from '../domain/transaction.ts';
import { GatewayUnavailable, type Gateway, type OperationAnswer } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import { lineHistory, markSending, readAttempt, type Attempt } from '../store/operations.ts';
import { asking } from './asking.ts';
import { lost, refused, result, shownBy, takeBack, writeAnswer } from './attempt.ts';
import { planGiveBack } from './give-back.ts';
import { lagsBehind, readMatching, type MoneyTools } from './money-reading.ts';
import type { MoneyActivities, OperationAttempt } from './payment-activities.ts';

export interface MoneyDependencies {
  readonly db: Db;
  /** @throws Error for a gateway that is not configured. */
  readonly gatewayNamed: (name: string) => Gateway;
}

/** Builds the activities of `moneyOperations`. */
export function createMoneyActivities({ db, gatewayNamed }: MoneyDependencies): MoneyActivities {
  return {
    attemptOperation: (input) =>
      asking(async (signal) => {
        const at = await readAttempt(db, input.operationId);
        return attemptOperation({ db, gateway: gatewayNamed(input.gateway), signal }, at, input.now);
      }),
    planGiveBack: (input) =>
      asking((signal) => planGiveBack({ db, gateway: gatewayNamed(input.gateway), signal }, input)),
  };
}

async function attemptOperation(tools: MoneyTools, at: Attempt, now: number): Promise<OperationAttempt> {
  const { operation } = at;
  if (operation.state === 'done') return result(tools, at, 'finished');
  if (operation.state === 'failed') return refused(tools, at, null);
  crashPoint('attempt.read.before', at.payment.orderReference);
  const transaction = await readMatching(tools, at.payment);
  const shown = transaction && shownBy(tools, at, transaction);
  if (shown !== null) return shown;
  const { sentAt, code } = operation;
  if (sentAt !== null && code === 'declined') return refused(tools, at, transaction);
  if (sentAt !== null && code !== 'busy')
    return transaction === null ? result(tools, at, 'lost') : lost(tools, at, transaction);
  // Nothing is decided on an answer that is not clear, or older than what is known.
  if (transaction === null || transaction.status === 'UNCLEAR' || lagsBehind(at.payment, transaction))
    return result(tools, at, 'busy');
  if (sentAt === null) return sendIfAllowed(tools, at, transaction);
  if (now - sentAt.getTime() < READS_LAG_MS) return result(tools, at, 'busy');
  await takeBack(tools, at);
  return sendIfAllowed(tools, { ...at, operation: { ...operation, sentAt: null } }, transaction);
}

/** How long reads may go on not showing what a gateway has done although it was busy. */
const READS_LAG_MS = 20_000;

async function sendIfAllowed(
  tools: MoneyTools,
  at: Attempt,
  transaction: Transaction,
): Promise<OperationAttempt> {
  const { capturableMinor, capturedMinor } = transaction;
  // Asked for by nobody but the payment's own setting: what the gateway has done by itself is what was wanted.
  if (at.operation.cause === 'auto_capture' && capturableMinor === 0 && capturedMinor > 0)
    return refused(tools, at, transaction, NOT_NEEDED);
  const allowed = allowedNow(tools, at, transaction);
  if (!allowed.ok) return refused(tools, at, transaction, { code: allowed.code, detail: allowed.detail });
  const { amountMinor } = allowed;
  const { kind, cause } = at.operation;
  const isNeeded = kind !== 'void' && tools.gateway.rulesFor(transaction.paymentMethod).lines === 'required';
  const lines = linesToSend(at, transaction, amountMinor, isNeeded);
  if (isNeeded && lines === null && cause === 'merchant')
    return refused(tools, at, transaction, ITEMS_REQUIRED);
  return send(tools, at, transaction, { amountMinor, lines });
}

const ITEMS_REQUIRED = {
  code: 'items_required',
  detail:
    'this payment method captures and refunds lines of the order, and what is left of each is not known: name them',
};

/** Those that were asked for; else those of all that is left, where that can be said. */
function linesToSend(
  { operation, payment, others }: Attempt,
  transaction: Transaction,
  amountMinor: number,
  isNeeded: boolean,
): readonly MovedLine[] | null {
  const { kind, lines } = operation;
  if (lines !== null || kind === 'void') return lines;
  if (payment.request.lines.length === 0)
    return isNeeded
      ? [{ lineId: wholeOrder(payment.orderReference, payment.amount).lineId, amountMinor }]
      : null;
  const { capturedMinor } = transaction;
  return linesOfRest(kind, amountMinor, { ...lineHistory(payment, others), capturedMinor });
}

const NOT_NEEDED = { code: 'not_needed', detail: 'it is captured already' };

function allowedNow({ gateway }: MoneyTools, at: Attempt, transaction: Transaction): Feasibility {
  const { operation, payment, paidPaymentId, others } = at;
  const isPayer = paidPaymentId === payment.id;
  const isGivenBack = operation.cause === 'late_money' || operation.cause === 'operator';
  if (isGivenBack && payment.dismissed)
    return { ok: false, code: 'not_needed', detail: 'an operator has dismissed this payment' };
  if (!isGivenBack && !isPayer)
    return { ok: false, code: 'operation_not_possible', detail: 'this payment has not paid its order' };
  if (operation.cause === 'late_money' && isPayer)
    return { ok: false, code: 'not_needed', detail: 'this payment has paid its order' };
  const { kind, wanted: amountMinor, finalCapture } = operation;
  const promised = others.map((other) => ({
    ...other,
    isSent: other.sentAt !== null,
    amountMinor: other.amount,
  }));
  const reserved = reservedFor(kind, promised, transaction);
  return feasible(
    { kind, amountMinor, finalCapture },
    transaction,
    gateway.rulesFor(transaction.paymentMethod),
    reserved,
  );
}

async function send(
  tools: MoneyTools,
  at: Attempt,
  transaction: Transaction,
  { amountMinor, lines }: { readonly amountMinor: number; readonly lines: readonly MovedLine[] | null },
): Promise<OperationAttempt> {
  const { db, gateway, signal } = tools;
  const { id, kind, reference, finalCapture, reason } = at.operation;
  const { orderReference } = at.payment;
  // Where nothing is answered, nothing is marked: it would have to be looked for afterwards.
  gateway.expectToOperate?.();
  crashPoint('attempt.mark.before', orderReference);
  const { othersSent } = at;
  const failedVoids = failedVoidsOf(transaction);
  const operation = await markSending(db, id, amountMinor, { othersSent, sentLines: lines, failedVoids });
  // A try that was believed dead is sending it: its trace will tell. Or this is that try, and the money is promised to another meanwhile.
  if (operation === null) return result(tools, at, 'busy');
  crashPoint('attempt.mark.after', orderReference);
  const sent = { ...at, operation };
  const answer = await gateway
    .operate(
      {
        transactionId: transaction.transactionId,
        kind,
        reference,
        amountMinor,
        finalCapture,
        ...(lines && { lines }),
        ...(reason !== null && { reason }),
      },
      { signal },
    )
    .catch(async (error: unknown): Promise<OperationAnswer> => {
      // Certain to have done nothing: `operate` says so by throwing this. Whatever else went wrong may have gone wrong afterwards.
      if (!(error instanceof GatewayUnavailable)) return { kind: 'lost', reason: String(error) };
      await takeBack(tools, sent);
      throw error;
    });
  crashPoint('attempt.operate.after', orderReference);
  return after(tools, sent, answer);
}

async function after(tools: MoneyTools, at: Attempt, answer: OperationAnswer): Promise<OperationAttempt> {
  switch (answer.kind) {
    case 'lost':
      return lost(tools, at);
    case 'busy':
      await writeAnswer(tools, at, 'busy', answer.reason);
      return result(tools, at, 'busy');
    case 'declined':
      return declined(tools, at, answer.reason);
    case 'answered':
      return (answer.transaction && shownBy(tools, at, answer.transaction)) ?? result(tools, at, 'accepted');
  }
}

/** It may have been declined because it is done already, by somebody else or by a try of ours that nobody heard of. */
async function declined(tools: MoneyTools, at: Attempt, detail: string): Promise<OperationAttempt> {
  // First of all, or a read that fails would leave nothing but a lost answer.
  await writeAnswer(tools, at, 'declined', detail);
  const transaction = await readMatching(tools, at.payment);
  const shown = transaction && shownBy(tools, at, transaction);
  if (shown !== null && shown.state !== 'refused') return shown;
  return refused(tools, at, transaction, { code: 'declined', detail });
}
