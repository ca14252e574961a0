import type { PaidonceClient } from '@paidonce/client';
import type { Column, Filter } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { shown } from '../parts/text.ts';
import { Ago, Until } from '../parts/time.tsx';
import type { Visit } from '../visit.ts';

export type Update = Awaited<ReturnType<PaidonceClient['updates']['list']>>['data'][number];

export const UPDATE_FILTERS: readonly Filter[] = [
  { name: 'state', label: 'State', words: ['pending', 'delivered', 'gone', 'gave_up', 'superseded', 'off'] },
  { name: 'type', label: 'Type', hint: 'order.paid' },
  { name: 'answer', label: 'Last answer', words: ['2xx', '3xx', '4xx', '5xx', 'none'] },
  { name: 'createdAfter', label: 'Queued after', hint: '2026-11-21T12:00:00Z' },
  { name: 'createdBefore', label: 'Queued before', hint: '2026-11-22T12:00:00Z' },
  { name: 'minAttempts', label: 'Attempts, at least', hint: '3' },
  { name: 'order', label: 'Order', hint: '1001' },
  { name: 'payment', label: 'Payment', hint: 'pay_…' },
];

/** Those that needs-somebody lists and `doctor` names: a shop that was away for a moment has answered by then. */
export const FAILING = { state: 'pending', minAttempts: '4' };

/** Updates to the shop, as the page of all and the page of one order list them. */
export function updateColumns({ base, now }: Visit): Column<Update>[] {
  return [
    {
      name: 'Update',
      cell: ({ effectId, type }) => (
        <a href={`${base}/updates/${encodeURIComponent(effectId)}`}>{shown(type, 60)}</a>
      ),
    },
    {
      name: 'Order',
      cell: ({ orderReference }) => (
        <a href={`${base}/orders/${encodeURIComponent(orderReference)}`}>{shown(orderReference, 64)}</a>
      ),
    },
    { name: 'Queued', cell: ({ queuedAt }) => <Ago at={queuedAt} now={now} /> },
    { name: 'Number', isNumber: true, cell: ({ sequence }) => sequence },
    { name: 'State', cell: ({ state }) => <Pill word={state} /> },
    { name: 'Attempts', isNumber: true, cell: ({ attempts }) => attempts },
    { name: 'Last answer', cell: ({ lastAnswer }) => (lastAnswer === null ? '—' : shown(lastAnswer, 120)) },
    {
      name: 'Next attempt',
      cell: ({ nextAttemptAt }) => (nextAttemptAt === null ? '—' : <Until at={nextAttemptAt} now={now} />),
    },
    {
      name: 'Ended',
      cell: ({ finishedAt }) => (finishedAt === null ? '—' : <Ago at={finishedAt} now={now} />),
    },
  ];
}
