import type { PaidonceClient } from '@paidonce/client';
import type { Page } from '../page.ts';
import { chosen, Filters, ListPart, type Filter } from '../parts/list.tsx';
import { link } from '../parts/text.ts';
import { may, part } from '../visit.ts';
import { updateColumns } from './update-columns.tsx';

type Query = Parameters<PaidonceClient['updates']['list']>[0];

const FILTERS: readonly Filter[] = [
  { name: 'state', label: 'State', words: ['pending', 'delivered', 'gone', 'gave_up', 'superseded', 'off'] },
  { name: 'minAttempts', label: 'Attempts, at least', hint: '3' },
  { name: 'order', label: 'Order', hint: '1001' },
  { name: 'payment', label: 'Payment', hint: 'pay_…' },
];

/** What the shop was told, and what it has answered. */
export const updatesPage: Page = {
  path: '/updates',
  nav: 'Updates',
  async show(visit, { query }) {
    const filters = chosen(FILTERS, query);
    const at = `${visit.base}/updates`;
    const cursor = query.get('cursor') ?? undefined;
    const list = await part(visit.api.updates.list({ ...filters, limit: 50, cursor } as Query));
    return {
      title: 'Updates out',
      above: (
        <>
          <Filters filters={FILTERS} query={query} at={at} />
          {may(visit, 'support') && (
            <p>
              <a class="button" href={`${visit.base}/updates/send-again`}>
                Send all that were given up, or that wait
              </a>
            </p>
          )}
        </>
      ),
      live: (
        <ListPart
          label="Updates"
          list={list}
          columns={updateColumns(visit)}
          idOf={({ effectId }) => effectId}
          next={(next) => link(at, { ...filters, cursor: next })}
          empty="No update matches."
        />
      ),
    };
  },
};
