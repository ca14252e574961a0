/** Sends an operation where it is allowed: marked before it is sent, and its answer kept. */
import { crashable } from '../crash-points.ts';
import { linesOfRest, type MovedLine } from '../domain/lines.ts';
import { failedVoidsOf, feasible, isGiveBack, reservedFor, type Feasibility } from '../domain/operation.ts';
import { wholeOrder } from '../domain/order.ts';
import { ownMoneyOf, surplusNamed } from '../domain/surplus.ts';
import type { Transaction } from '../domain/transaction.ts';
import { GatewayUnavailable } from '../gateways/gateway-errors.ts';
import type { OperationAnswer } from '../gateways/gateway.ts';
import { keepAnswer, markSending, type Attempt } from '../store/operation-attempts.ts';
import { currencyOf } from '../store/payment-snapshot.ts';
import { lineHistory } from '../store/operations.ts';
import type { GatewayTools } from './ask-gateway.ts';
import { lost, orderOf, refused, shownBy, takeBack, tried, type Tried } from './operation-try.ts';
import { readMatching, transactionOf } from './read-transaction.ts';

/** Sends the operation, if it is still possible and needed. */
export async function sendIfAllowed(
  moving: GatewayTools,
  at: Attempt,
  transaction: Transaction,
): Promise<Tried> {
  const { capturableMinor, capturedMinor } = transaction;
  // Only the payment's capture setting asked for this. If the gateway captured by itself, the wish is
  // fulfilled.
  if (at.operation.cause === 'auto_capture' && capturableMinor === 0 && capturedMinor > 0)
    return refused(at, transaction, NOT_NEEDED);
  const allowed = allowedNow(moving, at, transaction);
  if (!allowed.ok && allowed.code === 'not_yet') return tried(at, 'busy');
  if (!allowed.ok) return refused(at, transaction, { code: allowed.code, detail: allowed.detail });
  const { amountMinor } = allowed;
  const { kind, cause } = at.operation;
  const isNeeded = kind !== 'void' && moving.gateway.rulesFor(transaction).lines === 'required';
  const lines = linesToSend(at, transaction, amountMinor, isNeeded);
  if (isNeeded && lines === null && cause === 'merchant') return refused(at, transaction, ITEMS_REQUIRED);
  return send(moving, at, transaction, { amountMinor, lines });
}

const NOT_NEEDED = { code: 'not_needed', detail: 'it is captured already' };
const ITEMS_REQUIRED = {
  code: 'items_required',
  detail:
    'this payment method captures and refunds order lines, and what is left of each line is not known: name the lines in items',
};

/** The requested lines. Without any, the lines of all that is left, if that is known. */
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
  const history = lineHistory(payment, others, operation.transactionId);
  return linesOfRest(kind, amountMinor, { ...history, capturedMinor });
}

function allowedNow({ gateway }: GatewayTools, at: Attempt, transaction: Transaction): Feasibility {
  const { operation, others } = at;
  const forbidden = operation.transactionId === null ? forbiddenOwn(at) : forbiddenSurplus(at);
  if (forbidden !== null) return forbidden;
  const { kind, wanted: amountMinor, finalCapture } = operation;
  const ofSame = others.filter(({ transactionId }) => transactionId === operation.transactionId);
  const promised = ofSame.map((other) => ({
    ...other,
    isSent: other.sentAt !== null,
    amountMinor: other.amount,
  }));
  const rules = gateway.rulesFor(transaction);
  const reserved = reservedFor(kind, promised, transaction);
  return feasible({ kind, amountMinor, finalCapture }, transaction, rules, reserved);
}

function forbiddenOwn({ operation, payment, paidPaymentId }: Attempt): Feasibility | null {
  const hasPaid = paidPaymentId === payment.id;
  if (isGiveBack(operation) && payment.dismissed)
    return { ok: false, code: 'not_needed', detail: 'an operator has dismissed this payment' };
  if (!isGiveBack(operation) && !hasPaid)
    return { ok: false, code: 'operation_not_possible', detail: 'this payment has not paid its order' };
  if (operation.cause === 'late_money' && hasPaid)
    return { ok: false, code: 'not_needed', detail: 'this payment has paid its order' };
  return null;
}

/** Surplus can't pay, so it goes back also where the payment has paid. */
function forbiddenSurplus({ operation, payment }: Attempt): Feasibility | null {
  const surplus = surplusNamed(payment.surplus, operation.transactionId);
  const isSurplus = surplus !== undefined && operation.transactionId !== ownMoneyOf(payment);
  if (!isSurplus || !isGiveBack(operation))
    return { ok: false, code: 'operation_not_possible', detail: "this is not the payment's surplus" };
  if (surplus.handling === 'dismissed')
    return { ok: false, code: 'not_needed', detail: 'an operator has dismissed this money' };
  return null;
}

