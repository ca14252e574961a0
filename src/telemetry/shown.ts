/** What of a logged object stands in the line. Not pino's wildcards: a Buffer or a URL beside them makes the call throw. */
import { pino } from 'pino';
import { isFailedStatement } from './root-of.ts';

/** As names of fields or headers, in whatever case. */
const SECRETS = new Set([
  'authorization',
  'cookie',
  'dintero-signature',
  'event-signature',
  'secret',
  'token',
  'customer',
]);

/** Far more than any line of ours has; it also ends an object that contains itself. */
const DEEPEST = 6;

/** The object without secrets and customers, its errors in words. */
export function shown(object: object, depth = 0): Record<string, unknown> {
  const fields = Object.entries(object).map(([name, value]) => [
    name,
    SECRETS.has(name.toLowerCase()) ? '[redacted]' : shownValue(value, depth + 1),
  ]);
  return Object.fromEntries(fields) as Record<string, unknown>;
}

function shownValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value, depth);
  if (depth > DEEPEST) return '[too deep]';
  // Dates, addresses, a request of Koa: what they say of themselves is looked through too.
  if ('toJSON' in value && typeof value.toJSON === 'function') return shownValue(value.toJSON(), depth + 1);
  return Array.isArray(value) ? value.map((each) => shownValue(each, depth + 1)) : shown(value, depth);
}

function describeError(error: Error, depth: number): object {
  if (!isFailedStatement(error)) return shown(pino.stdSerializers.err(error), depth);
  const { message, code } = (error.cause ?? {}) as { message?: string; code?: string };
  const stack = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return { type: 'StatementFailed', message, code, query: error.query, stack: stack?.join('\n') };
}
