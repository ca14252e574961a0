/**
 * Finds, adopts or opens a payment's session. Where the gateway knows no idempotency key of the payment, a
 * session that may exist is searched first.
 */
import { Context } from '@temporalio/activity';
import { crashable } from '../crash-points.ts';
import type { OpenedPayment } from '../domain/opened-payment.ts';
import { isSameKey, isSettled } from '../domain/payment.ts';
import { GatewayRejected, GatewayUnavailable, KeySpent } from '../gateways/gateway-errors.ts';
import type { FoundSession } from '../gateways/gateway.ts';
import { openAtGateway, writeOpened } from '../sessions/open-at-gateway.ts';
import { openedPayment } from '../sessions/opened-row.ts';
import { noSession, recordNoSession } from '../sessions/record-no-session.ts';
import { markForeign } from '../store/deliveries.ts';
import { adoptPayment, findOrder, findPayment, type PaymentRow } from '../store/payments.ts';
import type { GatewayTools } from './ask-gateway.ts';
import type { NoSession, OpenSessionInput, OpenSessionOutcome } from './contract.ts';
import { currentRun } from './current-run.ts';

export interface OpeningSettings {
  readonly pollIntervalMs: number;
  readonly lifetimeMs: number;
}

/**
 * How long after its claim a row without a lease counts as new: a first try then opens a session without a
 * search. An older row may have had an earlier try, in another run. The session of that try may exist
 * although its answer was lost, so it is searched first.
 */
const FRESH_MS = 10_000;

export interface Opening extends GatewayTools {
  readonly opening: OpeningSettings;
}

/** See `PaymentActivities.openSession`. @throws GatewayUnavailable */
export async function openPaymentSession(
  tools: Opening,
  input: OpenSessionInput,
): Promise<OpenSessionOutcome> {
  const row = await findPayment(tools.db, input.paymentId);
  if (row !== null && row.sessionId !== null) return openedPayment(tools.opening, row, isRetried(input));
  const claimed = await readClaimed(tools, input);
  if (row === null)
    return typeof claimed === 'string' ? unknown(tools, input, claimed) : adopt(tools, input, claimed);
  if (typeof claimed !== 'string')
    return remember(tools, row, claimed, 'adopted: its own metadata names this payment');
  if (isSettled(row.status)) {
    // A payment that failed without a session was refused by the gateway, in a try whose answer was lost.
    const kind = row.status === 'FAILED' ? 'rejected' : 'closed';
    return ended(tools, input, kind, row.reason ?? 'closed without a session');
  }
  // No payer has the session's address, so nobody can have paid: the gateway need not be asked.
  if (Date.now() >= row.expiresAt.getTime())
    return ended(tools, input, 'never_opened', 'no session before the payment expired');
  return findOrCreate(tools, row, input);
}

async function ended(
  tools: Opening,
  { paymentId, orderReference, key, callbacks }: OpenSessionInput,
  kind: Exclude<NoSession['kind'], 'unknown'>,
  reason: string,
): Promise<OpenSessionOutcome> {
  const record = { paymentId, orderReference, key, callbacks, account: tools.gateway.account };
  const { status, hasSession } = await recordNoSession(tools, record, noSession(kind, reason));
  const row = hasSession ? await findPayment(tools.db, paymentId) : null;
  // Another process has opened it meanwhile.
  return row === null ? { kind, reason, status } : openedPayment(tools.opening, row, true);
}

/** A session that a callback names is ours only if its own metadata names this payment. */
async function readClaimed(
  tools: Opening,
  input: OpenSessionInput,
): Promise<FoundSession | 'absent' | 'foreign'> {
  const named = input.callbacks.find(({ claim }) => claim.sessionId !== undefined)?.claim.sessionId;
  if (named === undefined) return 'foreign';
  const session = await tools.gateway.readSession(named, { signal: tools.signal }).catch((error: unknown) => {
    if (error instanceof GatewayRejected) return 'foreign' as const;
    throw error;
  });
  return typeof session === 'string' || isSameKey(session.key, input) ? session : 'foreign';
}

async function unknown(
  tools: Opening,
  input: OpenSessionInput,
  claimed: 'absent' | 'foreign',
): Promise<OpenSessionOutcome> {
  // The callback may be ahead of the gateway's read model. The gateway will not call again, so we read again,
  // for as long as a session lives.
  const isEarly = Date.now() - input.since < tools.opening.lifetimeMs;
  if (claimed === 'absent' && isEarly && !(await isNumberTaken(tools, input)))
    throw new GatewayUnavailable('the session that the callback names is not there yet', { kind: 'absent' });
  const reason = `no payment ${input.paymentId} of ours, and no session whose metadata names it`;
  const eventIds = input.callbacks.map(({ eventId }) => eventId);
  await markForeign(tools.db, input.gateway, eventIds, reason);
  return { kind: 'unknown', status: 'PENDING', reason };
}

