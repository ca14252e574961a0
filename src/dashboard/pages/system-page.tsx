/** What the service is made of and how it is set up, with the checks of `doctor` by the eight parts of the strip. */
import type { ComponentChildren, VNode } from 'preact';
import type { Page } from '../page.ts';
import type { Health } from '../glance.ts';
import { Table, type Column } from '../parts/list.tsx';
import { checksByPart } from '../parts/health-strip.tsx';
import { Pill } from '../parts/pill.tsx';
import { shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { part, type Part } from '../visit.ts';
import { ProcessList, TemporalPart, VersionAlarm } from './system-processes.tsx';
import { SecretsPart } from './system-secrets.tsx';
import { FiguresPart, SettingsPart, StorePart } from './system-setup.tsx';

type Check = Health['checks'][number];

const COLUMNS: Column<Check>[] = [
  { name: 'Check', cell: ({ name }) => shown(name, 100) },
  { name: 'State', cell: ({ state }) => <Pill word={state} /> },
  { name: 'Found', cell: ({ text }) => <span class="sentence">{shown(text, 500)}</span> },
  { name: 'What to do', cell: (check) => <Remedy check={check} /> },
];

/** By the id of their headings. */
const PARTS = {
  processes: 'Processes',
  versions: 'Worker versions',
  figures: 'Figures and their alerts',
  secrets: 'Secrets',
  size: 'Schema and size of the store',
  settings: 'Settings',
  checks: 'Checks',
} as const;

export const systemPage: Page = {
  path: '/system',
  nav: 'System',
  async show({ api, now }) {
    const { system } = api;
    const [health, processes, temporal, secrets, figures, store, settings] = await Promise.all([
      part(api.health.retrieve()),
      part(system.listProcesses()),
      part(system.retrieveTemporal()),
      part(system.listSecrets()),
      part(system.listFigures()),
      part(system.retrieveStore()),
      part(system.listSettings()),
    ]);
    return {
      title: 'System',
      above: (
        <nav class="saved" aria-label="Parts of this page">
          {Object.entries(PARTS).map(([id, name]) => (
            <a href={`#${id}`}>{name}</a>
          ))}
        </nav>
      ),
      live: (
        <>
          <VersionAlarm temporal={temporal} />
          <Section id="processes">
            <ProcessList processes={processes} temporal={temporal} now={now} />
          </Section>
          <Section id="versions">
            <TemporalPart temporal={temporal} />
          </Section>
          <Section id="figures">
            <FiguresPart figures={figures} />
          </Section>
          <Section id="secrets">
            <SecretsPart secrets={secrets} now={now} />
          </Section>
          <Section id="size">
            <StorePart store={store} />
          </Section>
          <Section id="settings">
            <SettingsPart settings={settings} />
          </Section>
          <Section id="checks">
            <Checks health={health} now={now} />
          </Section>
        </>
      ),
    };
  },
};

function Section({ id, children }: { id: keyof typeof PARTS; children: ComponentChildren }): VNode {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{PARTS[id]}</h2>
      {children}
    </section>
  );
}

function Checks({ health, now }: { health: Part<Health>; now: Date }): VNode {
  if (health.trouble !== undefined) return <TroubleNote trouble={health.trouble} what="The checks" />;
  const { status, version, checkedAt, gateways, checks } = health.data;
  return (
    <>
      <p>
        <Pill word={status} /> paidonce {shown(version, 40)}, checked <Ago at={checkedAt} now={now} /> ago;{' '}
        {gateways.map(({ gateway, account, mode }) => `${gateway} account ${account} (${mode})`).join(', ')}
      </p>
      {checksByPart(checks).map(([name, some]) => (
        <section aria-labelledby={name.toLowerCase()}>
          <h3 id={name.toLowerCase()}>{name}</h3>
          <Table
            label={name}
            columns={COLUMNS}
            rows={some}
            idOf={(check) => check.name}
            empty="Nothing is checked here."
          />
        </section>
      ))}
    </>
  );
}

function Remedy({ check: { todo, commands } }: { check: Check }): VNode {
  return (
    <span class="sentence">
      {todo === undefined ? '—' : shown(todo, 500)}
      {commands?.map((command) => (
        <>
          {' '}
          <code>{shown(command, 500)}</code>
        </>
      ))}
    </span>
  );
}
