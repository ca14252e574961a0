/** Authorizations that wait for their capture, and the capture of many of them. */
import type { PaidonceClient } from '@paidonce/client';
import type { Action } from '../actions.ts';
import type { Page } from '../page.ts';
import { chosen, Filters, ListPart, type Column, type Filter } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { SavedViews, type SavedView } from '../parts/saved-views.tsx';
import { link, money, shown } from '../parts/text.ts';
import { Ago, Until } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { may, part, type Visit } from '../visit.ts';
import {
  chosenIn,
  doEach,
  ManyResults,
  MOST_CHOSEN,
  outcomeQuery,
  outcomesIn,
  refusalOfTicked,
  tickColumn,
  tickedIn,
  TickForm,
  type Outcome,
} from './many.tsx';
import { currencyOf, leftOf, nextReference } from './money-actions.tsx';
import type { Payment as FullPayment } from './order-story.ts';
import type { Payment } from './payment-columns.tsx';
import { reasonOf } from './reason.ts';
import { Lapsing } from './stats-charts.tsx';

type Query = Parameters<PaidonceClient['payments']['list']>[0];

const FILTERS: readonly Filter[] = [
  { name: 'expiringBefore', label: 'Lapses before', hint: '2026-11-21T12:00:00Z' },
  { name: 'order', label: 'Order', hint: '1001' },
  { name: 'gateway', label: 'Gateway' },
  { name: 'createdAfter', label: 'Created after', hint: '2026-11-21T12:00:00Z' },
  { name: 'createdBefore', label: 'Created before', hint: '2026-11-22T12:00:00Z' },
];

const DAY_MS = 86_400_000;

function savedViews(now: Date): SavedView[] {
  const inDays = (days: number) => new Date(now.getTime() + days * DAY_MS).toISOString();
  return [
    { name: 'All', query: {} },
    ...[1, 2, 7].map((days) => ({
      name: `Lapse within ${days} ${days === 1 ? 'day' : 'days'}`,
      query: { expiringBefore: inDays(days) },
    })),
  ];
}

export const toCapturePage: Page = {
  path: '/to-capture',
  nav: 'To capture',
  async show(visit, { query }) {
    const filters = chosen(FILTERS, query);
    const at = `${visit.base}/to-capture`;
    const cursor = query.get('cursor') ?? undefined;
    const asked = { ...filters, capturable: 'true', limit: MOST_CHOSEN, cursor } as Query;
    const [list, stats] = await Promise.all([
      part(visit.api.payments.list(asked)),
      part(visit.api.stats({ from: new Date(visit.now.getTime() - DAY_MS).toISOString(), bucket: '1h' })),
    ]);
    const isTicked = may(visit, 'money') && (list.data?.data.length ?? 0) > 0;
    const table = (
      <ListPart
        label="To capture"
        list={list}
        columns={columnsOf(visit, isTicked)}
        idOf={({ id }) => id}
        next={(next) => link(at, { ...filters, cursor: next })}
        empty="No authorization of this filter waits for its capture."
      />
    );
    return {
      title: 'To capture',
      above: (
        <>
          <SavedViews views={savedViews(visit.now)} at={at} />
          <Filters filters={FILTERS} query={query} at={at} />
        </>
      ),
      live:
        stats.trouble === undefined ? (
          <Lapsing stats={stats.data} />
        ) : (
          <TroubleNote trouble={stats.trouble} what="The chart" />
        ),
      // What somebody has ticked stays, so the list is no part that is replaced.
      below: isTicked ? (
        <TickForm action={`${at}/capture`} button="Capture the ticked ones">
          {table}
        </TickForm>
      ) : (
        table
      ),
    };
  },
};

