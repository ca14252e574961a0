/** Axes, and the vertical marks of deployments and outages. */
import { scaleLinear, scaleUtc, type ScaleLinear, type ScaleTime } from 'd3-scale';
import type { VNode } from 'preact';
import { cut, WIDTH } from './frame.tsx';

/** The drawing between the axes, in units of the drawing. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const AREA: Area = { left: 44, right: WIDTH - 8, top: 22, bottom: 178 };
export const HEIGHT = 204;

/** Something that happened and explains a change: a deployment, a rotation, an outage. */
export interface Mark {
  readonly at: Date;
  readonly label: string;
}

export type TimeScale = ScaleTime<number, number>;
export type ValueScale = ScaleLinear<number, number>;

export function timeScale(from: Date, to: Date, { left, right } = AREA): TimeScale {
  return scaleUtc([from, to], [left, right]);
}

/** From 0, so that a bar's length is its value. */
export function valueScale(highest: number, { top, bottom } = AREA): ValueScale {
  return scaleLinear([0, Math.max(1, highest)], [bottom, top]).nice(4);
}

export function TimeAxis({ scale, area = AREA }: { scale: TimeScale; area?: Area }): VNode {
  return (
    <g class="axis">
      <line x1={area.left} x2={area.right} y1={area.bottom} y2={area.bottom} />
      {scale.ticks(5).map((at) => {
        const x = round(scale(at));
        return (
          <text key={at.getTime()} x={x} y={area.bottom + 17} text-anchor={anchorAt(x, area)}>
            {tickOf(at)}
          </text>
        );
      })}
    </g>
  );
}

/** A label at an edge stays inside the drawing. */
function anchorAt(x: number, { left, right }: Area): 'start' | 'middle' | 'end' {
  if (x > right - 16) return 'end';
  return x < left + 8 ? 'start' : 'middle';
}

/** `08:05`, and at midnight the day, `28 Nov`. */
function tickOf(at: Date): string {
  const [, time = ''] = /T(\d\d:\d\d)/.exec(at.toISOString()) ?? [];
  return time === '00:00' ? DAY.format(at) : time;
}

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact' });

export function ValueAxis({ scale, area = AREA }: { scale: ValueScale; area?: Area }): VNode {
  return (
    <g class="axis">
      {scale.ticks(4).map((value) => {
        const y = round(scale(value));
        return (
          <g key={value}>
            <line class="grid" x1={area.left} x2={area.right} y1={y} y2={y} />
            <text x={area.left - 5} y={y + 4} text-anchor="end">
              {SHORT.format(value)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** Marks outside the range are left out. The label of one near the right edge is on its left. */
export function Marks({
  marks,
  scale,
  area = AREA,
}: {
  marks: readonly Mark[];
  scale: TimeScale;
  area?: Area;
}): VNode {
  const [from, to] = scale.domain() as [Date, Date];
  return (
    <g class="marks">
      {marks
        .filter(({ at }) => at >= from && at <= to)
        .map(({ at, label }, index) => {
          const x = round(scale(at));
          const isLate = x > (area.left + area.right) / 2;
          return (
            <g key={index}>
              <line x1={x} x2={x} y1={area.top - 12} y2={area.bottom} />
              <text x={isLate ? x - 4 : x + 4} y={area.top - 5} text-anchor={isLate ? 'end' : 'start'}>
                {cut(label, 28)}
              </text>
            </g>
          );
        })}
    </g>
  );
}

/** Fractions of a unit that nobody can see only make the page larger. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Of a table of figures: `2026-11-28 08:42`. */
export function utc(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ');
}

/** The marks as rows for the table of a chart's figures, where it has any. */
export function markRows(marks: readonly Mark[], columns: number): (string | number)[][] {
  return marks.map(({ at, label }) => [utc(at), label, ...Array<string>(Math.max(0, columns - 2)).fill('')]);
}
