/** What can be done at the test bench. */
import type { Action, Effect } from '../actions.ts';
import { parseAmount } from '../parts/amount.ts';
import { money, shown } from '../parts/text.ts';
import { Refused } from '../refused.ts';
import { troubleOf } from '../visit.ts';

/** No event: a person pays at the sandbox's page. */
export const BY_HAND = 'by_hand';

/** The refusals after which the order may be there. */
const MADE = ['order_already_paid', 'payment_in_review', 'sandbox_refused', 'unavailable', 'no_answer'];

const BACK = '/test-bench';
const NO_MONEY = 'No money is real here.';

export const TEST_BENCH_ACTIONS: readonly Action[] = [
  {
    path: '/test-bench/order',
    scopes: ['money'],
    async confirm(_visit, { query }) {
      const { gateway, order, event } = orderOf((name) => query.get(name));
      return effectOf('Make an order', {
        facts: [
          ['Order', shown(order.reference, 64)],
          ['Amount', money(order.amount, order.currency)],
          ['Gateway', shown(gateway, 60)],
          ['What happens', shown(event ?? 'paid by hand', 60)],
        ],
        effect: ['The order is opened as a shop opens it, and the sandbox plays what happens.'],
        hidden: Object.fromEntries(query),
        button: 'Make it',
      });
    },
    async act({ api }, _address, form) {
      const wanted = orderOf((name) => form.get(name));
      const { reference } = wanted.order;
      try {
        await api.testBench.play(wanted);
      } catch (error) {
        // The form was sent twice, or a gateway is broken on purpose: the order is there nevertheless.
        const isMade = MADE.includes(troubleOf(error)?.code ?? '');
        const { data } = isMade ? await api.payments.list({ order: reference, limit: 1 }) : { data: [] };
        if (data.length === 0) throw error;
      }
      return `${BACK}?${new URLSearchParams({ gateway: wanted.gateway, made: reference })}#made`;
    },
  },
  {
    path: '/test-bench/fill',
    scopes: ['money'],
    async confirm(_visit, { query }) {
      const count = query.get('count') ?? '25';
      return effectOf('Make sample orders', {
        facts: [['Orders', shown(count, 10)]],
        effect: ['They are made in the background, in two minutes at most.'],
        hidden: { count },
        button: 'Make them',
      });
    },
    async act({ api }, _address, form) {
      await api.testBench.makeOrders({ count: Number(form.get('count')) });
      return `${BACK}#live`;
    },
  },
  {
    path: '/test-bench/fault',
    scopes: ['money'],
    async confirm({ api }, { query }) {
      const id = query.get('fault') ?? '';
      const { data } = await api.testBench.listFaults();
      const found = data.find((fault) => fault.id === id);
      const on = query.get('on') !== 'false';
      return effectOf(on ? 'Break something' : 'Repair something', {
        facts: [['What', shown(found?.summary ?? id)]],
        effect: found === undefined ? [] : [shown(found.watch)],
        hidden: { fault: id, on: String(on) },
        button: on ? 'Break it' : 'Repair it',
        refusal: found === undefined ? 'There is no such fault.' : undefined,
      });
    },
    async act({ api }, _address, form) {
      const id = form.get('fault') ?? '';
      await api.testBench.turnFault(id, { on: form.get('on') === 'true' });
      return `${BACK}#${encodeURIComponent(id)}`;
    },
  },
  {
    path: '/test-bench/repair',
    scopes: ['money'],
    async confirm() {
      return effectOf('Repair everything', {
        facts: [],
        effect: ['Every fault of the sandboxes and of the demo shop ends.'],
        button: 'Repair everything',
      });
    },
    async act({ api }) {
      await api.testBench.endFaults();
      return `${BACK}#break`;
    },
  },
];

function effectOf(
  title: string,
  { effect, ...rest }: Pick<Effect, 'facts' | 'effect' | 'hidden' | 'button' | 'refusal'>,
): Effect {
  return { title, ...rest, effect: [...effect, NO_MONEY], reason: null, back: BACK };
}

/** The order of an address or a form. @throws Refused */
function orderOf(given: (name: string) => string | null) {
  const [gateway = '', reference = '', event = '', currency = '', text = ''] = [
    'gateway',
    'order',
    'event',
    'currency',
    'amount',
  ].map((name) => given(name)?.trim() ?? '');
  const amount = /^[A-Z]{3}$/.test(currency) ? parseAmount(text, currency) : null;
  if (amount === null)
    throw new Refused(
      422,
      'The amount can’t be read',
      'Nothing was made. An amount such as 722.00 and a currency such as NOK were expected.',
    );
  const isPlayed = event !== '' && event !== BY_HAND;
  return { gateway, order: { reference, amount, currency }, ...(isPlayed && { event }) };
}