/**
 * Whether the order has gone on without this payment. A request for the payment that now has its number waits
 * for this run to end.
 */
async function isNumberTaken({ db }: Opening, { orderReference, n }: OpenSessionInput): Promise<boolean> {
  const found = await findOrder(db, orderReference);
  return found !== null && found.payments.some((payment) => payment.n === n);
}

async function adopt(
  tools: Opening,
  input: OpenSessionInput,
  found: FoundSession,
): Promise<OpenSessionOutcome> {
  const { paymentId, orderReference, n, gateway } = input;
  const { sessionId, checkoutUrl, money, createdAt } = found;
  const expiresAt = found.expiresAt ?? new Date(createdAt.getTime() + tools.opening.lifetimeMs);
  const runId = currentRun();
  const known = { paymentId, orderReference, n, gateway, money, sessionId, checkoutUrl, expiresAt, runId };
  const row = await writeAdopted(tools.db, known);
  if (row === null) return unknown(tools, input, 'foreign');
  return openedPayment(tools.opening, row, false);
}

const writeAdopted = crashable({ before: 'open.adopt.before', after: 'open.adopt.after' }, adoptPayment);

async function findOrCreate(
  tools: Opening,
  row: PaymentRow,
  input: OpenSessionInput,
): Promise<OpenSessionOutcome> {
  waitForLease(row);
  const mayExist =
    isRetried(input) || row.openingUntil !== null || Date.now() - row.createdAt.getTime() > FRESH_MS;
  const isKeyKnown = Date.now() - row.createdAt.getTime() < tools.gateway.traits.keys.openMs;
  const known = mayExist && !isKeyKnown ? await findAgain(tools, row) : null;
  return known ?? create(tools, row, input, mayExist && !isKeyKnown);
}

/** The session of an earlier try whose answer was lost; null where there is none. */
async function findAgain(tools: Opening, row: PaymentRow): Promise<OpenedPayment | null> {
  const { gateway, signal } = tools;
  const key = { paymentId: row.id, orderReference: row.orderReference, n: row.n };
  const found = await gateway.findSessions(key, row.createdAt, { signal });
  const [oldest, ...surplus] = found.filter((session) => session.live);
  if (oldest === undefined) return null;
  await Promise.all(surplus.map(({ sessionId }) => gateway.cancelSession(sessionId)));
  return remember(tools, row, oldest, 'found again after an answer was lost');
}

/**
 * Does not name the end of the lease as the time of the next try: the request is usually done long before.
 * @throws GatewayUnavailable while the request that created the payment may still be opening the session
 */
function waitForLease({ openingUntil }: PaymentRow): void {
  if (openingUntil === null || Date.now() >= openingUntil.getTime()) return;
  const message = 'the request that created the payment is opening its session';
  throw new GatewayUnavailable(message, { kind: 'absent' });
}

async function create(
  tools: Opening,
  row: PaymentRow,
  input: OpenSessionInput,
  mayExist: boolean,
  keyNumber = 1,
): Promise<OpenSessionOutcome> {
  try {
    const { kept } = await openAtGateway(tools, row, { runId: currentRun(), keyNumber });
    return openedPayment(tools.opening, { ...row, ...kept }, mayExist);
  } catch (error) {
    if (error instanceof GatewayRejected) return ended(tools, input, 'rejected', error.message);
    if (!(error instanceof KeySpent) || keyNumber === MOST_KEYS) throw error;
    return (await findAgain(tools, row)) ?? create(tools, row, input, true, keyNumber + 1);
  }
}

/** Every try begins with the first key again, so that a key that was used in vain is never skipped. */
const MOST_KEYS = 5;

async function remember(
  tools: Opening,
  row: PaymentRow,
  session: FoundSession,
  how: string,
): Promise<OpenedPayment> {
  const text = `session ${session.sessionId} ${how}`;
  const { sessionId, checkoutUrl } = session;
  const kept = await writeOpened(tools.db, row, { sessionId, checkoutUrl, runId: currentRun(), text });
  return openedPayment(tools.opening, { ...row, ...kept }, true);
}

/** Whether this is a retry, by the run or by Temporal after a worker was killed. */
function isRetried(input: OpenSessionInput): boolean {
  return input.isRetried || Context.current().info.attempt > 1;
}
