import type { PaidonceClient } from '@paidonce/client';
import type { Page } from '../page.ts';
import { Downloads } from '../parts/downloads.tsx';
import { chosen, Filters, ListPart, type Filter } from '../parts/list.tsx';
import { SavedViews, type SavedView } from '../parts/saved-views.tsx';
import { link } from '../parts/text.ts';
import { part } from '../visit.ts';
import { deliveryColumns } from './delivery-columns.tsx';

type Query = Parameters<PaidonceClient['deliveries']['list']>[0];

const FILTERS: readonly Filter[] = [
  { name: 'outcome', label: 'Outcome', words: ['accepted', 'duplicate', 'ignored', 'refused', 'backfilled'] },
  { name: 'gateway', label: 'Gateway' },
  { name: 'state', label: 'State', words: ['received', 'signalled', 'handled', 'parked'] },
  { name: 'reason', label: 'Reason', hint: 'wrong_signature' },
  { name: 'order', label: 'Order', hint: '1001' },
  { name: 'payment', label: 'Payment', hint: 'pay_…' },
  { name: 'receivedAfter', label: 'Received after', hint: '2026-11-21T12:00:00Z' },
  { name: 'receivedBefore', label: 'Received before', hint: '2026-11-22T12:00:00Z' },
];

const VIEWS: readonly SavedView[] = [
  { name: 'Refused', query: { outcome: 'refused' } },
  { name: 'Repeated', query: { outcome: 'duplicate' } },
  { name: 'Not signalled', query: { state: 'received' } },
  { name: 'Parked', query: { state: 'parked' } },
];

/** Every callback: accepted, repeated, ignored or refused. */
export const deliveriesPage: Page = {
  path: '/deliveries',
  nav: 'Callbacks',
  async show(visit, { query }) {
    const filters = chosen(FILTERS, query);
    const at = `${visit.base}/deliveries`;
    const cursor = query.get('cursor') ?? undefined;
    const list = await part(visit.api.deliveries.list({ ...filters, limit: 50, cursor } as Query));
    return {
      title: 'Callbacks in',
      above: (
        <>
          <SavedViews views={VIEWS} at={at} />
          <Filters filters={FILTERS} query={query} at={at} />
          <Downloads base={visit.base} list="deliveries" filters={filters} />
        </>
      ),
      live: (
        <ListPart
          label="Callbacks"
          list={list}
          columns={deliveryColumns(visit)}
          idOf={({ id }) => id}
          next={(next) => link(at, { ...filters, cursor: next })}
          empty="No callback matches."
        />
      ),
    };
  },
};
