import type { VNode } from 'preact';
import {
  AREA,
  HEIGHT,
  markRows,
  Marks,
  round,
  TimeAxis,
  timeScale,
  utc,
  type Mark,
  type TimeScale,
} from './axes.tsx';
import { ChartFrame, cut, type ChartProps } from './frame.tsx';

interface HeatMapProps extends ChartProps {
  /** From the bottom to the top: the classes of the value, such as `< 1 s`. */
  readonly rows: readonly string[];
  /** Each with one count for each row. */
  readonly columns: readonly { readonly at: Date; readonly counts: readonly number[] }[];
  readonly bucketMs: number;
  /** Lines between two rows, such as a limit: `above` is the number of rows below the line. */
  readonly limits?: readonly { readonly above: number; readonly label: string }[];
  readonly marks?: readonly Mark[];
}

/** How many shades charts.css has. */
const SHADES = 5;

/** Counts by time and class: the darker, the more. A single one is seen too. */
export function HeatMap(props: HeatMapProps): VNode {
  const { rows, columns, bucketMs, limits = [], marks = [] } = props;
  const first = columns[0]?.at ?? new Date(0);
  const last = columns.at(-1)?.at ?? first;
  const time = timeScale(first, new Date(last.getTime() + bucketMs));
  const height = (AREA.bottom - AREA.top) / Math.max(1, rows.length);
  const most = Math.max(1, ...columns.flatMap(({ counts }) => counts));
  const names = ['Time (UTC)', ...rows];
  const figures = columns.map(({ at, counts }) => [utc(at), ...rows.map((_, row) => counts[row] ?? 0)]);
  return (
    <ChartFrame
      {...props}
      height={HEIGHT}
      figures={{ columns: names, rows: [...figures, ...markRows(marks, names.length)] }}
    >
      <g class="axis">
        {rows.map((name, row) => (
          <text key={name} x={AREA.left - 5} y={round(yOf(row, height) + height / 2 + 4)} text-anchor="end">
            {cut(name, 7)}
          </text>
        ))}
      </g>
      {columns.map((column) => (
        <Column key={column.at.getTime()} {...{ column, time, bucketMs, height, most, rows: rows.length }} />
      ))}
      {limits.map((limit) => (
        <Limit key={limit.label} label={limit.label} y={yOf(limit.above - 1, height)} />
      ))}
      <TimeAxis scale={time} />
      <Marks marks={marks} scale={time} />
    </ChartFrame>
  );
}

/** The upper edge of a row; row 0 is at the bottom. */
function yOf(row: number, height: number): number {
  return round(AREA.bottom - (row + 1) * height);
}

function Column(props: {
  column: HeatMapProps['columns'][number];
  time: TimeScale;
  bucketMs: number;
  rows: number;
  height: number;
  most: number;
}): VNode {
  const { column, time, bucketMs, rows, height, most } = props;
  const left = time(column.at);
  const width = Math.max(0.5, time(new Date(column.at.getTime() + bucketMs)) - left);
  return (
    <g>
      {column.counts
        .slice(0, rows)
        .map((count, row) =>
          count <= 0 ? null : (
            <rect
              key={row}
              class={`heat-${shadeOf(count, most)}`}
              x={round(left)}
              y={yOf(row, height)}
              width={round(width)}
              height={round(height)}
            />
          ),
        )}
    </g>
  );
}

function Limit({ label, y }: { label: string; y: number }): VNode {
  return (
    <g>
      <line class="threshold" x1={AREA.left} x2={AREA.right} y1={y} y2={y} />
      <text class="note" x={AREA.right} y={round(y - 3)} text-anchor="end">
        {cut(label, 20)}
      </text>
    </g>
  );
}

/** 1 to `SHADES`, by the logarithm: one slow payment among a thousand must be seen. */
export function shadeOf(count: number, most: number): number {
  if (most <= 1) return SHADES;
  return 1 + Math.round(((SHADES - 1) * Math.log(count)) / Math.log(most));
}
