/** One update, and each attempt to send it. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { Table, type Column } from '../parts/list.tsx';
import { shown } from '../parts/text.ts';
import { At } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { may, part, type Part } from '../visit.ts';

type Attempts = Awaited<ReturnType<PaidonceClient['updates']['listAttempts']>>;
type Attempt = Attempts['data'][number];

const COLUMNS: Column<Attempt>[] = [
  { name: 'Attempt', cell: ({ n }) => n },
  { name: 'Begun', cell: ({ at }) => <At at={at} /> },
  { name: 'Status', isNumber: true, cell: ({ status }) => status ?? '—' },
  { name: 'Took', isNumber: true, cell: ({ ms }) => (ms === null ? 'under way, or cut off' : `${ms} ms`) },
  { name: 'Without an answer because', cell: ({ error }) => (error === null ? '—' : shown(error, 200)) },
  { name: 'Answer', cell: ({ answer }) => (answer === null ? '—' : <bdi>{shown(answer, 200)}</bdi>) },
];

export const updatePage: Page = {
  path: '/updates/:id',
  async show(visit, { params }) {
    const { base } = visit;
    const id = params['id'] ?? '';
    // The id of an update begins with its order, or with its payment.
    const [about = ''] = id.split('/');
    const place = about.startsWith('pay_') ? 'payments' : 'orders';
    const attempts = await part(visit.api.updates.listAttempts(id));
    return {
      title: `Update ${shown(id, 120)}`,
      above: (
        <>
          <p>
            Of {place === 'orders' ? 'order' : 'payment'}{' '}
            <a href={`${base}/${place}/${encodeURIComponent(about)}`}>{shown(about, 64)}</a>
          </p>
          {may(visit, 'support') && (
            <p>
              <a class="button" href={`${base}/updates/${encodeURIComponent(id)}/send-again`}>
                Send it again now
              </a>
            </p>
          )}
        </>
      ),
      live: <Attempts attempts={attempts} />,
    };
  },
};

function Attempts({ attempts }: { attempts: Part<Attempts> }): VNode {
  if (attempts.trouble !== undefined) return <TroubleNote trouble={attempts.trouble} what="Attempts" />;
  return (
    <Table
      label="Attempts"
      columns={COLUMNS}
      rows={attempts.data.data}
      idOf={({ n }) => String(n)}
      empty="It has not been sent yet."
    />
  );
}
