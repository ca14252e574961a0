import type { z } from 'zod';
import { orderView, payment } from '../api/payments/payment-schemas.ts';
import { pageOf } from '../api/http/pages.ts';
import { isOpen } from '../domain/payment.ts';
import { ServiceRefused, type ServiceApi } from './service-api.ts';

/** How a command selects one of an order's payments: a text and a code for the refusal, and the condition. */
const WANTED = {
  paid: {
    words: 'has paid it',
    code: 'payment_not_paid',
    is: (each: Payment, paidBy: string | null) => paidBy !== null && each.transactionId === paidBy,
  },
  open: { words: 'is open', code: 'payment_not_open', is: (each: Payment) => isOpen(each.status) },
  in_review: {
    words: 'needs a decision',
    code: 'not_in_review',
    is: (each: Payment) => each.status === 'REVIEW' || each.reviewMark !== null,
  },
} as const;

type Payment = z.infer<typeof payment>;

/**
 * The id of a payment that is given by its id or by its order, which may have several payments. @throws
 * ServiceRefused
 */
export async function paymentNamed(
  service: ServiceApi,
  named: string,
  wanted: keyof typeof WANTED,
): Promise<string> {
  if (named.startsWith('pay_')) return named;
  const reference = encodeURIComponent(named);
  const { transactionId, payments } = await service.get(`/v1/orders/${reference}`, orderView);
  if (payments.length === 1 && payments[0] !== undefined) return payments[0];
  const { data } = await service.get(`/v1/payments?order=${reference}&limit=100`, pageOf(payment));
  const { words, code, is } = WANTED[wanted];
  const found = data.filter((each) => is(each, transactionId));
  if (found.length === 1 && found[0] !== undefined) return found[0].id;
  const candidates = found.length === 0 ? payments : found.map(({ id }) => id);
  const howMany = found.length === 0 ? 'none' : found.length;
  throw new ServiceRefused(
    `of the ${payments.length} payments of order ${named}, ${howMany} ${words}; give the id of the payment: ${candidates.join(', ')}`,
    { status: 409, code },
  );
}

/** The same where no condition selects one: of several payments the newest. @throws ServiceRefused */
export async function newestPaymentNamed(service: ServiceApi, named: string): Promise<string> {
  if (named.startsWith('pay_')) return named;
  const { payments } = await service.get(`/v1/orders/${encodeURIComponent(named)}`, orderView);
  return payments[0] ?? named;
}
