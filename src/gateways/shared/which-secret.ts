import { timingSafeEqual } from 'node:crypto';
import { fingerprintOf } from '../../lib/fingerprint.ts';

/** The secret that has signed, by its place (0 the newest) and its fingerprint. */
export interface WhichSecret {
  readonly secretIndex: number;
  readonly secretFingerprint: string;
}

/**
 * Which of the secrets makes one of these digests; null where none does. Compares with every secret and every digest, so that the time
 * taken does not tell which one was right. All digests must be of the length that `sign` makes.
 */
export function whichSecret(
  secrets: readonly string[],
  digests: readonly Buffer[],
  sign: (secret: string) => Buffer,
): WhichSecret | null {
  const matches = secrets.map((secret) => {
    const expected = sign(secret);
    return digests.map((digest) => timingSafeEqual(digest, expected)).includes(true);
  });
  const secretIndex = matches.indexOf(true);
  const secret = secrets[secretIndex];
  return secret === undefined ? null : { secretIndex, secretFingerprint: fingerprintOf(secret) };
}
