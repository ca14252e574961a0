/** Signatures that no gateway made, each from a genuine one. */
import type { ProofMessage } from '../../gateways/gateway-proof.ts';

export interface Forgery {
  readonly what: string;
  readonly message: ProofMessage;
}

/** A digest in hex, as every gateway's signature has one. */
const DIGEST = /[0-9a-f]{40,}/;

/** Twenty variants of a genuine message. `byOther` is the same message, signed by secrets that are not ours. */
export function forgeriesOf(
  genuine: ProofMessage,
  header: string,
  byOther: (secret: string) => ProofMessage,
  secret: string,
): Forgery[] {
  const signature = genuine.headers[header] ?? '';
  const digest = DIGEST.exec(signature)?.[0] ?? '';
  const { [header]: _, ...unsigned } = genuine.headers;
  const withHeader = (value: string): ProofMessage => ({
    ...genuine,
    headers: { ...unsigned, [header]: value },
  });
  const withDigest = (other: string) => withHeader(signature.replace(DIGEST, other));
  const withTime = (by: number) =>
    withHeader(signature.replace(/\bt=(\d+)/, (_all, time: string) => `t=${Number(time) + by}`));
  const half = digest.length / 2;
  return [
    ['no signature', { ...genuine, headers: unsigned }],
    ['an empty signature', withHeader('')],
    ['a blank signature', withHeader(' ')],
    ['a word as the signature', withHeader('genuine')],
    ['the digest alone', withHeader(`digest=${digest}`)],
    ['the first digit changed', withDigest(changedAt(digest, 0))],
    ['a digit in the middle changed', withDigest(changedAt(digest, half))],
    ['the last digit changed', withDigest(changedAt(digest, digest.length - 1))],
    ['only zeros', withDigest('0'.repeat(digest.length))],
    ['only the digit f', withDigest('f'.repeat(digest.length))],
    ['a digest that is too short', withDigest(digest.slice(0, -2))],
    ['half of the digest', withDigest(digest.slice(0, half))],
    ['a digest that is too long', withDigest(`${digest}00`)],
    ['the halves exchanged', withDigest(digest.slice(half) + digest.slice(0, half))],
    ['the digest in base64', withDigest(Buffer.from(digest, 'hex').toString('base64'))],
    ['a time one second later', withTime(1)],
    ['a time one second earlier', withTime(-1)],
    ['another secret', byOther('a-secret-of-somebody-else')],
    ['the secret without its last character', byOther(secret.slice(0, -1))],
    ['the secret reversed', byOther(Array.from(secret).toReversed().join(''))],
  ].map(([what, message]) => ({ what, message }) as Forgery);
}

function changedAt(digest: string, at: number): string {
  return digest.slice(0, at) + (digest[at] === '0' ? '1' : '0') + digest.slice(at + 1);
}
