import { createHash } from 'node:crypto';

/** Hexadecimal SHA-256 of a text or of bytes. */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Names a secret in logs and lists without telling it: the first 8 digits of its SHA-256. */
export function fingerprintOf(secret: string): string {
  return sha256(secret).slice(0, 8);
}
