/** The calls to a gateway and its sweeps, as charts. Each has its figures as a table. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import { Cells } from '../charts/cells.tsx';
import type { Series } from '../charts/frame.tsx';
import { Lines, StackedBars } from '../charts/over-time.tsx';
import { Table, type Column } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';

export type Calls = Awaited<ReturnType<PaidonceClient['gateways']['listCalls']>>;
export type Sweeps = Awaited<ReturnType<PaidonceClient['gateways']['listSweeps']>>;
type Operation = Calls['data'][number];
type Counts = Omit<Operation['buckets'][number], 'at'>;
type Listing = Sweeps['listings'][number];

const BUCKET_MS = { '1m': 60_000, '5m': 300_000, '1h': 3_600_000 } as const;
const PER = { '1m': 'minute', '5m': '5 minutes', '1h': 'hour' } as const;

const OUTCOMES: readonly Series[] = [
  { name: 'ok', label: 'ok', tone: 'good' },
  { name: 'rejected', label: 'refused the request', tone: 'first' },
  { name: 'silent', label: 'no answer', tone: 'bad' },
  { name: 'credentials', label: 'refused credentials', tone: 'fourth' },
  { name: 'rateLimited', label: 'too many', tone: 'warning' },
];

const P95: readonly Series[] = [{ name: 'p95', label: 'p95 in ms', tone: 'second' }];

/** For each operation: how many, with what outcome, and how long they took. */
export function CallCharts({ calls }: { calls: Calls }): VNode {
  if (calls.data.length === 0)
    return <p class="muted empty">No call was made in this time, or none is written yet.</p>;
  return (
    <>
      <Table
        label="Calls by operation"
        columns={SUMS}
        rows={calls.data}
        idOf={({ operation }) => operation}
        empty="None."
      />
      <div class="charts">
        {calls.data.map((one, index) => (
          <OperationCharts one={one} calls={calls} id={`call-${index}`} />
        ))}
      </div>
    </>
  );
}

const SUMS: Column<Operation>[] = [
  { name: 'Operation', cell: ({ operation }) => shown(operation, 60) },
  { name: 'Calls', isNumber: true, cell: ({ calls }) => calls },
  ...OUTCOMES.map(({ name, label }): Column<Operation> => ({
    name: label,
    isNumber: true,
    cell: (one) => valuesOf(one)[name] ?? 0,
  })),
  { name: 'Mean', isNumber: true, cell: ({ meanMs }) => (meanMs === null ? '—' : `${meanMs} ms`) },
  { name: 'p95', isNumber: true, cell: ({ p95Ms }) => (p95Ms === null ? '—' : `${p95Ms} ms`) },
];

function OperationCharts({ one, calls, id }: { one: Operation; calls: Calls; id: string }): VNode {
  const operation = shown(one.operation, 40);
  const times = timesIn(calls);
  const known = new Map(one.buckets.map(({ at, ...counts }) => [Date.parse(at), counts]));
  const per = PER[calls.bucket];
  return (
    <>
      <StackedBars
        id={id}
        title={`${operation}: calls per ${per}`}
        summary={`${one.calls} calls: ${one.ok} ok, ${one.silent} without an answer, ${one.rejected} refused.`}
        buckets={times.map((at) => ({ at, values: valuesOf(known.get(at.getTime())) }))}
        bucketMs={BUCKET_MS[calls.bucket]}
        series={OUTCOMES}
      />
      <Lines
        id={`${id}-p95`}
        title={`${operation}: p95 in ms`}
        summary={`95 % of all took at most ${one.p95Ms ?? 0} ms.`}
        points={times.map((at) => ({ at, values: { p95: known.get(at.getTime())?.p95Ms ?? null } }))}
        series={P95}
      />
    </>
  );
}

/** Every bucket of the period: the API leaves out those without calls. */
function timesIn({ from, to, bucket }: Calls): Date[] {
  const [begin, ms] = [Date.parse(from), BUCKET_MS[bucket]];
  const count = Math.round((Date.parse(to) - begin) / ms);
  return Array.from({ length: count }, (_, index) => new Date(begin + index * ms));
}

function valuesOf(counts: Counts | undefined): Record<string, number> {
  if (counts === undefined) return {};
  const { ok, rejected, silent, credentials, rateLimited } = counts;
  return { ok, rejected, silent, credentials, rateLimited };
}

const SWEEPS: readonly Series[] = [
  { name: 'complete', label: 'complete', tone: 'good' },
  { name: 'running', label: 'under way', tone: 'first' },
  { name: 'partial', label: 'partial: a listing was not read', tone: 'warning' },
  { name: 'failed', label: 'failed: nothing was read', tone: 'bad' },
  { name: 'missed', label: 'missed: none began', tone: 'bad' },
];

/** One cell for each interval in which a sweep was due, oldest first. */
export function SweepCells({ sweeps }: { sweeps: Sweeps }): VNode {
  const all = sweeps.data.toReversed();
  if (all.length === 0)
    return <p class="muted empty">No sweep is known yet: the first is due within minutes.</p>;
  const bad = all.filter(({ state }) => state !== 'complete' && state !== 'running').length;
  const finds = all.reduce((sum, one) => sum + one.finds, 0);
  return (
    <Cells
      id="sweep-cells"
      title={`The last ${all.length} sweeps`}
      summary={`${all.length - bad} complete or under way, ${bad} not. They found ${finds} payments that no callback had reported.`}
      cells={all.map((one) => ({ at: new Date(one.at), state: one.state, note: noteOf(one) }))}
      states={SWEEPS}
    />
  );
}

function noteOf({ finds, passes }: Sweeps['data'][number]): string {
  const failures = passes.flatMap(({ listing, failure }) =>
    failure === null ? [] : [`${listing}: ${shown(failure, 120)}`],
  );
  return [`${finds} found`, ...failures].join('; ');
}

export function SweptListings({ sweeps, now }: { sweeps: Sweeps; now: Date }): VNode {
  const columns: Column<Listing>[] = [
    { name: 'Listing', cell: ({ listing }) => shown(listing, 60) },
    { name: 'State', cell: ({ isLate, completeAt }) => <Pill word={stateOf(isLate, completeAt)} /> },
    {
      name: 'Last read to its end',
      cell: ({ completeAt }) => (completeAt === null ? 'never' : <Ago at={completeAt} now={now} />),
    },
    { name: 'Read each', cell: ({ every }) => every },
    { name: 'Found so far', isNumber: true, cell: ({ finds }) => finds },
  ];
  return (
    <Table
      label="Listings"
      columns={columns}
      rows={sweeps.listings}
      idOf={({ listing }) => listing}
      empty="This gateway has no listings."
    />
  );
}

function stateOf(isLate: boolean, completeAt: string | null): string {
  if (isLate) return 'late';
  return completeAt === null ? 'none yet' : 'ok';
}
