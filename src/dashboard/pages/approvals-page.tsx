/** Requests above the limit: each needs a second person. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { Facts, type NamedFact } from '../parts/fact.tsx';
import { chosen, Filters, ListPart, type Column, type Filter } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { link, money, shown } from '../parts/text.ts';
import { Ago, At, Until } from '../parts/time.tsx';
import { may, part, type Visit } from '../visit.ts';

type Client = PaidonceClient['approvals'];
type Query = NonNullable<Parameters<Client['list']>[0]>;
export type Approval = Awaited<ReturnType<Client['list']>>['data'][number];

const FILTERS: readonly Filter[] = [
  { name: 'status', label: 'Status', words: ['awaiting_approval', 'approved', 'rejected', 'expired'] },
  { name: 'order', label: 'Order', hint: '1001' },
  { name: 'payment', label: 'Payment', hint: 'pay_…' },
];

export const approvalsPage: Page = {
  path: '/approvals',
  nav: 'Approvals',
  async show(visit, { query }) {
    const filters = chosen(FILTERS, query);
    const at = `${visit.base}/approvals`;
    const cursor = query.get('cursor') ?? undefined;
    const list = await part(visit.api.approvals.list({ ...filters, limit: 50, cursor } as Query));
    return {
      title: 'Approvals',
      above: <Filters filters={FILTERS} query={query} at={at} />,
      live: (
        <ListPart
          label="Approvals"
          list={list}
          columns={columnsOf(visit)}
          idOf={({ id }) => id}
          next={(next) => link(at, { ...filters, cursor: next })}
          empty="Nothing waits for a second person. FOUR_EYES_ABOVE says from which amounts on it would."
        />
      ),
    };
  },
};

function columnsOf({ base, now }: Visit): Column<Approval>[] {
  return [
    {
      name: 'What',
      cell: ({ id, what }) => <a href={`${base}/approvals/${encodeURIComponent(id)}`}>{what}</a>,
    },
    { name: 'Order', cell: ({ orderReference }) => shown(orderReference, 64) },
    { name: 'Amount', isNumber: true, cell: ({ amount, currency }) => money(amount, currency) },
    { name: 'Status', cell: ({ status }) => <Pill word={status} /> },
    { name: 'Asked by', cell: ({ actor, key }) => <bdi>{`${shown(actor, 80)} (${key})`}</bdi> },
    { name: 'Asked', cell: ({ askedAt }) => <Ago at={askedAt} now={now} /> },
    {
      name: 'Ends',
      cell: ({ status, expiresAt }) =>
        status === 'awaiting_approval' ? <Until at={expiresAt} now={now} /> : '—',
    },
    { name: 'Reason', cell: ({ reason }) => (reason === null ? '—' : shown(reason, 120)) },
  ];
}

export const approvalPage: Page = {
  path: '/approvals/:id',
  async show(visit, { params }) {
    const { base } = visit;
    const found = await visit.api.approvals.retrieve(params['id'] ?? '');
    const { id, what, orderReference, status, payment } = found;
    const isOpen = status === 'awaiting_approval' && may(visit, 'money');
    return {
      title: `${what}: order ${orderReference}`,
      above: isOpen && (
        <p class="moves">
          {(['approve', 'reject'] as const).map((decision) => (
            <a class="button" href={`${base}/approvals/${encodeURIComponent(id)}/${decision}`}>
              {decision}
            </a>
          ))}
        </p>
      ),
      live: (
        <>
          <ApprovalFacts found={found} />
          <p>
            <a href={`${base}/payments/${encodeURIComponent(payment)}`}>To the payment</a>
          </p>
        </>
      ),
    };
  },
};

function ApprovalFacts({ found }: { found: Approval }): VNode {
  const { status, amount, currency, actor, key, reason, askedAt, expiresAt, decided, doneAt, problem } =
    found;
  const facts: NamedFact[] = [
    ['Status', <Pill word={status} />],
    ['Amount', money(amount, currency)],
    ['Asked by', `${actor} with the key ${key}`],
    ['Asked', <At at={askedAt} />],
    ['Reason', reason],
    ['Ends', <At at={expiresAt} />],
    ['Decided by', decided && `${decided.actor} with the key ${decided.key}`],
    ['Why', decided?.reason ?? null],
    ['Carried out', doneAt && <At at={doneAt} />],
    ['Refused afterwards', problem && `${problem.detail} (${problem.code})`],
  ];
  return <Facts facts={facts} />;
}
