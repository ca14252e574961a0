/** What support does: look again, send again, run again, note. */
import type { PaidonceClient } from '@paidonce/client';
import type { Action } from '../actions.ts';
import { commandLine } from '../../lib/command-line.ts';
import { Pill } from '../parts/pill.tsx';
import { money, shown } from '../parts/text.ts';
import { Refused } from '../refused.ts';
import { reasonOf } from './reason.ts';

export const SUPPORT_ACTIONS: readonly Action[] = [
  {
    path: '/payments/:id/look',
    scopes: ['support'],
    async confirm({ api }, { params, query }) {
      const payment = await api.payments.retrieve(params['id'] ?? '');
      return {
        title: `Look again: order ${payment.orderReference}`,
        facts: [
          ['Order', shown(payment.orderReference, 64)],
          ['Payment', payment.id],
          ['Amount', money(payment.amount, payment.currency)],
          ['Status', <Pill word={payment.status} />],
        ],
        effect: [
          'The run of the payment is asked to read the gateway, as after a callback. What it says is recorded and followed.',
          'Nothing is sent to it that moves money.',
        ],
        reason: query.get('reason') ?? '',
        button: 'Look again',
        command: commandLine('paidonce', 'look', payment.id, '--reason', '…'),
        back: `/payments/${encodeURIComponent(payment.id)}`,
      };
    },
    async act({ api, who }, { params }, form) {
      const id = params['id'] ?? '';
      await api.payments.look(id, { actor: who.person, reason: reasonOf(form) });
      return `/payments/${encodeURIComponent(id)}?done=look#result`;
    },
  },
  {
    path: '/payments/:id/note',
    scopes: ['support', 'money'],
    async confirm({ api }, { params, query }) {
      const payment = await api.payments.retrieve(params['id'] ?? '');
      const text = query.get('reason')?.trim() ?? '';
      return {
        title: `Note: order ${payment.orderReference}`,
        facts: [
          ['Order', shown(payment.orderReference, 64)],
          ['Payment', payment.id],
        ],
        effect: ['The note is added to the timeline for colleagues. It moves nothing and decides nothing.'],
        reason: text,
        reasonName: 'Note',
        button: 'Add the note',
        back: `/payments/${encodeURIComponent(payment.id)}`,
      };
    },
    async act({ api, who }, { params }, form) {
      const id = params['id'] ?? '';
      await api.payments.addNote(id, { text: reasonOf(form), actor: who.person });
      return `/payments/${encodeURIComponent(id)}?done=note`;
    },
  },
  {
    path: '/deliveries/:id/redeliver',
    scopes: ['support'],
    async confirm(_visit, { params, query }) {
      const id = params['id'] ?? '';
      return {
        title: 'Run a callback again',
        facts: [['Callback', shown(id, 80)]],
        effect: [
          'The payment is looked at again at the gateway, as if the callback had just arrived.',
          'No money moves by that.',
        ],
        reason: query.get('reason') ?? '',
        button: 'Run it again',
        command: commandLine('paidonce', 'redeliver', id, '--reason', '…'),
        back: `/deliveries/${encodeURIComponent(id)}`,
      };
    },
    async act({ api, who }, { params }, form) {
      const id = params['id'] ?? '';
      const { payment } = await api.deliveries.redeliver(id, { actor: who.person, reason: reasonOf(form) });
      return payment === null
        ? `/deliveries/${encodeURIComponent(id)}`
        : `/payments/${encodeURIComponent(payment)}?done=redeliver`;
    },
  },
  {
    path: '/updates/:id/send-again',
    scopes: ['support'],
    async confirm({ api }, { params, query }) {
      const id = params['id'] ?? '';
      const { data } = await api.updates.listAttempts(id);
      return {
        title: 'Send an update again',
        facts: [
          ['Update', shown(id, 200)],
          ['Attempts so far', String(data[0]?.n ?? 0)],
        ],
        effect: [
          'The shop gets the same update with the same webhook-id now, and again for up to three days until it answers 2xx.',
          'A shop that has handled it already ignores it by its id.',
        ],
        hidden: { attempts: String(data[0]?.n ?? 0) },
        reason: query.get('reason') ?? '',
        button: 'Send it now',
        command: commandLine('paidonce', 'redeliver', id, '--reason', '…'),
        back: `/updates/${encodeURIComponent(id)}`,
      };
    },
    async act({ api, who }, { params }, form) {
      const id = params['id'] ?? '';
      const back = `/updates/${encodeURIComponent(id)}`;
      // Two clicks, or two tabs: the second form is about an update that was sent since.
      const attempts = Number(form.get('attempts') ?? '0') || 0;
      await api.updates.redeliver({ effectId: id, attempts, actor: who.person, reason: reasonOf(form) });
      return `${back}?done=sent`;
    },
  },
  {
    path: '/updates/send-again',
    scopes: ['support'],
    async confirm({ api }, { query }) {
      const wanted = wantedUpdates((name) => query.get(name));
      const { state, type, order, minAttempts } = wanted;
      const narrowed = {
        ...(type && { type }),
        ...(order && { order }),
        ...(minAttempts && { minAttempts }),
      };
      const { data, hasMore } = await api.updates.list({ state, ...narrowed, limit: 100 });
      const last = data.find(({ lastAnswer }) => lastAnswer !== null)?.lastAnswer ?? null;
      const given = Object.entries(wanted).map(([name, value]) => [name, String(value)] as const);
      return {
        title: 'Send many updates again',
        facts: [
          ...given.map(([name, value]) => [name, shown(value, 100)] as const),
          ['Updates in this state', `${data.length}${hasMore ? '+' : ''}`],
          ['Last answer of the shop', shown(last ?? 'none', 60)],
        ],
        effect: [
          ...(last === null || last.startsWith('2')
            ? []
            : ['While the shop answers like that, they are sent in vain: send one of them first.']),
          'Each of them is sent now, the oldest first, at most 500 at a time. Updates that a later one replaces are left out.',
          'A shop that has handled one already ignores it by its webhook-id.',
        ],
        hidden: Object.fromEntries(given),
        reason: query.get('reason') ?? '',
        button: 'Send all of them now',
        back: `/updates?state=${wanted.state}`,
        refusal: data.length === 0 ? 'No update is in this state.' : undefined,
      };
    },
    async act({ api, who }, _address, form) {
      const wanted = wantedUpdates((name) => form.get(name));
      await api.updates.redeliver({ ...wanted, actor: who.person, reason: reasonOf(form) });
      return `/updates?state=${wanted.state}`;
    },
  },
  {
    path: '/reconcile/begin',
    scopes: ['support'],
    async confirm({ api }, { query }) {
      const { data } = await api.gateways.list();
      const gateway = query.get('gateway') ?? data[0]?.id ?? '';
      const found = data.find(({ id }) => id === gateway);
      return {
        title: 'Compare with a gateway',
        facts: [['Gateway', shown(found?.name ?? gateway, 60)]],
        effect: [
          'Every transaction of the last seven days is compared. Runs of payments that differ look at the gateway again.',
          'No money moves by that.',
        ],
        hidden: { gateway },
        reason: null,
        button: 'Compare now',
        command: commandLine('paidonce', 'reconcile', '--gateway', gateway),
        back: '/reconcile',
        refusal: found === undefined ? 'No such gateway is configured.' : undefined,
      };
    },
    async act({ api }, _address, form) {
      const { id } = await api.reconciliations.create({ gateway: form.get('gateway') ?? '' });
      return `/reconcile/${encodeURIComponent(id)}`;
    },
  },
];

/** Which updates are sent again, as an address or a form says it. @throws Refused */
function wantedUpdates(given: (name: string) => string | null): Omit<Redelivered, 'actor' | 'reason'> & {
  readonly state: 'pending' | 'gone' | 'gave_up';
} {
  const state = given('state');
  const [type, order, attempts, until] = ['type', 'order', 'minAttempts', 'until'].map(
    (name) => given(name) ?? '',
  );
  return {
    state: state === 'pending' || state === 'gone' ? state : 'gave_up',
    since: sinceOf(given('since')),
    ...(until && { until: sinceOf(until) }),
    ...(type && { type: type as NonNullable<Redelivered['type']> }),
    ...(order && { order }),
    ...(attempts && { minAttempts: Number(attempts) }),
  };
}

type Redelivered = Parameters<PaidonceClient['updates']['redeliver']>[0];

/** A day ago where no time is given. @throws Refused */
function sinceOf(given: string | null): string {
  if (given === null || given === '') return new Date(Date.now() - 86_400_000).toISOString();
  const time = new Date(given);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new Refused(422, 'The time can’t be read', 'A time such as 2026-11-21T12:00:00Z was expected.');
}
