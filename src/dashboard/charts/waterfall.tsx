import { scaleLinear } from 'd3-scale';
import type { VNode } from 'preact';
import { AREA, HEIGHT, round, type ValueScale } from './axes.tsx';
import { ChartFrame, cut, type ChartProps, type Tone } from './frame.tsx';

interface WaterfallProps extends ChartProps {
  /** `change` adds to the sum before, or takes from it. `sum` is what is left there, from 0. */
  readonly steps: readonly {
    readonly label: string;
    readonly amount: number;
    readonly is: 'change' | 'sum';
    readonly tone: Tone;
  }[];
  /** Writes an amount for people; minor units of one currency come in. */
  readonly format: (amount: number) => string;
}

/** Money of a range: authorized → captured → refunded → still held. The amounts are at the bars. */
export function Waterfall(props: WaterfallProps): VNode {
  const { steps, format } = props;
  const bars = barsOf(steps);
  const edges = bars.flatMap(({ from, to }) => [from, to]);
  const values: ValueScale = scaleLinear(
    [Math.min(0, ...edges), Math.max(1, ...edges)],
    [AREA.bottom, AREA.top],
  ).nice(4);
  const width = (AREA.right - AREA.left) / Math.max(1, steps.length);
  const figures = {
    columns: ['Step', 'Amount', 'Left'],
    rows: steps.map(({ label, amount }, index) => [label, format(amount), format(bars[index]?.to ?? 0)]),
  };
  return (
    <ChartFrame {...props} height={HEIGHT} figures={figures}>
      <g class="axis">
        <line x1={AREA.left} x2={AREA.right} y1={round(values(0))} y2={round(values(0))} />
      </g>
      {steps.map(({ label, amount, tone }, index) => {
        const { from, to } = bars[index] ?? { from: 0, to: 0 };
        const left = AREA.left + index * width;
        const [top, bottom] = [values(Math.max(from, to)), values(Math.min(from, to))];
        return (
          <g key={index}>
            <rect
              class={`fill-${tone}`}
              x={round(left + width * 0.1)}
              y={round(top)}
              width={round(width * 0.8)}
              height={round(Math.max(1, bottom - top))}
            />
            <text class="note" x={round(left + width / 2)} y={round(top) - 4} text-anchor="middle">
              {cut(format(amount), 14)}
            </text>
            <text x={round(left + width / 2)} y={AREA.bottom + 17} text-anchor="middle">
              {cut(label, 11)}
            </text>
          </g>
        );
      })}
    </ChartFrame>
  );
}

/** Where each bar begins and ends. */
export function barsOf(steps: WaterfallProps['steps']): { from: number; to: number }[] {
  let left = 0;
  return steps.map(({ amount, is }) => {
    const from = is === 'sum' ? 0 : left;
    left = from + amount;
    return { from, to: left };
  });
}
