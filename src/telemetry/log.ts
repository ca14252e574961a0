import { pino, type Logger } from 'pino';

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

/** JSON on stdout, pretty on a terminal. */
export function createLog(level: string, name: string): Logger {
  const options = {
    level,
    base: { name },
    redact: REDACTED,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  if (!process.stdout.isTTY) return pino(options);
  return pino({ ...options, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } });
}
