/**
 * Why a refused callback might have been genuine. Dintero signs the method, the host, the path and the query of a
 * session callback, and the body of an account webhook.
 */
import type { Clue } from '../../domain/refusal-clue.ts';
import type { KnownSecret, RawRequest } from '../verification.ts';
import { bodyVariants } from '../shared/body-variants.ts';
import { explainSignature, orElse, type SigningScheme, type Variant } from '../shared/explain-signature.ts';
import { verifyAccountWebhook, type WebhookSigner } from './account-webhook.ts';
import * as body from './body-signature.ts';
import { hmac, parseHeader, parseTarget, signedText, type SignedTarget, type Signer } from './signature.ts';
import { targetVariants } from './target-variants.ts';
import { verifyCallback } from './verify-callback.ts';

/** The address at which Dintero reaches us, and everything that may sign. */
export interface ExplainedSigner extends Signer, WebhookSigner {
  readonly publicUrl: string;
}

/** `endpoint`: at which of our two addresses the callback has arrived. */
export function explainRefusal(
  request: RawRequest,
  endpoint: 'session' | 'account',
  signer: ExplainedSigner,
  known: readonly KnownSecret[],
): readonly Clue[] {
  const target = parseTarget(request.method, request.target);
  if (target === null) return [];
  const scheme = endpoint === 'account' ? ofAccount(request, signer) : ofSession(request, target, signer);
  const clues = explainSignature(request, scheme, known);
  return orElse(atOtherEndpoint(clues, request, { endpoint, signer }), () =>
    endpoint === 'account' && request.body.length === 0 ? { code: 'body_missing' } : null,
  );
}

/** Each address has a header of its own, so the other one's is a certain sign. */
function atOtherEndpoint(
  clues: readonly Clue[],
  request: RawRequest,
  { endpoint, signer }: { readonly endpoint: 'session' | 'account'; readonly signer: ExplainedSigner },
): readonly Clue[] {
  if (clues.length === 0) return clues;
  const isSession = endpoint === 'session';
  const { outcome } = isSession ? verifyAccountWebhook(request, signer) : verifyCallback(request, signer);
  if (outcome !== 'verified' && outcome !== 'stale') return clues;
  return [{ code: 'other_endpoint', what: isSession ? 'account' : 'session' }];
}

function ofSession(request: RawRequest, target: SignedTarget, signer: ExplainedSigner): SigningScheme {
  const { accountId, hostname, secrets } = signer;
  return {
    header: 'dintero-signature',
    variable: 'DINTERO_SIGNATURE_SECRETS',
    secrets,
    parse: (value) => read(value),
    parseOther(value) {
      const [, scheme] = /(?:^|,)\s*([\w.-]{1,40})=[0-9a-f]{64}(?:,|$)/.exec(value) ?? [];
      const parsed = scheme === undefined ? null : read(value, scheme);
      return parsed === null || scheme === undefined ? null : { ...parsed, scheme };
    },
    sign: hmac,
    asItCame: (timestamp) => Buffer.from(signedText(timestamp, accountId, hostname, target)),
    *variants(timestamp): Iterable<Variant> {
      for (const { clue, ...changed } of targetVariants(request, target, signer)) {
        const { accountId: account = accountId, hostname: host = hostname, ...parts } = changed;
        yield { clue, signed: Buffer.from(signedText(timestamp, account, host, { ...target, ...parts })) };
      }
    },
  };
}

function read(value: string, scheme?: string): ReturnType<SigningScheme['parse']> {
  const parsed = parseHeader(value, scheme);
  return typeof parsed === 'string' ? null : parsed;
}

/** The signature has no time. */
function ofAccount(request: RawRequest, { webhookSecrets }: WebhookSigner): SigningScheme {
  return {
    header: 'event-signature',
    variable: 'DINTERO_WEBHOOK_SECRETS',
    secrets: webhookSecrets,
    parse: (value) =>
      /^[0-9a-f]{40}$/i.test(value.trim())
        ? { timestamp: '', digests: [Buffer.from(value.trim(), 'hex')] }
        : null,
    sign: body.hmac,
    asItCame: () => request.body,
    *variants(): Iterable<Variant> {
      for (const { what, body: signed } of bodyVariants(request.body))
        yield { clue: { code: 'body_changed', what }, signed };
    },
  };
}
