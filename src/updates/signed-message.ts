/** An update as an HTTP request to the merchant, by Standard Webhooks. Contract §6. */
import { Webhook } from 'standardwebhooks';
import { answered, httpCall, inSpan, traceHeaders } from '../lib/spans.ts';
import { withTimeLimit } from '../lib/time-limit.ts';
import { fetchTarget } from '../lib/url-credentials.ts';
import type { SentAttempt } from '../store/update-attempts.ts';
import { firstWords } from './first-words.ts';

export interface MerchantEndpoint {
  /** ORDER_WEBHOOK_URL as written. */
  readonly url: string;
  /** The time limit of its answer. */
  readonly timeoutMs: number;
  /** `whsec_…`, newest first. Each adds a signature. */
  readonly secrets: readonly string[];
}

/** A request as it is sent. */
export interface SignedMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The update as a request that is signed at this time. */
export function signedMessage(
  { url: written, secrets }: Pick<MerchantEndpoint, 'url' | 'secrets'>,
  { effectId, body }: { readonly effectId: string; readonly body: string },
  at: Date,
): SignedMessage {
  const { url, authorization } = fetchTarget(written);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'paidonce',
    ...(authorization !== null && { authorization }),
    'webhook-id': effectId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(effectId, at, body)).join(' '),
  };
  return { url, headers, body };
}

/**
 * Returns the status and the first characters of the answer, or why there was none. With tracing, the request has a
 * `traceparent`, which is not signed. Never throws.
 */
export async function sendMessage(
  { url, headers, body }: SignedMessage,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<SentAttempt> {
  const sentAt = Date.now();
  try {
    return await withTimeLimit(timeoutMs, [signal], (limited) =>
      inSpan('POST order update', httpCall('POST', url), async (span) => {
        const sent = { ...headers, ...traceHeaders() };
        const init = { method: 'POST', redirect: 'manual', headers: sent, body, signal: limited } as const;
        const response = await fetch(url, init);
        answered(span, response.status);
        const ms = Date.now() - sentAt;
        return { status: response.status, error: null, ms, answer: await firstWords(response.body) };
      }),
    );
  } catch (error) {
    return { status: null, error: inWords(error, timeoutMs), ms: Date.now() - sentAt, answer: null };
  }
}

function inWords(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string } };
  if (name === 'TimeoutError') return `nothing within ${timeoutMs / 1_000} s`;
  return `nothing: ${cause?.code ?? message}`;
}
