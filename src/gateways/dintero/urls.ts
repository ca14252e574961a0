import type { PaymentKey } from '../../domain/payment.ts';
import { returnUrlAt } from '../shared/public-urls.ts';

/** The parameters of our own key in the callback URL, which come back signed. */
export const KEY_PARAMS = { paymentId: 'payment', orderReference: 'order', n: 'n' } as const;

/**
 * The events that Dintero has to report. They are fixed at creation: a later version of paidonce may capture
 * a session of today.
 */
const REPORTED_EVENTS = ['CAPTURE', 'REFUND', 'VOID'] as const;

/** The URL of account-wide webhooks. */
export function accountUrl(publicUrl: string): string {
  return `${publicUrl}/callbacks/dintero/account`;
}

/**
 * The callback URL of one payment. It contains our key, so that the signed query alone identifies the
 * workflow.
 */
export function callbackUrl(publicUrl: string, key: PaymentKey): string {
  const url = new URL(`${publicUrl}/callbacks/dintero`);
  url.searchParams.set(KEY_PARAMS.paymentId, key.paymentId);
  url.searchParams.set(KEY_PARAMS.orderReference, key.orderReference);
  url.searchParams.set(KEY_PARAMS.n, String(key.n));
  url.searchParams.set('report_error', 'true');
  for (const event of REPORTED_EVENTS) url.searchParams.append('report_event', event);
  return url.href;
}

/** The URL to which the payer's browser returns; `k` is the payment's secret. */
export function returnUrl(publicUrl: string, paymentId: string, returnKey: string): string {
  return returnUrlAt(publicUrl, 'dintero', { paymentId, returnKey });
}

/** Whether the payer of a session returns to this paidonce. */
export function isReturnTo(publicUrl: string, url: string): boolean {
  return url.startsWith(`${publicUrl}/return/dintero?`);
}

/** The checkout page of a session that was found again: the session itself does not contain it. */
export function viewUrl(checkoutUrl: string, sessionId: string): string {
  return `${checkoutUrl}/v1/view/${encodeURIComponent(sessionId)}`;
}

/** The page of a transaction in Backoffice, as Dintero's plug-ins for shops link to it. */
export function transactionPage(accountId: string): string {
  return `https://backoffice.dintero.com/${accountId}/payments/transactions/{transaction}`;
}
