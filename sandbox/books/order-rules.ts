/**
 * The rules of orders: each transaction with money belongs to exactly one paid order, and each paid order has
 * its money.
 */
import type { MerchantOrder, Violation } from './question.ts';
import type { Holding } from './holding.ts';

const EVER_PAID = new Set(['PAID', 'REFUNDED', 'VOIDED']);

/** Orders that were paid twice, as far as the gateway's data shows. */
export function paidTwice(holdings: readonly Holding[]): Violation[] {
  const holders = groupBy(
    holdings.filter(({ held }) => held > 0),
    ({ reference }) => reference,
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
export function strayMoney(holding: Holding, order: MerchantOrder | undefined): Violation | undefined {
  const { id: transactionId, reference, status, held } = holding;
  if (held <= 0) return undefined;
  const found = (rule: string, why: string): Violation => ({
    rule,
    text: `${held} ${holding.currency} is ${status} but ${why}`,
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
export function missingMoney(order: MerchantOrder, own: readonly Holding[]): Violation | undefined {
  if (!EVER_PAID.has(order.status)) return undefined;
  const found = (rule: string, text: string): Violation => ({ rule, text, reference: order.reference });
  const candidates = own.filter(({ id }) => order.transactionId == null || order.transactionId === id);
  const paid = candidates.filter(({ wasPaid }) => wasPaid);
  if (paid.length === 0) {
    return found(
      'paid_without_money',
      `the order is ${order.status} but no transaction of it was ever authorized`,
    );
  }
  const right = paid.filter((holding) => fits(holding, order));
  if (right.length === 0) {
    const [first] = paid;
    return found('wrong_amount', `the order is ${sumOf(order)}, paid ${sumOf(first ?? {})}`);
  }
  if (order.status !== 'PAID' || right.some(({ held }) => held > 0)) return undefined;
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

function fits({ amount, currency }: Holding, order: MerchantOrder): boolean {
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
