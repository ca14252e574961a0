import { createHmac } from 'node:crypto';
import { sha256 } from '../../lib/fingerprint.ts';
import type { RefusalReason } from '../verification.ts';
import { whichSecret, type WhichSecret } from '../shared/which-secret.ts';

/** SIGAPI's recommendation, applied in both directions: too old and too far in the future are both stale. */
const TOLERANCE_SECONDS = 300;

const SCHEME = 'v0-hmac-sha256';

/** The parts of the request line, not re-encoded. */
export interface SignedTarget {
  readonly method: string;
  readonly pathname: string;
  /** Sorted by name (stable) and form-encoded, as Dintero signs it. */
  readonly canonicalQuery: string;
}

/** The expected signer. */
export interface Signer {
  readonly accountId: string;
  /** Without port; from the configured public origin, never from a Host header. */
  readonly hostname: string;
  readonly secrets: readonly string[];
}

export type SignatureCheck =
  | (WhichSecret & {
      readonly outcome: 'verified' | 'stale';
      readonly timestamp: string;
      readonly ageSeconds: number;
    })
  | { readonly outcome: 'refused'; readonly reason: RefusalReason; readonly detail: string };

export interface ParsedHeader {
  readonly timestamp: string;
  readonly digests: readonly Buffer[];
}

/**
 * Splits a raw request target (`/path?query`); null if it is not in origin form or has control characters.
 */
export function parseTarget(method: string, target: string): SignedTarget | null {
  if (!target.startsWith('/') || /[\p{Cc} ]/u.test(target)) return null;
  const cut = target.indexOf('?');
  const pathname = cut === -1 ? target : target.slice(0, cut);
  return { method, pathname, canonicalQuery: canonicalize(cut === -1 ? '' : target.slice(cut)) };
}

/** Verifies that one of the secrets signed this method, host, path and query, and says how long ago. */
export function verifySignature(
  header: string | undefined,
  target: SignedTarget,
  signer: Signer,
  receivedAt: Date,
): SignatureCheck {
  if (header === undefined || header.trim() === '') {
    return refused(
      'no_signature',
      'there is no Dintero-Signature header; check that the account has a signature secret',
    );
  }
  const parsed = parseHeader(header);
  if (typeof parsed === 'string') return refused('malformed_signature', parsed);
  const text = signedText(parsed.timestamp, signer.accountId, signer.hostname, target);
  const which = whichSecret(signer.secrets, parsed.digests, (secret) => hmac(secret, text));
  if (which === null) return refused('wrong_signature', mismatchDetail(signer));
  const ageSeconds = Math.floor(receivedAt.getTime() / 1000) - Number(parsed.timestamp);
  const outcome = Math.abs(ageSeconds) <= TOLERANCE_SECONDS ? 'verified' : 'stale';
  return { outcome, timestamp: parsed.timestamp, ageSeconds, ...which };
}

/** The value of a `Dintero-Signature` header as Dintero makes it, for trials and tests. */
export function signCallback(request: {
  readonly method: string;
  /** The full URL of the call; its port is not signed. */
  readonly url: string;
  readonly accountId: string;
  readonly secret: string;
  /** Unix seconds. */
  readonly timestamp: number;
}): string {
  const { hostname } = new URL(request.url);
  const target = parseTarget(request.method, request.url.replace(/^https?:\/\/[^/?]*/, ''));
  if (target === null) throw new TypeError(`url must be absolute with a path, got ${request.url}`);
  const text = signedText(String(request.timestamp), request.accountId, hostname, target);
  return `t=${request.timestamp},${SCHEME}=${hmac(request.secret, text).toString('hex')}`;
}

/** A hash of the signed content without its time: equal for deliveries with the same message. */
export function contentHash({ method, pathname, canonicalQuery }: SignedTarget): string {
  return sha256(`${method}\n${pathname}\n${canonicalQuery}`);
}

function canonicalize(query: string): string {
  const params = new URLSearchParams(query);
  params.sort();
  return params.toString();
}

/** The parts of the header, or what is wrong with it. Unknown schemes are skipped. */
export function parseHeader(header: string, scheme = SCHEME): ParsedHeader | string {
  const pairs = header.split(',').map(parsePair);
  const stamps = valuesOf(pairs, 't');
  const timestamp = stamps[0];
  if (timestamp === undefined || stamps.length > 1) return 'expected exactly one t=<unix seconds>';
  if (!/^\d{1,12}$/.test(timestamp)) return 't must be unix seconds, digits only';
  const digests = valuesOf(pairs, scheme)
    .filter((hex) => /^[0-9a-f]{64}$/.test(hex))
    .map((hex) => Buffer.from(hex, 'hex'));
  return digests.length === 0 ? `no ${scheme}=<64 lower-case hex digits>` : { timestamp, digests };
}

function parsePair(part: string): readonly [string, string] {
  const cut = part.indexOf('=');
  return cut === -1 ? [part.trim(), ''] : [part.slice(0, cut).trim(), part.slice(cut + 1).trim()];
}

function valuesOf(pairs: readonly (readonly [string, string])[], name: string): string[] {
  return pairs.filter(([key]) => key === name).map(([, value]) => value);
}

/** Six lines, as Dintero signs them. */
export function signedText(
  timestamp: string,
  accountId: string,
  hostname: string,
  target: SignedTarget,
): string {
  return [timestamp, accountId, target.method, hostname, target.pathname, target.canonicalQuery].join('\n');
}

export function hmac(secret: string, text: string | Buffer): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

function mismatchDetail({ secrets, hostname }: Signer): string {
  return (
    `the signature matches none of the ${secrets.length} configured secrets for host ${hostname}; ` +
    'check that Dintero calls PUBLIC_URL, and that no proxy changes the path or the query'
  );
}

function refused(reason: RefusalReason, detail: string): SignatureCheck {
  return { outcome: 'refused', reason, detail };
}
