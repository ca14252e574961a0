/** The addresses at which a gateway and the payer's browser reach us. */

/** The URL to which the payer's browser returns; `k` is the payment's secret. */
export function returnUrlAt(
  publicUrl: string,
  gateway: string,
  { paymentId, returnKey }: { readonly paymentId: string; readonly returnKey: string },
): string {
  const url = new URL(`${publicUrl}/return/${gateway}`);
  url.searchParams.set('k', returnKey);
  url.searchParams.set('payment', paymentId);
  return url.href;
}

/** A URL that paths are appended to: without query and trailing slashes. */
export function baseOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return withoutTrailingSlash(origin + pathname);
}

export function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
