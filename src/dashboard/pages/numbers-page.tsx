/** The figures of a period, for owners: outcomes, money, methods, and how reliable each side was. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { chosen, Filters, type Filter } from '../parts/list.tsx';
import { link, utc } from '../parts/text.ts';
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
  async show(visit, { query }) {
    const at = `${visit.base}/numbers`;
    const filters = chosen(FILTERS, query) as Query;
    const stats = await part(visit.api.stats(filters));
    const before = stats.data === undefined ? undefined : await part(visit.api.stats(weekBefore(stats.data)));
    const since = (days: number) => new Date(visit.now.getTime() - days * DAY_MS).toISOString();
    return {
      title: 'Numbers',
      above: (
        <>
          <nav class="saved" aria-label="Periods">
            {RANGES.map(({ name, days }) => (
              <a href={link(at, { from: since(days), gateway: filters.gateway })}>{name}</a>
            ))}
          </nav>
          <Filters filters={FILTERS} query={query} at={at} />
        </>
      ),
      live: <Charts stats={stats} before={before?.data} />,
    };
  },
};

function weekBefore({ from, to, bucket, gateway }: Stats): Query {
  const earlier = (time: string) => new Date(Date.parse(time) - WEEK_MS).toISOString();
  return { from: earlier(from), to: earlier(to), bucket, ...(gateway !== null && { gateway }) };
}

function Charts({ stats, before }: { stats: Part<Stats>; before: Stats | undefined }): VNode {
  if (stats.trouble !== undefined) return <TroubleNote trouble={stats.trouble} what="The numbers" />;
  const { from, to, totals } = stats.data;
  return (
    <>
      <p>
        {utc(from)} to {utc(to)} UTC: {totals.opened} payments opened, {totals.outcomes.paid} orders paid.
      </p>
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
