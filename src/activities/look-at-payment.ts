/** One look: read the gateway, decide under the order's lock, record the finding, notify the merchant. */
import { Context } from '@temporalio/activity';
import { crashable } from '../crash-points.ts';
import { decide } from '../domain/decide.ts';
import type { Decision } from '../domain/finding.ts';
import { foundBy } from '../domain/found-by.ts';
import type { WatchedPayment } from '../domain/opened-payment.ts';
import { holdsMoney, type Closing, type PaymentSnapshot } from '../domain/payment.ts';
import { strangersIn } from '../domain/surplus-reading.ts';
import { withoutSurplusMark } from '../domain/surplus.ts';
import type { Reading, Transaction } from '../domain/transaction.ts';
import { watched } from '../sessions/opened-row.ts';
import { hasAskedToCancel } from '../store/decisions.ts';
import { isHopeless, NoSuchRow } from '../store/errors.ts';
import { snapshotOf } from '../store/payment-snapshot.ts';
import { findPayment, type PaymentRow } from '../store/payments.ts';
import { UNDECIDED } from '../store/record-finding/record-request.ts';
import type { RecordedFinding } from '../store/record-finding/plan.ts';
import type { GatewayTools } from './ask-gateway.ts';
import type { LookInput, LookResult } from './contract.ts';
import { notesOfLook, wordsOfReading } from './look-notes.ts';

/** See `PaymentActivities.lookAtPayment`. @throws GatewayUnavailable, NoSuchRow */
export async function lookAtPayment(looking: GatewayTools, input: LookInput): Promise<LookResult> {
  // First the store: if it is away, the gateway is not called for nothing.
  const row = await findPayment(looking.db, input.paymentId);
  if (row === null) throw new NoSuchRow(`looking: there is no payment ${input.paymentId}`);
  if (input.decided !== undefined && !isAskedAbout(row, input.decided.decision))
    return notInReview(row, input);
  const transactionId = row.transactionId ?? claimedTransaction(row, input);
  const reading = await readToTheEnd(looking, row, input, transactionId);
  const closing = input.closing ?? (await closingBehind(looking, row, reading));
  const asked = { ...input, closing };
  return record(looking, asked, reading).catch((error: unknown) => {
    if (!isHopeless(error) || error instanceof NoSuchRow) throw error;
    // A reading that can't be recorded counts as not understood. The gateway's texts may be the cause, so
    // they are left out.
    const triggers = { ...input.triggers, callbacks: [] };
    return record(looking, { ...asked, triggers }, { kind: 'unreadable', reason: NOT_RECORDED });
  });
}

/**
 * Why a session is over that the gateway calls expired. The answer to a cancel may be lost, and a gateway may have
 * one word for a session that was closed and for one whose time is over.
 */
async function closingBehind(
  { db }: GatewayTools,
  { id, status }: PaymentRow,
  reading: Reading,
): Promise<Closing | null> {
  const isOver = reading.kind === 'session' && reading.state === 'expired' && status === 'PENDING';
  return isOver && (await hasAskedToCancel(db, id)) ? 'merchant' : null;
}

const read = crashable(
  { before: 'read.before', after: 'read.after' },
  ({ gateway, signal }: GatewayTools, { sessionId }: PaymentRow, transactionId: string | undefined) => {
    const at = { sessionId: sessionId ?? '', ...(transactionId !== undefined && { transactionId }) };
    return gateway.readPayment(at, { signal });
  },
);

/**
 * If the session's time is over and the gateway would let the payer go on, the session is closed first: money that
 * comes afterwards would be late. If it can't be closed any more, the payer has just paid.
 */
async function readToTheEnd(
  looking: GatewayTools,
  row: PaymentRow,
  input: LookInput,
  transactionId: string | undefined,
): Promise<Reading> {
  const { gateway } = looking;
  const reading = await read(looking, row, transactionId);
  if (gateway.traits.endsBy === 'itself' || reading.kind !== 'session' || reading.state !== 'open')
    return reading;
  const decision = decideLook(snapshotOf(row, gateway), reading, input);
  if (decision.kind !== 'find' || decision.finding.status !== 'EXPIRED') return reading;
  const answer = await endSession(looking, row);
  return answer === 'cancelled' ? reading : read(looking, row, transactionId);
}

const endSession = crashable(
  { before: 'look.end.before', after: 'look.end.after' },
  ({ gateway, signal }: GatewayTools, { sessionId }: PaymentRow) =>
    gateway.cancelSession(sessionId ?? '', { signal }),
);

