/**
 * Whether sessions can be opened, judged by the latest attempts: nothing else shows that a worker or a
 * gateway opens none.
 */
import type { Metrics } from '../telemetry/metrics.ts';
import { fail, ok, type Check } from './check.ts';

/**
 * `opened`: a new session; `known`: the open one; `refused`: a wrong request, or a refusal by the gateway;
 * `unavailable`: not possible now.
 */
export type OpeningOutcome = 'opened' | 'known' | 'refused' | 'unavailable';

export interface Openings {
  note(outcome: OpeningOutcome): void;
  /** How many consecutive attempts failed within the last minutes; 0 if they are too few to mean anything. */
  failing(now?: number): number;
}

/** One or two failures may have a momentary cause. */
const FEWEST = 3;
/** Older failures say nothing about the present. */
const REMEMBERED_MS = 2 * 60_000;

/** One per process. */
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
    'see the other checks: a worker has to poll, also for the current version, and the gateway has to answer';
  return { name: 'openings', ...fail(`the last ${count} failed: no session can be opened`, todo) };
}
