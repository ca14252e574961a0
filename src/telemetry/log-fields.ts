/**
 * Selects what of a logged object is written. Not by pino's wildcards, which throw on a Buffer or a URL
 * beside them.
 */
import { pino } from 'pino';
import { isFailedStatement } from '../lib/root-of.ts';

/** Names of fields or headers, in any case. */
const SECRETS = new Set(['authorization', 'cookie', 'secret', 'token', 'customer']);

/** Deeper than any object that we log. The limit also ends an object that contains itself. */
const DEEPEST = 6;

/** The signature headers of all gateways end like this. */
const SIGNATURE = /(^|-)signature$/;

function isSecret(name: string): boolean {
  return SECRETS.has(name) || SIGNATURE.test(name);
}

/** The object without secrets and customers, with its errors as plain objects. */
export function loggable(object: object, depth = 0): Record<string, unknown> {
  const fields = Object.entries(object).map(([name, value]) => [
    name,
    isSecret(name.toLowerCase()) ? '[redacted]' : loggableValue(value, depth + 1),
  ]);
  return Object.fromEntries(fields) as Record<string, unknown>;
}

function loggableValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value, depth);
  if (depth > DEEPEST) return '[too deep]';
  // Dates, URLs, Koa requests: their JSON form is filtered too.
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return loggableValue(value.toJSON(), depth + 1);
  return Array.isArray(value) ? value.map((each) => loggableValue(each, depth + 1)) : loggable(value, depth);
}

function describeError(error: Error, depth: number): object {
  if (!isFailedStatement(error)) return loggable(pino.stdSerializers.err(error), depth);
  const { message, code } = (error.cause ?? {}) as { message?: string; code?: string };
  const stack = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return { type: 'StatementFailed', message, code, query: error.query, stack: stack?.join('\n') };
}
