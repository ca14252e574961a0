import type { PaidonceClient } from '@paidonce/client';
import type { Page } from '../page.ts';
import { Downloads } from '../parts/downloads.tsx';
import { chosen, Filters, ListPart, type Column, type Filter } from '../parts/list.tsx';
import { SavedViews, type SavedView } from '../parts/saved-views.tsx';
import { link, shown } from '../parts/text.ts';
import { part, type Visit } from '../visit.ts';
import { operationColumns } from './order-page.tsx';

type Query = Parameters<PaidonceClient['operations']['list']>[0];
type Operation = Awaited<ReturnType<PaidonceClient['operations']['list']>>['data'][number];

const FILTERS: readonly Filter[] = [
  { name: 'status', label: 'Status', words: ['pending', 'unknown', 'done', 'failed'] },
  { name: 'kind', label: 'Kind', words: ['capture', 'refund', 'void'] },
  { name: 'cause', label: 'Cause', words: ['merchant', 'operator', 'auto_capture', 'late_money'] },
  { name: 'problem', label: 'Failed with', hint: 'not_confirmed' },
  { name: 'order', label: 'Order', hint: '1001' },
  { name: 'gateway', label: 'Gateway' },
  { name: 'createdAfter', label: 'Asked after', hint: '2026-11-21T12:00:00Z' },
  { name: 'createdBefore', label: 'Asked before', hint: '2026-11-22T12:00:00Z' },
];

function savedViews(now: Date): SavedView[] {
  const today = `${now.toISOString().slice(0, 10)}T00:00:00Z`;
  return [
    { name: 'Pending', query: { status: 'pending' } },
    { name: 'Unknown', query: { status: 'unknown' } },
    { name: 'Not confirmed', query: { problem: 'not_confirmed' } },
    { name: 'Declined today', query: { problem: 'declined', createdAfter: today } },
    { name: 'Given back: late money', query: { cause: 'late_money' } },
    { name: 'Given back by hand', query: { cause: 'operator' } },
  ];
}

/** Captures, refunds, voids and give-backs of all orders. */
export const operationsPage: Page = {
  path: '/operations',
  nav: 'Money moves',
  async show(visit, { query }) {
    const filters = chosen(FILTERS, query);
    const at = `${visit.base}/operations`;
    const cursor = query.get('cursor') ?? undefined;
    const list = await part(visit.api.operations.list({ ...filters, limit: 50, cursor } as Query));
    return {
      title: 'Money moves',
      above: (
        <>
          <SavedViews views={savedViews(visit.now)} at={at} />
          <Filters filters={FILTERS} query={query} at={at} />
          <Downloads base={visit.base} list="operations" filters={filters} />
        </>
      ),
      live: (
        <ListPart
          label="Operations"
          list={list}
          columns={columnsOf(visit)}
          idOf={({ id }) => id}
          next={(next) => link(at, { ...filters, cursor: next })}
          empty="No operation matches."
        />
      ),
    };
  },
};

function columnsOf(visit: Visit): Column<Operation>[] {
  return [
    {
      name: 'Order',
      cell: ({ orderReference, payment }) => (
        <a href={`${visit.base}/payments/${encodeURIComponent(payment)}#operations`}>
          {shown(orderReference, 64)}
        </a>
      ),
    },
    ...operationColumns(visit),
  ];
}
