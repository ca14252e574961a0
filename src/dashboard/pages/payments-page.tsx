/** All payments, and the search for anything. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import { ORDER_STATUSES } from '../../domain/order.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import type { Page, Shown } from '../page.ts';
import { chosen, Filters, ListPart, Table, type Column, type Filter } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { link, money, shown } from '../parts/text.ts';
import { Ago, Until } from '../parts/time.tsx';
import { part, type Visit } from '../visit.ts';

export type Payment = Awaited<ReturnType<PaidonceClient['payments']['list']>>['data'][number];
type Query = Parameters<PaidonceClient['payments']['list']>[0];
type Hit = Awaited<ReturnType<PaidonceClient['search']>>['data'][number];

const FILTERS: readonly Filter[] = [
  { name: 'status', label: 'Status', words: PAYMENT_STATUSES },
  { name: 'orderStatus', label: 'Order status', words: ORDER_STATUSES },
  { name: 'order', label: 'Order', hint: '1001' },
  { name: 'gateway', label: 'Gateway' },
  { name: 'heard', label: 'Shop has heard', words: ['yes', 'no', 'off'] },
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
  { name: 'surplus', label: 'Has surplus', words: ['true'] },
  { name: 'dispute', label: 'Dispute', words: ['open', 'won', 'lost'] },
  { name: 'metadata', label: 'Metadata, with "created after"', hint: 'cart=c1' },
  { name: 'expiringBefore', label: 'Lapses before', hint: '2026-11-21T12:00:00Z' },
  { name: 'review', label: 'Needs a person', words: ['true'] },
];

const SAVED: readonly { readonly name: string; readonly query: Record<string, string> }[] = [
  { name: 'Unheard', query: { heard: 'no' } },
  { name: 'Reviews', query: { review: 'true' } },
  { name: 'On hold', query: { status: 'ON_HOLD' } },
  { name: 'To capture', query: { capturable: 'true' } },
  { name: 'Open operations', query: { openOperation: 'true' } },
  { name: 'Refunded', query: { refunded: 'true' } },
  { name: 'Disputed', query: { dispute: 'open' } },
  { name: 'Paid twice in a session', query: { surplus: 'true' } },
];

export const paymentsPage: Page = {
  path: '/payments',
  nav: 'Payments',
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
  const list = await part(visit.api.payments.list({ ...filters, limit: 50, cursor } as Query));
  return {
    title: 'Payments',
    above: (
      <>
        <nav class="saved" aria-label="Saved views">
          {SAVED.map(({ name, query: saved }) => (
            <a href={link(at, saved)}>{name}</a>
          ))}
        </nav>
        <Filters filters={FILTERS} query={query} at={at} />
      </>
    ),
    live: (
      <ListPart
        label="Payments"
        list={list}
        columns={paymentColumns(visit)}
        idOf={({ id }) => id}
        next={(next) => link(at, { ...filters, cursor: next })}
        empty="No payment matches."
      />
    ),
  };
}

export function paymentColumns({ base, now }: Visit): Column<Payment>[] {
  return [
    {
      name: 'Order',
      cell: ({ orderReference, id }) => (
        <a href={`${base}/payments/${encodeURIComponent(id)}`}>{shown(orderReference, 64)}</a>
      ),
    },
    { name: 'Created', cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
    { name: 'Amount', isNumber: true, cell: ({ amount, currency }) => money(amount, currency) },
    { name: 'Order is', cell: ({ orderStatus }) => <Pill word={orderStatus} /> },
    { name: 'Payment is', cell: ({ status }) => <Pill word={status} /> },
    { name: 'Shop heard', cell: (payment) => heardOf(payment) },
    { name: 'Captured', isNumber: true, cell: (payment) => moneyOf(payment, payment.capturedAmount) },
    { name: 'Refunded', isNumber: true, cell: (payment) => moneyOf(payment, payment.refundedAmount) },
    { name: 'Gateway', cell: ({ gateway }) => gateway },
    {
      name: 'Method',
      cell: ({ paymentMethod }) => (paymentMethod === null ? '—' : shown(paymentMethod, 40)),
    },
    { name: 'Reason', cell: ({ reason }) => (reason === null ? '—' : shown(reason, 80)) },
    { name: 'Number', isNumber: true, cell: ({ n }) => n },
    {
      name: 'Transaction',
      cell: ({ transactionId }) => (transactionId === null ? '—' : shown(transactionId, 60)),
    },
    {
      name: 'Lapses',
      cell: ({ authorizationExpiresAt: at }) => (at === null ? '—' : <Until at={at} now={now} />),
    },
    { name: 'Changed', cell: ({ updatedAt }) => <Ago at={updatedAt} now={now} /> },
  ];
}

/** Has the shop acknowledged the newest update of the order? */
function heardOf({ heard, newestUpdate }: Payment): string {
  if (heard === null || newestUpdate === null) return '—';
  return { yes: '✓', no: '✕ not yet', off: 'not told' }[heard];
}

function moneyOf({ accepted, currency }: Payment, amount: number): string {
  return amount === 0 ? '—' : money(amount, accepted?.currency ?? currency);
}

/** One hit is opened at once. */
async function searchPage(visit: Visit, q: string): Promise<Shown | { goTo: string }> {
  const { base, now } = visit;
  const { data, hasMore } = await visit.api.search({ q });
  const [only] = data;
  if (only !== undefined && data.length === 1) return { goTo: placeOf(only) };
  const columns: Column<Hit>[] = [
    {
      name: 'What',
      cell: (hit) => <a href={`${base}${placeOf(hit)}`}>{`${hit.kind} ${shown(hit.id, 80)}`}</a>,
    },
    { name: 'Matches by', cell: ({ by }) => by },
    {
      name: 'Order',
      cell: ({ orderReference }) => (orderReference === null ? '—' : shown(orderReference, 64)),
    },
    { name: 'Amount', isNumber: true, cell: ({ amount, currency }) => money(amount, currency) },
    { name: 'Status', cell: ({ status }) => <Pill word={status} /> },
    { name: 'Created', cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
  ];
  return {
    title: `Search: ${shown(q, 60)}`,
    live: <Hits data={data} columns={columns} hasMore={hasMore} q={q} />,
  };
}

function Hits(props: { data: readonly Hit[]; columns: Column<Hit>[]; hasMore: boolean; q: string }): VNode {
  const { data, columns, hasMore, q } = props;
  return (
    <>
      <Table
        label="What was found"
        columns={columns}
        rows={data}
        idOf={({ kind, id }) => `${kind} ${id}`}
        empty={`Nothing has exactly this id or amount: “${shown(q, 100)}”. Expected is a whole id of an order, payment, session, transaction, operation, callback, event, update or run, or an amount like 299.90 NOK.`}
      />
      {hasMore && <p class="muted">There are more matches than the twenty that are shown.</p>}
    </>
  );
}

function placeOf({ kind, id, orderReference, paymentId }: Hit): string {
  if (kind === 'payment') return `/payments/${encodeURIComponent(id)}`;
  if (kind === 'delivery') return `/deliveries/${encodeURIComponent(id)}`;
  if (kind === 'update') return `/updates/${encodeURIComponent(id)}`;
  if (kind === 'operation' && paymentId !== null)
    return `/payments/${encodeURIComponent(paymentId)}#operations`;
  return `/orders/${encodeURIComponent(orderReference ?? id)}`;
}
