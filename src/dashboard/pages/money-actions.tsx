/** What moves money or decides about it: capture, refund, void, cancel, resolve. */
import type { PaidonceClient } from '@paidonce/client';
import type { Action, Effect } from '../actions.ts';
import { commandLine } from '../../lib/command-line.ts';
import type { Address } from '../page.ts';
import { parseAmount } from '../parts/amount.ts';
import { Pill } from '../parts/pill.tsx';
import { money, shown } from '../parts/text.ts';
import { Refused } from '../refused.ts';
import { part, type Visit } from '../visit.ts';
import { gatewayNamed } from './named-gateway.ts';
import type { Operation, Payment } from './order-story.ts';
import { heldBy, readingOf } from './reading.ts';
import { reasonOf } from './reason.ts';

type MovedKind = 'capture' | 'refund';
type Decision = Parameters<PaidonceClient['payments']['resolve']>[1]['decision'];

export const MONEY_ACTIONS: readonly Action[] = [
  movement('capture'),
  movement('refund'),
  {
    path: '/payments/:id/void',
    scopes: ['money'],
    async confirm(visit, address) {
      const { payment, gateway } = await about(visit, address);
      const isPossible = payment.status === 'AUTHORIZED';
      return {
        ...commonOf(payment, 'Void', address),
        effect: [
          `${gateway} releases the authorization of ${money(payment.authorizedAmount, currencyOf(payment))}: nothing is taken from the payer.`,
          'The order becomes VOIDED, and the shop hears order.voided.',
        ],
        hidden: { reference: 'void' },
        button: 'Give the authorization back',
        command: commandLine('paidonce', 'void', payment.id),
        refusal: isPossible
          ? undefined
          : `The payment is ${payment.status}: only AUTHORIZED ones can be voided.`,
      };
    },
    async act(visit, { params }, form) {
      const id = params['id'] ?? '';
      const { reference } = await visit.api.payments.void(id, { reference: 'void', reason: reasonOf(form) });
      return resultAt(id, 'void', reference);
    },
  },
  {
    path: '/payments/:id/cancel',
    scopes: ['shop', 'money'],
    async confirm(visit, address) {
      const { payment, gateway } = await about(visit, address);
      return {
        ...commonOf(payment, 'Cancel', address),
        effect: [
          `The session at ${gateway} is closed: the payer can't pay with it any more.`,
          'The order becomes CANCELLED, and the shop hears order.payment_cancelled. If the payer has just paid, nothing is cancelled.',
        ],
        reason: null,
        button: 'Cancel the session',
        command: commandLine('paidonce', 'cancel', payment.id),
        refusal:
          payment.status === 'PENDING'
            ? undefined
            : `The payment is ${payment.status}: only PENDING ones can be cancelled.`,
      };
    },
    async act(visit, { params }) {
      const id = params['id'] ?? '';
      await visit.api.payments.cancel(id);
      return `/payments/${encodeURIComponent(id)}?done=cancel`;
    },
  },
  approval('approve'),
  approval('reject'),
  {
    path: '/payments/:id/resolve',
    scopes: ['money'],
    confirm: confirmDecision,
    async act(visit, { params }, form) {
      const id = params['id'] ?? '';
      const decision = form.get('decision') ?? '';
      if (!isDecision(decision)) throw new Refused(422, 'No decision was chosen', DECISIONS_ARE);
      const reason = reasonOf(form);
      const answer = await visit.api.payments.resolve(id, { decision, actor: visit.who.person, reason });
      return awaitedAt(answer) ?? `/payments/${encodeURIComponent(id)}?done=${decision}`;
    },
  },
];

interface About {
  readonly payment: Payment;
  readonly operations: readonly Operation[];
  readonly gateway: string;
}

async function about(visit: Visit, { params }: Address): Promise<About> {
  const id = params['id'] ?? '';
  const [payment, operations] = await Promise.all([
    visit.api.payments.retrieve(id),
    part(visit.api.payments.listOperations(id, { limit: 100 })),
  ]);
  return {
    payment,
    operations: operations.data?.data ?? [],
    gateway: (await gatewayNamed(visit, payment.gateway)).name,
  };
}

function commonOf(payment: Payment, verb: string, { query }: Address) {
  return {
    title: `${verb}: order ${payment.orderReference}`,
    facts: [
      ['Order', shown(payment.orderReference, 64)],
      ['Payment', payment.id],
      ['Amount of the order', money(payment.amount, payment.currency)],
      ['Status', <Pill word={payment.status} />],
    ] satisfies Effect['facts'],
    reason: query.get('reason') ?? '',
    back: `/payments/${encodeURIComponent(payment.id)}`,
  };
}

