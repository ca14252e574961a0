/** Finds, adopts or opens a payment's session. A gateway may have no idempotency key, so what may have been created is looked for first. */
import { Context } from '@temporalio/activity';
import { crashPoint } from '../crash-points.ts';
import { reversalsIn } from '../domain/news.ts';
import { graceOf, isSameKey, isSettled } from '../domain/payment.ts';
import {
  GatewayRejected,
  GatewayUnavailable,
  type FoundSession,
  type Gateway,
  type SessionRequest,
} from '../gateways/gateway.ts';
import { acceptedOf } from '../store/accepted.ts';
import { markForeign } from '../store/deliveries.ts';
import type { Db } from '../store/open.ts';
import { takeUntold } from '../store/outbox.ts';
import {
  adoptPayment,
  findOrder,
  findPayment,
  moneyOf,
  recordOpened,
  type PaymentRow,
} from '../store/payments.ts';
import { currentRun } from './current-run.ts';
import type { OpenedPayment, OpenSessionInput, OpenSessionOutcome } from './payment-activities.ts';

export interface OpeningSettings {
  readonly pollIntervalMs: number;
  readonly lifetimeMs: number;
}

/** A row this old was claimed by an earlier try, whose session may exist although nobody heard of it. */
const FRESH_MS = 10_000;

export interface Opening {
  readonly db: Db;
  readonly gateway: Gateway;
  readonly settings: OpeningSettings;
  readonly signal: AbortSignal;
}

/** See `PaymentActivities.openSession`. @throws GatewayUnavailable */
export async function openPaymentSession(
  opening: Opening,
  input: OpenSessionInput,
): Promise<OpenSessionOutcome> {
  const row = await findPayment(opening.db, input.paymentId);
  if (row !== null && row.sessionId !== null) return opened(opening, row, isRetried(input));
  const claimed = await readClaimed(opening, input);
  if (row === null)
    return typeof claimed === 'string' ? unknown(opening, input, claimed) : adopt(opening, input, claimed);
  if (typeof claimed !== 'string')
    return remember(opening, row, claimed, 'adopted: its own metadata names this payment', true);
  if (isSettled(row.status)) {
    return {
      kind: 'closed',
      status: row.status,
      reason: row.reason ?? 'closed without a session',
    };
  }
  // Nobody can have paid in a session whose address nobody was given: the gateway need not be asked for it.
  if (Date.now() >= row.expiresAt.getTime())
    return { kind: 'never_opened', reason: 'no session before the payment expired' };
  return findOrCreate(opening, row, isRetried(input));
}

/** A session that a callback names is ours only if its own metadata says so. */
async function readClaimed(
  opening: Opening,
  input: OpenSessionInput,
): Promise<FoundSession | 'absent' | 'foreign'> {
  if (input.claimedSessionId === undefined) return 'foreign';
  const session = await opening.gateway
    .readSession(input.claimedSessionId, { signal: opening.signal })
    .catch((error: unknown) => {
      if (error instanceof GatewayRejected) return 'foreign' as const;
      throw error;
    });
  return typeof session === 'string' || isSameKey(session.key, input) ? session : 'foreign';
}

async function unknown(
  opening: Opening,
  input: OpenSessionInput,
  claimed: 'absent' | 'foreign',
): Promise<OpenSessionOutcome> {
  // The callback may be ahead of the gateway's own read model: nobody will call again, so we ask again, as long as a session lives.
  const isEarly = Date.now() - input.since < opening.settings.lifetimeMs;
  if (claimed === 'absent' && isEarly && !(await isNumberTaken(opening, input)))
    throw new GatewayUnavailable('the session that the callback names is not there yet', { kind: 'absent' });
  const reason = `no payment ${input.paymentId} of ours, and no session whose metadata names it`;
  await markForeign(opening.db, input.gateway, input.eventIds, reason);
  return { kind: 'unknown', reason };
}

/** The order has gone on without it: who asks for the payment that has its number by now waits for this run to end. */
async function isNumberTaken({ db }: Opening, { orderReference, n }: OpenSessionInput): Promise<boolean> {
  const found = await findOrder(db, orderReference);
  return found !== null && found.payments.some((payment) => payment.n === n);
}

async function adopt(
  opening: Opening,
  input: OpenSessionInput,
  found: FoundSession,
): Promise<OpenSessionOutcome> {
  const { paymentId, orderReference, n, gateway } = input;
  const { sessionId, checkoutUrl, money, createdAt } = found;
  const expiresAt = found.expiresAt ?? new Date(createdAt.getTime() + opening.settings.lifetimeMs);
  const runId = currentRunId();
  const known = { paymentId, orderReference, n, gateway, money, sessionId, checkoutUrl, expiresAt, runId };
  crashPoint('open.adopt.before', orderReference);
  const row = await adoptPayment(opening.db, known);
  crashPoint('open.adopt.after', orderReference);
  if (row === null) return unknown(opening, input, 'foreign');
  return opened(opening, row, false);
}

