/**
 * Captures, refunds and voids, each done at most once: read first, look for the operation's own trace, record
 * that it is being sent before it is sent, and record the result. A lost one is sent again only with its key.
 */
import { crashable } from '../crash-points.ts';
import { isGiveBack, lookedForMs } from '../domain/operation.ts';
import { readAttempt, renewKey, type Attempt } from '../store/operation-attempts.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { GatewayTools } from './ask-gateway.ts';
import type { AttemptResult, OperationInput } from './contract.ts';
import {
  lost,
  orderOf,
  refused,
  shownBy,
  takeBack,
  tried,
  type Failure,
  type Tried,
} from './operation-try.ts';
import { holdsMoneyIn, lagsBehind, readMatching, transactionOf, type SeenMoney } from './read-transaction.ts';
import { recordStuck, recordStuckSurplus, recordTransaction } from './record-transaction.ts';
import { sendAgain, sendIfAllowed } from './send-operation.ts';

/** See `MoneyActivities.attemptOperation`. @throws GatewayUnavailable, NoSuchRow */
export async function attemptOperation(moving: GatewayTools, input: OperationInput): Promise<AttemptResult> {
  const at = await readAttempt(moving.db, input.operationId);
  const { tried, seen } = await tryOnce(moving, at, input.now);
  const givenUp = givenUpBy(tried, input.now, lookedForMs(keyMsOf(moving, at)));
  const failure = tried.failure ?? givenUp;
  const result = { ...tried, ...(failure && { failure }) };
  const isInReview = await recordTried(moving, at, input, result, seen);
  const ends = await endGiveBack(moving, at, input, result);
  return {
    state: givenUp === undefined ? tried.state : 'given_up',
    endsGiveBack: ends !== null,
    isInReview: ends?.isInReview ?? isInReview,
  };
}

/** `seen`: all that was read first. Null where nothing was read. */
async function tryOnce(
  moving: GatewayTools,
  at: Attempt,
  now: number,
): Promise<{ readonly tried: Tried; readonly seen: SeenMoney | null }> {
  const { operation } = at;
  if (operation.state === 'done') return { tried: tried(at, 'finished'), seen: null };
  if (operation.state === 'failed') return { tried: refused(at, null), seen: null };
  const seen = await readFirst(moving, at.payment);
  return { tried: await tryOn(moving, at, transactionOf(operation, seen), now), seen };
}

/** Null where the gateway does not show the transaction. */
async function tryOn(
  moving: GatewayTools,
  at: Attempt,
  transaction: Transaction | null,
  now: number,
): Promise<Tried> {
  const { operation } = at;
  const shown = transaction && shownBy(at, transaction);
  if (shown !== null) return shown;
  const { sentAt, code } = operation;
  if (sentAt !== null && code === 'declined') return refused(at, transaction);
  if (sentAt !== null && code !== 'busy')
    return transaction === null ? tried(at, 'lost') : notShown(moving, at, transaction, now);
  // Nothing is decided on an answer that is not clear, or that is older than what is recorded.
  const { account } = moving.gateway;
  if (
    transaction === null ||
    transaction.status === 'UNCLEAR' ||
    lagsBehind(at.payment, account, transaction)
  )
    return tried(at, 'busy');
  if (sentAt === null) return sendIfAllowed(moving, at, transaction);
  if (isRecent(at, now)) return tried(at, 'busy');
  await takeBack(moving, at);
  return sendIfAllowed(moving, { ...at, operation: { ...operation, sentAt: null } }, transaction);
}

/**
 * The operation was sent, and a clear answer does not show it. While the gateway knows its key, the same request
 * with the same key is safe. Afterwards only another key could have an effect.
 */
