/** Every kind of chart, with texts of this kind in each place that takes one. */
import type { VNode } from 'preact';
import type { Mark } from '../../../src/dashboard/charts/axes.tsx';
import { Cells } from '../../../src/dashboard/charts/cells.tsx';
import type { Series } from '../../../src/dashboard/charts/frame.tsx';
import { Gantt } from '../../../src/dashboard/charts/gantt.tsx';
import { HeatMap } from '../../../src/dashboard/charts/heat-map.tsx';
import { Lines, ShareBars, StackedBars } from '../../../src/dashboard/charts/over-time.tsx';
import { Pareto } from '../../../src/dashboard/charts/pareto.tsx';
import { Waterfall } from '../../../src/dashboard/charts/waterfall.tsx';

const BEGIN = Date.parse('2026-11-28T08:00:00Z');
const MINUTES = 60_000;
const at = (n: number) => new Date(BEGIN + 5 * n * MINUTES);

export const PAID = [4, 7, 0, 12, 1234];
export const FAILED = [1, 0, 0, 3, 2];

/** One of each, by its name. `paidOf`: the counts, one for each span of time. */
export function everyChart(text = 'Paid', paidOf: readonly number[] = PAID): Record<string, VNode> {
  const series: Series[] = [
    { name: 'paid', label: text, tone: 'good' },
    { name: 'failed', label: 'Failed', tone: 'bad' },
  ];
  const marks: Mark[] = [
    { at: at(1), label: `${text} deployed` },
    { at: at(4), label: 'secret rotated' },
  ];
  const names = (id: string) => ({ id, title: `${text} (${id})`, summary: `What ${text} was.` });
  const buckets = paidOf.map((paid, n) => ({ at: at(n), values: { paid, failed: FAILED[n] ?? 0 } }));
  const over = { buckets, bucketMs: 5 * MINUTES, series, marks };
  const points = paidOf.map((paid, n) => ({
    at: at(n),
    values: { paid: n === 2 ? null : paid, failed: FAILED[n] ?? null },
  }));
  const columns = paidOf.map((_, n) => ({ at: at(n), counts: [n, 100 - n, n === 2 ? 1 : 0] }));
  const counts = Array.from({ length: 3 * paidOf.length }, (_, n) => ({
    label: `${text} ${n}`,
    count: 15 - n,
  }));
  const cells = paidOf.map((_, n) => ({ at: at(n), state: n === 3 ? 'failed' : 'paid', note: text }));
  return {
    stacked: (
      <StackedBars {...names('stacked')} {...over} before={paidOf.map(() => 5)} beforeLabel="a week ago" />
    ),
    shares: <ShareBars {...names('shares')} {...over} />,
    lines: <Lines {...names('lines')} points={points} series={series} marks={marks} threshold={10} />,
    heat: (
      <HeatMap
        {...names('heat')}
        rows={['< 1 s', '< 10 s', text]}
        columns={columns}
        bucketMs={5 * MINUTES}
        limits={[{ above: 1, label: text }]}
        marks={marks}
      />
    ),
    pareto: <Pareto {...names('pareto')} of="Reason" counts={counts} />,
    cells: <Cells {...names('cells')} cells={cells} states={series} />,
    gantt: (
      <Gantt
        {...names('gantt')}
        now={at(10)}
        states={series}
        columns={['Secret', 'State']}
        spans={[
          { label: text, from: at(2), to: at(10), state: 'paid', figures: [text] },
          { label: 'older', from: at(0), to: at(2), state: 'failed', mark: at(5), figures: ['Failed'] },
          { label: 'never', from: null, to: null, state: 'paid', figures: ['unused'] },
        ]}
      />
    ),
    waterfall: (
      <Waterfall
        {...names('waterfall')}
        format={(amount) => `${(amount / 100).toFixed(2)} NOK`}
        steps={[
          { label: text, amount: 72_200, is: 'sum', tone: 'good' },
          { label: 'Refunded', amount: -2_200, is: 'change', tone: 'bad' },
          { label: 'Left', amount: 70_000, is: 'sum', tone: 'first' },
        ]}
      />
    ),
  };
}
