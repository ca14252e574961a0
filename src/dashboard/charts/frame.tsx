/** What every chart has around its drawing: a name, a summary, and the same figures as a table. */
import type { ComponentChildren, VNode } from 'preact';
import { csvLines } from '../../lib/csv.ts';

/** Names and colours of what a chart shows; the colours are classes of charts.css. */
export interface Series {
  readonly name: string;
  readonly label: string;
  readonly tone: Tone;
}

export const TONES = [
  'good',
  'bad',
  'warning',
  'muted',
  'first',
  'second',
  'third',
  'fourth',
  'fifth',
] as const;
export type Tone = (typeof TONES)[number];

export interface ChartProps {
  /** Unique on its page: the ids of its parts begin with it. */
  readonly id: string;
  readonly title: string;
  /** The chart in one or two sentences, for people who can't see it. */
  readonly summary: string;
}

export interface Figures {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Units of the drawing. It scales with the page: at 360 px a text of 14 has about 10 px. */
export const WIDTH = 480;

interface FrameProps extends ChartProps {
  readonly height: number;
  readonly figures: Figures;
  readonly legend?: readonly Series[] | undefined;
  readonly children: ComponentChildren;
}

export function ChartFrame({
  id,
  title,
  summary,
  height,
  figures,
  legend = [],
  children,
}: FrameProps): VNode {
  return (
    <figure class="chart" id={id}>
      <figcaption>{title}</figcaption>
      {legend.length > 0 && <Legend series={legend} />}
      <svg
        role="img"
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-summary`}
        viewBox={`0 0 ${WIDTH} ${height}`}
        preserveAspectRatio="xMidYMid meet"
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-summary`}>{summary}</desc>
        {children}
      </svg>
      <details>
        <summary>Figures of {title}</summary>
        <a class="small" href={csvAddress(figures)} download={`paidonce-${id}.csv`}>
          {title} as CSV
        </a>
        <FiguresTable title={title} figures={figures} />
      </details>
    </figure>
  );
}

/** Not by colour alone: the order of the list is the order of the parts, from the bottom or from the left. */
function Legend({ series }: { series: readonly Series[] }): VNode {
  return (
    <ul class="legend">
      {series.map(({ name, label, tone }) => (
        <li key={name}>
          <svg aria-hidden="true" class="swatch" viewBox="0 0 10 10">
            <rect class={`fill-${tone}`} width="10" height="10" />
          </svg>
          {label}
        </li>
      ))}
    </ul>
  );
}

/** The table as a file that is in the link itself: the server is not asked again. */
function csvAddress({ columns, rows }: Figures): string {
  return `data:text/csv;charset=utf-8,${encodeURIComponent(csvLines([columns, ...rows]))}`;
}

/** Wider than a narrow screen, it scrolls by itself, also by the keyboard. */
export function FiguresTable({
  title,
  figures: { columns, rows },
}: {
  title: string;
  figures: Figures;
}): VNode {
  return (
    <div class="scrolls" tabIndex={0} role="group" aria-label={`Figures of ${title}`}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([head, ...cells], index) => (
            <tr key={index}>
              <th scope="row">{head}</th>
              {cells.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A text with a limit: texts of shops and gateways may be as long as they like. */
export function cut(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
