/** The figures of a period, for owners: outcomes, money, methods, and how reliable each side was. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { chosen, Filters, type Filter } from '../parts/list.tsx';
import { link, money, utc } from '../parts/text.ts';
import { TroubleNote } from '../parts/trouble.tsx';
import { part, type Part } from '../visit.ts';
import {
  Attempts,
  Callbacks,
  Declines,
  FoundBy,
  Heard,
  Lapsing,
  Methods,
  Money,
  Outcomes,
  type Stats,
} from './stats-charts.tsx';

type Query = NonNullable<Parameters<PaidonceClient['stats']>[0]>;

const FILTERS: readonly Filter[] = [
  { name: 'from', label: 'From', hint: '2026-11-21T00:00:00Z' },
  { name: 'to', label: 'To', hint: '2026-11-28T00:00:00Z' },
  { name: 'bucket', label: 'In steps of', words: ['5m', '1h', '1d'] },
  { name: 'gateway', label: 'Gateway' },
];

const RANGES = [
  { name: 'Last 24 hours', days: 1 },
  { name: 'Last 7 days', days: 7 },
  { name: 'Last 30 days', days: 30 },
  { name: 'Last year', days: 365 },
];

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

export const numbersPage: Page = {
  path: '/numbers',
  nav: 'Numbers',
  everyMs: 60_000,
  async show(visit, { query }) {
    const at = `${visit.base}/numbers`;
    const filters = chosen(FILTERS, query) as Query;
    const [stats, before] = await Promise.all([
      part(visit.api.stats(filters)),
      part(visit.api.stats(weekBefore(filters, visit.now))),
    ]);
    const today = `${visit.now.toISOString().slice(0, 10)}T00:00:00Z`;
    const since = (days: number) => new Date(visit.now.getTime() - days * DAY_MS).toISOString();
    return {
      title: 'Numbers',
      above: (
        <>
          <nav class="saved" aria-label="Periods">
            <a href={link(at, { from: today, gateway: filters.gateway })}>Today</a>
            {RANGES.map(({ name, days }) => (
              <a href={link(at, { from: since(days), gateway: filters.gateway })}>{name}</a>
            ))}
          </nav>
          <Filters filters={FILTERS} query={query} at={at} />
        </>
      ),
      live: <Charts stats={stats} before={before.data} />,
    };
  },
};

/** Reserved money that was released was never taken. */
function movedIn({
  currency,
  authorized,
  captured,
  refunded,
  voided,
  givenBack,
}: Stats['totals']['money'][number]): string {
  const sum = (amount: number) => money(amount, currency);
  return `Taken from payers ${sum(captured)}, refunded ${sum(refunded)}. Reserved ${sum(authorized)}, released ${sum(voided)}. Given back, as it paid no order: ${sum(givenBack)}.`;
}

/** The same period a week earlier. Where none is given it is the last 24 hours, as the API has it. */
function weekBefore({ from, to, ...others }: Query, now: Date): Query {
  const earlier = (time: number) => new Date(time - WEEK_MS).toISOString();
  const end = to === undefined ? now.getTime() : Date.parse(to);
  const begin = from === undefined ? end - DAY_MS : Date.parse(from);
  // A time that can't be read is refused in the answer to the same question about this week.
  if (Number.isNaN(begin + end)) return others;
  return { ...others, from: earlier(begin), to: earlier(end) };
}

function Charts({ stats, before }: { stats: Part<Stats>; before: Stats | undefined }): VNode {
  if (stats.trouble !== undefined) return <TroubleNote trouble={stats.trouble} what="The numbers" />;
  const { from, to, totals } = stats.data;
  return (
    <>
      <p>
        {utc(from)} to {utc(to)} UTC: {totals.opened} payments opened, {totals.outcomes.paid} orders paid.
      </p>
      {totals.money.map((sums) => (
        <p>{movedIn(sums)}</p>
      ))}
      <div class="charts">
        <Outcomes stats={stats.data} before={before} />
        <FoundBy stats={stats.data} />
        <Heard stats={stats.data} />
        <Money stats={stats.data} />
        <Methods stats={stats.data} />
        <Declines stats={stats.data} />
        <Callbacks stats={stats.data} />
        <Attempts stats={stats.data} />
        <Lapsing stats={stats.data} />
      </div>
    </>
  );
}
