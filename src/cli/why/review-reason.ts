/** Texts about a payment in REVIEW: the reason, and how its money differs from what was requested. */
import { inMoney } from '../../api/payments/amounts-in-text.ts';
import { formatMoney, type Money } from '../../domain/money.ts';
import { GATEWAYS } from '../../gateways/registry.ts';
import type { Order, Payment } from './find-story.ts';

/** Why the payment needs a person, or else why it has its status; with amounts as people write them. */
export function reviewReason({ reviewMark, reason, accepted, currency }: Payment): string | null {
  const why = reviewMark ?? reason;
  return why === null ? null : inMoney(why, accepted?.currency ?? currency);
}

/**
 * "Acme has 722.00 NOK, the order asks for 723.00 NOK: 1.00 NOK too little". Null if the amount is not the
 * problem, or was not read.
 */
export function differenceOf(order: Order, payment: Payment): string | null {
  const read = lastRead(payment);
  if (read === null) return null;
  const has = `${nameOf(payment)} has ${formatMoney(read.money)}`;
  switch (payment.reason) {
    case 'amount_mismatch':
    case 'currency_mismatch':
      return `${has}, ${askedBy(order, payment)}: ${apart(read.money, wantedOf(payment))}`;
    case 'order_changed':
      return `${has}, the order asks for ${formatMoney(moneyOf(order))} by now: ${apart(read.money, moneyOf(order))}`;
    case 'reference_mismatch':
      return `${has} for ${read.reference}, the order is ${order.reference}`;
    case 'order_already_paid':
      return `${has}, the order was paid by transaction ${order.transactionId}: ${formatMoney(read.money)} too much`;
    case 'late_money':
      return `${has}, the payment was closed before: ${formatMoney(read.money)} too much`;
    case 'capture_reversed':
      return `${nameOf(payment)} no longer holds any money, the order asks for ${formatMoney(moneyOf(order))}: all of it is missing`;
    default:
      return null;
  }
}

interface Read {
  readonly money: Money;
  readonly reference: string;
}

/** The gateway's last answer. */
function lastRead({ timeline }: Payment): Read | null {
  const found = timeline.findLast(({ kind, data }) => kind === 'read' && typeof data['amount'] === 'number');
  if (found === undefined) return null;
  const { amount, currency } = found.data as { amount: number; currency: string };
  const [, reference = 'another order'] = / for (.+?)(?:: not clear yet, |$)/.exec(found.text) ?? [];
  return { money: { amountMinor: amount, currency }, reference };
}

function nameOf({ gateway }: Payment): string {
  return GATEWAYS.find(({ id }) => id === gateway)?.name ?? gateway;
}

function moneyOf({ amount, currency }: Pick<Order, 'amount' | 'currency'>): Money {
  return { amountMinor: amount, currency };
}

/** The amount that a person has accepted replaces the requested one. */
function wantedOf(payment: Payment): Money {
  return moneyOf(payment.accepted ?? payment);
}

function askedBy(order: Order, payment: Payment): string {
  const wanted = formatMoney(wantedOf(payment));
  if (payment.accepted !== null) return `${wanted} was accepted before`;
  const now = formatMoney(moneyOf(order));
  if (now === wanted) return `the order asks for ${wanted}`;
  return `this payment asks for ${wanted} (the order by now for ${now})`;
}

function apart(has: Money, wanted: Money): string {
  const { currency } = wanted;
  if (has.currency !== currency) return `${has.currency} instead of ${currency}`;
  const amountMinor = Math.abs(has.amountMinor - wanted.amountMinor);
  const much = has.amountMinor < wanted.amountMinor ? 'too little' : 'too much';
  return `${formatMoney({ amountMinor, currency })} ${much}`;
}
