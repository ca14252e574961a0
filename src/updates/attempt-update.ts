/** One attempt to notify the merchant of an update, by Standard Webhooks. Contract §6. */
import { crashable } from '../crash-points.ts';
import { isSupersededByLater, type UpdateType } from '../domain/order.ts';
import type { Db } from '../store/open.ts';
import { keepUntold } from '../store/untold-updates.ts';
import { readUpdate, supersede, type OutboxRow, type OutboxState, type ReadUpdate } from '../store/outbox.ts';
import {
  finishAttempt,
  type AttemptEnd,
  type ClaimedUpdate,
  type SentAttempt,
} from '../store/update-attempts.ts';
import { takeClaim, whileClaimed, type HeldClaim } from './held-claim.ts';
import { sendMessage, signedMessage, type MerchantEndpoint } from './signed-message.ts';

export interface TellingTools {
  readonly db: Db;
  /** Null where no ORDER_WEBHOOK_URL is set. */
  readonly endpoint: MerchantEndpoint | null;
  readonly onAttempt?: (type: string, outcome: string) => void;
}

/** Which series of attempts an attempt belongs to. */
export interface Telling {
  /** The run that sends the update; null for the process that makes the first attempt. */
  readonly teller: string | null;
  /**
   * In milliseconds since the epoch. The three days count from then, or from when the update was written,
   * whichever is later.
   */
  readonly begunAt: number;
  readonly signal: AbortSignal;
}

export type EndedState = Exclude<OutboxState, 'pending'>;

/** The result of a request for an attempt. */
export type Attempted =
  | { readonly kind: 'ended'; readonly state: EndedState }
  /** The merchant's endpoint did not accept it. */
  | { readonly kind: 'failed'; readonly retryAfterMs: number; readonly words: string }
  /** No attempt was made: it is not this update's turn. */
  | { readonly kind: 'not_now'; readonly waitMs: number; readonly words: string };

const RETRIED_FOR_MS = 3 * 24 * 3_600_000;
const RETRY_AFTER_MS = [1_000, 5_000, 15_000, 60_000];
const LONGEST_INTERVAL_MS = 3_600_000;
/** How soon to try again while the update waits for its turn. */
const TURN_MS = 100;

/** Makes the next attempt, if it is due and no other is under way. */
export async function attemptUpdate(
  tools: TellingTools,
  effectId: string,
  telling: Telling,
): Promise<Attempted> {
  const { db, endpoint } = tools;
  const claim = endpoint && (await takeClaim(db, effectId, telling.teller));
  return endpoint && claim ? send(tools, endpoint, claim, telling) : withoutAttempt(tools, effectId);
}

/** Finds out why the update can't be sent now. */
async function withoutAttempt(tools: TellingTools, effectId: string): Promise<Attempted> {
  const { db, endpoint } = tools;
  const update = await readUpdate(db, effectId);
  if (update === null) return { kind: 'ended', state: 'off' };
  if (update.state !== 'pending') return { kind: 'ended', state: update.state as EndedState };
  if (endpoint === null) {
    // It stays pending: a configuration that lost the URL by mistake loses no update.
    await keepUntold(db, effectId);
    return { kind: 'ended', state: 'off' };
  }
  if (update.waitMs > 0)
    return notNow(update, update.waitMs, `the next attempt is due in ${update.waitMs} ms`);
  if (update.hasLater && isSupersededByLater(update.type as UpdateType)) {
    await supersede(db, effectId);
    return ended(tools, update, 'superseded');
  }
  // A shop that goes by `sequence` should not receive "captured" before "paid", as far as that depends on us.
  if (update.isEarly) return notNow(update, TURN_MS, 'an earlier update of the order is sent first');
  // Another attempt has ended just now.
  return notNow(update, TURN_MS, 'another attempt was under way');
}

function notNow({ type }: ReadUpdate, waitMs: number, why: string): Attempted {
  return { kind: 'not_now', waitMs, words: `${type}: ${why}` };
}

async function send(
  tools: TellingTools,
  endpoint: MerchantEndpoint,
  claim: HeldClaim,
  { begunAt, signal }: Telling,
): Promise<Attempted> {
  const { update } = claim;
  const sent = await whileClaimed(tools.db, claim, (isClaimed) =>
    post(endpoint, update, AbortSignal.any([signal, isClaimed])),
  );
  const state = stateAfter(sent, Math.max(update.createdAt.getTime(), begunAt));
  const lastAnswer = String(sent.status ?? sent.error);
  const retryAfterMs = retryDelay(update.tries);
  await recordAttempt(tools.db, update, sent, { state, lastAnswer, retryAfterMs });
  if (state !== 'pending') return ended(tools, update, state);
  tools.onAttempt?.(update.type, 'failed');
  const words = `${update.type}: the merchant's endpoint answered ${lastAnswer}`;
  return { kind: 'failed', retryAfterMs, words };
}

const recordAttempt = crashable(
  { after: 'notify.record.after' },
  (db: Db, update: ClaimedUpdate, sent: SentAttempt, end: AttemptEnd) => finishAttempt(db, update, sent, end),
);

function ended(tools: TellingTools, { type }: OutboxRow, state: EndedState): Attempted {
  tools.onAttempt?.(type, state);
  return { kind: 'ended', state };
}

function stateAfter({ status }: SentAttempt, begun: number): OutboxState {
  if (status !== null && status >= 200 && status < 300) return 'delivered';
  if (status === 410) return 'gone';
  return Date.now() - begun > RETRIED_FOR_MS ? 'gave_up' : 'pending';
}

/** After 1, 5, 15 and 60 s, then at doubling intervals of at most an hour. */
export function retryDelay(attempt: number): number {
  const doubled = 60_000 * 2 ** (attempt - RETRY_AFTER_MS.length);
  return RETRY_AFTER_MS[attempt - 1] ?? Math.min(LONGEST_INTERVAL_MS, doubled);
}

const post = crashable(
  { before: 'notify.post.before', after: 'notify.post.after' },
  (endpoint: MerchantEndpoint, update: OutboxRow, signal: AbortSignal) =>
    sendMessage(signedMessage(endpoint, update, new Date()), endpoint.timeoutMs, signal),
);
