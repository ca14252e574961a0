import type { PaymentKey } from '../../domain/payment.ts';

const ID = /^[A-Za-z0-9._-]{1,64}$/;
const COUNT = /^[1-9]\d{0,8}$/;

/** Our key from three texts that came from outside; null if any of them can't be ours. */
export function parseKey(paymentId: string, orderReference: string, n: string): PaymentKey | null {
  if (!ID.test(paymentId) || !ID.test(orderReference) || !COUNT.test(n)) return null;
  return { paymentId, orderReference, n: Number(n) };
}
