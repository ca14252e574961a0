/** The search for anything, by the box of the frame. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Shown } from '../page.ts';
import { Table, type Column } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { money, shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';
import type { Visit } from '../visit.ts';

type Hit = Awaited<ReturnType<PaidonceClient['search']>>['data'][number];

/** One hit is opened at once. */
export async function searchPage(visit: Visit, q: string): Promise<Shown | { goTo: string }> {
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
