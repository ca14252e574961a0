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
 * PostgreSQL's own classes: connection trouble, too many connections, shutting down, cancelled by a time limit; and a table or
 * column that is not there, since an API may take requests a moment before the migrations have run.
 */
const SERVER_CODES = /^(08|53|57P|57014|42P01|42703)/;

const MESSAGES =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error|PGlite is closed|StoreTimeout/;

/** Whether an error means that the store is away, rather than that a statement is wrong. */
export function isStoreUnavailable(error: unknown): boolean {
  for (let at = error, depth = 0; isErrorLike(at) && depth < 5; at = at.cause, depth += 1) {
    const { code, message, errors } = at;
    if (typeof code === 'string' && (CONNECTION_CODES.has(code) || SERVER_CODES.test(code))) return true;
    if (typeof message === 'string' && MESSAGES.test(message)) return true;
    if (Array.isArray(errors) && errors.some(isStoreUnavailable)) return true;
  }
  return false;
}

/** By its shape: an error of Node's own is no `instanceof Error` inside a VM context, where tests run. */
function isErrorLike(
  value: unknown,
): value is { code?: unknown; message?: unknown; errors?: unknown; cause?: unknown } {
  return typeof value === 'object' && value !== null;
}

/** An error as it may be told: a failed statement's own message repeats every value that was to be written, customers and return keys among them. */
export function withoutValues(error: unknown): unknown {
  if (!(isErrorLike(error) && 'query' in error && 'params' in error)) return error;
  const cause = isErrorLike(error.cause) ? error.cause.message : undefined;
  return new Error(`the store: ${typeof cause === 'string' && cause !== '' ? cause : 'a statement failed'}`);
}
