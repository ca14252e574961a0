/** One gateway: its calls and their trouble, its sweeps, its clock, credentials and webhooks. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Health } from '../glance.ts';
import type { Page } from '../page.ts';
import { Facts, type NamedFact } from '../parts/fact.tsx';
import { Pill } from '../parts/pill.tsx';
import { link, shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { part, type Part } from '../visit.ts';
import { CallCharts, SweepCells, SweptListings, type Calls, type Sweeps } from './gateway-charts.tsx';

type Stats = Awaited<ReturnType<PaidonceClient['stats']>>;

const HOUR_MS = 3_600_000;
const RANGES = [
  { name: 'Last hour', hours: 1 },
  { name: 'Last 24 hours', hours: 24 },
  { name: 'Last 7 days', hours: 168 },
];

export const gatewayPage: Page = {
  path: '/gateways/:gateway',
  async show({ api, base, now }, { params, query }) {
    const gateway = params['gateway'] ?? '';
    const at = `${base}/gateways/${encodeURIComponent(gateway)}`;
    const hours = RANGES.find((range) => String(range.hours) === query.get('hours'))?.hours ?? 1;
    const from = (ago: number) => new Date(now.getTime() - ago * HOUR_MS).toISOString();
    const [calls, sweeps, stats, health] = await Promise.all([
      part(api.gateways.listCalls(gateway, { from: from(hours) })),
      part(api.gateways.listSweeps(gateway)),
      part(api.stats({ gateway, from: from(24), bucket: '1h' })),
      part(api.health.retrieve()),
    ]);
    return {
      title: `Gateway ${shown(gateway, 60)}`,
      above: (
        <nav class="saved" aria-label="Period of the calls">
          {RANGES.map((range) => (
            <a
              href={link(at, { hours: String(range.hours) })}
              aria-current={range.hours === hours ? 'true' : undefined}
            >
              {range.name}
            </a>
          ))}
        </nav>
      ),
      live: (
        <>
          <Standing gateway={gateway} health={health} calls={calls} stats={stats} now={now} />
          <section aria-labelledby="sweeps">
            <h2 id="sweeps">Sweeps</h2>
            <SweepPart sweeps={sweeps} now={now} />
          </section>
          <section aria-labelledby="calls">
            <h2 id="calls">Calls</h2>
            {calls.trouble === undefined ? (
              <CallCharts calls={calls.data} />
            ) : (
              <TroubleNote trouble={calls.trouble} what="The calls" />
            )}
          </section>
        </>
      ),
    };
  },
};

interface StandingProps {
  readonly gateway: string;
  readonly health: Part<Health>;
  readonly calls: Part<Calls>;
  readonly stats: Part<Stats>;
  readonly now: Date;
}

/** In a few words: the checks of this gateway, and how its payments are found. */
function Standing({ gateway, health, calls, stats, now }: StandingProps): VNode {
  const checked = (name: string): NamedFact => {
    const check = health.data?.checks.find((one) => one.name === `${gateway} ${name}`);
    const told = check && (
      <>
        <Pill word={check.state} /> <span class="sentence">{shown(check.text, 300)}</span>
        {check.todo !== undefined && <span class="muted"> {shown(check.todo, 300)}</span>}
      </>
    );
    return [name, told ?? (health.trouble === undefined ? 'not checked' : 'can’t be shown: see System')];
  };
  const refusedAt = calls.data?.credentials.refusedAt ?? null;
  const facts: NamedFact[] = [
    checked('credentials'),
    [
      'Refused last',
      calls.data === undefined ? (
        'not known'
      ) : refusedAt === null ? (
        'not within eight days'
      ) : (
        <>
          <Ago at={refusedAt} now={now} /> ago
        </>
      ),
    ],
    checked('account webhooks'),
    checked('clock'),
    ['Found only by a sweep, 24 h', shareOf(stats)],
  ];
  return <Facts facts={facts} />;
}

/** Payments that only a sweep found are those whose callbacks were missed. */
function shareOf(stats: Part<Stats>): string {
  if (stats.data === undefined) return 'not known';
  const { foundBy, outcomes } = stats.data.totals;
  if (outcomes.paid === 0) return 'nothing was paid';
  const percent = Math.round((1_000 * foundBy.sweep) / outcomes.paid) / 10;
  return `${percent} % (${foundBy.sweep} of ${outcomes.paid} paid): their callbacks were missed`;
}

function SweepPart({ sweeps, now }: { sweeps: Part<Sweeps>; now: Date }): VNode {
  if (sweeps.trouble !== undefined) return <TroubleNote trouble={sweeps.trouble} what="The sweeps" />;
  return (
    <>
      <SweepCells sweeps={sweeps.data} />
      <SweptListings sweeps={sweeps.data} now={now} />
    </>
  );
}
