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
 * PostgreSQL's own classes: connection trouble, too many connections, shutting down, cancelled by a time limit, read-only (a standby, or
 * one that is failing over); and a table or
 * column that is not there, since an API may take requests a moment before the migrations have run.
 */
const SERVER_CODES = /^(08|53|57P|57014|25006|42P01|42703)/;

const MESSAGES =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error|PGlite is closed/;

/** The store did not answer within the time that a caller has. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Waits for the store so long and no longer. Its own errors pass as they are. @throws StoreUnavailable */
export function withStoreTimeout<T>(call: Promise<T>, ms: number): Promise<T> {
  return inTime(call, ms, () => new StoreUnavailable(`no answer from the store within ${ms} ms`));
}

/** Whether an error means that the store is away, rather than that a statement is wrong. */
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

/** An error and what it came of; a chain may go round in a circle. */
function* chainOf(error: unknown): Generator<ErrorLike> {
  for (let at = error, depth = 0; isErrorLike(at) && depth < 5; at = at.cause, depth += 1) yield at;
}

/** What was asked for names a row that is not there, and that nobody will write any more. */
export class NoSuchRow extends Error {
  override readonly name = 'NoSuchRow';
}

/** PostgreSQL's classes of values that it can't take (text, times, numbers, JSON) and of rows that may not be. */
const REFUSED_VALUES = /^2[23]/;

/** Whether the same input would fail however often it is tried: a value that no database takes, a row that is not there. */
export function isHopeless(error: unknown): boolean {
  for (const { code, name } of chainOf(error)) {
    if (typeof code === 'string' && REFUSED_VALUES.test(code)) return true;
    if (name === 'NoSuchRow' || name === 'RangeError' || name === 'SyntaxError') return true;
  }
  return false;
}

/** An error as it may be told, without the values that a failed statement's own message repeats. */
export function withoutValues(error: unknown): unknown {
  return isFailedStatement(error) ? new Error(`the store: ${rootOf(error)}`) : error;
}
