import { z } from 'zod';
import type { PaymentKey } from '../../domain/payment.ts';
import type { FoundSession, OpenedSession, SessionRequest } from '../gateway.ts';
import { GatewayRejected, GatewayUnavailable, KeySpent } from '../gateway-errors.ts';
import type { Answer } from '../shared/http-exchange.ts';
import { withoutPersonal } from '../shared/personal-data.ts';
import { readPages } from '../shared/read-pages.ts';
import type { StripeClient } from './client.ts';
import type { Parameters } from './form-parameters.ts';
import { listingOf, secondsOf } from './listing-call.ts';
import { keyOf } from './metadata.ts';
import { errorOf, expected, refusalOf, rejected, unclear, understand } from './parse-answer.ts';
import { toSessionForm } from './session-request.ts';
import { namedSchema, openedSchema, sessionSchema, toFoundSession } from './sessions.ts';
import { isKeptFailure, isOfOtherRequest } from './spent-key.ts';
import { isId } from './urls.ts';

export interface SessionCalls {
  readonly client: StripeClient;
  readonly mode: 'test' | 'live';
  readonly publicUrl: string;
  /** Of PUBLIC_URL. */
  readonly host: string;
  readonly now: () => Date;
  readonly signal: AbortSignal | undefined;
}

const SESSIONS = '/v1/checkout/sessions';
/** Their clock may be behind ours. */
const CLOCK_MS = 60_000;

/**
 * Opens a session. Throws `GatewayRejected` if Stripe refuses it, `GatewayUnavailable` if it may or may not
 * exist, `KeySpent` if only another key can have an effect.
 */
export async function createSession(calls: SessionCalls, request: SessionRequest): Promise<OpenedSession> {
  const operation = 'create session';
  const { publicUrl, now, mode } = calls;
  const form = toSessionForm(request, { publicUrl, now: now() });
  const answer = await sendForm(calls, form, request.idempotencyKey);
  if (isOfOtherRequest(answer)) throw new KeySpent(`Stripe ${operation}: ${refusalOf(answer)}`);
  if (answer.status === 409) throw rejected(operation, answer);
  if (answer.status >= 400) throw refusal(operation, answer, request);
  const opened = understand(openedSchema, answer);
  if (!opened.ok) throw unclear(operation, opened.reason);
  const { id, url, livemode } = opened.value;
  if (livemode !== (mode === 'live')) throw unclear(operation, 'livemode: not the mode of the key');
  if (!isId('cs', id)) throw unclear(operation, 'id: expected cs_…');
  return { sessionId: id, checkoutUrl: url };
}

/** An e-mail address that Stripe does not take is left out: it is only prefilled, and must not refuse a sale. */
async function sendForm(calls: SessionCalls, form: Parameters, key: string): Promise<Answer> {
  const answer = await post(calls, form, key);
  if (answer.status < 400 || errorOf(answer).param !== 'customer_email') return answer;
  return post(calls, { ...form, customer_email: undefined }, `${key}-no-email`);
}

async function post({ client, signal }: SessionCalls, form: Parameters, key: string): Promise<Answer> {
  const operation = 'create session';
  try {
    return await client({ operation, method: 'POST', path: SESSIONS, form, idempotencyKey: key, signal });
  } catch (error) {
    throw isKeptFailure(error) ? new KeySpent(error.message) : error;
  }
}

/** Every session since a time whose metadata names this payment, oldest first. Stripe can't search sessions. */
export async function findSessions(
  calls: SessionCalls,
  key: PaymentKey,
  since: Date,
): Promise<FoundSession[]> {
  const { client, signal } = calls;
  const query = { created: { gte: secondsOf(new Date(since.getTime() - CLOCK_MS)) } };
  const listing = listingOf(client, { operation: 'find sessions', path: SESSIONS, query, signal });
  const found: FoundSession[] = [];
  for await (const rows of readPages(listing))
    for (const row of rows) {
      const session = toOurs(calls, row);
      if (session !== null && session.key.paymentId === key.paymentId) found.push(session);
    }
  return found.sort((left, right) => left.createdAt.getTime() - right.createdAt.getTime());
}

/** Null for a row that is not ours. @throws GatewayUnavailable for one of ours that can't be understood */
function toOurs({ host }: SessionCalls, row: unknown): FoundSession | null {
  const key = keyOf(namedSchema.safeParse(row).data?.metadata, host);
  if (key === null) return null;
  const parsed = sessionSchema.safeParse(row);
  if (!parsed.success) throw unclear('find sessions', 'a session of ours is not understood');
  return toFoundSession(parsed.data, key);
}

/** One session with its metadata. */
export async function readSession(
  { client, host, mode, signal }: SessionCalls,
  sessionId: string,
): Promise<FoundSession | 'absent' | 'foreign'> {
  if (!isId('cs', sessionId)) return 'foreign';
  const operation = 'read session';
  const answer = await client({ operation, method: 'GET', path: `${SESSIONS}/${sessionId}`, signal });
  if (answer.status === 404) return 'absent';
  const named = expected(namedSchema, operation, answer);
  if (named.id !== sessionId) throw unclear(operation, 'id: not the requested one');
  if (named.livemode !== (mode === 'live')) return 'foreign';
  const key = keyOf(named.metadata, host);
  return key === null ? 'foreign' : toFoundSession(expected(sessionSchema, operation, answer), key);
}

/** Expires a session. After any refusal by Stripe the session has to be read again. */
export async function cancelSession(
  { client, signal }: SessionCalls,
  sessionId: string,
): Promise<'cancelled' | 'refused'> {
  if (!isId('cs', sessionId)) return 'refused';
  const operation = 'expire session';
  const path = `${SESSIONS}/${sessionId}/expire`;
  // Repeating it is harmless: an expired session refuses to be expired again.
  const answer = await client({ operation, method: 'POST', path, form: {}, signal });
  if (answer.status === 409) throw new GatewayUnavailable(`Stripe ${operation}: busy`, { kind: 'silent' });
  if (answer.status >= 400) return 'refused';
  expected(z.unknown(), operation, answer);
  return 'cancelled';
}

/** Stripe may repeat the request. The payer's data must not get into a log or a history. */
function refusal(operation: string, answer: Answer, { customer }: SessionRequest): GatewayRejected {
  return new GatewayRejected(`Stripe ${operation}: ${withoutPersonal(refusalOf(answer), customer)}`);
}
