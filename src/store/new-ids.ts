import { randomBytes } from 'node:crypto';

export type Prefix = 'pay' | 'dlv' | 'op' | 'wake' | 'aud' | 'rec' | 'bkf' | 'apr' | 'prc';

/** An id that shows its kind and sorts by time, so that lists need no second key: `pay_01f3…`. `at`: in milliseconds. */
export function newId(prefix: Prefix, at = Date.now()): string {
  return `${beginning(prefix, at)}${randomBytes(8).toString('hex')}`;
}

/** The largest clock difference that we expect between our machines and the store. */
const CLOCKS_APART_MS = 3_600_000;

/**
 * Below the id of every row that the store created at that time or later, so that a list by time need not
 * read all rows.
 */
export function idsFrom(prefix: Prefix, at: Date): string {
  return beginning(prefix, Math.max(0, at.getTime() - CLOCKS_APART_MS));
}

/** Above the id of every row that the store created before that time. */
export function idsUntil(prefix: Prefix, at: Date): string {
  return beginning(prefix, Math.max(0, at.getTime() + CLOCKS_APART_MS));
}

function beginning(prefix: Prefix, ms: number): string {
  return `${prefix}_${ms.toString(16).padStart(12, '0')}`;
}

/** 128 random bits for a return URL, in 22 characters. */
export function newReturnKey(): string {
  return randomBytes(16).toString('base64url');
}
