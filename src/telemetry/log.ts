import { pino, type DestinationStream, type Logger } from 'pino';
import { loggable } from './log-fields.ts';

export type { Logger } from 'pino';

/** Logs JSON to stdout, readable lines to a terminal, or to `destination`. `more` gives each line further fields. */
export function createLog(
  level: string,
  name: string,
  destination?: DestinationStream,
  more?: () => object,
): Logger {
  const options = {
    level,
    base: { name },
    // `loggable` has already converted errors.
    serializers: { err: (error: unknown) => error },
    ...(more !== undefined && { mixin: more }),
    formatters: { log: (object: object) => loggable(object) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  if (destination !== undefined) return pino(options, destination);
  if (!process.stdout.isTTY) return pino(options);
  return pino({ ...options, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } });
}
