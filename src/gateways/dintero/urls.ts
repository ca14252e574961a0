import type { PaymentKey } from '../../domain/payment.ts';

/** The names under which our own key travels in the callback URL, and so comes back signed. */
export const KEY_PARAMS = { paymentId: 'payment', orderReference: 'order', n: 'n' } as const;

/** Events that Dintero is asked to report. Fixed at creation: a session of today is captured by a later version. */
const REPORTED_EVENTS = ['CAPTURE', 'REFUND', 'VOID'] as const;

/** The URL that account-wide webhooks are subscribed for. */
export function accountUrl(publicUrl: string): string {
  return `${publicUrl}/callbacks/dintero/account`;
}

/** Where Dintero calls about one payment: with our key in it, so that the signed query alone names the workflow. */
export function callbackUrl(publicUrl: string, key: PaymentKey): string {
  const url = new URL(`${publicUrl}/callbacks/dintero`);
  url.searchParams.set(KEY_PARAMS.paymentId, key.paymentId);
  url.searchParams.set(KEY_PARAMS.orderReference, key.orderReference);
  url.searchParams.set(KEY_PARAMS.n, String(key.n));
  url.searchParams.set('report_error', 'true');
  for (const event of REPORTED_EVENTS) url.searchParams.append('report_event', event);
  return url.href;
}

/** Where the payer's browser comes back; `k` is the payment's secret. */
export function returnUrl(publicUrl: string, paymentId: string, returnKey: string): string {
  const url = new URL(`${publicUrl}/return/dintero`);
  url.searchParams.set('k', returnKey);
  url.searchParams.set('payment', paymentId);
  return url.href;
}

/** The page where a session is paid, for sessions found again: the session itself does not carry it. */
export function viewUrl(checkoutUrl: string, sessionId: string): string {
  return `${checkoutUrl}/v1/view/${encodeURIComponent(sessionId)}`;
}
