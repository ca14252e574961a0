import { inTime } from '../lib/time-limit.ts';
import { isErrorLike, isFailedStatement, rootOf, type ErrorLike } from '../lib/root-of.ts';

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);

/**
 * PostgreSQL's error classes for an unavailable store: connection trouble, too many connections, shutting
 * down, cancelled by a time limit, read-only (a standby, or a server that is failing over). Also a missing
 * table or column, since an API may get requests just before the migrations have run.
 */
const SERVER_CODES = /^(08|53|57P|57014|25006|42P01|42703)/;

const MESSAGES =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error|PGlite is closed/;

/** The store did not answer within the caller's time limit. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Limits the wait for the store. The store's own errors pass unchanged. @throws StoreUnavailable */
export function withStoreTimeout<T>(call: Promise<T>, ms: number): Promise<T> {
  return inTime(call, ms, () => new StoreUnavailable(`no answer from the store within ${ms} ms`));
}

/** Whether an error means that the store is away, and not that a statement is wrong. */
export function isStoreUnavailable(error: unknown): boolean {
  for (const at of chainOf(error)) {
    const { code, message, errors } = at;
    if (at instanceof StoreUnavailable) return true;
    if (typeof code === 'string' && (CONNECTION_CODES.has(code) || SERVER_CODES.test(code))) return true;
    if (typeof message === 'string' && MESSAGES.test(message)) return true;
    if (Array.isArray(errors) && errors.some(isStoreUnavailable)) return true;
  }
  return false;
}

/** An error and its causes. A chain of causes may be a circle. */
function* chainOf(error: unknown): Generator<ErrorLike> {
  for (let at = error, depth = 0; isErrorLike(at) && depth < 5; at = at.cause, depth += 1) yield at;
}

/** The request names a row that does not exist and will never be written. */
export class NoSuchRow extends Error {
  override readonly name = 'NoSuchRow';
}

/**
 * PostgreSQL's error classes for values that it can't store (text, times, numbers, JSON) and for rows that
 * violate a constraint.
 */
const REFUSED_VALUES = /^2[23]/;

/**
 * Whether every retry with the same input would fail: a value that no database stores, or a row that does not
 * exist.
 */
export function isHopeless(error: unknown): boolean {
  for (const { code, name } of chainOf(error)) {
    if (typeof code === 'string' && REFUSED_VALUES.test(code)) return true;
    if (name === 'NoSuchRow' || name === 'RangeError' || name === 'SyntaxError') return true;
  }
  return false;
}

/**
 * The error in a form that may be shown: without the values that the message of a failed statement repeats.
 */
export function withoutValues(error: unknown): unknown {
  return isFailedStatement(error) ? new Error(`the store: ${rootOf(error)}`) : error;
}
