/**
 * Captures, refunds and voids, each sent at most once: read first, look for the operation's own trace, record
 * that it is being sent before it is sent, and record the result.
 */
import { crashable } from '../crash-points.ts';
import { decide } from '../domain/decide.ts';
import { isStale } from '../domain/stale-reading.ts';
import type { Decision, Finding } from '../domain/finding.ts';
import type { FailedOperation } from '../domain/finish-operations.ts';
import { linesOfRest, type MovedLine } from '../domain/lines.ts';
import {
  failedVoidsOf,
  feasible,
  isGiveBack,
  reservedFor,
  traceOf,
  type Feasibility,
} from '../domain/operation.ts';
import { wholeOrder } from '../domain/order.ts';
import { holdsMoney } from '../domain/payment.ts';
import { isKnownStatus, mismatch, type Transaction } from '../domain/transaction.ts';
import { GatewayUnavailable } from '../gateways/gateway-errors.ts';
import type { OperationAnswer } from '../gateways/gateway.ts';
import {
  keepAnswer,
  markNotSent,
  markSending,
  markUnknown,
  readAttempt,
  type Attempt,
} from '../store/operation-attempts.ts';
import { lineHistory } from '../store/operations.ts';
import { snapshotOf } from '../store/payment-snapshot.ts';
import type { PaymentRow } from '../store/payments.ts';
import { recordFinding } from '../store/record-finding/write.ts';
import type { GatewayTools } from './ask-gateway.ts';
import type { AttemptResult, OperationInput } from './contract.ts';

/** The result of one try, and what the gateway showed during it. */
interface Tried {
  readonly state: Exclude<AttemptResult['state'], 'given_up'>;
  /** Absent where the operation was finished before, or where the gateway's answer was not clear. */
  readonly transaction?: Transaction;
  readonly failure?: Failure;
  readonly sentAt: Date | null;
}

type Failure = Omit<FailedOperation, 'operationId'>;

/** See `MoneyActivities.attemptOperation`. @throws GatewayUnavailable, NoSuchRow */
export async function attemptOperation(moving: GatewayTools, input: OperationInput): Promise<AttemptResult> {
  const at = await readAttempt(moving.db, input.operationId);
  const tried = await tryOnce(moving, at, input.now);
  const givenUp = givenUpBy(tried, input.now);
  const failure = tried.failure ?? givenUp;
  const isInReview = await recordTried(moving, at, input, { ...tried, ...(failure && { failure }) });
  const ends = await endGiveBack(moving, at, input, { ...tried, ...(failure && { failure }) });
  return {
    state: givenUp === undefined ? tried.state : 'given_up',
    endsGiveBack: ends !== null,
    isInReview: ends?.isInReview ?? isInReview,
  };
}

async function tryOnce(moving: GatewayTools, at: Attempt, now: number): Promise<Tried> {
  const { operation } = at;
  if (operation.state === 'done') return tried(at, 'finished');
  if (operation.state === 'failed') return refused(at, null);
  const transaction = await readFirst(moving, at.payment);
  const shown = transaction && shownBy(at, transaction);
  if (shown !== null) return shown;
  const { sentAt, code } = operation;
  if (sentAt !== null && code === 'declined') return refused(at, transaction);
  if (sentAt !== null && code !== 'busy')
    return transaction === null ? tried(at, 'lost') : lost(moving, at, transaction);
  // Nothing is decided on an answer that is not clear, or that is older than what is recorded.
  const { account } = moving.gateway;
  if (
    transaction === null ||
    transaction.status === 'UNCLEAR' ||
    lagsBehind(at.payment, account, transaction)
  )
    return tried(at, 'busy');
  if (sentAt === null) return sendIfAllowed(moving, at, transaction);
  if (now - sentAt.getTime() < READS_LAG_MS) return tried(at, 'busy');
  await takeBack(moving, at);
  return sendIfAllowed(moving, { ...at, operation: { ...operation, sentAt: null } }, transaction);
}

/** How long reads may fail to show an operation that the gateway did although it answered "busy". */
const READS_LAG_MS = 20_000;

