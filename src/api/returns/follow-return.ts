/**
 * Handles a payer's return. It proves nothing, but it causes a look, and the payer waits a moment for the
 * result.
 */
import { holdsMoney, isMoney, isSettled } from '../../domain/payment.ts';
import type { GatewayRegistry } from '../../gateways/registry.ts';
import { withStoreTimeout } from '../../store/errors.ts';
import type { Db, Store } from '../../store/open.ts';
import { noteFirstReturn } from '../../store/timeline.ts';
import { findByReturnKey, findOrder, type PaymentRow } from '../../store/payments.ts';
import type { Pokes } from '../callbacks/pokes.ts';
import { addressOf } from '../payments/find-payment.ts';
import type { OutcomeWaits } from './outcome-waits.ts';

export interface ReturnTools {
  readonly store: Pick<Store, 'db'>;
  readonly gateways: GatewayRegistry;
  readonly pokes: Pokes;
  readonly waits: OutcomeWaits;
}

export type ReturnStatus = 'paid' | 'pending' | 'failed' | 'cancelled';

/** The payer sees a blank page for this time. */
const FIND_LIMIT_MS = 3_000;

/** The payment whose secret is in the link. */
export async function findReturned(
  { store: { db }, gateways }: ReturnTools,
  gateway: string,
  key: unknown,
): Promise<PaymentRow | null> {
  const isKey = typeof key === 'string' && /^[\w-]{22}$/.test(key) && gateways.find(gateway) !== undefined;
  return isKey ? withStoreTimeout(findByReturnKey(db, gateway, key), FIND_LIMIT_MS) : null;
}

/** Causes a look at the payment, and returns the payment as it is a moment later. */
export async function followReturn(tools: ReturnTools, payment: PaymentRow): Promise<PaymentRow> {
  const { store, pokes, waits } = tools;
  if (isSettled(payment.status)) {
    // Only the timeline needs this note, so nothing waits for it.
    noteFirstReturn(store.db, payment.id).catch(() => undefined);
    return payment;
  }
  void pokes.poke(addressOf(payment), 'return');
  const now = await waits.wait(payment);
  // A look that was already under way may have settled the payment, and has not noted the return.
  if (isSettled(now.status)) noteFirstReturn(store.db, payment.id).catch(() => undefined);
  return now;
}

/**
 * The status for a returning browser. Money that did not pay the order is not `paid`: it is being given back.
 */
export async function returnStatusOf(db: Db, payment: PaymentRow): Promise<ReturnStatus> {
  const { status } = payment;
  if (!isSettled(status)) return 'pending';
  if (status === 'CANCELLED') return 'cancelled';
  if (!isMoney(status) || status === 'VOIDED') return 'failed';
  if (await isOrderPaid(db, payment)) return 'paid';
  return holdsMoney(status) ? 'pending' : 'failed';
}

/** False if that is not known. */
async function isOrderPaid(db: Db, { orderReference }: PaymentRow): Promise<boolean> {
  const found = await withStoreTimeout(findOrder(db, orderReference), FIND_LIMIT_MS).catch(() => null);
  return found !== null && found.order.paidPaymentId !== null;
}

/** The shop's own URL with our parameters at the end of its query. No other byte is changed. */
export function returnUrlOf(payment: PaymentRow, returnUrl: string, status: ReturnStatus): string {
  const [, before = '', fragment = ''] = /^([^#]*)(.*)$/s.exec(returnUrl) ?? [];
  const known = new URLSearchParams({ order: payment.orderReference, payment: payment.id, status });
  const separator = before.includes('?') ? (/[?&]$/.test(before) ? '' : '&') : '?';
  return `${before}${separator}${known}${fragment}`;
}
