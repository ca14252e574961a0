/** Tells the merchant, by Standard Webhooks. Runs on a Worker of its own. Contract §6. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Webhook } from 'standardwebhooks';
import { crashPoint } from '../crash-points.ts';
import { isSupersededByLater, type UpdateType } from '../domain/order.ts';
import type { Db } from '../store/open.ts';
import { NO_ENDPOINT, readUpdate, recordAttempt, type OutboxRow, type OutboxState } from '../store/outbox.ts';
import type { UpdateActivities } from './payment-activities.ts';
import { withHeartbeat } from './heartbeat.ts';

export interface MerchantEndpoint {
  readonly url: string;
  /** `whsec_…`, newest first: one signature each. */
  readonly secrets: readonly string[];
}

export interface NotifyDependencies {
  readonly db: Db;
  /** Null where no ORDER_WEBHOOK_URL is set. */
  readonly endpoint: MerchantEndpoint | null;
  readonly onAttempt?: (type: string, outcome: string) => void;
}

const TIMEOUT_MS = 5_000;
const RETRIED_FOR_MS = 3 * 24 * 3_600_000;
const RETRY_AFTER_MS = [1_000, 5_000, 15_000, 60_000];
const LONGEST_INTERVAL_MS = 3_600_000;
/** How soon it is tried again while it waits for its turn. */
const TURN_MS = 100;

/** Builds the activity. It fails, to be retried, until the merchant has heard, has said 410, or three days are over. */
export function createUpdateActivities(deps: NotifyDependencies): UpdateActivities {
  return { notifyMerchant: (effectId) => withHeartbeat((signal) => notify(deps, effectId, signal)) };
}

async function notify(
  deps: NotifyDependencies,
  effectId: string,
  signal: AbortSignal,
): Promise<Exclude<OutboxState, 'pending'>> {
  const update = await readUpdate(deps.db, effectId);
  if (update === null) return 'off';
  if (update.state !== 'pending') return update.state as Exclude<OutboxState, 'pending'>;
  if (deps.endpoint === null) {
    // It stays pending: whoever takes the address away by mistake loses nothing. The run need not wait for that.
    await recordAttempt(deps.db, effectId, { state: 'pending', answer: NO_ENDPOINT, sent: false });
    return 'off';
  }
  if (update.hasLater && isSupersededByLater(update.type as UpdateType)) {
    return finish(deps, update, { state: 'superseded', answer: 'the order has moved on', sent: false });
  }
  if (update.isEarly) throw afterTheEarlier(update.type);
  crashPoint('notify.post.before', update.orderReference);
  const answer = await post(deps.endpoint, update, signal);
  crashPoint('notify.post.after', update.orderReference);
  const state = stateAfter(answer, update.createdAt);
  return finish(deps, update, { state, answer, sent: true });
}

/** A shop that goes by `sequence` must not hear that an order was captured before it hears that it is paid, where that is up to us. */
function afterTheEarlier(type: string): ApplicationFailure {
  const message = `${type}: an earlier update of the order is sent first`;
  return ApplicationFailure.create({ message, type: 'NOT_ITS_TURN', nextRetryDelay: TURN_MS });
}

/** The three days begin anew for a run that is woken to tell what could not be told. */
function stateAfter(answer: string, createdAt: Date): OutboxState {
  if (/^2\d\d$/.test(answer)) return 'delivered';
  if (answer === '410') return 'gone';
  const begun = Math.max(createdAt.getTime(), Context.current().info.scheduledTimestampMs);
  return Date.now() - begun > RETRIED_FOR_MS ? 'gave_up' : 'pending';
}

async function finish(
  deps: NotifyDependencies,
  update: OutboxRow,
  attempt: { state: OutboxState; answer: string; sent: boolean },
): Promise<Exclude<OutboxState, 'pending'>> {
  await recordAttempt(deps.db, update.effectId, attempt);
  crashPoint('notify.record.after', update.orderReference);
  deps.onAttempt?.(update.type, attempt.state === 'pending' ? 'failed' : attempt.state);
  if (attempt.state !== 'pending') return attempt.state;
  throw ApplicationFailure.create({
    message: `${update.type}: the merchant's endpoint answered ${attempt.answer}`,
    type: 'MERCHANT_UNREACHED',
    // Tries that only waited for their turn do not count, nor do those of a telling that was given up.
    nextRetryDelay: retryDelay(Math.min(Context.current().info.attempt, update.attempts + 1)),
  });
}

/** After 1, 5, 15 and 60 s, then at doubling intervals of at most an hour. */
export function retryDelay(attempt: number): number {
  const doubled = 60_000 * 2 ** (attempt - RETRY_AFTER_MS.length);
  return RETRY_AFTER_MS[attempt - 1] ?? Math.min(LONGEST_INTERVAL_MS, doubled);
}

/** The status, or in words why there was none. */
async function post(endpoint: MerchantEndpoint, update: OutboxRow, signal: AbortSignal): Promise<string> {
  const sentAt = new Date();
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      body: update.body,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'paidonce',
        'webhook-id': update.effectId,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
        'webhook-signature': signatures(endpoint, update, sentAt),
      },
    });
    await response.body?.cancel();
    return String(response.status);
  } catch (error) {
    return words(error);
  }
}

function signatures(endpoint: MerchantEndpoint, update: OutboxRow, sentAt: Date): string {
  return endpoint.secrets
    .map((secret) => new Webhook(secret).sign(update.effectId, sentAt, update.body))
    .join(' ');
}

function words(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string } };
  if (name === 'TimeoutError') return `nothing within ${TIMEOUT_MS / 1_000} s`;
  return `nothing: ${cause?.code ?? message}`;
}
