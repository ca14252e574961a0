const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);

/** PostgreSQL's own classes: connection trouble, too many connections, shutting down, cancelled by a time limit. */
const SERVER_CODES = /^(08|53|57P|57014)/;

const MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|PGlite is closed|StoreTimeout/;

/** Whether an error means that the store is away, rather than that a statement is wrong. */
export function isStoreUnavailable(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && (CONNECTION_CODES.has(code) || SERVER_CODES.test(code))) return true;
    if (MESSAGES.test(at.message)) return true;
    if (at instanceof AggregateError && at.errors.some(isStoreUnavailable)) return true;
  }
  return false;
}
