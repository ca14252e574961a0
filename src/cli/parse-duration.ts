import { InvalidArgumentError } from 'commander';
import { duration } from '../lib/variable-forms.ts';

/** The milliseconds of an option such as `7d`. */
export function parseDuration(given: string): number {
  const parsed = duration.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('Expected a duration such as 90m, 12h or 7d.');
}
