/** What shop, paidonce and gateway believe of an order, and where they differ. */
import type { Side } from '../parts/sides.tsx';
import { money } from '../parts/text.ts';
import type { Entry, OrderStory, PaymentStory, Update } from './order-story.ts';
import { heldBy, textOf } from './reading.ts';

export interface ThreeSides {
  readonly sides: readonly Side[];
  readonly differs: ReadonlySet<'status' | 'amount' | 'reference'>;
  /** Whether a reading of the gateway has anything to compare with. */
  readonly compared: boolean;
}

export function sidesOf(story: OrderStory, of: PaymentStory, gateway: string): ThreeSides {
  const { order } = story;
  const { payment } = of;
  const heard = story.updates.data?.find(({ state }) => state === 'delivered');
  const due = story.updates.data?.find(({ state }) => state !== 'superseded');
  const read = payment.timeline.findLast(isReading);
  const currency = payment.accepted?.currency ?? payment.currency;
  const sides: Side[] = [
    {
      name: 'Shop',
      status: shopStatus(story, heard),
      amount: heard === undefined ? '—' : money(order.amount, order.currency),
      reference: heard === undefined || order.paidAt === null ? '—' : (order.transactionId ?? '—'),
      at: heard?.finishedAt ?? null,
    },
    {
      name: 'paidonce',
      status: `order ${order.status}, payment ${payment.status}`,
      amount: money(order.amount, order.currency),
      reference: payment.transactionId ?? '—',
      at: payment.updatedAt,
    },
    {
      name: gateway,
      status:
        read === undefined ? emptyReading(payment) : `${textOf(read, 'status')}${doneSince(payment, read)}`,
      amount: heldBy(read, currency),
      reference: textOf(read, 'transactionId'),
      at: (read ?? lastRead(payment))?.at ?? null,
    },
  ];
  const isUntold = due !== undefined && due.effectId !== heard?.effectId && due.state !== 'off';
  const differs = new Set<'status' | 'amount' | 'reference'>();
  if (isUntold || (read !== undefined && contradicts(textOf(read, 'status'), payment.status)))
    differs.add('status');
  if (read !== undefined && isOtherAmount(read, payment)) differs.add('amount');
  if (
    read !== undefined &&
    payment.transactionId !== null &&
    textOf(read, 'transactionId') !== payment.transactionId
  )
    differs.add('reference');
  return { sides, differs, compared: read !== undefined };
}

function lastRead({ timeline }: PaymentStory['payment']): Entry | undefined {
  return timeline.findLast(({ kind }) => kind === 'read');
}

/** A reading that shows no transaction says so in words. */
function emptyReading(payment: PaymentStory['payment']): string {
  return lastRead(payment)?.text.replace(/^\S+ says:? /, '') ?? 'not read yet';
}

function isReading({ kind, data }: Entry): boolean {
  return kind === 'read' && typeof data['status'] === 'string';
}

/** What the gateway has done for us since that reading: its answer is no reading, but it is newer. */
function doneSince({ timeline }: PaymentStory['payment'], read: Entry): string {
  const since = timeline.slice(timeline.lastIndexOf(read) + 1);
  const done = since.findLast(({ kind, data }) => kind === 'operation' && data['state'] === 'done');
  return done === undefined ? '' : `, then ${textOf(done, 'kind')} done`;
}

/** The last update that the shop has acknowledged says what the shop believes. */
function shopStatus({ updates }: OrderStory, heard: Update | undefined): string {
  if (updates.trouble !== undefined) return 'not known';
  if (heard !== undefined) return `knows ${heard.type}`;
  const tries = updates.data.reduce((sum, { attempts }) => sum + attempts, 0);
  return tries === 0
    ? 'was told nothing'
    : `has acknowledged none of ${tries} ${tries === 1 ? 'attempt' : 'attempts'}`;
}

/** Statuses that a gateway and a payment have under the same name, and which exclude each other. */
const MONEY: ReadonlySet<string> = new Set([
  'AUTHORIZED',
  'CAPTURED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
]);
const NONE: ReadonlySet<string> = new Set(['FAILED', 'DECLINED', 'CANCELLED', 'EXPIRED', 'VOIDED']);

function contradicts(atGateway: string, here: string): boolean {
  if (here === 'REVIEW') return true;
  return (MONEY.has(atGateway) && NONE.has(here)) || (NONE.has(atGateway) && MONEY.has(here));
}

function isOtherAmount({ data }: Entry, { amount, currency, accepted }: PaymentStory['payment']): boolean {
  if (typeof data['amount'] !== 'number') return false;
  const wanted = accepted ?? { amount, currency };
  return (
    data['amount'] !== wanted.amount ||
    (typeof data['currency'] === 'string' && data['currency'] !== wanted.currency)
  );
}
