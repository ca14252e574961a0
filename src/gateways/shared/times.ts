import { z } from 'zod';

/** Times beyond this are a mistake, and no database's. */
const LAST_TIME_MS = Date.UTC(9000, 0);

/** Whether milliseconds since the epoch are a time that can be kept. */
export function isTime(ms: number): boolean {
  return ms >= 0 && ms < LAST_TIME_MS;
}

export const timeField = z
  .string()
  .refine((text) => isTime(Date.parse(text)), 'expected an ISO 8601 time')
  .transform((text) => new Date(text));

/** Events by time where each tells its own, else as they came. */
export function byTime<Event>(
  events: readonly Event[],
  timeOf: (event: Event) => string | undefined,
): readonly Event[] {
  const timed = events.map((event) => ({ event, at: Date.parse(timeOf(event) ?? '') }));
  if (timed.some(({ at }) => Number.isNaN(at))) return events;
  return timed.sort((left, right) => left.at - right.at).map(({ event }) => event);
}
