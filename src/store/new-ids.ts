import { randomBytes } from 'node:crypto';

type Prefix = 'pay' | 'dlv' | 'op' | 'wake' | 'aud';

/** An id that says what it is and sorts by time, so that lists need no second key: `pay_01f3…`. */
export function newId(prefix: Prefix): string {
  return `${beginning(prefix, Date.now())}${randomBytes(8).toString('hex')}`;
}

/** How far the clocks of our machines and the store's may be apart. */
const CLOCKS_APART_MS = 3_600_000;

/** Below every id of a row that the store has seen made at that time or later: a list by time need not read them all. */
export function idsFrom(prefix: Prefix, at: Date): string {
  return beginning(prefix, Math.max(0, at.getTime() - CLOCKS_APART_MS));
}

function beginning(prefix: Prefix, ms: number): string {
  return `${prefix}_${ms.toString(16).padStart(12, '0')}`;
}

/** 128 random bits for a return URL, in 22 characters. */
export function newReturnKey(): string {
  return randomBytes(16).toString('base64url');
}
