import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Never in a log line, whatever object somebody passes. */
const REDACTED = [
  'req.headers.authorization',
  'headers.authorization',
  'headers["dintero-signature"]',
  'headers.cookie',
  'authorization',
  'secret',
  'token',
  'customer',
];

/** JSON on stdout, pretty on a terminal; or into `destination`. */
export function createLog(level: string, name: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { name },
    redact: REDACTED,
    serializers: { err: describeError },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  if (destination !== undefined) return pino(options, destination);
  if (!process.stdout.isTTY) return pino(options);
  return pino({ ...options, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } });
}

/** A failed statement's own message repeats every value that was to be written: customers, return keys. */
function describeError(error: Error): object {
  if (!('query' in error && 'params' in error)) return pino.stdSerializers.err(error);
  const { message, code } = (error.cause ?? {}) as { message?: string; code?: string };
  const stack = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return { type: 'StatementFailed', message, code, query: error.query, stack: stack?.join('\n') };
}