async function send(
  moving: GatewayTools,
  at: Attempt,
  transaction: Transaction,
  { amountMinor, lines }: SentSum,
): Promise<Tried> {
  // If calls to this gateway are stopped, nothing is marked as sent: its trace would have to be searched
  // afterwards.
  moving.gateway.expectToOperate?.();
  const failedVoids = failedVoidsOf(transaction);
  const operation = await mark(moving, at, { amountMinor, lines }, failedVoids);
  // Either a try that was believed dead is sending it, and its trace will show. Or this is that try, and the
  // money has been reserved for another operation meanwhile.
  if (operation === null) return tried(at, 'busy');
  const sent = { ...at, operation };
  const answer = await operate(moving, sent, transaction.transactionId, { amountMinor, lines });
  return answered(moving, sent, answer);
}

/** Sends the same request with the same key again. Its amount was reserved before it was first sent. */
export async function sendAgain(
  moving: GatewayTools,
  given: Attempt,
  transaction: Transaction,
): Promise<Tried> {
  moving.gateway.expectToOperate?.();
  const at = await inUnknown(moving, given);
  const { amount, sentLines: lines } = at.operation;
  const answer = await operate(moving, at, transaction.transactionId, { amountMinor: amount ?? 0, lines });
  return answered(moving, at, answer);
}

/** The process may have died before it could record that the answer was lost. */
async function inUnknown(moving: GatewayTools, at: Attempt): Promise<Attempt> {
  await lost(moving, at);
  return { ...at, operation: { ...at.operation, state: 'unknown' } };
}

/** What is sent. Amounts in minor units. */
interface SentSum {
  readonly amountMinor: number;
  readonly lines: readonly MovedLine[] | null;
}

/** Records that the operation is being sent, before it is sent. Null where it may not be sent. */
const mark = crashable(
  { before: 'attempt.mark.before', after: 'attempt.mark.after' },
  (
    { db }: GatewayTools,
    { operation, othersSent }: Attempt,
    { amountMinor, lines }: SentSum,
    failedVoids: ReturnType<typeof failedVoidsOf>,
  ) => markSending(db, operation.id, amountMinor, { othersSent, sentLines: lines, failedVoids }),
  orderOf,
);

const operate = crashable(
  { after: 'attempt.operate.after' },
  async (
    moving: GatewayTools,
    sent: Attempt,
    transactionId: string,
    { amountMinor, lines }: SentSum,
  ): Promise<OperationAnswer> => {
    const { id, keyNumber, kind, reference, finalCapture, reason, state } = sent.operation;
    const idempotencyKey = keyNumber === 0 ? id : `${id}-${keyNumber}`;
    const optional = { ...(lines && { lines }), ...(reason !== null && { reason }) };
    const request = {
      transactionId,
      kind,
      idempotencyKey,
      reference,
      amountMinor,
      currency: currencyOf(sent.payment),
      finalCapture,
      ...optional,
    };
    try {
      return await moving.gateway.operate(request, { signal: moving.signal });
    } catch (error) {
      // Nothing was done: `operate` throws this error only if it is certain of that. Any other error may have
      // happened after the effect.
      if (!(error instanceof GatewayUnavailable)) return { kind: 'lost', reason: String(error) };
      // An earlier try, whose answer was lost, may have done it.
      if (state !== 'unknown') await takeBack(moving, sent);
      throw error;
    }
  },
  orderOf,
);

async function answered(moving: GatewayTools, at: Attempt, answer: OperationAnswer): Promise<Tried> {
  switch (answer.kind) {
    case 'lost':
      return lost(moving, at, { isKeySpent: answer.isKeySpent === true });
    case 'busy':
      await writeAnswer(moving, at, 'busy', answer.reason);
      return tried(at, 'busy');
    case 'declined':
      return declined(moving, at, answer.reason);
    case 'answered': {
      const transaction = answer.transaction ?? (await readAfterwards(moving, at));
      return (transaction && shownBy(at, transaction)) ?? tried(at, 'accepted');
    }
  }
}

/**
 * The gateway may decline because the operation is done already: at the gateway itself, or by an earlier try
 * whose answer was lost.
 */
async function declined(moving: GatewayTools, at: Attempt, detail: string): Promise<Tried> {
  // Record the refusal first. Otherwise a failing read would leave only a lost answer.
  await writeAnswer(moving, at, 'declined', detail);
  const transaction = transactionOf(at.operation, await readMatching(moving, at.payment));
  const shown = transaction && shownBy(at, transaction);
  if (shown !== null && shown.state !== 'refused') return shown;
  return refused(at, transaction, { code: 'declined', detail });
}

/** Most operations are done when they are answered. If the read fails, the next try reads again. */
function readAfterwards(moving: GatewayTools, { operation, payment }: Attempt): Promise<Transaction | null> {
  return readMatching(moving, payment).then(
    (seen) => transactionOf(operation, seen),
    () => null,
  );
}

/** An answer that must be confirmed by a read. */
const writeAnswer = crashable(
  { before: 'attempt.answer.before', after: 'attempt.answer.after' },
  ({ db }: GatewayTools, { operation }: Attempt, code: 'busy' | 'declined', detail: string) =>
    keepAnswer(db, operation.id, operation.sentAt as Date, { code, detail }),
  orderOf,
);