function columnsOf({ base, now }: Visit, isTicked: boolean): Column<Payment>[] {
  const cell = ({ id, orderReference }: Payment) => (
    <a href={`${base}/payments/${encodeURIComponent(id)}`}>{shown(orderReference, 64)}</a>
  );
  const nameOf = ({ orderReference }: Payment) => `order ${shown(orderReference, 64)}`;
  return [
    isTicked ? tickColumn('Order', { idOf: ({ id }: Payment) => id, nameOf, cell }) : { name: 'Order', cell },
    {
      name: 'Left to capture',
      isNumber: true,
      cell: (payment) => money(leftOf('capture', payment), currencyOf(payment)),
    },
    { name: 'Payment is', cell: ({ status }) => <Pill word={status} /> },
    { name: 'Gateway', cell: ({ gateway }) => gateway },
    { name: 'Created', cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
    {
      name: 'Lapses',
      cell: ({ authorizationExpiresAt: at }) => (at === null ? '—' : <Until at={at} now={now} />),
    },
  ];
}

export const captureMany: Action = {
  path: '/to-capture/capture',
  scopes: ['money'],
  async confirm({ api }, { query }) {
    const ids = tickedIn(query);
    const refusal = refusalOfTicked(ids);
    const found = refusal === undefined ? await Promise.all(ids.map((id) => readOne(api, id))) : [];
    const open = found.filter(({ left }) => left > 0);
    return {
      title: 'Capture many',
      facts: [
        ['Payments', String(open.length)],
        ...sumsOf(open).map((sum) => ['Together', <strong>{sum}</strong>] as const),
        ...found.map(
          ({ payment, left }) =>
            [
              `Order ${shown(payment.orderReference, 64)}`,
              left > 0 ? money(left, currencyOf(payment)) : `nothing left: ${payment.status}`,
            ] as const,
        ),
      ],
      effect: [
        'Each gateway is asked for what is left of each authorization, by a capture of its own.',
        'The shop hears order.captured for each. One that is refused does not stop the others.',
      ],
      hidden: {
        chosen: JSON.stringify(open.map(({ payment, left, reference }) => [payment.id, left, reference])),
      },
      reason: query.get('reason') ?? '',
      button: `Capture ${sumsOf(open).join(' + ')}`,
      back: '/to-capture',
      refusal: refusal ?? (open.length === 0 ? 'Nothing is left to capture of these.' : undefined),
    };
  },
  async act({ api }, _address, form) {
    const reason = reasonOf(form);
    const outcomes = await doEach(chosenIn(form), ([id, amount, reference]) =>
      api.payments.capture(id, { amount: Number(amount), reference: String(reference), reason }),
    );
    return `/to-capture/result?${outcomeQuery(outcomes)}`;
  },
};

async function readOne(api: PaidonceClient, id: string) {
  const [payment, operations] = await Promise.all([
    api.payments.retrieve(id),
    api.payments.listOperations(id, { limit: 100 }),
  ]);
  const isHeld = payment.status === 'AUTHORIZED' || payment.status === 'PARTIALLY_CAPTURED';
  const left = isHeld ? leftOf('capture', payment) : 0;
  return { payment, left, reference: nextReference('capture', operations.data) };
}

function sumsOf(open: readonly { payment: FullPayment; left: number }[]): string[] {
  const sums = new Map<string, number>();
  for (const { payment, left } of open) {
    const currency = currencyOf(payment);
    sums.set(currency, (sums.get(currency) ?? 0) + left);
  }
  return [...sums].map(([currency, amount]) => money(amount, currency));
}

interface Result extends Outcome {
  readonly payment: FullPayment;
  readonly status: string;
  readonly why: string;
}

/** What became of each. It changes while the gateways answer. */
export const captureResultPage: Page = {
  path: '/to-capture/result',
  async show({ api, base }, { query }) {
    const results = await part(Promise.all(outcomesIn(query).map((one) => resultOf(api, one))));
    const columns: Column<Result>[] = [
      {
        name: 'Order',
        cell: ({ id, payment }) => (
          <a href={`${base}/payments/${encodeURIComponent(id)}#operations`}>
            {shown(payment.orderReference, 64)}
          </a>
        ),
      },
      {
        name: 'Captured of it',
        isNumber: true,
        cell: ({ payment }) => money(payment.capturedAmount, currencyOf(payment)),
      },
      { name: 'This capture', cell: ({ status }) => <Pill word={status} /> },
      { name: 'Why not', cell: ({ why }) => (why === '' ? '—' : shown(why, 200)) },
    ];
    return {
      title: 'What was captured',
      live: <ManyResults label="What was captured" columns={columns} results={results} />,
      below: (
        <p>
          <a href={`${base}/to-capture`}>Back to what is left to capture</a>
        </p>
      ),
    };
  },
};

async function resultOf(api: PaidonceClient, one: Outcome): Promise<Result> {
  const { id, code, reference } = one;
  const { payment, operations } = await Promise.all([
    api.payments.retrieve(id),
    api.payments.listOperations(id, { limit: 100 }),
  ]).then(([found, { data }]) => ({ payment: found, operations: data }));
  const asked = operations.find((each) => each.kind === 'capture' && each.reference === reference);
  const why = asked?.problem?.detail ?? (code === 'ok' ? '' : code);
  return { ...one, payment, status: asked?.status ?? (code === 'ok' ? 'pending' : 'refused'), why };
}
