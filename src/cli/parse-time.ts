/** Options with times and durations. */
import { InvalidArgumentError } from 'commander';
import { duration } from '../lib/variable-forms.ts';

/** The milliseconds of an option such as `7d`. */
export function parseDuration(given: string): number {
  const parsed = duration.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('Expected a duration such as 90m, 12h or 7d.');
}

/** Converts a time in any common form to ISO 8601 in UTC. */
export function parseTime(given: string, expected = 'a time like 2026-11-28T12:00:00Z'): string {
  const time = new Date(given);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new InvalidArgumentError(`Expected ${expected}.`);
}

/** A duration before now, or a time, as ISO 8601 in UTC. */
export function parseSince(given: string): string {
  const ms = duration.safeParse(given);
  if (ms.success) return new Date(Date.now() - ms.data).toISOString();
  return parseTime(given, 'a duration such as 7d, or a time like 2026-11-28T12:00:00Z');
}
