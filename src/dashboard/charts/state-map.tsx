/**
 * What a payment can be, drawn: how many are there now, and how many went which way in the last hour. Each state
 * leads to its list.
 */
import type { VNode } from 'preact';
import { FiguresTable, type ChartProps } from './frame.tsx';

export interface StateMapProps extends Pick<ChartProps, 'id' | 'title'> {
  readonly states: readonly { readonly status: string; readonly count: number; readonly hasMore: boolean }[];
  /** How many went which way in the last hour, by the names of `EDGES`. */
  readonly lastHour: Readonly<Record<string, number>>;
  /** The address of the list of payments in this status. */
  readonly listOf: (status: string) => string;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly tone: 'waiting' | 'good' | 'bad' | 'over';
}

const WIDTH = 164;
const HEIGHT = 44;
const COLUMNS = [4, 216, 428, 640] as const;
const SIZE = { width: COLUMNS[3] + WIDTH + 4, height: 404 };

/** From left to right as money goes. Below the money are the ends without any. */
const PLACES = {
  PENDING: { x: COLUMNS[0], y: 134, tone: 'waiting' },
  REVIEW: { x: COLUMNS[1], y: 4, tone: 'bad' },
  ON_HOLD: { x: COLUMNS[1], y: 69, tone: 'waiting' },
  AUTHORIZED: { x: COLUMNS[1], y: 134, tone: 'good' },
  DECLINED: { x: COLUMNS[1], y: 199, tone: 'over' },
  FAILED: { x: COLUMNS[1], y: 251, tone: 'over' },
  CANCELLED: { x: COLUMNS[1], y: 303, tone: 'over' },
  EXPIRED: { x: COLUMNS[1], y: 355, tone: 'over' },
  PARTIALLY_CAPTURED: { x: COLUMNS[2], y: 69, tone: 'good' },
  CAPTURED: { x: COLUMNS[2], y: 134, tone: 'good' },
  VOIDED: { x: COLUMNS[2], y: 199, tone: 'over' },
  PARTIALLY_REFUNDED: { x: COLUMNS[3], y: 69, tone: 'good' },
  REFUNDED: { x: COLUMNS[3], y: 134, tone: 'over' },
} as const satisfies Readonly<Record<string, Place>>;

type Status = keyof typeof PLACES;

/** From, to, and which count of the last hour it shows. Null: that is not counted by itself. */
const EDGES: readonly (readonly [from: Status, to: Status, flow: string | null])[] = [
  ['PENDING', 'REVIEW', 'review'],
  ['PENDING', 'ON_HOLD', null],
  ['PENDING', 'AUTHORIZED', 'paid'],
  ['PENDING', 'DECLINED', 'declined'],
  ['PENDING', 'FAILED', 'failed'],
  ['PENDING', 'CANCELLED', 'cancelled'],
  ['PENDING', 'EXPIRED', 'expired'],
  ['ON_HOLD', 'AUTHORIZED', null],
  ['AUTHORIZED', 'PARTIALLY_CAPTURED', null],
  ['AUTHORIZED', 'CAPTURED', 'captured'],
  ['AUTHORIZED', 'VOIDED', 'voided'],
  ['PARTIALLY_CAPTURED', 'CAPTURED', null],
  ['CAPTURED', 'PARTIALLY_REFUNDED', null],
  ['CAPTURED', 'REFUNDED', 'refunded'],
  ['PARTIALLY_REFUNDED', 'REFUNDED', null],
];

export function StateMap({ id, title, states, lastHour, listOf }: StateMapProps): VNode {
  const counts = new Map(states.map((state) => [state.status, state]));
  const most = Math.max(1, ...Object.values(lastHour));
  const nodes = Object.entries(PLACES).map(([status, place]) => ({
    status,
    place,
    state: counts.get(status),
  }));
  return (
    <figure class="chart state-map" id={id}>
      <figcaption>{title}</figcaption>
      <div class="scrolls" tabIndex={0} role="group" aria-label={title}>
        <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} role="group" aria-label="States of a payment">
          <g aria-hidden="true">
            {EDGES.map(([from, to, flow]) => (
              <Edge
                key={`${from} ${to}`}
                from={PLACES[from]}
                to={PLACES[to]}
                count={flow === null ? 0 : (lastHour[flow] ?? 0)}
                most={most}
              />
            ))}
          </g>
          {nodes.map(({ status, place, state }) => (
            <Node
              key={status}
              status={status}
              place={place}
              count={shownCount(state)}
              href={listOf(status)}
            />
          ))}
        </svg>
      </div>
      <details>
        <summary>Figures of {title}</summary>
        <FiguresTable
          title={title}
          figures={{
            columns: ['Status', 'Payments now', 'Came here in the last hour'],
            rows: nodes.map(({ status, state }) => [status, shownCount(state), cameTo(status, lastHour)]),
          }}
        />
      </details>
    </figure>
  );
}

function shownCount(state: StateMapProps['states'][number] | undefined): string {
  if (state === undefined) return '—';
  return `${state.count.toLocaleString('en')}${state.hasMore ? '+' : ''}`;
}

function cameTo(status: string, lastHour: Readonly<Record<string, number>>): number | string {
  if (status === 'PENDING') return lastHour['opened'] ?? 0;
  const flow = EDGES.find(([, to, of]) => to === status && of !== null)?.[2];
  return flow == null ? '—' : (lastHour[flow] ?? 0);
}

interface NodeProps {
  readonly status: string;
  readonly place: Place;
  readonly count: string;
  readonly href: string;
}

function Node({ status, place: { x, y, tone }, count, href }: NodeProps): VNode {
  const middle = x + WIDTH / 2;
  return (
    <a href={href} class={`state ${tone}`}>
      <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx="8" />
      <text x={middle} y={y + 18} text-anchor="middle">
        {status}
      </text>{' '}
      <text class="count" x={middle} y={y + 36} text-anchor="middle">
        {count}
      </text>
    </a>
  );
}

interface EdgeProps {
  readonly from: Place;
  readonly to: Place;
  readonly count: number;
  readonly most: number;
}

function Edge({ from, to, count, most }: EdgeProps): VNode {
  // A logarithm, so that a few among thousands are still seen.
  const width = count === 0 ? 1.5 : 2 + 7 * (Math.log1p(count) / Math.log1p(most));
  const end = { x: to.x, y: to.y + HEIGHT / 2 };
  return (
    <g class={count === 0 ? 'edge' : 'edge flows'}>
      <path d={pathOf(from, to)} stroke-width={width.toFixed(1)} />
      {count > 0 && (
        <text x={end.x - 6} y={end.y - 7} text-anchor="end">
          {count}
        </text>
      )}
    </g>
  );
}

/** From the right side to the left side. Within a column it is a line. */
function pathOf(from: Place, to: Place): string {
  if (from.x === to.x) {
    const x = from.x + WIDTH / 2;
    return `M ${x} ${from.y + HEIGHT} L ${x} ${to.y}`;
  }
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const half = (x1 + x2) / 2;
  return `M ${x1} ${y1} C ${half} ${y1}, ${half} ${y2}, ${x2} ${y2}`;
}
