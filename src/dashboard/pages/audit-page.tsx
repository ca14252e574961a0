import type { PaidonceClient } from '@paidonce/client';
import type { Page } from '../page.ts';
import { Downloads } from '../parts/downloads.tsx';
import { chosen, Filters, ListPart, type Column, type Filter } from '../parts/list.tsx';
import { link, shown } from '../parts/text.ts';
import { At } from '../parts/time.tsx';
import { part, type Visit } from '../visit.ts';

type Query = NonNullable<Parameters<PaidonceClient['audit']['list']>[0]>;
type Row = Awaited<ReturnType<PaidonceClient['audit']['list']>>['data'][number];

const FILTERS: readonly Filter[] = [
  { name: 'what', label: 'What', hint: 'refund' },
  { name: 'key', label: 'Key', hint: 'webshop' },
  { name: 'order', label: 'Order', hint: '1001' },
  { name: 'payment', label: 'Payment', hint: 'pay_…' },
  { name: 'createdAfter', label: 'After', hint: '2026-11-21T12:00:00Z' },
  { name: 'createdBefore', label: 'Before', hint: '2026-11-22T12:00:00Z' },
];

/** Who moved money or decided, from where, why, and what came of it. */
export const auditPage: Page = {
  path: '/audit',
  nav: 'Audit',
  async show(visit, { query }) {
    const filters = chosen(FILTERS, query);
    const at = `${visit.base}/audit`;
    const cursor = query.get('cursor') ?? undefined;
    const list = await part(visit.api.audit.list({ ...filters, limit: 50, cursor } as Query));
    return {
      title: 'Audit',
      above: (
        <>
          <Filters filters={FILTERS} query={query} at={at} />
          <Downloads base={visit.base} list="audit" filters={filters} />
        </>
      ),
      live: (
        <ListPart
          label="Audit"
          list={list}
          columns={columnsOf(visit)}
          idOf={({ id }) => id}
          next={(next) => link(at, { ...filters, cursor: next })}
          empty="Nobody has moved money or decided anything that matches."
        />
      ),
    };
  },
};

function columnsOf({ base }: Visit): Column<Row>[] {
  return [
    {
      name: 'What',
      cell: ({ what, payment }) =>
        payment === null ? what : <a href={`${base}/payments/${encodeURIComponent(payment)}`}>{what}</a>,
    },
    { name: 'At', cell: ({ at }) => <At at={at} /> },
    { name: 'Who', cell: ({ actor }) => <bdi>{shown(actor, 80)}</bdi> },
    { name: 'Key', cell: ({ key }) => key },
    { name: 'From', cell: ({ address }) => (address === '' ? 'deleted' : shown(address, 60)) },
    {
      name: 'Order',
      cell: ({ orderReference }) => (orderReference === null ? '—' : shown(orderReference, 64)),
    },
    { name: 'Asked for', cell: ({ asked }) => <code>{shown(JSON.stringify(asked), 200)}</code> },
    {
      name: 'Answer',
      cell: ({ status, code }) => (status === null ? 'none' : `${status}${code === null ? '' : ` ${code}`}`),
    },
    { name: 'Request', cell: ({ requestId }) => shown(requestId, 64) },
  ];
}
