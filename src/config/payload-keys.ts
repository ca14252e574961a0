/** The keys of `PAYLOAD_KEYS`, which encrypt what Temporal stores: docs/adr/0029. */
import { createSecretKey, type KeyObject } from 'node:crypto';

export interface PayloadKeys {
  /** The id of the key that encrypts; null where payloads are stored as they are. */
  readonly encrypts: string | null;
  /** Every key that decrypts, by its id. A `KeyObject` shows nothing of the key when it is printed. */
  readonly byId: ReadonlyMap<string, KeyObject>;
}

/** Nothing is encrypted, and nothing can be decrypted. */
export const NO_PAYLOAD_KEYS: PayloadKeys = { encrypts: null, byId: new Map() };

/** As the first entry it switches encryption off, while the keys after it still decrypt. */
const PLAIN = 'plain';
const KEY_BYTES = 32;
/** Different ones; a random key practically never has so few. */
const FEWEST_BYTES = 8;
const ENTRY = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39}):([A-Za-z0-9+/]+={0,2})$/;

/**
 * Parses the keys, the first one first. A string is the expected form, for an error text that begins with
 * `expected`; it repeats nothing of a key.
 */
export function parsePayloadKeys(text: string): PayloadKeys | string {
  const entries = text.split(',');
  const isPlain = entries[0] === PLAIN;
  const byId = new Map<string, KeyObject>();
  for (const [index, entry] of entries.entries()) {
    if (index === 0 && isPlain) continue;
    const [, id = '', encoded = ''] = ENTRY.exec(entry) ?? [];
    if (id === '' || id === PLAIN) return expectedEntry(index + 1);
    if (byId.has(id)) return `each key id once, found "${id}" twice`;
    const bytes = Buffer.from(encoded, 'base64');
    if (bytes.length !== KEY_BYTES)
      return `${KEY_BYTES} bytes in base64 as the key "${id}", found ${bytes.length} bytes; make one with: openssl rand -base64 ${KEY_BYTES}`;
    if (new Set(bytes).size < FEWEST_BYTES) return `random bytes as the key "${id}", not a few repeated ones`;
    byId.set(id, createSecretKey(bytes));
  }
  const [first] = byId.keys();
  if (first === undefined)
    return `"${PLAIN}" only in front of keys; leave the variable out where there are none`;
  return { encrypts: isPlain ? null : first, byId };
}

function expectedEntry(position: number): string {
  return (
    `keyId:key as entry ${position}, with a keyId of at most 40 letters, digits, dots, underscores or hyphens, and ` +
    `${KEY_BYTES} bytes in base64 as the key (openssl rand -base64 ${KEY_BYTES}); entries are separated by commas without blanks, ` +
    `and "${PLAIN}" may stand in front of them`
  );
}