const NOT_RECORDED = 'the reading could not be recorded';

/**
 * A settled payment can only be dismissed, since there is nothing to accept. An earlier attempt may have done
 * it already.
 */
function isAskedAbout({ status, reviewCode }: PaymentRow, decision: 'accept' | 'dismiss'): boolean {
  const isInReview = status === 'REVIEW' || (reviewCode !== null && decision === 'dismiss');
  return isInReview || Context.current().info.attempt > 1;
}

function notInReview(row: PaymentRow, { unclearSince }: LookInput): LookResult {
  return {
    answer: 'clear',
    said: 'not read: the payment is not in review',
    isAbsent: false,
    unclearSince,
    payment: watched(row),
    next: [],
    decided: 'not_in_review',
  };
}

/** The transaction named by a verified callback of this session, or by a look that the service asked for. */
function claimedTransaction({ sessionId }: PaymentRow, { triggers }: LookInput): string | undefined {
  const ofSession = triggers.callbacks.filter(
    ({ claim }) => claim.sessionId === undefined || claim.sessionId === sessionId,
  );
  const named = ofSession.find(({ claim }) => claim.transactionId !== undefined)?.claim.transactionId;
  return named ?? triggers.requests.find(({ transactionId }) => transactionId !== undefined)?.transactionId;
}

async function record(looking: GatewayTools, input: LookInput, reading: Reading): Promise<LookResult> {
  const { gateway } = looking;
  const { triggers, now, decided } = input;
  let strangers: readonly Transaction[] = [];
  const recorded = await looking.record(
    {
      paymentId: input.paymentId,
      orderReference: input.orderReference,
      account: gateway.account,
      key: input.key,
      deliveries: triggers.callbacks,
      foundBy: foundBy(triggers, decided !== undefined),
      decide: (payment) => {
        strangers = strangersIn(payment, reading);
        return decideLook(payment, reading, input);
      },
      notes: (decision) => notesOfLook(gateway.id, triggers, { reading, decision, strangers }, now),
      ...(decided && { noteKey: decided.noteKey }),
    },
    triggers,
  );
  return resultOf(input, reading, recorded, `${wordsOfReading(gateway.id, reading)}; ${wordsOf(recorded)}`);
}

/** What a look means for the recorded payment. */
export function decideLook(payment: PaymentSnapshot, reading: Reading, input: LookInput): Decision {
  const { now, unclearSince, closing, triggers, decided } = input;
  return decide(payment, reading, {
    now,
    unclearSince,
    closing,
    isPayerLate: triggers.expiry === 'payer',
    ...(decided && { decision: decided.decision }),
  });
}

/** The result of a look, for the run. */
export function resultOf(
  input: LookInput,
  reading: Reading,
  recorded: Pick<RecordedFinding, 'decision' | 'payment' | 'next'> & { readonly row: WatchedPayment },
  said: string,
): LookResult {
  const { decision, row, next } = recorded;
  return {
    answer: decision.kind === 'wait' || decision.kind === 'unclear' ? decision.kind : 'clear',
    said,
    isAbsent: reading.kind === 'absent',
    unclearSince: decision.kind === 'unclear' ? decision.since : null,
    payment: watched(row),
    next,
    ...(input.decided && { decided: outcomeOf(input.decided.decision, recorded) }),
  };
}

const NOT_ACCEPTED =
  'another payment has paid the order, the money is on its way back, or no operator has accepted it: use paidonce resolve';

function outcomeOf(
  asked: 'accept' | 'dismiss',
  { decision, payment }: Pick<RecordedFinding, 'decision' | 'payment'>,
): LookResult['decided'] {
  const { status, mustGiveBack } = payment;
  if (decision.kind === 'refuse') return { refused: decision.reason };
  if (asked === 'accept') return holdsMoney(status) && !mustGiveBack ? 'done' : { refused: NOT_ACCEPTED };
  const isAsked = status === 'REVIEW' || withoutSurplusMark(payment).reviewCode !== null;
  return isAsked ? { refused: UNDECIDED } : 'done';
}

function wordsOf({ decision, payment: { status, reason }, isChange }: RecordedFinding): string {
  switch (decision.kind) {
    case 'wait':
      return 'nothing to act on yet';
    case 'keep':
      return `it stays ${status}`;
    case 'unclear':
      return `not clear: ${decision.reason}`;
    case 'refuse':
      return decision.reason;
    case 'find':
      return `it ${isChange ? 'becomes' : 'stays'} ${status}${reason === null ? '' : ` (${reason})`}`;
  }
}
