import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import { Cells } from '../charts/cells.tsx';
import type { Series } from '../charts/frame.tsx';
import { StackedBars } from '../charts/over-time.tsx';
import type { Page } from '../page.ts';
import { Fact } from '../parts/fact.tsx';
import { Downloads } from '../parts/downloads.tsx';
import { chosen, Filters, ListPart } from '../parts/list.tsx';
import { SavedViews, type SavedView } from '../parts/saved-views.tsx';
import { link, shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { may, part, type Part, type Visit } from '../visit.ts';
import { updateColumns, UPDATE_FILTERS } from './update-columns.tsx';

type Query = Parameters<PaidonceClient['updates']['list']>[0];

const VIEWS: readonly SavedView[] = [
  { name: 'Not acknowledged yet', query: { state: 'pending' } },
  { name: 'Given up', query: { state: 'gave_up' } },
  { name: 'Refused (410)', query: { state: 'gone' } },
];

/** What the shop was told, and what it has answered. */
export const updatesPage: Page = {
  path: '/updates',
  nav: 'Updates',
  async show(visit, { query }) {
    const filters = chosen(UPDATE_FILTERS, query);
    const at = `${visit.base}/updates`;
    const cursor = query.get('cursor') ?? undefined;
    const [list, endpoint] = await Promise.all([
      part(visit.api.updates.list({ ...filters, limit: 50, cursor } as Query)),
      part(visit.api.updates.retrieveEndpoint()),
    ]);
    return {
      title: 'Updates out',
      above: (
        <>
          <SavedViews views={VIEWS} at={at} />
          <Filters filters={UPDATE_FILTERS} query={query} at={at} />
          <Downloads base={visit.base} list="updates" filters={filters} />
          {may(visit, 'support') && <SendAgain visit={visit} filters={filters} />}
        </>
      ),
      live: (
        <>
          <Endpoint endpoint={endpoint} now={visit.now} />
          {endpoint.data !== undefined && <LastMinutes minutes={endpoint.data.minutes} />}
          <ListPart
            label="Updates"
            list={list}
            columns={updateColumns(visit)}
            idOf={({ effectId }) => effectId}
            next={(next) => link(at, { ...filters, cursor: next })}
            empty="No update matches."
          />
        </>
      ),
    };
  },
};

type Endpoint = Awaited<ReturnType<PaidonceClient['updates']['retrieveEndpoint']>>;

function Endpoint({ endpoint, now }: { endpoint: Part<Endpoint>; now: Date }): VNode {
  if (endpoint.trouble !== undefined) return <TroubleNote trouble={endpoint.trouble} what="The endpoint" />;
  const { host, lastAcknowledgedAt, lastHour, lastDay, pending, oldestPendingAt } = endpoint.data;
  return (
    <dl class="facts card" aria-label="The shop's endpoint">
      <Fact name="Endpoint">
        {host === null ? 'ORDER_WEBHOOK_URL is not set: the shop is told nothing' : shown(host, 100)}
      </Fact>
      <Fact name="Last answered 2xx">
        {lastAcknowledgedAt === null ? 'never' : <Ago at={lastAcknowledgedAt} now={now} />}
      </Fact>
      <Fact name="Last hour">{answered(lastHour)}</Fact>
      <Fact name="Last day">{answered(lastDay)}</Fact>
      <Fact name="Waiting">
        {pending}
        {oldestPendingAt === null ? '' : <span>, the oldest for </span>}
        {oldestPendingAt !== null && <Ago at={oldestPendingAt} now={now} />}
      </Fact>
    </dl>
  );
}

const ANSWERS: readonly Series[] = [
  { name: 'good', label: 'all answered 2xx', tone: 'good' },
  { name: 'some', label: 'some', tone: 'warning' },
  { name: 'none', label: 'none', tone: 'bad' },
  { name: 'quiet', label: 'nothing sent', tone: 'muted' },
];
const WAITING: readonly Series[] = [{ name: 'waiting', label: 'not acknowledged', tone: 'second' }];
const MINUTE_MS = 60_000;

/** Whether the shop was there, and how much has piled up. */
function LastMinutes({ minutes }: Pick<Endpoint, 'minutes'>): VNode {
  const bad = minutes.filter(({ attempts, acknowledged }) => acknowledged < attempts).length;
  const most = Math.max(0, ...minutes.map(({ waiting }) => waiting));
  return (
    <div class="charts">
      <Cells
        id="endpoint-minutes"
        title="The shop's answers, minute by minute"
        summary={`In ${bad} of the last ${minutes.length} minutes an attempt was not answered 2xx.`}
        cells={minutes.map(({ at, attempts, acknowledged }) => ({
          at: new Date(at),
          state: stateOf(attempts, acknowledged),
          note: `${acknowledged} of ${attempts}`,
        }))}
        states={ANSWERS}
      />
      <StackedBars
        id="backlog"
        title="Updates that waited"
        summary={`At most ${most} updates waited at the same time.`}
        buckets={minutes.map(({ at, waiting }) => ({ at: new Date(at), values: { waiting } }))}
        bucketMs={MINUTE_MS}
        series={WAITING}
      />
    </div>
  );
}

function stateOf(attempts: number, acknowledged: number): string {
  if (attempts === 0) return 'quiet';
  if (acknowledged === attempts) return 'good';
  return acknowledged === 0 ? 'none' : 'some';
}

function answered({ attempts, acknowledged, p95Ms }: Endpoint['lastHour']): string {
  if (attempts === 0) return 'no attempts';
  const percent = Math.floor((acknowledged / attempts) * 100);
  return `${percent} % of ${attempts} attempts answered 2xx${p95Ms === null ? '' : `, p95 ${p95Ms} ms`}`;
}

const WORDS: Readonly<Record<string, string>> = {
  pending: 'not acknowledged yet',
  gave_up: 'given up',
  gone: 'refused',
};

/** Of all that match the filters which this call knows. */
function SendAgain({ visit, filters }: { visit: Visit; filters: Record<string, string> }): VNode {
  const { state, type, order, minAttempts, createdAfter: since, createdBefore: until } = filters;
  const isKnown = state === 'pending' || state === 'gave_up' || state === 'gone';
  // Without a state, those that the shop has not taken yet: the others are sent by nobody else.
  const given = { state: isKnown ? state : 'pending', type, order, minAttempts, since, until };
  return (
    <p>
      <a class="button" href={link(`${visit.base}/updates/send-again`, given)}>
        Send all again that are {WORDS[given.state]}
      </a>{' '}
      <a class="button" href={link(`${visit.base}/choose-updates`, filters)}>
        Choose some
      </a>
    </p>
  );
}
