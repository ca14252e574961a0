/** Orders that may be one purchase paid twice, and what the gateways know of their money. */
import { formatMoney, type Money } from '../../domain/money.ts';
import type { ShopOrder } from './shop-orders.ts';

/** A payment at a gateway that names an order of the shop. */
export interface KnownCharge {
  readonly gateway: string;
  readonly transactionId: string;
  readonly reference: string;
  readonly money: Money;
  /** Captured and not refunded, or still to be captured. */
  readonly keptMinor: number;
  readonly createdAt: string;
}

/** Orders that look like one purchase, or one order that was paid more than once. */
export interface Suspect {
  readonly orders: readonly string[];
  readonly amount: number;
  readonly currency: string;
  readonly transactions: readonly KnownCharge[];
  /** At least two of the transactions still hold money. */
  readonly chargedTwice: boolean;
  readonly advice: string;
}

/** The payments of the gateways by the order that they name. */
export type ChargesByOrder = ReadonlyMap<string, readonly KnownCharge[]>;

/** The groups, and every other order that holds the money of two payments. */
export function suspectsOf(
  orders: readonly ShopOrder[],
  charges: ChargesByOrder,
  windowMs: number,
): Suspect[] {
  const groups = groupsOf(orders, windowMs);
  const grouped = new Set(groups.flatMap((group) => group.map(({ reference }) => reference)));
  const alone = [...new Map(orders.map((order) => [order.reference, order])).values()].filter(
    ({ reference }) => !grouped.has(reference) && kept(charges.get(reference) ?? []).length > 1,
  );
  return [...groups, ...alone.map((order) => [order])].map((group) => suspectOf(group, charges));
}

function suspectOf(group: readonly ShopOrder[], charges: ChargesByOrder): Suspect {
  const [{ amountMinor: amount, currency }] = group as [ShopOrder];
  const orders = [...new Set(group.map(({ reference }) => reference))];
  // The first order, and its first payment, is the one that is kept.
  const transactions = orders.flatMap((reference) => byTime(charges.get(reference) ?? []));
  const holding = kept(transactions);
  return {
    orders,
    amount,
    currency,
    transactions,
    chargedTwice: holding.length > 1,
    advice: adviceOn(orders, transactions, holding),
  };
}

function byTime(charges: readonly KnownCharge[]): readonly KnownCharge[] {
  return charges.toSorted((left, right) => left.createdAt.localeCompare(right.createdAt));
}

function kept(charges: readonly KnownCharge[]): readonly KnownCharge[] {
  return charges.filter(({ keptMinor }) => keptMinor > 0);
}

function adviceOn(
  orders: readonly string[],
  all: readonly KnownCharge[],
  holding: readonly KnownCharge[],
): string {
  if (all.length === 0) return 'no payment at a gateway names these orders: nothing to give back';
  if (holding.length === 0) return 'all of the money was given back already';
  const [first, ...more] = holding;
  if (more.length === 0) return `charged once, by ${first?.transactionId}: nothing to give back`;
  const sums = more.map(
    ({ transactionId, keptMinor, money: { currency } }) =>
      `${formatMoney({ amountMinor: keptMinor, currency })} of ${transactionId}`,
  );
  const question = orders.length > 1 ? ', unless the customer wanted each of these orders' : '';
  return `give back ${sums.join(' and ')}${question}`;
}

/**
 * Groups of orders of one customer with one amount, each made within the window after the one before. An order
 * without a customer is in no group.
 */
export function groupsOf(orders: readonly ShopOrder[], windowMs: number): ShopOrder[][] {
  const alike = new Map<string, ShopOrder[]>();
  for (const order of orders) {
    if (order.customer === '') continue;
    const key = JSON.stringify([order.customer, order.amountMinor, order.currency]);
    const others = alike.get(key);
    if (others === undefined) alike.set(key, [order]);
    else others.push(order);
  }
  return [...alike.values()].flatMap((same) => (same.length < 2 ? [] : runsOf(same, windowMs)));
}

function runsOf(same: readonly ShopOrder[], windowMs: number): ShopOrder[][] {
  const runs: ShopOrder[][] = [];
  let last: ShopOrder | undefined;
  for (const order of same.toSorted((left, right) => left.createdAt - right.createdAt)) {
    if (last !== undefined && order.createdAt - last.createdAt <= windowMs) runs.at(-1)?.push(order);
    else runs.push([order]);
    last = order;
  }
  return runs.filter((run) => new Set(run.map(({ reference }) => reference)).size > 1);
}
