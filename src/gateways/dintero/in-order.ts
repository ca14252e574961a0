/** Events by time where all of them tell it, else as they came. */
export function inOrder<Event extends { readonly created_at?: string | undefined }>(
  events: readonly Event[],
): readonly Event[] {
  const timed = events.map((event) => ({ event, at: Date.parse(event.created_at ?? '') }));
  if (timed.some(({ at }) => Number.isNaN(at))) return events;
  return timed.sort((left, right) => left.at - right.at).map(({ event }) => event);
}
