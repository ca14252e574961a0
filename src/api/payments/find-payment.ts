/** The payment that a call is about. */
import type { Service } from '../../service.ts';
import type { Db } from '../../store/open.ts';
import { findPayment, type PaymentRow } from '../../store/payments.ts';
import type { PaymentAddress } from '../../domain/payment.ts';
import { Refusal } from '../refusal.ts';

/** Whether this has the form of our ids. Nothing has an id of another form. */
export function isId(given: string): boolean {
  return /^[\w-]{1,200}$/.test(given);
}

/** @throws Refusal `not_found` */
export async function paymentNamed(db: Db, id: string): Promise<PaymentRow> {
  const payment = isId(id) ? await findPayment(db, id) : null;
  if (payment !== null) return payment;
  // A shop may have sent its own order number by mistake.
  const hint = id.startsWith('pay_') ? '' : '; use the id pay_… that POST /v1/payments answered';
  throw new Refusal('not_found', `there is no such payment${hint}`);
}

/**
 * Refuses a payment whose gateway was removed from the configuration; its runs rest until it is configured
 * again.
 * @throws Refusal
 */
export function refuseUnconfigured(
  { gateways }: Pick<Service, 'gateways'>,
  { id, gateway }: Pick<PaymentRow, 'id' | 'gateway'>,
): void {
  if (gateways.find(gateway) !== undefined) return;
  const detail = `payment ${id} is by ${gateway}, which is no longer configured; nothing was done, send the request again once it is configured`;
  throw new Refusal('gateway_not_configured', detail);
}

/** The parts that identify a payment's run. */
export function addressOf({ id, orderReference, n, gateway }: PaymentRow): PaymentAddress {
  return { paymentId: id, orderReference, n, gateway };
}