function movement(kind: MovedKind): Action {
  return {
    path: `/payments/:id/${kind}`,
    scopes: ['money'],
    async confirm(visit, address) {
      const { payment, operations, gateway } = await about(visit, address);
      const currency = currencyOf(payment);
      const left = leftOf(kind, payment);
      const given = address.query.get('amount')?.trim() ?? '';
      const amount = given === '' ? left : parseAmount(given, currency);
      const reference = nextReference(kind, operations);
      const common = commonOf(payment, kind === 'capture' ? 'Capture' : 'Refund', address);
      const wanted = amount === null ? '—' : money(amount, currency);
      return {
        ...common,
        facts: [
          ...common.facts,
          [kind === 'capture' ? 'To capture' : 'To give back', <strong>{wanted}</strong>],
        ],
        effect: sentencesOf(kind, { wanted, gateway, isAll: amount === left }),
        hidden: { amount: String(amount ?? ''), reference },
        button: `${kind === 'capture' ? 'Capture' : 'Refund'} ${wanted}`,
        command: commandLine(
          'paidonce',
          kind,
          payment.id,
          '--amount',
          String(amount ?? ''),
          '--reference',
          reference,
        ),
        refusal: refusalOf({ amount, given, left, currency, kind, payment }),
      };
    },
    async act(visit, { params }, form) {
      const id = params['id'] ?? '';
      const amount = Number(form.get('amount'));
      const reference = form.get('reference') ?? '';
      if (!Number.isSafeInteger(amount) || amount < 1 || reference === '')
        throw new Refused(422, 'The form is not complete', 'Open the payment again and use its buttons.');
      const answer = await visit.api.payments[kind](id, { amount, reference, reason: reasonOf(form) });
      return awaitedAt(answer) ?? resultAt(id, kind, reference);
    },
  };
}

/** Above FOUR_EYES_ABOVE nothing is done yet: the answer is a request for a second person. */
function awaitedAt(answer: { readonly id: string; readonly status: string }): string | null {
  return answer.status === 'awaiting_approval' ? `/approvals/${encodeURIComponent(answer.id)}` : null;
}

function approval(verb: 'approve' | 'reject'): Action {
  return {
    path: `/approvals/:id/${verb}`,
    scopes: ['money'],
    async confirm(visit, { params, query }) {
      const found = await visit.api.approvals.retrieve(params['id'] ?? '');
      const { id, what, orderReference, amount, currency, actor, key, status } = found;
      const isOwn = key === visit.who.key.name;
      return {
        title: `${verb}: ${what} of order ${orderReference}`,
        facts: [
          ['Order', shown(orderReference, 64)],
          ['Payment', found.payment],
          ['Amount', <strong>{money(amount, currency)}</strong>],
          ['Asked by', shown(`${actor} with the key ${key}`, 160)],
          ['Their reason', shown(found.reason ?? 'none', 200)],
        ],
        effect: [
          verb === 'approve'
            ? `The ${what} of ${money(amount, currency)} is carried out now, exactly once.`
            : 'Nothing is moved. The request is over, and another one needs another reference.',
        ],
        reason: query.get('reason') ?? '',
        button: verb === 'approve' ? `Approve ${money(amount, currency)}` : 'Reject',
        command: commandLine('paidonce', verb, id),
        back: `/approvals/${encodeURIComponent(id)}`,
        refusal: approvalRefusal(status, isOwn && verb === 'approve'),
      };
    },
    async act(visit, { params }, form) {
      const id = params['id'] ?? '';
      await visit.api.approvals[verb](id, { actor: visit.who.person, reason: reasonOf(form) });
      return `/approvals/${encodeURIComponent(id)}`;
    },
  };
}

function approvalRefusal(status: string, isOwn: boolean): string | undefined {
  if (status !== 'awaiting_approval') return `It is ${status}, and waits for nobody any more.`;
  return isOwn ? 'It was asked for with this key: a key of another name has to approve it.' : undefined;
}

/** What can be captured or refunded at most, as far as the last reading shows. */
export function leftOf(
  kind: MovedKind,
  payment: Pick<Payment, 'authorizedAmount' | 'capturedAmount' | 'refundedAmount'>,
): number {
  const { authorizedAmount, capturedAmount, refundedAmount } = payment;
  return Math.max(
    0,
    kind === 'capture' ? authorizedAmount - capturedAmount : capturedAmount - refundedAmount,
  );
}

