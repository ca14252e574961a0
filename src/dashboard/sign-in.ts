/**
 * Who is signed in: a cookie that names an API key and a person, signed with that key. No process has to remember
 * it, and it ends with the key.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '../config/api-keys.ts';

export interface SignedIn {
  readonly key: ApiKey;
  /** The name that the person gave. It is the actor of all that they do. */
  readonly person: string;
  /** For every form of this session. */
  readonly csrf: string;
  /** Who this is, for the scripts of a page: another sign-in is another. */
  readonly session: string;
}

/** A working day and a little more. */
export const SESSION_MS = 12 * 3_600_000;

/** The value of the cookie of a new session. */
export function cookieOf(key: ApiKey, person: string, now: number): string {
  const session = randomBytes(16).toString('base64url');
  const content = { k: key.name, p: person, s: session, e: now + SESSION_MS };
  const text = Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${text}.${signed(key, 'session', text)}`;
}

/** The session of a cookie. Null where its key is not configured any more, it is expired, or it is not ours. */
export function signedInBy(
  cookie: string | undefined,
  apiKeys: readonly ApiKey[],
  now: number,
): SignedIn | null {
  const [text = '', signature = ''] = (cookie ?? '').split('.');
  const content = contentOf(text);
  if (content === null || content.e <= now) return null;
  const key = apiKeys.find(
    (one) => one.name === content.k && isSame(signed(one, 'session', text), signature),
  );
  if (key === undefined) return null;
  return { key, person: content.p, session: content.s, csrf: signed(key, 'form', content.s) };
}

/** Compares in constant time. */
export function isSame(left: string, right: string): boolean {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

interface Content {
  /** The name of the key. */
  readonly k: string;
  readonly p: string;
  readonly s: string;
  /** When it ends, in milliseconds. */
  readonly e: number;
}

/** It is believed only once the signature has been checked. */
function contentOf(text: string): Content | null {
  try {
    const { k, p, s, e } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    const isWhole =
      typeof k === 'string' && typeof p === 'string' && typeof s === 'string' && typeof e === 'number';
    return isWhole ? { k, p, s, e } : null;
  } catch {
    return null;
  }
}

function signed({ key }: ApiKey, purpose: 'session' | 'form', text: string): string {
  return createHmac('sha256', key).update(`paidonce dashboard ${purpose} ${text}`).digest('base64url');
}
