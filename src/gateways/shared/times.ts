import { z } from 'zod';

/** Later times are a mistake, and a database may not be able to store them. */
const LAST_TIME_MS = Date.UTC(9000, 0);

/** Whether milliseconds since the epoch are a time that can be stored. */
export function isTime(ms: number): boolean {
  return ms >= 0 && ms < LAST_TIME_MS;
}

export const timeField = z
  .string()
  .refine((text) => isTime(Date.parse(text)), 'expected an ISO 8601 time')
  .transform((text) => new Date(text));

/** Events sorted by time if each has one, else in their given order. */
export function byTime<Event>(
  events: readonly Event[],
  timeOf: (event: Event) => string | undefined,
): readonly Event[] {
  const timed = events.map((event) => ({ event, at: Date.parse(timeOf(event) ?? '') }));
  if (timed.some(({ at }) => Number.isNaN(at))) return events;
  return timed.sort((left, right) => left.at - right.at).map(({ event }) => event);
}