function tried(
  { operation: { sentAt } }: Attempt,
  state: Tried['state'],
  more: Pick<Tried, 'transaction' | 'failure'> = {},
): Tried {
  return { state, sentAt, ...more };
}

/**
 * The transaction, if the gateway shows one of this payment. Other money is never touched.
 * @throws GatewayUnavailable
 */
export async function readMatching(
  { gateway, signal }: Pick<GatewayTools, 'gateway' | 'signal'>,
  payment: PaymentRow,
): Promise<Transaction | null> {
  const { sessionId, transactionId } = payment;
  const at = { sessionId: sessionId ?? '', ...(transactionId !== null && { transactionId }) };
  const reading = await gateway.readPayment(at, { signal });
  if (reading.kind !== 'transaction') return null;
  const differs = mismatch(snapshotOf(payment, gateway), reading.transaction);
  return differs === 'account' || differs === 'session' ? null : reading.transaction;
}

const readFirst = crashable({ before: 'attempt.read.before' }, readMatching);

/** No replica lags this long behind what it has shown before. */
const LONGEST_LAG_MS = 60 * 60_000;

/** Whether the answer is older than one that was acted on recently. Nothing may be sent on such an answer. */
export function lagsBehind(payment: PaymentRow, account: string, transaction: Transaction): boolean {
  const { transactionUpdatedAt: known, updatedAt } = payment;
  if (Date.now() - updatedAt.getTime() > LONGEST_LAG_MS) return false;
  const isOlder = Date.parse(transaction.updatedAt ?? '') < Date.parse(known ?? '');
  return isOlder || isStale(snapshotOf(payment, { account }), transaction);
}

/** What the transaction itself shows of the operation; null where it shows nothing. */
function shownBy(at: Attempt, transaction: Transaction): Tried | null {
  const { operation } = at;
  const trace = traceOf({ ...operation, isSent: operation.sentAt !== null }, transaction);
  if (trace.state === 'done') return tried(at, 'finished', { transaction });
  if (trace.state === 'pending') return tried(at, 'accepted', { transaction });
  if (trace.state === 'failed') return refused(at, transaction, { code: 'declined', detail: trace.reason });
  return null;
}

/** The operation came to nothing. The reason is given, unless it was recorded before. */
function refused(at: Attempt, transaction: Transaction | null, failure = writtenDown(at)): Tried {
  return tried(at, 'refused', { ...(transaction && { transaction }), failure });
}

function writtenDown({ operation: { code, detail } }: Attempt): Failure {
  return { code: code ?? 'declined', detail: detail ?? 'no reason was given' };
}

/** The operation was sent, and its result is unknown. */
async function lost(moving: GatewayTools, at: Attempt, transaction?: Transaction): Promise<Tried> {
  if (at.operation.state !== 'unknown') await writeUnknown(moving, at);
  return tried(at, 'lost', transaction && { transaction });
}

const writeUnknown = crashable(
  { before: 'attempt.unknown.before', after: 'attempt.unknown.after' },
  ({ db }: GatewayTools, { operation }: Attempt) => markUnknown(db, operation.id),
  orderOf,
);

/** Nothing was done, so the mark that it was sent is removed. */
const takeBack = crashable(
  { before: 'attempt.not-sent.before', after: 'attempt.not-sent.after' },
  ({ db }: GatewayTools, { operation }: Attempt) => markNotSent(db, operation.id, operation.sentAt as Date),
  orderOf,
);

function orderOf({ payment }: Attempt): string {
  return payment.orderReference;
}

async function sendIfAllowed(moving: GatewayTools, at: Attempt, transaction: Transaction): Promise<Tried> {
  const { capturableMinor, capturedMinor } = transaction;
  // Only the payment's capture setting asked for this. If the gateway captured by itself, the wish is
  // fulfilled.
  if (at.operation.cause === 'auto_capture' && capturableMinor === 0 && capturedMinor > 0)
    return refused(at, transaction, NOT_NEEDED);
  const allowed = allowedNow(moving, at, transaction);
  if (!allowed.ok) return refused(at, transaction, { code: allowed.code, detail: allowed.detail });
  const { amountMinor } = allowed;
  const { kind, cause } = at.operation;
  const isNeeded = kind !== 'void' && moving.gateway.rulesFor(transaction.paymentMethod).lines === 'required';
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
  return linesOfRest(kind, amountMinor, { ...lineHistory(payment, others), capturedMinor });
}

