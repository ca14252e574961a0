/** What the service is made of and how it is set up, with the checks of `doctor` by the eight parts of the strip. */
import type { ComponentChildren, VNode } from 'preact';
import type { Page } from '../page.ts';
import type { Health } from '../glance.ts';
import { Table, type Column } from '../parts/list.tsx';
import { checksByPart } from '../parts/health-strip.tsx';
import { Pill } from '../parts/pill.tsx';
import { link, shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { part, type Part } from '../visit.ts';
import { ProcessList, TemporalPart, VersionAlarm } from './system-processes.tsx';
import { SecretsPart } from './system-secrets.tsx';
import { FAILING } from './update-columns.tsx';
import { FiguresPart, SettingsPart, StorePart } from './system-setup.tsx';

type Check = Health['checks'][number];

function columnsOf(base: string): Column<Check>[] {
  return [
    { name: 'Check', cell: ({ name }) => shown(name, 100) },
    { name: 'State', cell: ({ state }) => <Pill word={state} /> },
    { name: 'Found', cell: ({ text }) => <span class="sentence">{shown(text, 500)}</span> },
    { name: 'What to do', cell: (check) => <Remedy check={check} base={base} /> },
  ];
}

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
  async show({ api, now, base }) {
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
            <Checks health={health} now={now} base={base} />
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

function Checks({ health, now, base }: { health: Part<Health>; now: Date; base: string }): VNode {
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
            columns={columnsOf(base)}
            rows={some}
            idOf={(check) => check.name}
            empty="Nothing is checked here."
          />
        </section>
      ))}
    </>
  );
}

/** Where a person without a shell sees it, and can do something. */
const PLACES: readonly (readonly [check: RegExp, path: string, name: string])[] = [
  [/^failing updates$/, link('/updates', FAILING), 'the updates'],
  [/^outbox$/, '/updates?state=pending', 'the updates'],
  [/^reviews$/, '/reviews', 'the reviews'],
  [/^operations$/, '/operations?status=pending', 'the money moves'],
  [/^(signatures|callbacks)$/, '/deliveries?outcome=refused', 'the refused callbacks'],
  [/^(missed callbacks$|last complete sweep of )/, '/gateways', 'the gateways'],
  [/^last reconciliation of /, '/reconcile', 'the comparisons'],
  [/ secrets$/, '/system#secrets', 'the secrets'],
  [/^(worker |stuck runs$|paused runs$)/, '/system#versions', 'the worker versions'],
];

function Place({ check: { name, state }, base }: { check: Check; base: string }): VNode | null {
  const place = PLACES.find(([check]) => check.test(name));
  if (place === undefined || state === 'ok') return null;
  const [, path, words] = place;
  return <a href={`${base}${path}`}>{`Open ${words}.`}</a>;
}

function Remedy({ check, base }: { check: Check; base: string }): VNode {
  const { todo, commands } = check;
  return (
    <span class="sentence">
      <Place check={check} base={base} /> {todo === undefined ? '—' : shown(todo, 500)}
      {commands?.map((command) => (
        <>
          {' '}
          <code>{shown(command, 500)}</code>
        </>
      ))}
    </span>
  );
}
