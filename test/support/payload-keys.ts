import { createHash } from 'node:crypto';
import { parsePayloadKeys, type PayloadKeys } from '../../src/config/payload-keys.ts';

/** An entry of PAYLOAD_KEYS, always the same for an id. It protects nothing. */
export function aPayloadKey(id: string): string {
  return `${id}:${createHash('sha256').update(`a key for tests, ${id}`).digest('base64')}`;
}

/** @throws Error where the text is no PAYLOAD_KEYS */
export function payloadKeys(text: string): PayloadKeys {
  const keys = parsePayloadKeys(text);
  if (typeof keys === 'string') throw new Error(`expected ${keys}`);
  return keys;
}

/** The key of the stored histories whose names begin with `encrypted-`. */
export const HISTORY_KEY = aPayloadKey('histories');
export const HISTORY_KEYS = payloadKeys(HISTORY_KEY);
