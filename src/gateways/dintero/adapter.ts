import { z } from 'zod';
import { fingerprintOf } from '../../lib/fingerprint.ts';
import type { CallOptions, Gateway } from '../gateway.ts';
import { listPayments } from './account-payments.ts';
import type { RawRequest, SigningSecrets } from '../verification.ts';
import { verifyAccountWebhook } from './account-webhook.ts';
import { verifyCallback } from './verify-callback.ts';
import { DINTERO_TRAITS, rulesFor } from './capabilities.ts';
import type { DinteroClient } from './client.ts';
import { createDinteroClient } from './client.ts';
import { explainRefusal, type ExplainedSigner } from './explain-refusal.ts';
import { findSubscription } from './hooks.ts';
import { DINTERO_LISTINGS, listPage } from './listings.ts';
import { operate, updateReference } from './money-calls.ts';
import { readPayment } from './read-payment.ts';
import type { SessionCalls } from './session-calls.ts';
import { cancelSession, createSession, findSessions, readSessionOfAnyShop } from './session-calls.ts';
import { countCallbacksSent } from './session-events.ts';
import type { DinteroDeps, DinteroSettings } from './settings.ts';
import { checkedSettings } from './settings.ts';
import { modeOf } from './id-parts.ts';
import { accountUrl, transactionPage } from './urls.ts';
import { HOSTS } from './variables.ts';
import { expected } from './parse-answer.ts';

/** Dintero as a `Gateway`. Throws if the settings can't be right. */
export function createDinteroGateway(given: DinteroSettings, deps: DinteroDeps = {}): Gateway {
  const settings = checkedSettings(given);
  const now = deps.now ?? (() => new Date());
  const client = createDinteroClient(settings, { ...deps, now });
  const signer = toSigner(settings);
  const accountPath = new URL(accountUrl(settings.publicUrl)).pathname;
  const calls = (options?: CallOptions): SessionCalls => ({ client, settings, now, signal: options?.signal });
  const caller = (options?: CallOptions) => ({
    client,
    accountId: settings.accountId,
    signal: options?.signal,
  });
  return {
    id: 'dintero',
    account: settings.accountId,
    mode: modeOf(settings.accountId),
    secrets: [
      signing('session', 'DINTERO_SIGNATURE_SECRETS', signer.secrets),
      signing('account', 'DINTERO_WEBHOOK_SECRETS', signer.webhookSecrets),
    ],
    traits: DINTERO_TRAITS,
    ...(settings.checkoutUrl === HOSTS.DINTERO_CHECKOUT_URL && {
      transactionPage: transactionPage(settings.accountId),
    }),
    verify: (request) =>
      isAt(accountPath, request) ? verifyAccountWebhook(request, signer) : verifyCallback(request, signer),
    explainRefusal: (request, known) =>
      explainRefusal(request, isAt(accountPath, request) ? 'account' : 'session', signer, known),
    createSession: (request, options) => createSession(calls(options), request),
    findSessions: (key, _since, options) => findSessions(calls(options), key),
    readSession: (sessionId, options) => readSessionOfAnyShop(calls(options), sessionId),
    readPayment: (at, options) => readPayment(caller(options), at),
    cancelSession: (sessionId, options) => cancelSession(calls(options), sessionId),
    operate: (request, options) => operate(caller(options), request),
    updateReference: (transactionId, reference, options) =>
      updateReference(caller(options), transactionId, reference),
    rulesFor,
    listings: DINTERO_LISTINGS,
    listPage: (place, options) => listPage(client, place, options),
    listPayments: (place, options) => listPayments(client, place, options),
    countMissedCallbacks: ({ sessionIds }, options) => countCallbacksSent(caller(options), sessionIds),
    findSubscription: (options) => findSubscription(caller(options), settings),
    checkCredentials: (options) => checkCredentials(client, options),
  };
}

function toSigner(settings: DinteroSettings): ExplainedSigner {
  const { accountId, publicUrl, signatureSecrets: secrets, webhookSecrets = [] } = settings;
  return { accountId, publicUrl, hostname: new URL(publicUrl).hostname, secrets, webhookSecrets };
}

function signing(kind: string, variable: string, secrets: readonly string[]): SigningSecrets {
  return { kind, variable, fingerprints: secrets.map(fingerprintOf) };
}

function isAt(path: string, { target }: RawRequest): boolean {
  return target.split('?', 1)[0] === path;
}

async function checkCredentials(client: DinteroClient, options?: CallOptions): Promise<{ account?: string }> {
  const operation = 'check credentials';
  const path = '/v1/transactions?limit=1';
  const answer = await client({ operation, method: 'GET', path, signal: options?.signal });
  expected(z.unknown(), operation, answer);
  return {};
}
