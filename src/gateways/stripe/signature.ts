/** The signature of Stripe's webhooks: https://docs.stripe.com/webhooks#verify-manually */
import { createHmac } from 'node:crypto';
import type { RefusalReason } from '../verification.ts';
import { whichSecret, type WhichSecret } from '../shared/which-secret.ts';

/** Stripe's default, applied in both directions: its own library accepts any time in the future. */
const TOLERANCE_SECONDS = 300;

export type SignatureCheck =
  | (WhichSecret & { readonly outcome: 'verified' | 'stale'; readonly ageSeconds: number })
  | { readonly outcome: 'refused'; readonly reason: RefusalReason; readonly detail: string };

/**
 * Verifies that one of the secrets signed the time and these bytes, and says how long ago. The bytes are never
 * decoded: an invalid UTF-8 sequence and a byte order mark are signed as they are.
 */
export function verifySignature(
  header: string | undefined,
  body: Buffer,
  secrets: readonly string[],
  receivedAt: Date,
): SignatureCheck {
  if (header === undefined || header.trim() === '')
    return refused(
      'no_signature',
      'there is no Stripe-Signature header; check that Stripe itself is calling',
    );
  const parsed = parseHeader(header);
  if (typeof parsed === 'string') return refused('malformed_signature', parsed);
  const { timestamp, digests } = parsed;
  const which = whichSecret(secrets, digests, (secret) => digestOf(secret, timestamp, body));
  if (which === null)
    return refused(
      'wrong_signature',
      `the signature matches none of the ${secrets.length} secrets in STRIPE_WEBHOOK_SECRETS; ` +
        "check that they are this endpoint's (whsec_…), and that no proxy changes the body",
    );
  const ageSeconds = Math.floor(receivedAt.getTime() / 1_000) - Number(timestamp);
  const outcome = Math.abs(ageSeconds) <= TOLERANCE_SECONDS ? 'verified' : 'stale';
  return { outcome, ageSeconds, ...which };
}

/** The value of a `Stripe-Signature` header as Stripe makes it, for trials and tests. `timestamp`: unix seconds. */
export function signEvent(body: Buffer | string, secret: string, timestamp: number): string {
  return `t=${timestamp},v1=${digestOf(secret, String(timestamp), Buffer.from(body)).toString('hex')}`;
}

export interface ParsedHeader {
  readonly timestamp: string;
  readonly digests: readonly Buffer[];
}

/** The parts of the header, or what is wrong with it. Other schemes are skipped, as Stripe asks. */
export function parseHeader(header: string, scheme = 'v1'): ParsedHeader | string {
  const pairs = header.split(',').map((part) => part.trim().split('=', 2) as [string, string?]);
  const valuesOf = (name: string) => pairs.flatMap(([key, value = '']) => (key === name ? [value] : []));
  const [timestamp, ...others] = valuesOf('t');
  if (timestamp === undefined || others.length > 0) return 'expected exactly one t=<unix seconds>';
  if (!/^\d{1,12}$/.test(timestamp)) return 't must be unix seconds, digits only';
  const digests = valuesOf(scheme)
    .filter((hex) => /^[0-9a-f]{64}$/.test(hex))
    .map((hex) => Buffer.from(hex, 'hex'));
  return digests.length === 0 ? `no ${scheme}=<64 lower-case hex digits>` : { timestamp, digests };
}

function digestOf(secret: string, timestamp: string, body: Buffer): Buffer {
  return hmac(secret, `${timestamp}.`, body);
}

/** The secret is used as text, with its `whsec_`. */
export function hmac(secret: string, ...signed: readonly (string | Buffer)[]): Buffer {
  const digest = createHmac('sha256', secret);
  for (const part of signed) digest.update(part);
  return digest.digest();
}

function refused(reason: RefusalReason, detail: string): SignatureCheck {
  return { outcome: 'refused', reason, detail };
}
