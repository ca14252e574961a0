/** Whether sessions can be opened, by what became of the last ones: nothing else shows that a worker, or a gateway, opens none. */
import type { Metrics } from '../telemetry/metrics.ts';
import { fail, ok, type Check } from './check.ts';

/** `opened`: a new session; `known`: the one that was open; `refused`: the shop or the gateway's no; `unavailable`: "not now". */
export type OpeningOutcome = 'opened' | 'known' | 'refused' | 'unavailable';

export interface Openings {
  note(outcome: OpeningOutcome): void;
  /** How many in a row came to nothing within the last minutes; 0 where that is no sign of anything. */
  failing(now?: number): number;
}

/** One shopper, or two, may meet a moment that is bad. */
const FEWEST = 3;
/** Without a shopper since then it can't be told. */
const REMEMBERED_MS = 2 * 60_000;

/** One a process. */
export function createOpenings({ openings }: Pick<Metrics, 'openings'>): Openings {
  let inARow = 0;
  let lastAt = 0;
  return {
    note(outcome) {
      openings.inc({ outcome });
      inARow = outcome === 'unavailable' ? inARow + 1 : 0;
      lastAt = Date.now();
    },
    failing(now = Date.now()) {
      return inARow >= FEWEST && now - lastAt < REMEMBERED_MS ? inARow : 0;
    },
  };
}

export function checkOpenings(openings: Openings): Check {
  const count = openings.failing();
  if (count === 0) return { name: 'openings', ...ok('no series of failures here') };
  const todo =
    'does a worker poll, for the current version too, and does the gateway answer? See the other checks';
  return { name: 'openings', ...fail(`the last ${count} came to nothing: nobody can pay`, todo) };
}
