import { timingSafeEqual } from 'node:crypto';
import { fingerprintOf } from '../../lib/fingerprint.ts';

/** The secret that signed, by its place (0 is the newest) and its fingerprint. */
export interface WhichSecret {
  readonly secretIndex: number;
  readonly secretFingerprint: string;
}

/**
 * Which of the secrets makes one of these digests; null if none does. Every secret is compared with every
 * digest, so that the time taken does not reveal the matching one. All digests must have the length that
 * `sign` makes.
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
