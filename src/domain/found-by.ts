/** Which trigger made the look that found a payment paid. It shows whether callbacks still come. */
import type { Triggers } from './trigger.ts';

/**
 * `callback`: a verified one, also where a follow-up of it found the payment. `refused_callback`: a callback
 * that proved nothing, as with a wrong secret. `sweep`: the sweep, a reconciliation, or our search for
 * payments that no run watches. `poll`: a timer of the run. `operator`: a person.
 */
export const FOUND_BY = ['callback', 'refused_callback', 'return', 'poll', 'sweep', 'operator'] as const;

export type FoundBy = (typeof FOUND_BY)[number];

/** If several triggers share a look, the first in this order counts. `isDecided`: an operator accepts it. */
export function foundBy({ callbacks, pokes, requests, timer }: Triggers, isDecided: boolean): FoundBy {
  const asked = new Set(requests.map(({ why }) => why));
  const poked = new Set(pokes.map(({ why }) => why));
  if (isDecided) return 'operator';
  if (callbacks.length > 0 || timer === 'follow-up') return 'callback';
  if (poked.has('return')) return 'return';
  if (poked.has('unproved_callback')) return 'refused_callback';
  if (asked.has('operator')) return 'operator';
  return asked.has('sweep') || asked.has('reconciliation') || asked.has('unwatched') ? 'sweep' : 'poll';
}
