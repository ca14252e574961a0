/** All payments, and the search for anything. */
import type { PaidonceClient } from '@paidonce/client';
import { FOUND_BY } from '../../domain/found-by.ts';
import { ORDER_STATUSES } from '../../domain/order.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import type { Page, Shown } from '../page.ts';
import { Downloads } from '../parts/downloads.tsx';
import { chosen, Filters, ListPart, type Filter } from '../parts/list.tsx';
import { SavedViews, type SavedView } from '../parts/saved-views.tsx';
import { link } from '../parts/text.ts';
import { part, type Visit } from '../visit.ts';
import { chosenColumns, ColumnChoice, COLUMNS, paymentColumns } from './payment-columns.tsx';
import { searchPage } from './search-results.tsx';

type Query = Parameters<PaidonceClient['payments']['list']>[0];

const FILTERS: readonly Filter[] = [
  { name: 'status', label: 'Status', words: PAYMENT_STATUSES, isMulti: true },
  { name: 'orderStatus', label: 'Order status', words: ORDER_STATUSES },
  { name: 'order', label: 'Order', hint: '1001' },
  { name: 'gateway', label: 'Gateway' },
  { name: 'heard', label: 'Shop has heard', words: ['yes', 'no', 'off'] },
  { name: 'foundBy', label: 'Found by', words: FOUND_BY },
  { name: 'createdAfter', label: 'Created after', hint: '2026-11-21T12:00:00Z' },
  { name: 'createdBefore', label: 'Created before', hint: '2026-11-22T12:00:00Z' },
  { name: 'amountFrom', label: 'Amount from, minor units', hint: '10000' },
  { name: 'amountTo', label: 'Amount to, minor units', hint: '20000' },
  { name: 'currency', label: 'Currency of the amount', hint: 'NOK' },
  { name: 'method', label: 'Method' },
  { name: 'reason', label: 'Reason' },
  { name: 'refunded', label: 'Has a refund', words: ['true'] },
  { name: 'capturable', label: 'To capture', words: ['true'] },
  { name: 'openOperation', label: 'Has an open operation', words: ['true'] },
  { name: 'accepted', label: 'Accepted by hand', words: ['true'] },
  { name: 'surplus', label: 'Has surplus', words: ['true'] },
  { name: 'dispute', label: 'Dispute', words: ['open', 'won', 'lost'] },
  { name: 'metadata', label: 'Metadata, with "created after"', hint: 'cart=c1' },
  { name: 'expiringBefore', label: 'Lapses before', hint: '2026-11-21T12:00:00Z' },
  { name: 'review', label: 'Needs a person', words: ['true'] },
];

const HOUR_MS = 3_600_000;

function savedViews(now: Date): SavedView[] {
  const hourAgo = new Date(now.getTime() - HOUR_MS).toISOString();
  return [
    { name: 'Unheard', query: { heard: 'no' } },
    { name: 'Found only by sweep', query: { foundBy: 'sweep' } },
    { name: 'Reviews', query: { review: 'true' } },
    { name: 'Held for more than an hour', query: { status: 'ON_HOLD', createdBefore: hourAgo } },
    { name: 'To capture', query: { capturable: 'true' } },
    { name: 'Open operations', query: { openOperation: 'true' } },
    { name: 'Refunded', query: { refunded: 'true' } },
    { name: 'Accepted by hand', query: { accepted: 'true' } },
    { name: 'Disputed', query: { dispute: 'open' } },
    { name: 'Paid twice in a session', query: { surplus: 'true' } },
  ];
}

export const paymentsPage: Page = {
  path: '/payments',
  nav: 'Payments',
  remembers: [COLUMNS],
  async show(visit, { query }) {
    const q = query.get('q')?.trim() ?? '';
    return q === '' ? listPage(visit, query) : searchPage(visit, q);
  },
};

async function listPage(visit: Visit, query: URLSearchParams): Promise<Shown> {
  const { base } = visit;
  const filters = chosen(FILTERS, query);
  const at = `${base}/payments`;
  const cursor = query.get('cursor') ?? undefined;
  const list = await part(visit.api.payments.list({ ...filters, limit: 50, cursor } as unknown as Query));
  const all = paymentColumns(visit);
  const columns = chosenColumns(all, query);
  return {
    title: 'Payments',
    above: (
      <>
        <SavedViews views={savedViews(visit.now)} at={at} />
        <Filters filters={FILTERS} query={query} at={at} />
        <ColumnChoice all={all} shown={columns} filters={filters} at={at} />
        <Downloads base={base} list="payments" filters={filters} />
      </>
    ),
    live: (
      <ListPart
        label="Payments"
        list={list}
        columns={columns}
        idOf={({ id }) => id}
        next={(next) => link(at, { ...filters, cursor: next })}
        empty="No payment matches."
      />
    ),
  };
}
