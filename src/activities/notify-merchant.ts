/** Tells the merchant, by Standard Webhooks. Runs on a Worker of its own. Contract §6. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Webhook } from 'standardwebhooks';
import { crashPoint } from '../crash-points.ts';
import { withTimeLimit } from '../lib/time-limit.ts';
import { fetchTarget } from '../lib/url-credentials.ts';
import { isSupersededByLater, type UpdateType } from '../domain/order.ts';
import type { Db } from '../store/open.ts';
import {
  keepUntold,
  readUpdate,
  supersede,
  type OutboxRow,
  type OutboxState,
  type ReadUpdate,
} from '../store/outbox.ts';
import { finishAttempt, type SentAttempt } from '../store/update-attempts.ts';
import type { UpdateActivities } from './payment-activities.ts';
import { withHeartbeat } from './heartbeat.ts';
import { takeClaim, whileClaimed, type HeldClaim } from './held-claim.ts';
import { firstWords } from './first-words.ts';

export interface MerchantEndpoint {
  /** ORDER_WEBHOOK_URL as written. */
  readonly url: string;
  /** How long it may take to answer. */
  readonly timeoutMs: number;
  /** `whsec_…`, newest first: one signature each. */
  readonly secrets: readonly string[];
}

export interface NotifyDependencies {
  readonly db: Db;
  /** Null where no ORDER_WEBHOOK_URL is set. */
  readonly endpoint: MerchantEndpoint | null;
  readonly onAttempt?: (type: string, outcome: string) => void;
}

const RETRIED_FOR_MS = 3 * 24 * 3_600_000;
const RETRY_AFTER_MS = [1_000, 5_000, 15_000, 60_000];
const LONGEST_INTERVAL_MS = 3_600_000;
/** How soon it is tried again while it waits for its turn. */
const TURN_MS = 100;

type Ended = Exclude<OutboxState, 'pending'>;

/** Builds the activity. It fails, to be retried, until the merchant has heard, has said 410, or three days are over. */
export function createUpdateActivities(deps: NotifyDependencies): UpdateActivities {
  return { notifyMerchant: (effectId) => withHeartbeat((signal) => notify(deps, effectId, signal)) };
}

async function notify(deps: NotifyDependencies, effectId: string, signal: AbortSignal): Promise<Ended> {
  const { db, endpoint } = deps;
  const update = await readUpdate(db, effectId);
  if (update === null) return 'off';
  if (update.state !== 'pending') return update.state as Ended;
  if (endpoint === null) {
    // It stays pending: whoever takes the address away by mistake loses nothing. The run need not wait for that.
    await keepUntold(db, effectId);
    return 'off';
  }
  refuseEarly(update);
  if (update.hasLater && isSupersededByLater(update.type as UpdateType)) {
    await supersede(db, effectId);
    return ended(deps, update, 'superseded');
  }
  if (update.isEarly) throw notNow(update, TURN_MS, 'an earlier update of the order is sent first');
  crashPoint('notify.claim.before', update.orderReference);
  const claim = await takeClaim(db, effectId);
  // Somebody else was a moment quicker, or the store so slow that it may have run out: what has become of it is read at the next try.
  if (claim === null) throw notNow(update, TURN_MS, 'another attempt has just begun');
  return attempt(deps, endpoint, update, claim, signal);
}

/** Another attempt is under way, or the last one was a moment ago, by any run. */
function refuseEarly(update: ReadUpdate): void {
  if (update.waitMs > 0)
    throw notNow(update, update.waitMs, `the next attempt is due in ${update.waitMs} ms`);
}

/** A shop that goes by `sequence` must not hear that an order was captured before it hears that it is paid, where that is up to us. */
function notNow({ type }: OutboxRow, nextRetryDelay: number, why: string): ApplicationFailure {
  return ApplicationFailure.create({ message: `${type}: ${why}`, type: 'NOT_ITS_TURN', nextRetryDelay });
}

async function attempt(
  deps: NotifyDependencies,
  endpoint: MerchantEndpoint,
  update: OutboxRow,
  claim: HeldClaim,
  signal: AbortSignal,
): Promise<Ended> {
  crashPoint('notify.post.before', update.orderReference);
  const sent = await whileClaimed(deps.db, claim, (isClaimed) =>
    post(endpoint, update, AbortSignal.any([signal, isClaimed])),
  );
  crashPoint('notify.post.after', update.orderReference);
  const state = stateAfter(sent, update.createdAt);
  const lastAnswer = String(sent.status ?? sent.error);
  const retryAfterMs = retryDelay(update.tries + 1);
  await finishAttempt(deps.db, claim.attempt, sent, { state, lastAnswer, retryAfterMs });
  crashPoint('notify.record.after', update.orderReference);
  if (state !== 'pending') return ended(deps, update, state);
  deps.onAttempt?.(update.type, 'failed');
  const message = `${update.type}: the merchant's endpoint answered ${lastAnswer}`;
  throw ApplicationFailure.create({ message, type: 'MERCHANT_UNREACHED', nextRetryDelay: retryAfterMs });
}

function ended(deps: NotifyDependencies, { type }: OutboxRow, state: Ended): Ended {
  deps.onAttempt?.(type, state);
  return state;
}

/** The three days begin again for a run that is woken to tell what could not be told. */
function stateAfter({ status }: SentAttempt, createdAt: Date): OutboxState {
  if (status !== null && status >= 200 && status < 300) return 'delivered';
  if (status === 410) return 'gone';
  const begun = Math.max(createdAt.getTime(), Context.current().info.scheduledTimestampMs);
  return Date.now() - begun > RETRIED_FOR_MS ? 'gave_up' : 'pending';
}

/** After 1, 5, 15 and 60 s, then at doubling intervals of at most an hour. */
export function retryDelay(attempt: number): number {
  const doubled = 60_000 * 2 ** (attempt - RETRY_AFTER_MS.length);
  return RETRY_AFTER_MS[attempt - 1] ?? Math.min(LONGEST_INTERVAL_MS, doubled);
}

/** The status and the first words of the answer, or in words why there was none. */
async function post(
  endpoint: MerchantEndpoint,
  update: OutboxRow,
  signal: AbortSignal,
): Promise<SentAttempt> {
  const sentAt = new Date();
  const { url, authorization } = fetchTarget(endpoint.url);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'paidonce',
    ...(authorization !== null && { authorization }),
    'webhook-id': update.effectId,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
    'webhook-signature': signatures(endpoint, update, sentAt),
  };
  try {
    return await withTimeLimit(endpoint.timeoutMs, [signal], async (limited) => {
      const init = {
        method: 'POST',
        redirect: 'manual',
        headers,
        body: update.body,
        signal: limited,
      } as const;
      const response = await fetch(url, init);
      const ms = Date.now() - sentAt.getTime();
      return { status: response.status, error: null, ms, answer: await firstWords(response.body) };
    });
  } catch (error) {
    return {
      status: null,
      error: words(error, endpoint.timeoutMs),
      ms: Date.now() - sentAt.getTime(),
      answer: null,
    };
  }
}

function signatures(endpoint: MerchantEndpoint, update: OutboxRow, sentAt: Date): string {
  return endpoint.secrets
    .map((secret) => new Webhook(secret).sign(update.effectId, sentAt, update.body))
    .join(' ');
}

function words(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string } };
  if (name === 'TimeoutError') return `nothing within ${timeoutMs / 1_000} s`;
  return `nothing: ${cause?.code ?? message}`;
}
