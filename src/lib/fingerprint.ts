import { createHash } from 'node:crypto';

/** Hexadecimal SHA-256 of a text or of bytes. */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Identifies a secret in logs and lists without revealing it: the first 8 digits of its SHA-256. */
export function fingerprintOf(secret: string): string {
  return sha256(secret).slice(0, 8);
}
