import { randomBytes } from 'node:crypto';

/** An id that says what it is and sorts by time, so that lists need no second key: `pay_01f3…`. */
export function newId(prefix: 'pay' | 'dlv' | 'op' | 'wake' | 'aud'): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${prefix}_${time}${randomBytes(8).toString('hex')}`;
}

/** 128 random bits for a return URL, in 22 characters. */
export function newReturnKey(): string {
  return randomBytes(16).toString('base64url');
}
