import { scaleLinear } from 'd3-scale';
import type { VNode } from 'preact';
import { round } from './axes.tsx';
import { ChartFrame, cut, WIDTH, type ChartProps, type Tone } from './frame.tsx';

interface ParetoProps extends ChartProps {
  /** The name of what is counted, such as `Reason`. */
  readonly of: string;
  readonly counts: readonly { readonly label: string; readonly count: number; readonly tone?: Tone }[];
}

const LABELS = 170;
const ROW = 24;
/** The rest is one bar. */
const MOST_BARS = 12;

/** Horizontal bars, the largest first, with the share that all bars so far make up together. */
export function Pareto(props: ParetoProps): VNode {
  const sorted = props.counts.toSorted((left, right) => right.count - left.count);
  const bars =
    sorted.length <= MOST_BARS
      ? sorted
      : [...sorted.slice(0, MOST_BARS - 1), rest(sorted.slice(MOST_BARS - 1))];
  const whole = sorted.reduce((sum, { count }) => sum + count, 0);
  const length = scaleLinear([0, Math.max(1, ...bars.map(({ count }) => count))], [0, WIDTH - LABELS - 90]);
  return (
    <ChartFrame {...props} height={Math.max(1, bars.length) * ROW + 6} figures={figuresOf(props.of, sorted)}>
      {bars.map(({ label, count, tone = 'first' }, index) => {
        const y = index * ROW + 4;
        const upToHere = bars.slice(0, index + 1).reduce((sum, bar) => sum + bar.count, 0);
        return (
          <g key={index}>
            <text x={LABELS - 6} y={y + 14} text-anchor="end">
              {cut(label, 24)}
            </text>
            <rect class={`fill-${tone}`} x={LABELS} y={y} width={round(length(count))} height={ROW - 6} />
            <text class="note" x={round(LABELS + length(count) + 5)} y={y + 14}>
              {`${count} · ${percent(upToHere, whole)} %`}
            </text>
          </g>
        );
      })}
    </ChartFrame>
  );
}

function rest(counts: ParetoProps['counts']): ParetoProps['counts'][number] {
  const count = counts.reduce((sum, one) => sum + one.count, 0);
  return { label: `${counts.length} others`, count, tone: 'muted' };
}

/** All of them, also those that are drawn as one bar. */
function figuresOf(of: string, sorted: ParetoProps['counts']) {
  const whole = sorted.reduce((sum, { count }) => sum + count, 0);
  let upToHere = 0;
  const rows = sorted.map(({ label, count }) => {
    upToHere += count;
    return [label, count, `${percent(count, whole)} %`, `${percent(upToHere, whole)} %`];
  });
  return { columns: [of, 'Count', 'Share', 'Together'], rows };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((100 * part) / whole);
}
