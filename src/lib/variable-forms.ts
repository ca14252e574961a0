/** The forms of variables. Each message completes "expected …". */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { hasCredentials } from './url-credentials.ts';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The transformed value is in milliseconds. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,8}(ms|s|m|h|d)$/, 'a duration such as 250ms, 10s, 5m, 1h or 3d')
  .transform((text) => {
    const [, count, unit] = /^(\d+)(\w+)$/.exec(text) ?? [];
    return Number(count) * UNITS[unit as keyof typeof UNITS];
  });

/** Not coerced: otherwise an empty text would become 0, and `1e3` or `0x50` a port. */
export const whole = (what: string, max: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, what)
    .transform(Number)
    .refine((count) => count <= max, what);

export const port = whole('a port number', 65_535);

export const wholeFrom = (least: number, most: number, what: string) =>
  whole(what, most).refine((count) => count >= least, what);

export const writtenUrl = z.url({ protocol: /^https?$/, error: 'an absolute http or https URL' });

/**
 * A base of other URLs, so its last slash is removed. No credentials: it is shown, and `fetch` refuses them.
 */
export const url = writtenUrl
  .refine((text) => !hasCredentials(text), 'a URL without user and password')
  .transform((text) => text.replace(/\/+$/, ''));

export const secret = z
  .string()
  .refine((text) => text.trim() !== '' && text === text.trim(), 'a secret without blanks around it');

/** Entries separated by commas. */
export const list = <Entry>(of: z.ZodType<Entry, string>) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(of).min(1));

/** An address or a network that a callback may come from. */
export const source = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'IP addresses or networks such as 192.0.2.0/24',
);

/** Text that is not blank: a blank value is never valid. */
export const text = (what: string, max = 4_096) =>
  z.string().refine((given) => given.trim() === given && given !== '' && given.length <= max, what);

/** The file is read again at every connection. An unreadable file is reported before anything starts. */
export const pemFile = z.string().refine(isPem, 'the path of a readable PEM file');

function isPem(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('-----BEGIN ');
  } catch {
    return false;
  }
}

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, `one of ${words.join(', ')}`);

/** OpenTelemetry's form of headers and attributes. The values are percent-encoded. */
export const pairs = z.string().transform((given, context): Readonly<Record<string, string>> => {
  const parsed = parsePairs(given);
  if (parsed !== null) return parsed;
  context.addIssue({
    code: 'custom',
    message: 'key=value pairs such as a=1,b=2 with percent-encoded values',
  });
  return z.NEVER;
});

const PAIR = /^\s*([\w!#$%&'*.^`|~-]+)\s*=\s*(.*?)\s*$/;

function parsePairs(given: string): Record<string, string> | null {
  const found = given.split(',').map((pair) => PAIR.exec(pair));
  const entries = found.map((match) => [match?.[1] ?? '', decodedValue(match?.[2])] as const);
  const isRight = entries.every(([name, value]) => name !== '' && value !== null);
  return isRight ? (Object.fromEntries(entries) as Record<string, string>) : null;
}

/** Null where it is no visible text, which no header can have. */
function decodedValue(part = ''): string | null {
  try {
    const value = decodeURIComponent(part);
    return /^[\x20-\x7e]+$/.test(value) ? value : null;
  } catch {
    return null;
  }
}
