import { randomBytes } from 'node:crypto';

/** The alphabet of short-uuid, which Dintero's ids seem to use: it has no characters that look alike. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** 22 random characters. */
export function shortId(): string {
  let id = '';
  for (const byte of randomBytes(22)) id += ALPHABET.charAt(byte % ALPHABET.length);
  return id;
}

/** The account that an id belongs to. */
export function accountOf(id: string): string {
  return id.slice(0, id.indexOf('.'));
}

/** An id as Dintero writes them: `T12345678.` and 22 characters. */
export function accountId(account: string): string {
  return `${account}.${shortId()}`;
}

/** The present time as records have it: ISO 8601 in UTC with milliseconds, so that times compare as texts. */
export function nowIso(): string {
  return new Date().toISOString();
}
