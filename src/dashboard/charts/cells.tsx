import type { VNode } from 'preact';
import { round, utc } from './axes.tsx';
import { ChartFrame, WIDTH, type ChartProps, type Series } from './frame.tsx';

interface CellsProps extends ChartProps {
  /** In their order of time: the last 90 minutes, the last 48 sweeps. */
  readonly cells: readonly { readonly at: Date; readonly state: string; readonly note?: string }[];
  /** Every state that a cell may have. */
  readonly states: readonly Series[];
}

const HEIGHT = 34;

/** A strip of cells, one for each run or span of time. A bad one is also lower, not only red. */
export function Cells(props: CellsProps): VNode {
  const { cells, states } = props;
  const width = WIDTH / Math.max(1, cells.length);
  const stateOf = (name: string) => states.find((state) => state.name === name);
  const rows = cells.map(({ at, state, note = '' }) => [utc(at), stateOf(state)?.label ?? state, note]);
  return (
    <ChartFrame
      {...props}
      height={HEIGHT}
      legend={states}
      figures={{ columns: ['Time (UTC)', 'State', 'Note'], rows }}
    >
      {cells.map(({ state }, index) => {
        const tone = stateOf(state)?.tone ?? 'muted';
        const isBad = tone === 'bad' || tone === 'warning';
        return (
          <rect
            key={index}
            class={`fill-${tone}`}
            x={round(index * width)}
            y={isBad ? 10 : 2}
            width={round(Math.max(0.5, width * 0.84))}
            height={HEIGHT - 12}
          />
        );
      })}
    </ChartFrame>
  );
}
