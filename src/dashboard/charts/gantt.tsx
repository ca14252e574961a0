import type { VNode } from 'preact';
import { round, TimeAxis, timeScale, type Area, type TimeScale } from './axes.tsx';
import { ChartFrame, cut, WIDTH, type ChartProps, type Series } from './frame.tsx';

export interface Span {
  readonly label: string;
  /** Null where it never began: it has no bar then. */
  readonly from: Date | null;
  readonly to: Date | null;
  /** The name of a series. */
  readonly state: string;
  /** A point in time that matters, drawn as a line across the bar. */
  readonly mark?: Date | null;
  /** Its cells of the table, after the label. */
  readonly figures: readonly string[];
}

interface GanttProps extends ChartProps {
  readonly spans: readonly Span[];
  readonly states: readonly Series[];
  /** Of the table: the first is that of the labels. */
  readonly columns: readonly string[];
  /** The right end. */
  readonly now: Date;
}

const ROW = 34;
const BAR = 11;
const LEFT = 6;

/** Spans of time, a row each, with the label above the bar: labels are longer than a narrow screen has room for. */
export function Gantt(props: GanttProps): VNode {
  const { spans, states, columns, now } = props;
  const area: Area = { left: LEFT, right: WIDTH - LEFT, top: 4, bottom: 4 + ROW * Math.max(1, spans.length) };
  const times = spans.flatMap(({ from }) => (from === null ? [] : [from.getTime()]));
  const first = Math.min(now.getTime() - 3_600_000, ...times);
  const time = timeScale(new Date(first), now, area);
  return (
    <ChartFrame
      {...props}
      height={area.bottom + 24}
      legend={states}
      figures={{ columns, rows: spans.map(({ label, figures }) => [label, ...figures]) }}
    >
      {spans.map((span, index) => (
        <Row key={index} {...{ span, states, time }} top={area.top + index * ROW} />
      ))}
      <TimeAxis scale={time} area={area} />
    </ChartFrame>
  );
}

function Row(props: { span: Span; states: readonly Series[]; time: TimeScale; top: number }): VNode {
  const { span, states, time, top } = props;
  const { label, from, to, state, mark = null } = span;
  const tone = states.find(({ name }) => name === state)?.tone ?? 'muted';
  const y = top + 17;
  return (
    <g>
      <text x={LEFT} y={top + 13}>
        {cut(label, 40)}
      </text>
      {from !== null && to !== null && (
        <rect
          class={`fill-${tone}`}
          x={round(time(from))}
          y={y}
          // A secret that has signed once is seen too.
          width={round(Math.max(3, time(to) - time(from)))}
          height={BAR}
        />
      )}
      {mark !== null && (
        <line class="threshold" x1={round(time(mark))} x2={round(time(mark))} y1={y - 3} y2={y + BAR + 3} />
      )}
    </g>
  );
}
