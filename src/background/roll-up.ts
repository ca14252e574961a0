/** Keeps the statistics: counts each past hour, and notes that this version of the service runs. */
import { pacedCalls } from '../lib/paced-calls.ts';
import { noteRunning } from '../store/stats/marks.ts';
import { rollUpHours } from '../store/stats/roll-up.ts';
import type { Jobs } from './jobs.ts';

/** Leaves four fifths of the time to other work: after an upgrade there may be years of hours to count. */
const RHYTHM = { restsPerAnswer: 4, longestRestMs: 250 };

export type RollingUp = Pick<Jobs, 'db' | 'retentionMs' | 'stopping'> & {
  /** The version and the build of this process, for people. */
  readonly version: string;
};

/** Hour after hour, until none is due. */
export async function rollUp({ db, retentionMs, stopping, version }: RollingUp): Promise<void> {
  await noteRunning(db, version);
  const pace = pacedCalls(RHYTHM);
  while (!stopping.aborted && (await pace(() => rollUpHours(db, retentionMs.deliveries))));
}
