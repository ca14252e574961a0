/** Counts over time: stacked bars, and the shares of each bucket as bars of 100 %. */
import type { ComponentChildren, VNode } from 'preact';
import {
  AREA,
  HEIGHT,
  markRows,
  Marks,
  round,
  TimeAxis,
  timeScale,
  utc,
  ValueAxis,
  valueScale,
  type Mark,
  type TimeScale,
  type ValueScale,
} from './axes.tsx';
import { ChartFrame, type ChartProps, type Figures, type Series } from './frame.tsx';

/** The values of one span of time, by the names of the series. */
export interface Bucket {
  readonly at: Date;
  readonly values: Readonly<Record<string, number>>;
}

interface BarsProps extends ChartProps {
  /** In their order of time, equally long. */
  readonly buckets: readonly Bucket[];
  readonly bucketMs: number;
  /** From the bottom to the top. */
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
}

/** `before`: the totals of an earlier range, as a line behind the bars. */
export function StackedBars(
  props: BarsProps & { readonly before?: readonly number[]; readonly beforeLabel?: string },
): VNode {
  const { buckets, series, before = [], beforeLabel = 'before' } = props;
  const time = timeOf(props);
  const totals = buckets.map((bucket) => total(bucket, series));
  const values = valueScale(Math.max(0, ...totals, ...before));
  const hasBefore = before.length > 0;
  const columns = [
    'Time (UTC)',
    ...series.map(({ label }) => label),
    'Total',
    ...(hasBefore ? [beforeLabel] : []),
  ];
  const rows = buckets.map(({ at, values: of }, index) => [
    utc(at),
    ...series.map(({ name }) => of[name] ?? 0),
    totals[index] ?? 0,
    ...(hasBefore ? [before[index] ?? 0] : []),
  ]);
  return (
    <BarsFrame {...props} {...{ drawn: buckets, values, time, columns, rows }}>
      {hasBefore && (
        <path
          class="line ghost"
          d={pathOf(
            buckets.map(({ at }, index) => [time(middle(at, props.bucketMs)), values(before[index] ?? 0)]),
          )}
        />
      )}
    </BarsFrame>
  );
}

/** The shares of each bucket. A bucket without anything stays empty. */
export function ShareBars(props: BarsProps): VNode {
  const { buckets, series } = props;
  const time = timeOf(props);
  const values = valueScale(100);
  const shares = buckets.map((bucket): Bucket => ({ at: bucket.at, values: sharesOf(bucket, series) }));
  const columns = ['Time (UTC)', ...series.flatMap(({ label }) => [label, `${label} %`])];
  const rows = buckets.map(({ at, values: of }, index) => [
    utc(at),
    ...series.flatMap(({ name }) => [of[name] ?? 0, Math.round(shares[index]?.values[name] ?? 0)]),
  ]);
  return <BarsFrame {...props} {...{ drawn: shares, values, time, columns, rows }} />;
}

interface BarsFrameProps extends BarsProps {
  /** The buckets as they are drawn, which may be their shares. */
  readonly drawn: readonly Bucket[];
  readonly time: TimeScale;
  readonly values: ValueScale;
  readonly columns: Figures['columns'];
  readonly rows: Figures['rows'];
  /** Drawn above the bars. */
  readonly children?: ComponentChildren;
}

/** Bars over time between their axes, with their figures and marks. */
function BarsFrame(props: BarsFrameProps): VNode {
  const { id, title, summary, series, bucketMs, marks = [], drawn, time, values, columns, rows } = props;
  return (
    <ChartFrame
      {...{ id, title, summary }}
      height={HEIGHT}
      legend={series}
      figures={{ columns, rows: [...rows, ...markRows(marks, columns.length)] }}
    >
      <ValueAxis scale={values} />
      {drawn.map((bucket) => (
        <Stack key={bucket.at.getTime()} bucket={bucket} {...{ series, time, values, bucketMs }} />
      ))}
      {props.children}
      <TimeAxis scale={time} />
      <Marks marks={marks} scale={time} />
    </ChartFrame>
  );
}

