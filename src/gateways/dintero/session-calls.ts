import { z } from 'zod';
import type { PaymentKey } from '../../domain/payment.ts';
import type { FoundSession, OpenedSession, SessionRequest } from '../gateway.ts';
import { GatewayRejected } from '../gateway-errors.ts';
import type { DinteroClient } from './client.ts';
import { isIdOf } from './id-parts.ts';
import { readPages } from '../shared/read-pages.ts';
import { listingOf } from './listing-call.ts';
import { withoutPersonal } from '../shared/personal-data.ts';
import { toSessionBody } from './session-request.ts';
import { keyOf, namedSchema, openedSchema, sessionSchema, toFoundSession } from './sessions.ts';
import type { DinteroSettings } from './settings.ts';
import { isReturnTo, viewUrl } from './urls.ts';
import { fitting, isHttpUrl } from '../shared/gateway-fields.ts';
import { expected, refusalOf, unclear, understand } from './parse-answer.ts';

/** Makes Dintero refuse lines that don't add up at creation, instead of at capture. */
const STRICT_SUMS = { 'Dintero-Feature-Toggles': 'strict-session-amounts' };

export interface SessionCalls {
  readonly client: DinteroClient;
  readonly settings: DinteroSettings;
  readonly now: () => Date;
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens a session. Throws `GatewayRejected` if Dintero refuses it, `GatewayUnavailable` if it may or may not
 * exist.
 */
export async function createSession(
  { client, settings, signal }: SessionCalls,
  request: SessionRequest,
): Promise<OpenedSession> {
  const operation = 'create session';
  const body = toSessionBody(request, settings);
  const path = '/v1/sessions-profile';
  const answer = await client({ operation, method: 'POST', path, headers: STRICT_SUMS, body, signal });
  if (answer.status >= 400) throw refusal(operation, refusalOf(answer), request);
  const opened = understand(openedSchema, answer);
  if (!opened.ok) throw unclear(operation, opened.reason);
  const { id, url } = opened.value;
  if (!isIdOf(settings.accountId, id)) throw unclear(operation, 'id: does not belong to our account');
  if (!isHttpUrl(url)) throw unclear(operation, 'url: not an absolute http(s) URL');
  return { sessionId: id, checkoutUrl: inLanguage(url, request.language) };
}

/**
 * Every session whose metadata names this payment, oldest first. Dintero's search only reduces the
 * candidates.
 */
export async function findSessions(calls: SessionCalls, key: PaymentKey): Promise<FoundSession[]> {
  const { client, signal } = calls;
  const filters = { search: key.orderReference };
  const found = new Map<string, FoundSession>();
  const listing = listingOf(client, { operation: 'find sessions', path: '/v1/sessions', filters, signal });
  for await (const rows of readPages(listing)) {
    for (const row of rows) {
      const session = await fromRow(calls, row, key);
      if (session?.key.paymentId === key.paymentId) found.set(session.sessionId, session);
    }
  }
  return [...found.values()].sort((left, right) => left.createdAt.getTime() - right.createdAt.getTime());
}

/** One session with its metadata. */
export async function readSession(
  calls: SessionCalls,
  sessionId: string,
  mayReturnTo: (returnUrl: string) => boolean = () => true,
): Promise<FoundSession | 'absent' | 'foreign'> {
  const { client, settings, signal } = calls;
  if (!isIdOf(settings.accountId, sessionId)) return 'foreign';
  const operation = 'read session';
  const path = `/v1/sessions/${encodeURIComponent(sessionId)}`;
  const answer = await client({ operation, method: 'GET', path, signal });
  if (answer.status === 404) return 'absent';
  const named = expected(namedSchema, operation, answer);
  if (named.id !== sessionId) throw unclear(operation, 'id: not the requested one');
  const key = keyOf(named.metadata);
  if (key === null || (named.url !== undefined && !mayReturnTo(named.url.return_url))) return 'foreign';
  const found = toFound(calls, answer.body, key);
  if (typeof found === 'string') throw unclear(operation, found);
  return found;
}

/**
 * The same for a session that another shop may have opened. Another paidonce on the account writes the same
 * metadata, so a session whose payer returns to another address is foreign.
 */
export async function readSessionOfAnyShop(
  calls: SessionCalls,
  sessionId: string,
): Promise<FoundSession | 'absent' | 'foreign'> {
  return readSession(calls, sessionId, (returnUrl) => isReturnTo(calls.settings.publicUrl, returnUrl));
}

/** Closes a session. After any refusal by Dintero the session has to be read again. */
export async function cancelSession(
  { client, settings, signal }: SessionCalls,
  sessionId: string,
): Promise<'cancelled' | 'refused'> {
  if (!isIdOf(settings.accountId, sessionId)) return 'refused';
  const path = `/v1/sessions/${encodeURIComponent(sessionId)}/cancel`;
  const operation = 'cancel session';
  const answer = await client({ operation, method: 'POST', path, signal });
  if (answer.status >= 400) return 'refused';
  expected(z.unknown(), operation, answer);
  return 'cancelled';
}

/** Uses a row that shows its metadata; any other session is read by its id. */
async function fromRow(calls: SessionCalls, row: unknown, key: PaymentKey): Promise<FoundSession | null> {
  const named = fitting(namedSchema, row);
  if (!named.ok) throw unclear('find sessions', named.reason);
  const { id, metadata, order } = named.value;
  if (metadata) {
    const own = keyOf(metadata);
    if (own?.paymentId !== key.paymentId || !isIdOf(calls.settings.accountId, id)) return null;
    const found = toFound(calls, row, own);
    return typeof found === 'string' ? readFound(calls, id) : found;
  }
  const isOther = order !== undefined && order.merchant_reference !== key.orderReference;
  return isOther ? null : readFound(calls, id);
}

async function readFound(calls: SessionCalls, sessionId: string): Promise<FoundSession | null> {
  const session = await readSession(calls, sessionId);
  return typeof session === 'string' ? null : session;
}

function toFound({ settings, now }: SessionCalls, session: unknown, key: PaymentKey): FoundSession | string {
  const parsed = fitting(sessionSchema, session);
  if (!parsed.ok) return parsed.reason;
  const checkoutUrl = viewUrl(settings.checkoutUrl, parsed.value.id);
  return toFoundSession(parsed.value, { key, checkoutUrl, now: now() });
}

function inLanguage(url: string, language: string | undefined): string {
  if (!language) return url;
  const localized = new URL(url);
  localized.searchParams.set('language', language);
  return localized.href;
}

/**
 * Dintero may repeat the request. The payer's address and phone number must not get into a log or a history.
 */
function refusal(operation: string, reason: string, { customer }: SessionRequest): GatewayRejected {
  return new GatewayRejected(`Dintero ${operation}: ${withoutPersonal(reason, customer)}`);
}