/** The same in two tabs that show the same payment, so that both together move the money once. */
export function nextReference(kind: MovedKind, operations: readonly Operation[]): string {
  return `dashboard-${kind}-${operations.filter((one) => one.kind === kind).length + 1}`;
}

function sentencesOf(
  kind: MovedKind,
  { wanted, gateway, isAll }: { wanted: string; gateway: string; isAll: boolean },
): string[] {
  if (kind === 'capture')
    return [
      `${gateway} takes ${wanted} from the payer.`,
      isAll ? 'Nothing is left to capture then.' : 'The rest stays authorized.',
      'The order stays PAID, and the shop hears order.captured.',
    ];
  return [
    `${gateway} gives ${wanted} back to the payer. This can't be undone.`,
    isAll
      ? 'The order becomes REFUNDED, and the shop hears order.refunded.'
      : 'The order stays PAID, and the shop hears order.partially_refunded.',
  ];
}

function refusalOf(asked: {
  readonly amount: number | null;
  readonly given: string;
  readonly left: number;
  readonly currency: string;
  readonly kind: MovedKind;
  readonly payment: Payment;
}): string | undefined {
  const { amount, given, left, currency, kind, payment } = asked;
  if (left === 0) return `Nothing is left to ${kind}: the payment is ${payment.status}.`;
  if (amount === null)
    return `“${shown(given, 40)}” is not an amount in ${currency}: one like 299.90 was expected.`;
  if (amount > left)
    return `${money(amount, currency)} is more than the ${money(left, currency)} that is left.`;
  return undefined;
}

const DECISIONS = ['accept', 'give_back', 'dismiss'] as const;
const DECISIONS_ARE = 'One of accept, give_back and dismiss was expected.';

function isDecision(given: string): given is Decision {
  return (DECISIONS as readonly string[]).includes(given);
}

async function confirmDecision(visit: Visit, address: Address): Promise<Effect> {
  const { payment, gateway } = await about(visit, address);
  const decision = address.query.get('decision') ?? '';
  const common = commonOf(payment, 'Resolve', address);
  const held = readingOf(payment);
  const holds = held === undefined ? 'the money that is there' : heldBy(held, payment.currency);
  const isOpen = payment.status === 'REVIEW' || payment.reviewMark !== null;
  return {
    ...common,
    facts: [
      ...common.facts,
      [`${gateway} holds`, holds],
      ['Why', shown(payment.reviewMark ?? payment.reason ?? 'no reason given')],
      ['Decision', <strong>{shown(decision, 40) || 'none'}</strong>],
    ],
    effect: effectOf(decision, { payment, holds, gateway }),
    hidden: { decision },
    button: WORDS[decision] ?? 'Decide',
    command: commandLine(
      'paidonce',
      'resolve',
      payment.id,
      '--decision',
      decision,
      '--reason',
      common.reason,
    ),
    refusal: isOpen
      ? isDecision(decision)
        ? undefined
        : `No decision was chosen. ${DECISIONS_ARE}`
      : `The payment is ${payment.status}, and no person is asked any more.`,
  };
}

const WORDS: Readonly<Record<string, string>> = {
  accept: 'Accept the payment as it is',
  give_back: 'Give the money back',
  dismiss: 'End the review, and handle the money myself',
};

function effectOf(
  decision: string,
  { payment, holds, gateway }: { payment: Payment; holds: string; gateway: string },
): string[] {
  switch (decision) {
    case 'accept':
      return [
        `The order counts as paid by ${holds}, although ${money(payment.amount, payment.currency)} was asked.`,
        'The shop hears order.paid. This is the one exception to the check of the amount.',
      ];
    case 'give_back':
      return [
        `${holds} goes back to the payer at ${gateway}: what is only reserved is released, what was taken is refunded. This can't be undone.`,
        'An order that is not paid stays unpaid. The shop hears order.late_payment_returned; or order.payment_cancelled, where the money was only reserved and the payment was not closed.',
      ];
    case 'dismiss':
      return ['Nothing is moved at the gateway: a person handles its money there.', 'The review ends.'];
    default:
      return [];
  }
}

export function currencyOf(payment: Pick<Payment, 'accepted' | 'currency'>): string {
  return payment.accepted?.currency ?? payment.currency;
}

function resultAt(id: string, kind: string, reference: string): string {
  return `/payments/${encodeURIComponent(id)}?${new URLSearchParams({ done: kind, reference })}#result`;
}
