/** The statistics of a period: its counts in buckets, and what explains them. */
import type { z } from 'zod';
import type { Count } from '../../store/stats/count-rows.ts';
import { readLapsing } from '../../store/stats/lapsing.ts';
import { marksWithin, type Mark } from '../../store/stats/marks.ts';
import { readCounts } from '../../store/stats/read-stats.ts';
import type { Db } from '../../store/open.ts';
import { bucketsIn, type AskedPeriod } from './asked-period.ts';
import { byDetail, tally } from './tally.ts';
import type { statsAnswer } from './stats-view.ts';

type Stats = z.infer<typeof statsAnswer>;

const MOST_REASONS = 50;

export async function readStats(db: Db, period: AskedPeriod): Promise<Stats> {
  const [counts, lapsing, marks] = await Promise.all([
    readCounts(db, period),
    readLapsing(db, period.gateway),
    marksWithin(db, period),
  ]);
  return viewStats(period, counts, { lapsing, marks: marks.map(viewMark) });
}

/** The counts of a period as the API shows them. */
export function viewStats(
  period: AskedPeriod,
  counts: readonly Count[],
  now: Pick<Stats, 'lapsing' | 'marks'>,
): Stats {
  const { from, to, bucket, gateway = null } = period;
  const inBucket = byBucket(counts);
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    bucket,
    gateway,
    data: bucketsIn(period).map((at) => ({
      at: at.toISOString(),
      ...tally(inBucket.get(at.getTime()) ?? []),
    })),
    totals: tally(counts),
    methods: methodsIn(counts),
    declineReasons: reasonsIn(counts),
    ...now,
  };
}

function byBucket(counts: readonly Count[]): ReadonlyMap<number, readonly Count[]> {
  const found = new Map<number, Count[]>();
  for (const one of counts) {
    const others = found.get(one.at.getTime());
    if (others === undefined) found.set(one.at.getTime(), [one]);
    else others.push(one);
  }
  return found;
}

function methodsIn(counts: readonly Count[]): Stats['methods'] {
  const [paid, captured] = [byDetail(counts, 'paid'), byDetail(counts, 'captured')];
  return [...new Set([...Object.keys(paid), ...Object.keys(captured)])]
    .map((name) => ({ method: name || null, paid: paid[name] ?? 0, captured: captured[name] ?? 0 }))
    .sort((one, other) => other.paid - one.paid || other.captured - one.captured);
}

function reasonsIn(counts: readonly Count[]): Stats['declineReasons'] {
  return (['declined', 'failed'] as const)
    .flatMap((outcome) =>
      Object.entries(byDetail(counts, outcome)).map(([reason, count]) => ({
        outcome,
        reason: reason || null,
        count,
      })),
    )
    .sort((one, other) => other.count - one.count)
    .slice(0, MOST_REASONS);
}

function viewMark({ at, until, ...mark }: Mark): Stats['marks'][number] {
  return { at: at.toISOString(), until: until?.toISOString() ?? null, ...mark };
}
