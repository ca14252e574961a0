/**
 * Deletes data whose retention is over, in slices with rests between them, so that no other work waits long
 * for the store.
 */
import { pruneMarks } from '../store/attention.ts';
import { pruneBackfills } from '../store/backfills.ts';
import { pruneDeliveries } from '../store/deliveries.ts';
import { pruneCalls } from '../store/gateway-calls.ts';
import { pruneProcesses } from '../store/processes.ts';
import { forgetSlice, type Retained } from '../store/retention.ts';
import { pruneReconciliations } from '../store/reconciliations.ts';
import { pruneSizes } from '../store/store-size.ts';
import { prunePasses } from '../store/sweep-passes.ts';
import { pruneWakes } from '../store/wakes.ts';
import { pacedCalls } from '../lib/paced-calls.ts';
import type { Jobs, Retentions } from './jobs.ts';

/** Leaves four fifths of the time to other work. */
const RHYTHM = { restsPerAnswer: 4, longestRestMs: 250 };

/**
 * The most slices of each kind in one turn, about 100 rows each. Years of rows take hours, and vacuum runs in
 * between.
 */
const MOST_SLICES = 1_000;

export type Pruning = Pick<Jobs, 'db' | 'retentionMs' | 'stopping'>;

export async function prune({ db, retentionMs, stopping }: Pruning): Promise<void> {
  await pruneWakes(db);
  await pruneBackfills(db);
  await pruneMarks(db);
  for (const pruneReports of [pruneProcesses, pruneCalls, prunePasses, pruneSizes]) await pruneReports(db);
  while (!stopping.aborted && (await pruneDeliveries(db, retentionMs.deliveries)));
  const pace = pacedCalls(RHYTHM);
  while (!stopping.aborted && (await pace(() => pruneReconciliations(db))));
  for (const [what, ms] of retained(retentionMs)) {
    for (let slices = 0; slices < MOST_SLICES && !stopping.aborted; slices += 1)
      if (!(await pace(() => forgetSlice(db, what, ms)))) break;
  }
}

function retained({ timeline, updates }: Retentions): [Retained, number][] {
  const kinds: [Retained, number | undefined][] = [
    ['timeline', timeline],
    ['operations', timeline],
    ['audit', timeline],
    ['updates', updates],
  ];
  return kinds.filter((kind): kind is [Retained, number] => kind[1] !== undefined);
}