function allowedNow({ gateway }: GatewayTools, at: Attempt, transaction: Transaction): Feasibility {
  const { operation, payment, paidPaymentId, others } = at;
  const isPayer = paidPaymentId === payment.id;
  if (isGiveBack(operation) && payment.dismissed)
    return { ok: false, code: 'not_needed', detail: 'an operator has dismissed this payment' };
  if (!isGiveBack(operation) && !isPayer)
    return { ok: false, code: 'operation_not_possible', detail: 'this payment has not paid its order' };
  if (operation.cause === 'late_money' && isPayer)
    return { ok: false, code: 'not_needed', detail: 'this payment has paid its order' };
  const { kind, wanted: amountMinor, finalCapture } = operation;
  const promised = others.map((other) => ({
    ...other,
    isSent: other.sentAt !== null,
    amountMinor: other.amount,
  }));
  const rules = gateway.rulesFor(transaction.paymentMethod);
  const reserved = reservedFor(kind, promised, transaction);
  return feasible({ kind, amountMinor, finalCapture }, transaction, rules, reserved);
}

async function send(
  moving: GatewayTools,
  at: Attempt,
  transaction: Transaction,
  { amountMinor, lines }: Sending,
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

/** What is sent. Amounts in minor units. */
interface Sending {
  readonly amountMinor: number;
  readonly lines: readonly MovedLine[] | null;
}

/** Records that the operation is being sent, before it is sent. Null where it may not be sent. */
const mark = crashable(
  { before: 'attempt.mark.before', after: 'attempt.mark.after' },
  (
    { db }: GatewayTools,
    { operation, othersSent }: Attempt,
    { amountMinor, lines }: Sending,
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
    { amountMinor, lines }: Sending,
  ): Promise<OperationAnswer> => {
    const { kind, reference, finalCapture, reason } = sent.operation;
    const optional = { ...(lines && { lines }), ...(reason !== null && { reason }) };
    const request = { transactionId, kind, reference, amountMinor, finalCapture, ...optional };
    try {
      return await moving.gateway.operate(request, { signal: moving.signal });
    } catch (error) {
      // Nothing was done: `operate` throws this error only if it is certain of that. Any other error may have
      // happened after the effect.
      if (!(error instanceof GatewayUnavailable)) return { kind: 'lost', reason: String(error) };
      await takeBack(moving, sent);
      throw error;
    }
  },
  orderOf,
);

async function answered(moving: GatewayTools, at: Attempt, answer: OperationAnswer): Promise<Tried> {
  switch (answer.kind) {
    case 'lost':
      return lost(moving, at);
    case 'busy':
      await writeAnswer(moving, at, 'busy', answer.reason);
      return tried(at, 'busy');
    case 'declined':
      return declined(moving, at, answer.reason);
    case 'answered':
      return (answer.transaction && shownBy(at, answer.transaction)) ?? tried(at, 'accepted');
  }
}

/**
 * The gateway may decline because the operation is done already: at the gateway itself, or by an earlier try
 * whose answer was lost.
 */
async function declined(moving: GatewayTools, at: Attempt, detail: string): Promise<Tried> {
  // Record the refusal first. Otherwise a failing read would leave only a lost answer.
  await writeAnswer(moving, at, 'declined', detail);
  const transaction = await readMatching(moving, at.payment);
  const shown = transaction && shownBy(at, transaction);
  if (shown !== null && shown.state !== 'refused') return shown;
  return refused(at, transaction, { code: 'declined', detail });
}

/** An answer that must be confirmed by a read. */
const writeAnswer = crashable(
  { before: 'attempt.answer.before', after: 'attempt.answer.after' },
  ({ db }: GatewayTools, { operation }: Attempt, code: 'busy' | 'declined', detail: string) =>
    keepAnswer(db, operation.id, operation.sentAt as Date, { code, detail }),
  orderOf,
);

/**
 * An operation that was sent and never shown is given up after the first limit; one that the gateway
 * accepted, after the second.
 */
const UNCONFIRMED_MS = 60 * 60_000;
const UNFINISHED_MS = 72 * 60 * 60_000;

/**
 * Only on a clear answer that does not show the operation. An answer that can't be understood says nothing
 * about the money.
 */
function givenUpBy({ state, sentAt, transaction }: Tried, now: number): Failure | undefined {
  if (sentAt === null || transaction === undefined) return undefined;
  if (state !== 'lost' && state !== 'accepted') return undefined;
  if (now - sentAt.getTime() < (state === 'lost' ? UNCONFIRMED_MS : UNFINISHED_MS)) return undefined;
  const detail = 'the gateway does not show it; if the gateway shows it later, it counts as done';
  return { code: 'not_confirmed', detail };
}

/** Returns whether this put the payment in REVIEW. */
async function recordTried(
  moving: GatewayTools,
  { operation: { id: operationId } }: Attempt,
  { paymentId, orderReference, key, now }: OperationInput,
  { transaction, failure }: Tried,
): Promise<boolean> {
  if (transaction === undefined && failure === undefined) return false;
  const failed = failure && { failed: { operationId, ...failure } };
  const what = { paymentId, orderReference, key, now, ...(transaction && { transaction }), ...failed };
  return recordTransaction(moving, what);
}

/**
 * Records what the transaction says about the payment, if anything. Returns whether this put the payment in
 * REVIEW.
 */
export async function recordTransaction(
  moving: GatewayTools,
  {
    transaction,
    failed,
    now,
    ...record
  }: {
    readonly paymentId: string;
    readonly orderReference: string;
    readonly key: string;
    readonly now: number;
    readonly transaction?: Transaction;
    readonly failed?: FailedOperation;
  },
): Promise<boolean> {
  const decided = transaction && ({ kind: 'transaction', transaction } as const);
  const recorded = await recordFinding(
    moving.db,
    {
      ...record,
      account: moving.gateway.account,
      decide: (payment): Decision =>
        decided === undefined ? { kind: 'keep' } : decide(payment, decided, { now, unclearSince: null }),
      deliveries: [],
      notes: () => [],
      ...(transaction && { transaction }),
      ...(failed && { failed }),
    },
    moving.settings,
  );
  moving.recorded(recorded);
  return recorded.decision.kind === 'find' && recorded.payment.status === 'REVIEW';
}

/** The end of the give-back after a failed operation; null where it continues. */
async function endGiveBack(
  moving: GatewayTools,
  { operation }: Attempt,
  input: OperationInput,
  { transaction, failure }: Tried,
): Promise<{ readonly isInReview: boolean } | null> {
  if (failure === undefined || !isGiveBack(operation)) return null;
  // It is no failure if the operation was not needed, or was impossible because nothing is held any more.
  const isHeld = transaction === undefined || holdsMoneyIn(transaction);
  if (!isHeld || failure.code === 'not_needed' || !input.isGivingBack) return { isInReview: false };
  await recordStuck(moving, { ...input, key: `${input.key}-stuck` }, failure.detail, transaction);
  return { isInReview: true };
}

export function holdsMoneyIn({ status }: Transaction): boolean {
  return isKnownStatus(status) && holdsMoney(status);
}

/** Money could not be given back: a person must act. */
export async function recordStuck(
  moving: GatewayTools,
  { paymentId, orderReference, key }: Pick<OperationInput, 'paymentId' | 'orderReference' | 'key'>,
  detail: string,
  transaction?: Transaction,
): Promise<void> {
  const finding: Finding = {
    status: 'REVIEW',
    pays: false,
    review: 'give_back_failed',
    cause: key,
    ...(transaction && { transaction }),
  };
  const recorded = await recordFinding(
    moving.db,
    {
      paymentId,
      orderReference,
      key,
      account: moving.gateway.account,
      decide: () => ({ kind: 'find', finding }),
      deliveries: [],
      notes: () => [{ kind: 'operation', text: `could not be given back: ${detail}` }],
    },
    moving.settings,
  );
  moving.recorded(recorded);
}
