import { createHash } from 'node:crypto';

/** Names a secret in logs and lists without telling it: the first 8 hexadecimal digits of its SHA-256. */
export function fingerprintOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 8);
}
