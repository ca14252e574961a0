/** The store, the settings, and the figures beside the thresholds of their alerts. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import { Fact } from '../parts/fact.tsx';
import { Table, type Column } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { bytes, shown, span } from '../parts/text.ts';
import { TroubleNote } from '../parts/trouble.tsx';
import type { Part } from '../visit.ts';

type System = PaidonceClient['system'];
export type Figures = Awaited<ReturnType<System['listFigures']>>;
export type Settings = Awaited<ReturnType<System['listSettings']>>;
export type StoreState = Awaited<ReturnType<System['retrieveStore']>>;
type Figure = Figures['data'][number];
type Setting = Settings['data'][number];

const FIGURES: Column<Figure>[] = [
  {
    name: 'Figure',
    cell: ({ means, labels }) => (
      <span class="sentence">{shown([means, ...Object.values(labels)].join(', '), 200)}</span>
    ),
  },
  { name: 'State', cell: ({ state }) => <Pill word={state} /> },
  { name: 'Now', isNumber: true, cell: (figure) => valueOf(figure, figure.value) },
  { name: 'Alert', cell: thresholdOf },
  { name: 'Drawn', cell: (figure) => <Drawn figure={figure} /> },
  { name: 'Urgency', cell: ({ severity }) => (severity === 'page' ? 'at once' : 'in the morning') },
  { name: 'In /metrics', cell: ({ name }) => <code>{shown(name, 80)}</code> },
];

export function FiguresPart({ figures }: { figures: Part<Figures> }): VNode {
  if (figures.trouble !== undefined) return <TroubleNote trouble={figures.trouble} what="The figures" />;
  return (
    <Table
      label="Figures"
      columns={FIGURES}
      rows={figures.data.data}
      idOf={({ name, labels }) => `${name} ${JSON.stringify(labels)}`}
      empty="No figure is known."
    />
  );
}

function valueOf({ unit }: Figure, value: number | null): string {
  if (value === null) return 'not known';
  if (unit === 'yes or no') return value === 0 ? 'no' : 'yes';
  if (unit === 'count') return String(value);
  return value < 0 ? `−${span(-value * 1_000)}` : span(value * 1_000);
}

function thresholdOf(figure: Figure): string {
  const { unit, alertAbove, alertBelow } = figure;
  if (unit === 'yes or no') return alertAbove === null ? 'where no' : 'where yes';
  return alertAbove === null ? `below ${alertBelow}` : `above ${valueOf(figure, alertAbove)}`;
}

/** How near it is: the threshold is at two thirds. */
function Drawn({ figure }: { figure: Figure }): VNode | null {
  const { means, value, alertAbove } = figure;
  if (value === null || alertAbove === null || alertAbove === 0) return null;
  const most = alertAbove * 1.5;
  return (
    <meter
      min={0}
      max={most}
      high={alertAbove}
      optimum={0}
      value={Math.min(most, Math.abs(value))}
      aria-label={`${shown(means, 100)}: ${valueOf(figure, value)} of ${valueOf(figure, alertAbove)}`}
    />
  );
}

export function StorePart({ store }: { store: Part<StoreState> }): VNode {
  if (store.trouble !== undefined) return <TroubleNote trouble={store.trouble} what="The store" />;
  const { kind, migrations, bytes: size, growthBytesPerDay: growth, freeBytes, daysUntilFull } = store.data;
  const { state, applied, expected } = migrations;
  return (
    <dl class="facts card">
      <Fact name="Store">{kind === 'embedded' ? 'embedded' : 'PostgreSQL'}</Fact>
      <Fact name="Migrations">
        <Pill word={state === 'current' ? 'ok' : state === 'older' ? 'fail' : 'warn'} /> {applied} applied,{' '}
        {expected} known to this version{state === 'older' ? ': run paidonce migrate' : ''}
      </Fact>
      <Fact name="Size">{bytes(size)}</Fact>
      <Fact name="Growth per day">
        {growth === null ? 'known after an hour' : growth < 0 ? `−${bytes(-growth)}` : bytes(growth)}
      </Fact>
      <Fact name="Disk">{diskOf(kind, freeBytes, daysUntilFull)}</Fact>
    </dl>
  );
}

function diskOf(kind: StoreState['kind'], free: number | null, days: number | null): string {
  if (kind === 'postgresql') return 'not known: only the server of PostgreSQL knows its disk; watch it there';
  if (free === null) return 'not known';
  return `${bytes(free)} free${days === null ? '' : `, full in ${days > 3_650 ? 'more than ten years' : `${days} days`}`}`;
}

const SETTINGS: Column<Setting>[] = [
  { name: 'Variable', cell: ({ name }) => <code>{shown(name, 60)}</code> },
  { name: 'Value', cell: ({ value }) => (value === null ? '—' : <bdi>{shown(value, 200)}</bdi>) },
  { name: 'From', cell: ({ source, isSecret }) => `${source}${isSecret ? ', a secret' : ''}` },
];

export function SettingsPart({ settings }: { settings: Part<Settings> }): VNode {
  if (settings.trouble !== undefined) return <TroubleNote trouble={settings.trouble} what="The settings" />;
  const { data, unknown } = settings.data;
  const isGiven = ({ source }: Setting) => source === 'environment' || source === 'file';
  const list = (label: string, rows: readonly Setting[]) => (
    <Table label={label} columns={SETTINGS} rows={rows} idOf={({ name }) => name} empty="None." />
  );
  return (
    <>
      {unknown.map(({ name, nearest }) => (
        <p class="notice bad" role="note">
          <code>{shown(name, 80)}</code> is not known and has no effect
          {nearest === null ? '' : `: was ${shown(nearest, 80)} meant?`}
        </p>
      ))}
      <p>As the process that answers has them. Others may have other ones.</p>
      {list('Settings that are given', data.filter(isGiven))}
      <details id="settings-by-default">
        <summary>Settings that are not given</summary>
        {list(
          'Settings that are not given',
          data.filter((one) => !isGiven(one)),
        )}
      </details>
    </>
  );
}
