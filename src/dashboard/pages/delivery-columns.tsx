import type { PaidonceClient } from '@paidonce/client';
import type { Column } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';
import type { Visit } from '../visit.ts';

type Delivery = Awaited<ReturnType<PaidonceClient['deliveries']['list']>>['data'][number];

/** Callbacks, as the page of all and the page of one order list them. */
export function deliveryColumns({ base, now }: Visit): Column<Delivery>[] {
  return [
    {
      name: 'Callback',
      cell: ({ id }) => <a href={`${base}/deliveries/${encodeURIComponent(id)}`}>{id}</a>,
    },
    { name: 'Received', cell: ({ receivedAt }) => <Ago at={receivedAt} now={now} /> },
    { name: 'Outcome', cell: ({ outcome }) => <Pill word={outcome} /> },
    { name: 'Reason', cell: ({ reason }) => (reason === null ? '—' : shown(reason, 120)) },
    { name: 'State', cell: ({ state }) => state ?? '—' },
    { name: 'Gateway', cell: ({ gateway }) => gateway },
    {
      name: 'Order',
      cell: ({ payment, orderReference }) =>
        payment === null ? (
          shown(orderReference ?? '—', 64)
        ) : (
          <a href={`${base}/payments/${encodeURIComponent(payment)}`}>
            {shown(orderReference ?? payment, 64)}
          </a>
        ),
    },
    { name: 'Event', cell: ({ eventId }) => (eventId === null ? '—' : shown(eventId, 80)) },
    { name: 'Times', isNumber: true, cell: ({ receipts }) => receipts },
  ];
}
