import { orderView, pageOf, payment } from '../api/schemas.ts';
import { ServiceRefused, type ServiceApi } from './service-api.ts';

/** The id of the payment that somebody names: by the id itself, or by the order that it has paid. @throws ServiceRefused */
export async function paymentNamed(service: ServiceApi, named: string): Promise<string> {
  if (named.startsWith('pay_')) return named;
  const reference = encodeURIComponent(named);
  const { transactionId, payments } = await service.get(`/v1/orders/${reference}`, orderView);
  if (payments.length === 1 && payments[0] !== undefined) return payments[0];
  const { data } = await service.get(`/v1/payments?order=${reference}&limit=100`, pageOf(payment));
  const paying = data.find((each) => transactionId !== null && each.transactionId === transactionId);
  if (paying !== undefined) return paying.id;
  throw new ServiceRefused(
    `none of the ${payments.length} payments of order ${named} has paid it; name the payment: ${payments.join(', ')}`,
    { status: 409, code: 'payment_not_paid' },
  );
}
