/** The statistics as charts. Each has its figures as a table. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Mark } from '../charts/axes.tsx';
import type { Series } from '../charts/frame.tsx';
import { HeatMap } from '../charts/heat-map.tsx';
import { ShareBars, StackedBars } from '../charts/over-time.tsx';
import { Pareto } from '../charts/pareto.tsx';
import { Waterfall } from '../charts/waterfall.tsx';
import { money } from '../parts/text.ts';

export type Stats = Awaited<ReturnType<PaidonceClient['stats']>>;
type Totals = Stats['totals'];

const BUCKET_MS = { '5m': 300_000, '1h': 3_600_000, '1d': 86_400_000 } as const;

const OUTCOMES: readonly Series[] = [
  { name: 'paid', label: 'paid', tone: 'good' },
  { name: 'declined', label: 'declined', tone: 'warning' },
  { name: 'failed', label: 'failed', tone: 'bad' },
  { name: 'cancelled', label: 'cancelled', tone: 'third' },
  { name: 'expired', label: 'expired', tone: 'muted' },
  { name: 'review', label: 'review', tone: 'fourth' },
];

const FOUND_BY: readonly Series[] = [
  { name: 'callback', label: 'callback', tone: 'good' },
  { name: 'return', label: 'return', tone: 'first' },
  { name: 'poll', label: 'timer', tone: 'second' },
  { name: 'refusedCallback', label: 'refused callback', tone: 'warning' },
  { name: 'sweep', label: 'sweep', tone: 'bad' },
  { name: 'operator', label: 'by hand', tone: 'third' },
  { name: 'unknown', label: 'not known', tone: 'muted' },
];

const DELIVERIES: readonly Series[] = [
  { name: 'accepted', label: 'accepted', tone: 'good' },
  { name: 'duplicate', label: 'duplicate', tone: 'first' },
  { name: 'ignored', label: 'ignored', tone: 'muted' },
  { name: 'refused', label: 'refused', tone: 'bad' },
];

const UPDATES: readonly Series[] = [
  { name: 'acknowledged', label: '2xx', tone: 'good' },
  { name: 'failed4xx', label: '4xx', tone: 'warning' },
  { name: 'failed5xx', label: '5xx', tone: 'bad' },
  { name: 'failedOther', label: 'other', tone: 'third' },
  { name: 'noAnswer', label: 'no answer', tone: 'fourth' },
];

/** `before`: the same period a week earlier, as a line. */
export function Outcomes({ stats, before }: { stats: Stats; before?: Stats | undefined }): VNode {
  const { paid, declined, failed, review } = stats.totals.outcomes;
  return (
    <StackedBars
      id="outcomes"
      title="Outcomes"
      summary={`${paid} paid, ${declined} declined, ${failed} failed, ${review} in review.`}
      {...timesOf(stats, ({ outcomes }) => outcomes)}
      series={OUTCOMES}
      {...(before !== undefined && {
        before: before.data.map(({ outcomes }) => sumOf(outcomes)),
        beforeLabel: 'a week earlier',
      })}
    />
  );
}

export function FoundBy({ stats }: { stats: Stats }): VNode {
  const { sweep, callback } = stats.totals.foundBy;
  return (
    <ShareBars
      id="found-by"
      title="How paid orders were found, in per cent"
      summary={`${callback} by callbacks, ${sweep} only by a sweep. Many by sweeps mean that callbacks are lost.`}
      {...timesOf(stats, ({ foundBy }) => foundBy)}
      series={FOUND_BY}
    />
  );
}

export function Callbacks({ stats }: { stats: Stats }): VNode {
  const { accepted, refused } = stats.totals.deliveries;
  return (
    <StackedBars
      id="callbacks-in"
      title="Callbacks received"
      summary={`${accepted} accepted, ${refused} refused.`}
      {...timesOf(stats, ({ deliveries }) => countsOf(deliveries))}
      series={DELIVERIES}
    />
  );
}

export function Attempts({ stats }: { stats: Stats }): VNode {
  const { acknowledged, failed5xx, noAnswer } = stats.totals.updates;
  return (
    <StackedBars
      id="updates-out"
      title="Attempts to tell the shop"
      summary={`${acknowledged} acknowledged, ${failed5xx} answered 5xx, ${noAnswer} without an answer.`}
      {...timesOf(stats, ({ updates }) => updates)}
      series={UPDATES}
    />
  );
}

