import { z } from 'zod';
import { fingerprintOf } from '../../lib/fingerprint.ts';
import type { CallOptions, Gateway } from '../gateway.ts';
import { listEvents } from './account-events.ts';
import { listPayments } from './account-payments.ts';
import { idField } from '../shared/gateway-fields.ts';
import { rulesFor, STRIPE_TRAITS } from './capabilities.ts';
import { createStripeClient, type StripeClient } from './client.ts';
import { explainRefusal } from './explain-refusal.ts';
import { listPage, STRIPE_LISTINGS } from './listings.ts';
import { countMissedEvents } from './missed-events.ts';
import { operate } from './money-calls.ts';
import { expected } from './parse-answer.ts';
import { readPayment } from './read-payment.ts';
import {
  cancelSession,
  createSession,
  findSessions,
  readSession,
  type SessionCalls,
} from './session-calls.ts';
import { checkedSettings, modeOf, type StripeDeps, type StripeSettings } from './settings.ts';
import { transactionPage } from './urls.ts';
import { HOSTS } from './variables.ts';
import { verifyCallback } from './verify-callback.ts';
import { findSubscription } from './webhook-endpoints.ts';

/** Stripe as a `Gateway`. Throws if the settings can't be right. */
export function createStripeGateway(given: StripeSettings, deps: StripeDeps = {}): Gateway {
  const settings = checkedSettings(given);
  const { accountId: account, webhookSecrets: secrets, publicUrl } = settings;
  const now = deps.now ?? (() => new Date());
  const client = createStripeClient(settings, { ...deps, now });
  const mode = modeOf(settings.secretKey);
  const { host } = new URL(publicUrl);
  const common = { client, mode, host, publicUrl, account, now };
  const calls = (options?: CallOptions): SessionCalls & typeof common => ({
    ...common,
    signal: options?.signal,
  });
  return {
    id: 'stripe',
    account,
    mode,
    secrets: [
      { kind: 'account', variable: 'STRIPE_WEBHOOK_SECRETS', fingerprints: secrets.map(fingerprintOf) },
    ],
    traits: STRIPE_TRAITS,
    ...(settings.apiUrl === HOSTS.STRIPE_API_URL && { transactionPage: transactionPage(mode) }),
    verify: (request) => verifyCallback(request, { accountId: account, mode, host, secrets }),
    explainRefusal: (request, known) => explainRefusal(request, { mode, secrets }, known),
    createSession: (request, options) => createSession(calls(options), request),
    findSessions: (key, since, options) => findSessions(calls(options), key, since),
    readSession: (sessionId, options) => readSession(calls(options), sessionId),
    readPayment: (at, options) => readPayment(calls(options), at),
    cancelSession: (sessionId, options) => cancelSession(calls(options), sessionId),
    operate: (request, options) => operate(calls(options), request),
    rulesFor,
    listings: STRIPE_LISTINGS,
    listPage: (place, options) => listPage(common, place, options),
    listPayments: (place, options) => listPayments(client, place, options),
    listEvents: (place, options) => listEvents({ client, accountId: account, mode, host }, place, options),
    countMissedCallbacks: (within, options) => countMissedEvents(common, within, options?.signal),
    findSubscription: (options) => findSubscription(calls(options), publicUrl),
    checkCredentials: (options) => checkCredentials(client, settings, options),
  };
}

const accountSchema = z.object({ id: idField.optional().catch(undefined) });

/** A restricted key can hardly read its own account, so it is tried where it must work. */
async function checkCredentials(
  client: StripeClient,
  { secretKey }: Pick<StripeSettings, 'secretKey'>,
  options?: CallOptions,
): Promise<{ account?: string }> {
  const operation = 'check credentials';
  const isRestricted = secretKey.startsWith('rk_');
  const path = isRestricted ? '/v1/checkout/sessions' : '/v1/account';
  const query = isRestricted ? { limit: 1 } : {};
  const answer = await client({ operation, method: 'GET', path, query, signal: options?.signal });
  const { id } = expected(accountSchema, operation, answer);
  return id !== undefined && !isRestricted ? { account: id } : {};
}