interface LinesProps extends ChartProps {
  readonly points: readonly { readonly at: Date; readonly values: Readonly<Record<string, number | null>> }[];
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** A value that is too high: an alert's threshold. */
  readonly threshold?: number;
}

/** A point without a value interrupts its line. */
export function Lines(props: LinesProps): VNode {
  const { points, series, marks = [], threshold } = props;
  const [first, last] = [points[0]?.at ?? new Date(0), points.at(-1)?.at ?? new Date(1)];
  const time = timeScale(first, last);
  const all = points.flatMap(({ values: of }) => series.map(({ name }) => of[name] ?? 0));
  const values = valueScale(Math.max(0, ...all, threshold ?? 0));
  const columns = ['Time (UTC)', ...series.map(({ label }) => label)];
  const rows = points.map(({ at, values: of }) => [utc(at), ...series.map(({ name }) => of[name] ?? '–')]);
  const limit =
    threshold === undefined
      ? []
      : [['Threshold', threshold, ...Array<string>(Math.max(0, series.length - 1)).fill('')]];
  return (
    <ChartFrame
      {...props}
      height={HEIGHT}
      legend={series}
      figures={{ columns, rows: [...rows, ...limit, ...markRows(marks, columns.length)] }}
    >
      <ValueAxis scale={values} />
      {threshold !== undefined && (
        <line
          class="threshold"
          x1={AREA.left}
          x2={AREA.right}
          y1={round(values(threshold))}
          y2={round(values(threshold))}
        />
      )}
      {series.map(({ name, tone }) => (
        <path
          key={name}
          class={`line stroke-${tone}`}
          d={pathOf(points.map(({ at, values: of }) => [time(at), heightOf(values, of[name])]))}
        />
      ))}
      <TimeAxis scale={time} />
      <Marks marks={marks} scale={time} />
    </ChartFrame>
  );
}

function heightOf(scale: ValueScale, value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : scale(value);
}

/** Moves instead of drawing where a value is missing. A point alone is a dot: its line has no length and round ends. */
function pathOf(points: readonly (readonly [number, number | null])[]): string {
  let isDrawing = false;
  return points
    .flatMap(([x, y]) => {
      const place = `${round(x)} ${round(y ?? 0)}`;
      const drawn = isDrawing ? `L${place}` : `M${place}h0`;
      isDrawing = y !== null;
      return y === null ? [] : [drawn];
    })
    .join('');
}

function Stack(props: {
  bucket: Bucket;
  series: readonly Series[];
  time: TimeScale;
  values: ValueScale;
  bucketMs: number;
}): VNode {
  const { bucket, series, time, values, bucketMs } = props;
  const left = time(bucket.at);
  const width = Math.max(0.5, (time(new Date(bucket.at.getTime() + bucketMs)) - left) * 0.86);
  let below = 0;
  return (
    <g>
      {series.map(({ name, tone }) => {
        const value = bucket.values[name] ?? 0;
        const [bottom, top] = [values(below), values(below + value)];
        below += value;
        if (value <= 0) return null;
        return (
          <rect
            key={name}
            class={`fill-${tone}`}
            x={round(left)}
            y={round(top)}
            width={round(width)}
            height={round(bottom - top)}
          />
        );
      })}
    </g>
  );
}

function timeOf({ buckets, bucketMs }: BarsProps): TimeScale {
  const first = buckets[0]?.at ?? new Date(0);
  const last = buckets.at(-1)?.at ?? first;
  return timeScale(first, new Date(last.getTime() + bucketMs));
}

function middle(at: Date, bucketMs: number): Date {
  return new Date(at.getTime() + bucketMs / 2);
}

function total({ values }: Bucket, series: readonly Series[]): number {
  return series.reduce((sum, { name }) => sum + (values[name] ?? 0), 0);
}

function sharesOf(bucket: Bucket, series: readonly Series[]): Record<string, number> {
  const whole = total(bucket, series);
  if (whole === 0) return {};
  return Object.fromEntries(series.map(({ name }) => [name, (100 * (bucket.values[name] ?? 0)) / whole]));
}
