/** The keys of `API_KEYS`, each with its name and what it may do: contract §3. */
import { fingerprintOf } from '../lib/fingerprint.ts';

/** `shop` opens and cancels sessions, `support` has things done again, `money` moves money and decides, `admin` does all; each reads. */
export const SCOPES = ['read', 'shop', 'support', 'money', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export interface ApiKey {
  /** Shown and kept beside what was done with it. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly key: string;
}

/** What an entry of `API_KEYS` should be, in the words of an error; it repeats nothing of the key. */
export const API_KEY_FORM =
  'keys of at least 24 characters each and without a colon, or name:scope:key with read, shop, support, money or admin, several with +';

const SHORTEST_KEY = 24;

/** An entry of `API_KEYS`, null where it is none. One without a name may do everything, and its name tells it from others. */
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

/** Whether a key may do what needs one of these scopes. */
export function allows({ scopes: held }: ApiKey, needed: readonly Scope[]): boolean {
  return held.includes('admin') || held.some((scope) => needed.includes(scope));
}

/** The first key that may do what needs one of these scopes; the first of all where none may, so that the refusal says why. */
export function keyFor(keys: readonly ApiKey[], needed: readonly Scope[]): string | undefined {
  return (keys.find((key) => allows(key, needed)) ?? keys[0])?.key;
}
