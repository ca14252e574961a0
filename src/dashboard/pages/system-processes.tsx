/** The processes of the service, and the versions of the workers: does one serve the version that gets the runs? */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import { Fact } from '../parts/fact.tsx';
import { Table, type Column } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { bytes, shown, span } from '../parts/text.ts';
import { Ago, At } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import type { Part } from '../visit.ts';

type System = PaidonceClient['system'];
export type Processes = Awaited<ReturnType<System['listProcesses']>>;
export type Temporal = Awaited<ReturnType<System['retrieveTemporal']>>;
type OneProcess = Processes['data'][number];
type Version = Temporal['versions'][number];

/** Above everything else: while it is there, no payment makes progress. */
export function VersionAlarm({ temporal }: { temporal: Part<Temporal> }): VNode | null {
  const verdict = temporal.data?.verdict;
  if (verdict === null || verdict === undefined || verdict.state === 'ok') return null;
  return (
    <div class="notice bad" role="note">
      <p>
        <strong>Worker version: {shown(verdict.text, 400)}</strong>
      </p>
      {verdict.todo !== null && <p>What to do: {shown(verdict.todo, 400)}.</p>}
      {verdict.commands.map((command) => (
        <p>
          <code>{shown(command, 500)}</code>
        </p>
      ))}
    </div>
  );
}

export function ProcessList(props: {
  processes: Part<Processes>;
  temporal: Part<Temporal>;
  now: Date;
}): VNode {
  const { processes, temporal, now } = props;
  if (processes.trouble !== undefined) return <TroubleNote trouble={processes.trouble} what="Processes" />;
  const columns: Column<OneProcess>[] = [
    {
      name: 'Process',
      cell: ({ roles, id }) => (
        <>
          {roles.join(' and ')} <small class="muted">{shown(id, 40)}</small>
        </>
      ),
    },
    { name: 'State', cell: ({ state }) => <Pill word={state === 'running' ? 'ok' : state} /> },
    {
      name: 'Version',
      cell: ({ version, build }) => `${shown(version, 40)}${build === null ? '' : ` (${shown(build, 60)})`}`,
    },
    { name: 'Polls', cell: (one) => <Polls one={one} temporal={temporal.data} /> },
    { name: 'Started', cell: ({ startedAt }) => <Ago at={startedAt} now={now} /> },
    { name: 'Seen', cell: ({ seenAt }) => <Ago at={seenAt} now={now} /> },
    { name: 'Memory', isNumber: true, cell: ({ memoryBytes }) => bytes(memoryBytes) },
    { name: 'Host, pid', cell: ({ host, pid }) => `${shown(host, 20)}, ${pid}` },
    { name: 'Node.js', cell: ({ node }) => shown(node, 20) },
  ];
  return (
    <Table
      label="Processes"
      columns={columns}
      rows={processes.data.data}
      idOf={({ id }) => id}
      empty="No process has reported itself yet: each does at its start, and every 30 seconds."
    />
  );
}

function Polls({ one, temporal }: { one: OneProcess; temporal: Temporal | undefined }): VNode {
  if (!one.roles.includes('worker')) return <span class="muted">no worker</span>;
  if (one.state === 'gone') return <span class="muted">—</span>;
  if (one.polls === null) return <span>not known: Temporal does not say</span>;
  if (!one.polls) return <Pill word="does not poll" />;
  const current = temporal?.versions.find(({ state }) => state === 'current')?.build;
  const isBehind = temporal?.isVersioned === true && one.build !== (current ?? null);
  return isBehind ? (
    <span>
      yes, but <Pill word="not current" />
    </span>
  ) : (
    <span>yes</span>
  );
}

function versionColumns(versions: readonly Version[]): Column<Version>[] {
  // The workers of an older version may be the only ones that can help.
  const isServed = versions.some(({ state, pollers }) => state === 'current' && pollers > 0);
  return [
    { name: 'Build', cell: ({ build }) => shown(build, 60) },
    {
      name: 'State',
      cell: ({ state, pollers }) => <Pill word={state === 'current' && pollers > 0 ? 'ok' : state} />,
    },
    { name: 'Workers that poll', isNumber: true, cell: ({ pollers }) => pollers },
    {
      name: 'Current since',
      cell: ({ currentSince }) => (currentSince === null ? '—' : <At at={currentSince} />),
    },
    { name: 'Meaning', cell: (version) => <span class="sentence">{meaningOf(version, isServed)}</span> },
  ];
}

function meaningOf({ state, pollers }: Version, isServed: boolean): string {
  if (state === 'current')
    return pollers > 0
      ? 'gets the runs'
      : 'gets the runs, and nobody works on them: no payment makes progress';
  if (state === 'draining') return 'open runs still need it: keep its workers';
  if (state === 'drained')
    return isServed
      ? 'no run needs it: its workers may be stopped'
      : 'keep its workers: those of the current version are away';
  if (state === 'ramping') return 'gets a part of the runs';
  return pollers > 0 ? 'its workers wait: they get nothing until it is made current' : 'gets no runs';
}

export function TemporalPart({ temporal }: { temporal: Part<Temporal> }): VNode {
  if (temporal.trouble !== undefined) return <TroubleNote trouble={temporal.trouble} what="Temporal" />;
  const { address, namespace, retentionSeconds, deployment, isVersioned, unversionedPollers, versions } =
    temporal.data;
  return (
    <>
      <dl class="facts card">
        <Fact name="Namespace">
          {shown(namespace, 80)} at {shown(address, 80)}
        </Fact>
        <Fact name="Keeps closed runs">
          {retentionSeconds === null ? 'not known' : span(retentionSeconds * 1_000)}
        </Fact>
        <Fact name="Worker versions">
          {isVersioned ? `deployment ${shown(deployment, 80)}` : 'none: right for a single worker'}
        </Fact>
        <Fact name="Workers without a version">{unversionedPollers}</Fact>
      </dl>
      {isVersioned && (
        <Table
          label="Worker versions"
          columns={versionColumns(versions)}
          rows={versions}
          idOf={({ build }) => build}
          empty="No worker of the deployment has polled yet."
        />
      )}
    </>
  );
}
