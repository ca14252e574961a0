/** An order in two sentences: is it paid, and does the shop know? */
import { money, span, utc } from '../parts/text.ts';
import { LATE_MS } from '../parts/time.tsx';
import { mainPayment, underWay, type OrderStory, type Payment, type Update } from './order-story.ts';

/** `gateway` by its name. */
export function verdictOn(story: OrderStory, gateway: string, now: Date): string[] {
  const { order } = story;
  const payment = mainPayment(story)?.payment;
  return [
    stateOf(story, payment, gateway),
    shopOf(story, now),
    ...openMoves(story),
    ...beside(story, order.transactionId),
  ].filter((sentence) => sentence !== '');
}

function stateOf({ order }: OrderStory, payment: Payment | undefined, gateway: string): string {
  const amount = money(order.amount, order.currency);
  const why = payment?.reason ? ` (${payment.reason})` : '';
  switch (order.status) {
    case 'PAID':
      return `Paid once: ${amount}, ${order.paidAt === null ? '' : `${utc(order.paidAt)} UTC, `}by transaction ${order.transactionId ?? 'unknown'}.`;
    case 'PAYMENT_PENDING':
      return `Not decided yet: the payment is on hold at ${gateway}, and is looked at again until that ends.`;
    case 'PAYMENT_FAILED':
      return `Not paid: the payment is ${payment?.status ?? 'over'}${why}. The shop may let its customer pay again.`;
    case 'CANCELLED':
      return `Not paid: the shop has cancelled it.`;
    case 'VOIDED':
      return `Was paid, and the authorization was given back: nothing was taken from the payer.`;
    case 'REFUNDED':
      return `Was paid, and everything was refunded.`;
    case 'REVIEW':
      return `Not decided: a person has to decide${why}.`;
    case 'AWAITING_PAYMENT':
      return awaiting(payment);
    default:
      return `The order is ${String(order.status)}.`;
  }
}

function awaiting(payment: Payment | undefined): string {
  if (payment === undefined) return 'Not paid: no payment has been opened.';
  if (payment.status !== 'PENDING') return `Not paid: its last payment is ${payment.status}.`;
  if (payment.sessionId === null) return 'Not paid: the session is not open yet.';
  return `Not paid yet: the payer has until ${utc(payment.expiresAt)} UTC.`;
}

/** What the shop knows, by the newest update that is not replaced. */
function shopOf({ updates, order }: OrderStory, now: Date): string {
  const known = updates.data?.find(({ state }) => state !== 'superseded');
  if (known === undefined) return '';
  const { type, state, finishedAt, attempts, lastAnswer, nextAttemptAt } = known;
  const tried = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, last: ${lastAnswer ?? 'no answer yet'}`;
  switch (state) {
    case 'delivered':
      return `The shop has acknowledged ${type}${heardAfter(order.paidAt, known)}.`;
    case 'pending':
      return `The shop has not acknowledged ${type} yet (${tried})${nextAttemptAt === null ? '' : `; ${nextAttempt(Date.parse(nextAttemptAt) - now.getTime())}`}.`;
    case 'gave_up':
      return `The shop was never told ${type}: given up after 3 days (${tried}).`;
    case 'gone':
      return `The shop has refused ${type}${finishedAt === null ? '' : ` at ${utc(finishedAt)} UTC`} (410).`;
    default:
      return `The shop was not told ${type}: ${lastAnswer ?? 'ORDER_WEBHOOK_URL is not set'}.`;
  }
}

function nextAttempt(left: number): string {
  if (left > 0) return `the next attempt is in ${span(left)}`;
  return left > -LATE_MS ? 'the next attempt is made now' : `the next attempt is late by ${span(-left)}`;
}

function heardAfter(paidAt: string | null, { type, finishedAt }: Update): string {
  if (type !== 'order.paid' || paidAt === null || finishedAt === null) return '';
  const ms = Date.parse(finishedAt) - Date.parse(paidAt);
  return ` ${ms < 10_000 ? `${(Math.max(0, ms) / 1_000).toFixed(1)} s` : span(ms)} after it was paid`;
}

/** What has been asked of the gateway and has not ended. */
function openMoves({ payments }: OrderStory): string[] {
  return payments.flatMap((of) =>
    underWay(of).map(({ kind, amount, currency, createdAt }) => {
      const much = amount === null ? '' : ` of ${money(amount, currency)}`;
      return `A ${kind}${much} was asked for at ${utc(createdAt)} UTC, and has not ended.`;
    }),
  );
}

/** What else holds money, or is disputed. */
function beside({ payments }: OrderStory, paying: string | null): string[] {
  const others = payments.filter(
    ({ payment: { transactionId, status } }) =>
      transactionId !== null && transactionId !== paying && HOLDS_MONEY.has(status),
  );
  const surplus = payments.flatMap(({ payment }) => payment.surplus);
  const disputed = payments.filter(({ payment }) => payment.dispute?.state === 'open');
  return [
    ...(others.length === 0
      ? []
      : [
          `Beside it, ${others.map(({ payment }) => `payment ${payment.id} is ${payment.status}`).join(', ')}.`,
        ]),
    ...(surplus.length === 0
      ? []
      : [`${surplus.length} further transactions of its session hold or held money.`]),
    ...(disputed.length === 0 ? [] : ['A dispute is open: answer it at the gateway.']),
  ];
}

const HOLDS_MONEY: ReadonlySet<string> = new Set([
  'AUTHORIZED',
  'CAPTURED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_REFUNDED',
  'REVIEW',
]);