async function notShown(
  moving: GatewayTools,
  at: Attempt,
  transaction: Transaction,
  now: number,
): Promise<Tried> {
  const { gateway } = moving;
  const { code, keySince } = at.operation;
  const keyMs = keyMsOf(moving, at);
  const isBehind = lagsBehind(at.payment, gateway.account, transaction);
  if (keyMs === 0 || transaction.status === 'UNCLEAR' || isBehind) return lost(moving, at, { transaction });
  const isKeyKnown = keySince !== null && passedMs(keySince, now) < keyMs;
  if (isKeyKnown && code !== 'key_spent') return sendAgain(moving, at, transaction);
  // The gateway may have done it before it kept its response, and its reads may lag behind.
  if (isRecent(at, now)) return lost(moving, at, { transaction });
  await nextKey(moving, at);
  const { operation } = await readAttempt(moving.db, at.operation.id);
  return operation.sentAt === null
    ? sendIfAllowed(moving, { ...at, operation }, transaction)
    : tried(at, 'busy');
}

/** How long the gateway knows the operation's key; 0 where it takes none. */
function keyMsOf({ gateway }: GatewayTools, { operation: { kind } }: Attempt): number {
  return gateway.traits.keys.operateMs[kind];
}

const nextKey = crashable(
  { before: 'attempt.key.before', after: 'attempt.key.after' },
  ({ db }: GatewayTools, { operation }: Attempt) => renewKey(db, operation),
  orderOf,
);

/** How long reads may fail to show an operation that the gateway did, whatever it answered. */
const READS_LAG_MS = 20_000;

function isRecent({ operation: { sentAt } }: Attempt, now: number): boolean {
  return sentAt !== null && passedMs(sentAt, now) < READS_LAG_MS;
}

/** While the gateway is away, an activity is retried for hours with the time of its first try. */
function passedMs(since: Date, now: number): number {
  return Math.max(now, Date.now()) - since.getTime();
}

const readFirst = crashable({ before: 'attempt.read.before' }, readMatching);

/**
 * Only on a clear answer that does not show the operation. An answer that can't be understood says nothing
 * about the money, and what the gateway shows as pending is on its way: a bank may take weeks for a refund.
 */
function givenUpBy({ state, sentAt, transaction }: Tried, now: number, limitMs: number): Failure | undefined {
  if (state !== 'lost' || sentAt === null || transaction === undefined) return undefined;
  if (now - sentAt.getTime() < limitMs) return undefined;
  const detail = 'the gateway does not show it; if the gateway shows it later, it counts as done';
  return { code: 'not_confirmed', detail };
}

/** Returns whether the payment's own run must look after it. */
async function recordTried(
  moving: GatewayTools,
  { operation }: Attempt,
  { paymentId, orderReference, key, now }: OperationInput,
  { transaction, failure }: Tried,
  seen: SeenMoney | null,
): Promise<boolean> {
  if (transaction === undefined && failure === undefined) return false;
  const failed = failure && { failed: { operationId: operation.id, ...failure } };
  const { own, surplus } = seenLast(operation, transaction, seen ?? NOTHING_SEEN);
  const what = { paymentId, orderReference, key, now, surplus, ...(own && { transaction: own }), ...failed };
  return recordTransaction(moving, what);
}

/** What was read first, with the operation's own transaction as it was seen last. */
function seenLast(
  { transactionId: surplusId }: Attempt['operation'],
  last: Transaction | undefined,
  { own, surplus }: SeenMoney,
): SeenMoney {
  if (surplusId === null) return { own: last ?? null, surplus };
  const others = surplus.filter(({ transactionId }) => transactionId !== surplusId);
  return { own, surplus: last === undefined ? others : [...others, last] };
}

const NOTHING_SEEN: SeenMoney = { own: null, surplus: [] };

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
  const record = { ...input, key: `${input.key}-stuck` };
  const { transactionId: surplusId } = operation;
  if (surplusId === null) await recordStuck(moving, record, failure.detail, transaction);
  else await recordStuckSurplus(moving, record, surplusId, failure.detail);
  return { isInReview: true };
}
