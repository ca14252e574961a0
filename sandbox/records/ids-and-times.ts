import { randomBytes } from 'node:crypto';

/** The alphabet of short-uuid, which Dintero's ids look like: nothing that can be misread. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** 22 characters, random. */
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

/** Now, as records write times: ISO 8601 in UTC with milliseconds, so that times compare as texts. */
export function nowIso(): string {
  return new Date().toISOString();
}
