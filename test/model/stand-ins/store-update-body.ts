/** `src/store/update-body.ts`, shorter. */
import type { OrderStatus, UpdateType } from '../../../src/domain/order.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';

/** The fields of the body that the promises check. */
export function updateBody(
  { type, orderStatus }: { type: UpdateType; orderStatus: OrderStatus },
  { order, payment, sequence }: { order: OrderRow; payment: PaymentRow; sequence: number },
): string {
  const { reference: orderReference } = order;
  const { status, captured, refunded } = payment;
  return JSON.stringify({ type, orderReference, orderStatus, sequence, status, captured, refunded });
}
