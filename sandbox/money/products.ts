/** What Dintero documents about single payment products. */
const VOIDS_REMAINDER = new Set([
  'payex.creditcard',
  'payex.mobilepay',
  'payex.vipps',
  'payex.applepay',
  'payex.clicktopay',
  'payex.googlepay',
  'vipps',
  'vipps.vipps',
  'klarna.klarna',
  'klarna.billie',
]);

/** Products whose authorization can still be voided after a part of it was captured. */
export function voidsRemainder(productType: string): boolean {
  return VOIDS_REMAINDER.has(productType);
}

/** Products whose authorization can be made to last longer. */
export function extendsAuthorization(productType: string): boolean {
  return productType === 'klarna.klarna';
}

/** What a payer can choose on the page. */
export const OFFERED_PRODUCTS = [
  'dintero_psp.creditcard',
  'vipps',
  'klarna.klarna',
  'klarna.billie',
  'swish.swish',
  'collector.invoice',
] as const;

/** Products that take `final_capture`. */
export function takesFinalCapture(productType: string): boolean {
  return productType.startsWith('dintero_psp.');
}

/** Products that capture at once, so that there is never anything to void. */
export function neverVoids(productType: string): boolean {
  return productType.startsWith('swish');
}

/** Products that capture and refund lines of the order, never a bare amount. */
export function needsItems(productType: string): boolean {
  return /^(collector|walley|instabank)(\.|$)/.test(productType);
}
