import { returnUrlAt } from '../shared/public-urls.ts';

/** The URL of our webhook endpoint. It is the same for all payments of the account. */
export function webhookUrl(publicUrl: string): string {
  return `${publicUrl}/callbacks/stripe`;
}

export function returnUrl(
  publicUrl: string,
  payment: { readonly paymentId: string; readonly returnKey: string },
): string {
  return returnUrlAt(publicUrl, 'stripe', payment);
}

/** Whether a text can be an id with this prefix, and is safe in a path. */
export function isId(prefix: string, id: string): boolean {
  return new RegExp(`^${prefix}_[A-Za-z0-9_]{1,180}$`).test(id);
}

/** The page of a PaymentIntent in Stripe's Dashboard. */
export function transactionPage(mode: 'test' | 'live'): string {
  return `https://dashboard.stripe.com/${mode === 'test' ? 'test/' : ''}payments/{transaction}`;
}
