/** The payments of the gateways, as far as they name an order of a shop. */
import type { AccountPayment, Gateway, PaymentsPage } from '../../gateways/gateway.ts';
import { GatewayRejected } from '../../gateways/gateway-errors.ts';
import type { ChargesByOrder, KnownCharge } from './find-suspects.ts';
import type { ShopOrder } from './shop-orders.ts';

export interface Charges {
  readonly byOrder: ChargesByOrder;
  /** How many payments the gateways listed, also those that name none of the orders. */
  readonly listed: number;
}

/** Clocks of shops are off by minutes. */
const CLOCKS_MS = 10 * 60_000;
/** A payer may take a day over a payment link, and a bank some days. */
const PAID_WITHIN_MS = 7 * 86_400_000;

/**
 * Reads each gateway's payments from the time of the first order until a week after the last. Only payments
 * of these orders are kept, so the memory depends on the orders and not on the gateway.
 * @throws GatewayUnavailable | GatewayRejected
 */
export async function chargesOf(
  orders: readonly ShopOrder[],
  gateways: readonly Gateway[],
): Promise<Charges> {
  const references = new Set(orders.map(({ reference }) => reference));
  const byOrder = new Map<string, KnownCharge[]>();
  let listed = 0;
  if (orders.length === 0) return { byOrder, listed };
  const times = spanOf(orders);
  for (const gateway of gateways)
    for await (const { references: named, createdAt, isAddition, ...payment } of paymentsOf(gateway, times)) {
      const reference = named.find((one) => references.has(one));
      if (isAddition !== true) listed += 1;
      if (reference === undefined) continue;
      const known = byOrder.get(reference) ?? [];
      byOrder.set(reference, known);
      if (known.some(({ transactionId }) => transactionId === payment.transactionId)) continue;
      known.push({ ...payment, gateway: gateway.id, reference, createdAt: createdAt.toISOString() });
    }
  return { byOrder, listed };
}

async function* paymentsOf(
  gateway: Gateway,
  { since, until }: { readonly since: Date; readonly until: Date },
): AsyncGenerator<AccountPayment> {
  if (gateway.listPayments === undefined)
    throw new GatewayRejected(`${gateway.id} can't list the payments of its account, so it can't be audited`);
  let cursor: string | null = null;
  do {
    const { rows, next }: PaymentsPage = await gateway.listPayments({ since, until, cursor });
    yield* rows;
    cursor = next;
  } while (cursor !== null);
}

function spanOf(orders: readonly ShopOrder[]): { since: Date; until: Date } {
  let [first, last] = [Infinity, -Infinity];
  for (const { createdAt } of orders) [first, last] = [Math.min(first, createdAt), Math.max(last, createdAt)];
  return { since: new Date(first - CLOCKS_MS), until: new Date(last + PAID_WITHIN_MS) };
}
