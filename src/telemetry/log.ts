import { pino, type DestinationStream, type Logger } from 'pino';
import { loggable } from './log-fields.ts';

export type { Logger } from 'pino';

/** JSON on stdout, pretty on a terminal; or into `destination`. */
export function createLog(level: string, name: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { name },
    // `loggable` has put errors into words already.
    serializers: { err: (error: unknown) => error },
    formatters: { log: (object: object) => loggable(object) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  if (destination !== undefined) return pino(options, destination);
  if (!process.stdout.isTTY) return pino(options);
  return pino({ ...options, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } });
}