async function findOrCreate(
  opening: Opening,
  row: PaymentRow,
  isAnother: boolean,
): Promise<OpenSessionOutcome> {
  const mayExist = isAnother || Date.now() - row.createdAt.getTime() > FRESH_MS;
  const key = { paymentId: row.id, orderReference: row.orderReference, n: row.n };
  const found = mayExist ? await opening.gateway.findSessions(key, { signal: opening.signal }) : [];
  const live = found.filter((session) => session.live);
  const [oldest] = live;
  if (oldest !== undefined) {
    await Promise.all(live.slice(1).map((surplus) => opening.gateway.cancelSession(surplus.sessionId)));
    return remember(opening, row, oldest, 'found again after an answer was lost', true);
  }
  return create(opening, row, mayExist);
}

async function create(opening: Opening, row: PaymentRow, mayExist: boolean): Promise<OpenSessionOutcome> {
  try {
    crashPoint('open.create.before', row.orderReference);
    const session = await opening.gateway.createSession(requestOf(row), { signal: opening.signal });
    crashPoint('open.create.after', row.orderReference);
    const outcome = await remember(opening, row, session, `opened at ${opening.gateway.id}`, mayExist);
    // Ours came too late, and nobody has been given it.
    if (outcome.sessionId !== session.sessionId) await opening.gateway.cancelSession(session.sessionId);
    return outcome;
  } catch (error) {
    if (error instanceof GatewayRejected) return { kind: 'rejected', reason: error.message };
    throw error;
  }
}

function requestOf(row: PaymentRow): SessionRequest {
  const { lines, customer, profileId, language, merchantReference2 } = row.request;
  return {
    paymentId: row.id,
    orderReference: row.orderReference,
    n: row.n,
    money: moneyOf(row),
    lines,
    returnKey: row.returnKey,
    expiresAt: row.expiresAt,
    ...(customer && { customer }),
    ...(profileId !== undefined && { profileId }),
    ...(language !== undefined && { language }),
    ...(merchantReference2 !== undefined && { merchantReference2 }),
  };
}

async function remember(
  opening: Opening,
  row: PaymentRow,
  session: { sessionId: string; checkoutUrl: string },
  how: string,
  mayHaveSurplus: boolean,
): Promise<OpenedPayment> {
  const text = `session ${session.sessionId} ${how}`;
  const { sessionId, checkoutUrl } = session;
  const runId = currentRunId();
  const kept = await recordOpened(opening.db, row.id, { sessionId, checkoutUrl, runId, text });
  crashPoint('open.record.after', row.orderReference);
  return opened(opening, { ...row, ...kept }, mayHaveSurplus);
}

/** In milliseconds, as it was asked for. */
function lifetimeOf({ createdAt, expiresAt }: PaymentRow): number {
  return Math.max(0, expiresAt.getTime() - createdAt.getTime());
}

async function opened(opening: Opening, row: PaymentRow, mayHaveSurplus: boolean): Promise<OpenedPayment> {
  const isNew = row.status === 'PENDING' && row.transactionId === null;
  const accepted = acceptedOf(row);
  return {
    kind: 'opened',
    status: row.status,
    account: opening.gateway.account,
    money: moneyOf(row),
    sessionId: row.sessionId ?? '',
    checkoutUrl: row.checkoutUrl ?? '',
    capturedMinor: row.captured,
    refundedMinor: row.refunded,
    reversals: reversalsIn(row.shownOperations),
    mark: row.reviewMark,
    isDismissed: row.dismissed,
    expiresAt: row.expiresAt.toISOString(),
    expiryDueAt: new Date(row.expiresAt.getTime() + graceOf(lifetimeOf(row))).toISOString(),
    pollIntervalMs: opening.settings.pollIntervalMs,
    capture: row.capture,
    mayHaveSurplus,
    untold: isNew ? [] : await takeUntold(opening.db, row.id, currentRun()),
    ...(row.reason !== null && { reason: row.reason }),
    ...(accepted && { accepted }),
    ...(row.transactionId !== null && { transactionId: row.transactionId }),
    ...(row.transactionUpdatedAt !== null && { transactionUpdatedAt: row.transactionUpdatedAt }),
  };
}

/** By the run, or by Temporal after a worker was killed. */
function isRetried(input: OpenSessionInput): boolean {
  return input.isRetried || Context.current().info.attempt > 1;
}

function currentRunId(): string {
  return Context.current().info.workflowExecution?.runId ?? '';
}