const LIMITS_S = [0.1, 0.3, 1, 3, 10, 60, 600, Infinity];
const LIMIT_NAMES = ['0.1 s', '0.3 s', '1 s', '3 s', '10 s', '1 min', '10 min', 'more'];

/** Time from paid to heard, in classes. */
export function Heard({ stats }: { stats: Stats }): VNode {
  const { count, p50, p95 } = stats.totals.heard;
  const said =
    count === 0 ? 'Nothing was acknowledged.' : `p50 ${p50 ?? 0} s, p95 ${p95 ?? 0} s of ${count}.`;
  return (
    <HeatMap
      id="heard"
      title="From paid until the shop heard"
      summary={said}
      rows={LIMIT_NAMES}
      columns={stats.data.map(({ at, heard }) => ({ at: new Date(at), counts: classesOf(heard.histogram) }))}
      bucketMs={BUCKET_MS[stats.bucket]}
      limits={[
        { above: 3, label: '1 s' },
        { above: 5, label: '10 s' },
      ]}
      marks={marksOf(stats)}
    />
  );
}

function classesOf(histogram: Totals['heard']['histogram']): number[] {
  const counts = LIMITS_S.map(() => 0);
  for (const { upTo, count } of histogram) {
    const at = LIMITS_S.findIndex((limit) => upTo <= limit * 1.001);
    counts[at] = (counts[at] ?? 0) + count;
  }
  return counts;
}

/** One for each currency: amounts are never added over currencies. */
export function Money({ stats }: { stats: Stats }): VNode {
  return (
    <>
      {stats.totals.money.map(({ currency, authorized, captured, refunded, voided, givenBack }) => (
        <Waterfall
          id={`money-${currency}`}
          title={`Money that moved, ${currency}`}
          summary={`${money(authorized, currency)} authorized, ${money(captured, currency)} captured, ${money(refunded, currency)} refunded.`}
          format={(amount) => money(amount, currency)}
          steps={[
            { label: 'authorized', amount: authorized, is: 'change', tone: 'first' },
            { label: 'voided', amount: -voided, is: 'change', tone: 'muted' },
            { label: 'given back', amount: -givenBack, is: 'change', tone: 'third' },
            { label: 'captured', amount: captured, is: 'sum', tone: 'good' },
            { label: 'refunded', amount: -refunded, is: 'change', tone: 'bad' },
          ]}
        />
      ))}
    </>
  );
}

export function Declines({ stats }: { stats: Stats }): VNode {
  const counts = stats.declineReasons.map(({ reason, outcome, count }) => ({
    label: `${reason ?? 'no reason'} (${outcome})`,
    count,
  }));
  return (
    <Pareto
      id="declines"
      title="Why payments were declined or failed"
      summary={counts.length === 0 ? 'None was.' : `Most often: ${counts[0]?.label}, ${counts[0]?.count}.`}
      of="Reason"
      counts={counts}
    />
  );
}

export function Methods({ stats }: { stats: Stats }): VNode {
  return (
    <Pareto
      id="methods"
      title="Paid orders by method"
      summary={`${stats.methods.length} methods.`}
      of="Method"
      counts={stats.methods.map(({ method, paid }) => ({ label: method ?? 'not named', count: paid }))}
    />
  );
}

/** Bars of authorizations by the day on which they lapse, for each currency. */
export function Lapsing({ stats }: { stats: Stats }): VNode {
  const counts = stats.lapsing.map(({ day, currency, count, amount }) => ({
    label: `${day}: ${money(amount, currency)}`,
    count,
  }));
  return (
    <Pareto
      id="lapsing"
      title="Authorizations that lapse, by day"
      summary={counts.length === 0 ? 'None is open.' : `${counts.length} days and currencies.`}
      of="Day and money"
      counts={counts}
    />
  );
}

function timesOf(stats: Stats, pick: (figures: Stats['data'][number]) => Record<string, number>) {
  return {
    buckets: stats.data.map((figures) => ({ at: new Date(figures.at), values: pick(figures) })),
    bucketMs: BUCKET_MS[stats.bucket],
    marks: marksOf(stats),
  };
}

function countsOf({ accepted, duplicate, ignored, refused }: Totals['deliveries']): Record<string, number> {
  return { accepted, duplicate, ignored, refused };
}

function marksOf({ marks }: Stats): Mark[] {
  return marks.map(({ at, kind, detail }) => ({
    at: new Date(at),
    label: { version: `version ${detail ?? ''}`, down: 'no process', secret: `secret ${detail ?? ''}` }[kind],
  }));
}

function sumOf(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((sum, value) => sum + value, 0);
}
