/** The payment that a call is about. */
import type { Service } from '../../service.ts';
import type { Db } from '../../store/open.ts';
import { findPayment, type PaymentRow } from '../../store/payments.ts';
import type { PaymentAddress } from '../../domain/payment.ts';
import { Refusal } from '../refusal.ts';

/** What every id of ours looks like in an address; anything else is the id of nothing. */
export function isId(given: string): boolean {
  return /^[\w-]{1,200}$/.test(given);
}

/** @throws Refusal `not_found` */
export async function paymentNamed(db: Db, id: string): Promise<PaymentRow> {
  const payment = isId(id) ? await findPayment(db, id) : null;
  if (payment !== null) return payment;
  // Shops have ids of their own: an order's number is asked for here in vain.
  const hint = id.startsWith('pay_') ? '' : '; its id is the pay_… that POST /v1/payments answered';
  throw new Refusal('not_found', `there is no such payment${hint}`);
}

/** Nothing is asked of a gateway that was taken out of the configuration; its runs rest until it is back. @throws Refusal */
export function refuseUnconfigured(
  { gateways }: Pick<Service, 'gateways'>,
  { id, gateway }: Pick<PaymentRow, 'id' | 'gateway'>,
): void {
  if (gateways.find(gateway) !== undefined) return;
  const detail = `payment ${id} is by ${gateway}, which is not configured any more; nothing was done, ask again when it is`;
  throw new Refusal('gateway_not_configured', detail);
}

/** What names a payment's run. */
export function addressOf({ id, orderReference, n, gateway }: PaymentRow): PaymentAddress {
  return { paymentId: id, orderReference, n, gateway };
}
