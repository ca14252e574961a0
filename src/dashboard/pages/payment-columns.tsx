/** The columns of the list of payments, and which of them a person has chosen. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import { Choice } from '../parts/choice.tsx';
import type { Column } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { money, shown } from '../parts/text.ts';
import { Ago, Until } from '../parts/time.tsx';
import type { Visit } from '../visit.ts';

export type Payment = Awaited<ReturnType<PaidonceClient['payments']['list']>>['data'][number];

interface PaymentColumn extends Column<Payment> {
  /** Not shown before somebody chooses it. */
  readonly isExtra?: true;
}

/** The name of the columns' choice in the address of the list. */
export const COLUMNS = 'columns';

/** The chosen columns, or else those that most need. */
export function chosenColumns(all: readonly PaymentColumn[], query: URLSearchParams): PaymentColumn[] {
  const wanted = query.getAll(COLUMNS).flatMap((one) => one.split(','));
  const isWanted = ({ name }: PaymentColumn) => wanted.includes(name);
  const some = all.some(isWanted) ? isWanted : ({ isExtra }: PaymentColumn) => isExtra !== true;
  return all.filter((column, at) => at === 0 || some(column));
}

/** A form that changes the address. The browser keeps the choice. */
export function ColumnChoice(props: {
  all: readonly PaymentColumn[];
  shown: readonly PaymentColumn[];
  filters: Readonly<Record<string, string>>;
  at: string;
}): VNode {
  const names = (columns: readonly PaymentColumn[]) => columns.slice(1).map(({ name }) => name);
  return (
    <details class="filters">
      <summary>Columns</summary>
      <form method="get" action={props.at}>
        {Object.entries(props.filters).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <Choice
          name={COLUMNS}
          legend="Columns of the list"
          words={names(props.all)}
          chosen={names(props.shown)}
        />
        <button type="submit">Show these</button>
        <button type="submit" name={COLUMNS} value="usual" class="quiet">
          Show the usual ones
        </button>
      </form>
    </details>
  );
}

const EXTRA_COLUMNS: readonly PaymentColumn[] = (
  [
    { name: 'Found by', cell: ({ foundBy }) => foundBy?.replace('_', ' ') ?? '—' },
    {
      name: 'Authorized',
      isNumber: true,
      cell: (payment) => moneyOf(payment, payment.authorizedAmount),
    },
    { name: 'Payment', cell: ({ id }) => shown(id, 60) },
    {
      name: 'Session',
      cell: ({ sessionId }) => (sessionId === null ? '—' : shown(sessionId, 60)),
    },
    {
      name: 'Second reference',
      cell: ({ merchantReference2: second }) => (second === null ? '—' : shown(second, 60)),
    },
    {
      name: 'Metadata',
      cell: ({ metadata }) =>
        shown(
          Object.entries(metadata)
            .map(([name, value]) => `${name}=${value}`)
            .join(', '),
          120,
        ) || '—',
    },
  ] satisfies Column<Payment>[]
).map((column) => ({ ...column, isExtra: true }));

/** Every column that the list can have, the first always. */
export function paymentColumns(visit: Visit): PaymentColumn[] {
  const { base, now } = visit;
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
    ...EXTRA_COLUMNS,
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
