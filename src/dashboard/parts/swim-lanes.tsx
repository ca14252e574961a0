/**
 * One order as four lanes over time: payer, gateway, paidonce and shop. Long gaps are drawn shorter, so that a burst
 * of a second and a hold of a day are both seen.
 */
import type { VNode } from 'preact';
import { shown, span, utc } from './text.ts';

export type Lane = 'payer' | 'gateway' | 'paidonce' | 'shop';

export interface Crossing {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly from: Lane;
  /** The same lane: something that happens there. */
  readonly to: Lane;
  /** Two or three words, which are drawn. */
  readonly short: string;
  /** The whole sentence. */
  readonly label: string;
  /** `bad`: refused, lost or failed. `next`: it has not happened yet. */
  readonly tone: 'good' | 'bad' | 'next' | 'plain';
}

const LANES: readonly Lane[] = ['payer', 'gateway', 'paidonce', 'shop'];
const TOP = 34;
const LANE_GAP = 44;
const LEFT = 84;
const BOTTOM = TOP + LANE_GAP * (LANES.length - 1);
/** The words below the lanes lean to the right. */
const LEAN = 40;
const WORDS = { height: 132, width: 160, most: 28 };
const HEIGHT = BOTTOM + WORDS.height;
const LEAST_STEP = 30;
const LOG_STEP = 9;
const MOST = 60;

/** `names`: how the lanes are called. The timeline below has the same in words. */
export function SwimLanes({
  crossings,
  names,
}: {
  crossings: readonly Crossing[];
  names: Readonly<Record<Lane, string>>;
}): VNode | null {
  const shownOnes = crossings.toSorted((one, other) => one.at - other.at).slice(-MOST);
  if (shownOnes.length === 0) return null;
  const places = placesOf(shownOnes);
  const width = (places.at(-1) ?? LEFT) + WORDS.width;
  return (
    <figure class="lanes">
      <div class="scroll" role="region" aria-label="Who told whom, and when" tabIndex={0}>
        <svg
          viewBox={`0 0 ${width} ${HEIGHT}`}
          width={width}
          height={HEIGHT}
          role="img"
          aria-labelledby="lanes-title"
        >
          <title id="lanes-title">{titleOf(shownOnes, names)}</title>
          {LANES.map((lane, at) => (
            <g class="lane">
              <text x="4" y={yOf(lane) + 4}>
                {shown(names[lane], 14)}
              </text>
              <line
                x1={LEFT - 8}
                x2={width - WORDS.width + 16}
                y1={TOP + at * LANE_GAP}
                y2={TOP + at * LANE_GAP}
              />
            </g>
          ))}
          {shownOnes.map((crossing, at) => (
            <Arrow crossing={crossing} x={places[at] ?? LEFT} gap={gapBefore(shownOnes, at)} names={names} />
          ))}
        </svg>
      </div>
      {crossings.length > MOST && (
        <figcaption>
          The newest {MOST} of {crossings.length}.
        </figcaption>
      )}
    </figure>
  );
}

function Arrow(props: {
  crossing: Crossing;
  x: number;
  gap: string | null;
  names: Readonly<Record<Lane, string>>;
}): VNode {
  const { crossing, x, gap, names } = props;
  const { from, to, tone, short, label, at } = crossing;
  const [y1, y2] = [yOf(from), yOf(to)];
  const way = Math.sign(y2 - y1);
  return (
    <g class={`crossing ${tone}`}>
      <title>{`${utc(new Date(at))} UTC: ${from === to ? '' : `${names[from]} to ${names[to]}: `}${shown(label, 200)}`}</title>
      {from === to ? (
        <circle cx={x} cy={y1} r="5" />
      ) : (
        <>
          <line x1={x} x2={x} y1={y1} y2={y2 - way * 7} />
          <path d={`M ${x - 4} ${y2 - way * 8} L ${x + 4} ${y2 - way * 8} L ${x} ${y2 - way} Z`} />
        </>
      )}
      {tone === 'bad' && (
        <path class="cross" d={`M ${x - 5} ${y2 - 5 - way * 12} l 10 10 m 0 -10 l -10 10`} />
      )}
      <text class="words" transform={`translate(${x - 3} ${BOTTOM + 16}) rotate(${LEAN})`}>
        {shown(short, WORDS.most)}
      </text>
      {gap !== null && (
        <text class="gap" x={x - 2} y="14" text-anchor="end">
          +{gap}
        </text>
      )}
    </g>
  );
}

function yOf(lane: Lane): number {
  return TOP + LANES.indexOf(lane) * LANE_GAP;
}

function placesOf(crossings: readonly Crossing[]): number[] {
  let x = LEFT;
  return crossings.map(({ at }, index) => {
    const before = crossings[index - 1];
    if (before !== undefined) x += LEAST_STEP + LOG_STEP * Math.log2(1 + Math.max(0, at - before.at) / 1_000);
    return Math.round(x);
  });
}

/** The time since the crossing before, where it is long enough to be of interest. */
function gapBefore(crossings: readonly Crossing[], at: number): string | null {
  const [before, now] = [crossings[at - 1], crossings[at]];
  if (before === undefined || now === undefined || now.at - before.at < 3_000) return null;
  return span(now.at - before.at);
}

function titleOf(crossings: readonly Crossing[], names: Readonly<Record<Lane, string>>): string {
  const steps = crossings.map(({ from, to, label }) =>
    from === to ? `${names[from]}: ${label}` : `${names[from]} to ${names[to]}: ${label}`,
  );
  return shown(`${crossings.length} steps. ${steps.slice(-8).join('. ')}`, 900);
}
