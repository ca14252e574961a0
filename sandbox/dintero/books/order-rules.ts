/**
 * The rules of orders: each transaction with money belongs to exactly one paid order, and each paid order has
 * its money.
 */
import { sumsOf } from '../transactions/sums.ts';
import type { MerchantOrder, Violation } from './question.ts';
import type { Transaction } from '../transactions/transaction.ts';

const EVER_PAID = new Set(['PAID', 'REFUNDED', 'VOIDED']);
const AUTHORIZED = new Set(['AUTHORIZED', 'CAPTURED', 'PARTIALLY_CAPTURED']);

/** Money that the merchant has, reserved or captured; 0 if all of it was given back or none ever arrived. */
function heldBy(transaction: Transaction): number {
  const { captured, refunded } = sumsOf(transaction);
  return transaction.status === 'AUTHORIZED' ? transaction.amount : captured - refunded;
}

/** Orders that were paid twice, as far as Dintero's data shows. */
export function paidTwice(transactions: readonly Transaction[]): Violation[] {
  const holders = groupBy(
    transactions.filter((transaction) => heldBy(transaction) > 0),
    ({ merchant_reference: reference }) => reference,
  );
  return [...holders]
    .filter(([, several]) => several.length > 1)
    .map(([reference, several]) => ({
      rule: 'paid_twice',
      text: `money in ${several.map(({ id, status }) => `${id} (${status})`).join(' and ')}`,
      reference,
    }));
}

/** A transaction with money that its order does not need. */
export function strayMoney(
  transaction: Transaction,
  order: MerchantOrder | undefined,
): Violation | undefined {
  const held = heldBy(transaction);
  if (held <= 0) return undefined;
  const { id: transactionId, merchant_reference: reference, status } = transaction;
  const found = (rule: string, why: string): Violation => ({
    rule,
    text: `${held} ${transaction.currency} is ${status} but ${why}`,
    transactionId,
    reference,
  });
  if (order === undefined) return found('money_without_order', 'the merchant has no such order');
  if (!EVER_PAID.has(order.status)) return found('money_without_order', `the order is ${order.status}`);
  if (order.transactionId != null && order.transactionId !== transactionId) {
    return found('money_without_order', `the order was paid by ${order.transactionId}`);
  }
  return order.status === 'PAID' ? undefined : found('not_given_back', `the order is ${order.status}`);
}

/** A paid order whose money is missing or has another amount. */
export function missingMoney(order: MerchantOrder, own: readonly Transaction[]): Violation | undefined {
  if (!EVER_PAID.has(order.status)) return undefined;
  const found = (rule: string, text: string): Violation => ({ rule, text, reference: order.reference });
  const candidates = own.filter(({ id }) => order.transactionId == null || order.transactionId === id);
  const paid = candidates.filter(wasPaid);
  if (paid.length === 0) {
    return found(
      'paid_without_money',
      `the order is ${order.status} but no transaction of it was ever authorized`,
    );
  }
  const right = paid.filter((transaction) => fits(transaction, order));
  if (right.length === 0) {
    const [first] = paid;
    return found('wrong_amount', `the order is ${sumOf(order)}, paid ${sumOf(first ?? {})}`);
  }
  if (order.status !== 'PAID' || right.some((transaction) => heldBy(transaction) > 0)) return undefined;
  return found('paid_without_money', `the order is PAID but ${right[0]?.id} is ${right[0]?.status}`);
}

/** One transaction that pays several orders. */
export function sharedMoney(orders: readonly MerchantOrder[]): Violation[] {
  const paid = orders.filter(({ status, transactionId }) => EVER_PAID.has(status) && transactionId != null);
  return [...groupBy(paid, ({ transactionId }) => transactionId ?? '')]
    .filter(([, several]) => several.length > 1)
    .map(([transactionId, several]) => ({
      rule: 'pays_several_orders',
      text: `pays ${several.map(({ reference }) => reference).join(' and ')}`,
      transactionId,
    }));
}

function wasPaid({ status, events }: Transaction): boolean {
  return (
    AUTHORIZED.has(status) ||
    events.some((event) => event.success && AUTHORIZED.has(event.transaction_status))
  );
}

function fits({ amount, currency }: Transaction, order: MerchantOrder): boolean {
  return (order.amount ?? amount) === amount && (order.currency ?? currency) === currency;
}

function sumOf({
  amount,
  currency,
}: {
  readonly amount?: number | undefined;
  readonly currency?: string | undefined;
}): string {
  return [amount, currency].filter((part) => part !== undefined).join(' ');
}

/** Groups things by a key and keeps their order. */
export function groupBy<T>(things: readonly T[], keyOf: (thing: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [thing]);
    else group.push(thing);
  }
  return groups;
}
