/** The checks of `doctor`, run by the service itself, by the eight parts of the strip. */
import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import type { Health } from '../glance.ts';
import { Table, type Column } from '../parts/list.tsx';
import { checksByPart } from '../parts/health-strip.tsx';
import { Pill } from '../parts/pill.tsx';
import { shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { part, type Part } from '../visit.ts';

type Check = Health['checks'][number];

const COLUMNS: Column<Check>[] = [
  { name: 'Check', cell: ({ name }) => shown(name, 100) },
  { name: 'State', cell: ({ state }) => <Pill word={state} /> },
  { name: 'Found', cell: ({ text }) => <span class="sentence">{shown(text, 500)}</span> },
  { name: 'What to do', cell: (check) => <Remedy check={check} /> },
];

export const systemPage: Page = {
  path: '/system',
  nav: 'System',
  async show({ api, now }) {
    const health = await part(api.health.retrieve());
    return { title: 'System', live: <Checks health={health} now={now} /> };
  },
};

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
          <h2 id={name.toLowerCase()}>{name}</h2>
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
