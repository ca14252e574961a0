/** The home: what needs somebody, how it goes, and what has just happened. */
import type { VNode } from 'preact';
import type { PaidonceClient } from '@paidonce/client';
import { StateMap } from '../charts/state-map.tsx';
import type { Scope } from '../../config/api-keys.ts';
import type { Page } from '../page.ts';
import { Pill } from '../parts/pill.tsx';
import { Table, type Column } from '../parts/list.tsx';
import { link, money, shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { may, part, type Part, type Visit } from '../visit.ts';
import { markLink, newestMark } from './mark-action.tsx';
import { FoundBy, Heard, Outcomes } from './stats-charts.tsx';
import { FAILING } from './update-columns.tsx';

type Answer<Call extends (...given: never[]) => Promise<unknown>> = Awaited<ReturnType<Call>>;
type Attention = Answer<PaidonceClient['attention']['list']>;
type Item = Attention['data'][number];
type Payment = Answer<PaidonceClient['payments']['list']>['data'][number];

const PERIOD_MS = 3 * 3_600_000;

export const nowPage: Page = {
  path: '',
  nav: 'Now',
  show: () => Promise.resolve({ title: 'Now', live: null }),
  parts: [
    {
      id: 'needs',
      everyMs: 5_000,
      show: async (visit) => <Needs attention={await part(visit.api.attention.list())} visit={visit} />,
    },
    {
      id: 'newest',
      everyMs: 1_000,
      show: async (visit) => (
        <Newest newest={await part(visit.api.payments.list({ limit: 10 }))} visit={visit} />
      ),
    },
    {
      id: 'states',
      everyMs: 10_000,
      show: async (visit) => <States states={await part(visit.api.states())} visit={visit} />,
    },
    {
      id: 'charts',
      everyMs: 30_000,
      async show({ api, now }) {
        const from = new Date(now.getTime() - PERIOD_MS).toISOString();
        return <Charts stats={await part(api.stats({ from, bucket: '5m' }))} />;
      },
    },
  ],
};

function Needs({ attention, visit }: { attention: Part<Attention>; visit: Visit }): VNode {
  return (
    <section aria-labelledby="needs">
      <h2 id="needs">Needs somebody</h2>
      {attention.trouble !== undefined ? (
        <TroubleNote trouble={attention.trouble} what="What needs somebody" />
      ) : (
        <>
          {attention.data.unasked.map((text) => (
            <p class="notice" role="note">
              {text}
            </p>
          ))}
          <NeedsTable items={attention.data.data} hasMore={attention.data.hasMore} visit={visit} />
        </>
      )}
    </section>
  );
}

/** One row for each fault: "31 updates: the shop answers 500" is one thing to do. */
interface Row {
  readonly first: Item;
  readonly items: readonly Item[];
}

function NeedsTable(props: { items: readonly Item[]; hasMore: boolean; visit: Visit }): VNode {
  const { items, hasMore, visit } = props;
  const { base, now } = visit;
  const columns: Column<Row>[] = [
    { name: 'What', cell: (row) => <What row={row} base={base} /> },
    {
      name: 'Order',
      cell: ({ first, items: all }) =>
        all.length > 1 ? ordersIn(all) : <OrderLink item={first} base={base} />,
    },
    { name: 'Money at risk', isNumber: true, cell: (row) => atRisk(row.items) },
    { name: 'Since', cell: ({ first: { since } }) => (since === null ? '—' : <Ago at={since} now={now} />) },
    { name: 'Do', cell: (row) => <Remedy row={row} visit={visit} /> },
    {
      name: 'Owner',
      cell: ({ items: all }) => <Owner mark={newestMark(all)} />,
    },
    { name: 'Mark', cell: (row) => <MarkLink row={row} visit={visit} /> },
  ];
  return (
    <>
      <Table
        label="What needs somebody"
        columns={columns}
        rows={grouped(items)}
        idOf={({ first }) => first.id}
        empty="Nothing needs anybody."
      />
      {hasMore && <p class="muted">There are more than are listed here; the lists have all.</p>}
    </>
  );
}

function Owner({ mark }: { mark: Item['mark'] }): VNode {
  return mark?.owner ? <bdi>{shown(mark.owner, 40)}</bdi> : <>—</>;
}

/** Two updates of one order are one order. */
function ordersIn(items: readonly Item[]): string {
  const count = new Set(items.map(({ orderReference, id }) => orderReference ?? id)).size;
  return count === 1 ? '1 order' : `${count} orders`;
}

/** Items of one cause are one row from three on, since they have one remedy. */
function grouped(items: readonly Item[]): Row[] {
  const byCause = new Map<string, Item[]>();
  for (const item of items) byCause.set(item.cause, [...(byCause.get(item.cause) ?? []), item]);
  const rows: Row[] = [];
  for (const some of byCause.values()) {
    const [first] = some;
    if (first === undefined) continue;
    if (some.length >= 3) rows.push({ first, items: some });
    else rows.push(...some.map((item) => ({ first: item, items: [item] })));
  }
  const place = new Map(items.map((item, at) => [item, at]));
  return rows.toSorted((one, other) => (place.get(one.first) ?? 0) - (place.get(other.first) ?? 0));
}

function What({ row: { first, items }, base }: { row: Row; base: string }): VNode {
  const isMany = items.length > 1;
  return (
    <>
      <span class={`mark ${first.severity}`} aria-hidden="true">
        {first.severity === 'high' ? '●' : '○'}
      </span>{' '}
      <span class="unseen">{first.severity === 'high' ? 'urgent: ' : ''}</span>
      <a href={`${base}${isMany ? listOf(first) : placeOf(first)}`}>
        {KINDS[first.kind] ?? shown(first.kind, 40)}
      </a>{' '}
      <span class="sentence">
        {isMany ? `${items.length} times: ${shown(first.cause)}` : shown(first.text)}
      </span>
    </>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  review: 'REVIEW',
  give_back_due: 'Money must go back',
  update_gave_up: 'Shop not told',
  update_gone: 'Shop refused',
  update_failing: 'Shop not told yet',
  operation_open: 'Operation under way',
  operation_unconfirmed: 'Operation not confirmed',
  callback_unhandled: 'Callback unhandled',
  session_unopened: 'Session not open',
  authorization_lapsing: 'Authorization lapses',
  approval_awaited: 'Second person needed',
  run_stuck: 'Run stands still',
  run_paused: 'Run paused',
  workers_away: 'Workers away',
  sweep_overdue: 'Sweep overdue',
  drift: 'Drift',
  dispute_open: 'Dispute',
  callbacks_refused: 'Callbacks refused',
};

/** Where one item is decided or understood. */
function placeOf({ kind, about, payment, gateway }: Item): string {
  if (kind.startsWith('update_')) return `/updates/${encodeURIComponent(about)}`;
  if (kind === 'callback_unhandled') return `/deliveries/${encodeURIComponent(about)}`;
  if (kind === 'approval_awaited') return `/approvals/${encodeURIComponent(about)}`;
  if (kind === 'sweep_overdue') return `/gateways?gateway=${encodeURIComponent(gateway ?? '')}`;
  if (kind === 'callbacks_refused')
    return `/deliveries?outcome=refused&gateway=${encodeURIComponent(gateway ?? '')}`;
  if (kind === 'workers_away') return '/system#versions';
  if (kind === 'drift') return `/reconcile?gateway=${encodeURIComponent(gateway ?? '')}`;
  return payment === null ? '/system' : `/payments/${encodeURIComponent(payment)}`;
}

/** Where all items of a cause are. */
function listOf({ kind }: Item): string {
  if (kind === 'review') return '/reviews';
  if (kind === 'update_gave_up' || kind === 'update_gone')
    return `/updates?state=${kind.slice('update_'.length)}`;
  if (kind === 'update_failing') return link('/updates', FAILING);
  if (kind.startsWith('operation_')) return '/operations?status=pending';
  if (kind === 'callback_unhandled') return '/deliveries?outcome=accepted';
  if (kind === 'approval_awaited') return '/approvals?status=awaiting_approval';
  if (kind === 'dispute_open') return '/payments?dispute=open';
  if (kind === 'session_unopened') return '/payments?status=PENDING';
  if (kind === 'authorization_lapsing') return '/to-capture';
  return '/system';
}

function OrderLink({ item: { orderReference }, base }: { item: Item; base: string }): VNode {
  if (orderReference === null) return <>—</>;
  return <a href={`${base}/orders/${encodeURIComponent(orderReference)}`}>{shown(orderReference, 64)}</a>;
}

/** The money of each order once. */
function atRisk(items: readonly Item[]): string {
  const byOrder = new Map<string, { amount: number; currency: string }>();
  for (const { amount, currency, orderReference, id } of items)
    if (amount !== null && currency !== null) byOrder.set(orderReference ?? id, { amount, currency });
  const sums = new Map<string, number>();
  for (const { amount, currency } of byOrder.values()) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  const texts = [...sums].map(([currency, amount]) => money(amount, currency));
  return texts.length === 0 ? '—' : texts.join(' + ');
}

/** One button for all of a row: they have one remedy. */
function Remedy({ row: { first, items }, visit }: { row: Row; visit: Visit }): VNode {
  const [scope, name, at] = remedyOf(first, items);
  if (scope !== null && !may(visit, scope)) return <>—</>;
  const about = items.length > 1 ? first.cause : first.text;
  return (
    <a
      class={scope === null ? undefined : 'button'}
      href={`${visit.base}${at}`}
      aria-label={shown(`${name}: ${about}`, 120)}
    >
      {name}
    </a>
  );
}

function remedyOf(
  first: Item,
  items: readonly Item[],
): readonly [needed: Scope | null, name: string, at: string] {
  const { kind, about, payment } = first;
  const isMany = items.length > 1;
  if (kind.startsWith('update_'))
    return isMany
      ? ['support', 'Send all again', `/updates/send-again?${new URLSearchParams(resent(kind, items))}`]
      : ['support', 'Send again', `/updates/${encodeURIComponent(about)}/send-again`];
  if (kind === 'callback_unhandled' && !isMany)
    return ['support', 'Run again', `/deliveries/${encodeURIComponent(about)}/redeliver`];
  if (kind === 'review') return ['money', 'Decide', isMany ? '/reviews' : placeOf(first)];
  if (kind === 'approval_awaited') return ['money', 'Approve', isMany ? listOf(first) : placeOf(first)];
  if (kind === 'authorization_lapsing')
    return ['money', 'Capture', isMany || payment === null ? listOf(first) : `${placeOf(first)}/capture`];
  if (kind === 'operation_open' && !isMany && payment !== null)
    return ['support', 'Look again', `${placeOf(first)}/look`];
  return [null, 'Open', isMany ? listOf(first) : placeOf(first)];
}

/** All of this state since the first of them. */
function resent(kind: string, items: readonly Item[]): Record<string, string> {
  const since = items.map((item) => item.since ?? '').toSorted()[0] ?? '';
  const state = { update_gave_up: 'gave_up', update_gone: 'gone' }[kind];
  return { ...(state === undefined ? FAILING : { state }), ...(since !== '' && { since }) };
}

function MarkLink({ row: { items }, visit }: { row: Row; visit: Visit }): VNode {
  const mark = newestMark(items);
  const note = mark?.note ? `“${shown(mark.note, 24)}”` : null;
  if (!may(visit, 'support', 'money')) return <>{note ?? '—'}</>;
  return <a href={markLink(visit.base, items)}>{note ?? 'Claim or put off'}</a>;
}

function Newest({
  newest,
  visit: { base, now },
}: {
  newest: Part<{ data: readonly Payment[] }>;
  visit: Visit;
}): VNode {
  const columns: Column<Payment>[] = [
    {
      name: 'Order',
      cell: ({ orderReference }) => (
        <a href={`${base}/orders/${encodeURIComponent(orderReference)}`}>{shown(orderReference, 64)}</a>
      ),
    },
    { name: 'Amount', isNumber: true, cell: ({ amount, currency }) => money(amount, currency) },
    { name: 'Payment', cell: ({ status }) => <Pill word={status} /> },
    { name: 'Gateway', cell: ({ gateway }) => gateway },
    { name: 'Changed', cell: ({ updatedAt }) => <Ago at={updatedAt} now={now} /> },
  ];
  return (
    <section aria-labelledby="newest">
      <h2 id="newest">Newest payments</h2>
      {newest.trouble !== undefined ? (
        <TroubleNote trouble={newest.trouble} what="Payments" />
      ) : (
        <Table
          label="Newest payments"
          columns={columns}
          rows={newest.data.data}
          idOf={({ id }) => id}
          empty="There are no payments yet."
        />
      )}
    </section>
  );
}

function States({ states, visit }: { states: Part<Answer<PaidonceClient['states']>>; visit: Visit }): VNode {
  return (
    <section aria-labelledby="where">
      <h2 id="where">Where payments are</h2>
      {states.trouble !== undefined ? (
        <TroubleNote trouble={states.trouble} what="The state map" />
      ) : (
        <StateMap
          id="state-map"
          title="Payments now, and their ways in the last hour"
          states={states.data.data}
          lastHour={states.data.lastHour}
          listOf={(status) => link(`${visit.base}/payments`, { status })}
        />
      )}
    </section>
  );
}

function Charts({ stats }: { stats: Part<Answer<PaidonceClient['stats']>> }): VNode {
  return (
    <section aria-labelledby="how">
      <h2 id="how">The last three hours</h2>
      {stats.trouble !== undefined ? (
        <TroubleNote trouble={stats.trouble} what="The charts" />
      ) : (
        <div class="charts">
          <Outcomes stats={stats.data} />
          <FoundBy stats={stats.data} />
          <Heard stats={stats.data} />
        </div>
      )}
    </section>
  );
}
