/** The keys of `API_KEYS`, each with its name and scopes: contract §3. */
import { fingerprintOf } from '../lib/fingerprint.ts';

/**
 * `shop` opens and cancels sessions, `support` redelivers callbacks and updates, reconciles and backfills, `money` moves money and
 * decides, `admin` may do everything. Every scope may read.
 */
export const SCOPES = ['read', 'shop', 'support', 'money', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export interface ApiKey {
  /** Shown in the API, and kept with each action of the key. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly key: string;
}

/** The expected form of an entry of `API_KEYS`, for error texts. It repeats nothing of the key. */
export const API_KEY_FORM =
  'keys of at least 24 characters each without a colon, or name:scope:key with the scope read, shop, support, money or admin, or several joined by +';

const SHORTEST_KEY = 24;

/**
 * Parses an entry of `API_KEYS`; null if it is invalid. A key without a name may do everything, and its name
 * is made from its fingerprint.
 */
export function parseApiKey(entry: string): ApiKey | null {
  const parts = entry.split(':');
  const key = parts.at(-1) ?? '';
  if (key.length < SHORTEST_KEY || !/^[\x21-\x7e]+$/.test(key)) return null;
  if (parts.length === 1) return { name: `key-${fingerprintOf(key)}`, scopes: ['admin'], key };
  const [name = '', named = ''] = parts;
  const scopes = named.split('+');
  if (parts.length !== 3 || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/.test(name)) return null;
  return scopes.every(isScope) ? { name, scopes, key } : null;
}

function isScope(word: string): word is Scope {
  return (SCOPES as readonly string[]).includes(word);
}

/** Whether a key has one of these scopes, or `admin`. */
export function allows({ scopes: held }: ApiKey, needed: readonly Scope[]): boolean {
  return held.includes('admin') || held.some((scope) => needed.includes(scope));
}

/**
 * The first key that has one of these scopes. If none has, the first key of all, so that the service's
 * refusal says why.
 */
export function keyFor(keys: readonly ApiKey[], needed: readonly Scope[]): string | undefined {
  return (keys.find((key) => allows(key, needed)) ?? keys[0])?.key;
}
