/** The comparisons with the gateways, and what each has found. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { chosen, Filters, ListPart, type Column, type Filter } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { link, money, shown } from '../parts/text.ts';
import { Ago, At } from '../parts/time.tsx';
import { may, part, type Part, type Visit } from '../visit.ts';

type Client = PaidonceClient['reconciliations'];
type Query = NonNullable<Parameters<Client['list']>[0]>;
type Reconciliation = Awaited<ReturnType<Client['list']>>['data'][number];
type Differences = Awaited<ReturnType<Client['listDifferences']>>;
type Difference = Differences['data'][number];

const FILTERS: readonly Filter[] = [
  { name: 'gateway', label: 'Gateway' },
  { name: 'status', label: 'Status', words: ['running', 'complete', 'failed'] },
];

export const reconcilePage: Page = {
  path: '/reconcile',
  nav: 'Reconcile',
  async show(visit, { query }) {
    const filters = chosen(FILTERS, query);
    const at = `${visit.base}/reconcile`;
    const cursor = query.get('cursor') ?? undefined;
    const list = await part(visit.api.reconciliations.list({ ...filters, limit: 20, cursor } as Query));
    return {
      title: 'Reconciliations',
      above: (
        <>
          <Filters filters={FILTERS} query={query} at={at} />
          {may(visit, 'support') && (
            <p>
              <a class="button" href={link(`${at}/begin`, { gateway: filters['gateway'] })}>
                Compare now
              </a>
            </p>
          )}
        </>
      ),
      live: (
        <ListPart
          label="Reconciliations"
          list={list}
          columns={columnsOf(visit)}
          idOf={({ id }) => id}
          next={(next) => link(at, { ...filters, cursor: next })}
          empty="Nothing was compared yet. A schedule does it daily."
        />
      ),
    };
  },
};

function columnsOf({ base, now }: Visit): Column<Reconciliation>[] {
  return [
    {
      name: 'Gateway',
      cell: ({ id, gateway }) => <a href={`${base}/reconcile/${encodeURIComponent(id)}`}>{gateway}</a>,
    },
    { name: 'Begun', cell: ({ startedAt }) => <Ago at={startedAt} now={now} /> },
    { name: 'Status', cell: ({ status }) => <Pill word={status} /> },
    { name: 'From', cell: ({ from }) => <At at={from} /> },
    { name: 'To', cell: ({ to }) => <At at={to} /> },
    { name: 'Compared', isNumber: true, cell: ({ compared }) => compared },
    { name: 'Match', isNumber: true, cell: ({ match }) => match },
    { name: 'Repaired', isNumber: true, cell: ({ repaired }) => repaired },
    { name: 'Not explained', isNumber: true, cell: ({ unexplained }) => unexplained ?? '—' },
    { name: 'Of others', isNumber: true, cell: ({ foreign }) => foreign },
    { name: 'Asked by', cell: ({ askedBy }) => askedBy ?? 'the schedule' },
  ];
}

/** One comparison, with each difference and the next step. */
export const reconciliationPage: Page = {
  path: '/reconcile/:id',
  async show(visit, { params, query }) {
    const id = params['id'] ?? '';
    const cursor = query.get('cursor') ?? undefined;
    const [found, differences] = await Promise.all([
      visit.api.reconciliations.retrieve(id),
      part(
        visit.api.reconciliations.listDifferences(id, { limit: 50, ...(cursor !== undefined && { cursor }) }),
      ),
    ]);
    return {
      title: `Reconciliation of ${found.gateway}`,
      live: <Found found={found} differences={differences} visit={visit} />,
    };
  },
};

function Found(props: { found: Reconciliation; differences: Part<Differences>; visit: Visit }): VNode {
  const { found, differences, visit } = props;
  const { id, status, failure, limits, compared, match, repaired, foreign } = found;
  return (
    <>
      <p>
        <Pill word={status} /> {failure === null ? '' : shown(failure)} {compared} compared, {match} match,{' '}
        {repaired} of them repaired by it, {foreign} of other shops.
      </p>
      {limits.map((sentence) => (
        <p class="muted">{shown(sentence)}</p>
      ))}
      <ListPart
        label="Differences"
        list={differences}
        columns={differenceColumns(visit)}
        idOf={(one) => `${one.class} ${one.transactionId} ${one.sessionId}`}
        next={(next) => link(`${visit.base}/reconcile/${encodeURIComponent(id)}`, { cursor: next })}
        empty="Both sides agree."
      />
    </>
  );
}

function differenceColumns({ base }: Visit): Column<Difference>[] {
  return [
    {
      name: 'Difference',
      cell: (one) =>
        one.payment === null ? (
          one.class
        ) : (
          <a href={`${base}/payments/${encodeURIComponent(one.payment)}`}>{one.class}</a>
        ),
    },
    {
      name: 'Order',
      cell: ({ orderReference }) => (orderReference === null ? '—' : shown(orderReference, 64)),
    },
    { name: 'Here', cell: ({ here }) => sideOf(here) },
    { name: 'There', cell: ({ there }) => sideOf(there) },
    {
      name: 'Transaction',
      cell: ({ transactionId }) => (transactionId === null ? '—' : shown(transactionId, 80)),
    },
    { name: 'Explained by', cell: ({ explanation }) => explanation ?? 'nothing' },
    { name: 'Next step', cell: ({ advice }) => <span class="sentence">{shown(advice, 400)}</span> },
  ];
}

function sideOf(side: Difference['here']): string {
  return side === null ? 'nothing' : `${side.status}, ${money(side.amount, side.currency)}`;
}
