/** Products that can void the rest of an authorization, according to Dintero's documentation. */
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

/** Whether the rest of the authorization can be voided after a part of it was captured. */
export function voidsRemainder(productType: string): boolean {
  return VOIDS_REMAINDER.has(productType);
}

/** Whether the authorization can be extended. */
export function extendsAuthorization(productType: string): boolean {
  return productType === 'klarna.klarna';
}

/** The products that a payer can choose on the page. */
export const OFFERED_PRODUCTS = [
  'dintero_psp.creditcard',
  'vipps',
  'klarna.klarna',
  'klarna.billie',
  'swish.swish',
  'collector.invoice',
] as const;

/** Whether the product accepts `final_capture`. */
export function takesFinalCapture(productType: string): boolean {
  return productType.startsWith('dintero_psp.');
}

/** Whether the product captures at once, so that nothing can be voided. */
export function neverVoids(productType: string): boolean {
  return productType.startsWith('swish');
}

/** Whether captures and refunds need order lines, not only an amount. */
export function needsItems(productType: string): boolean {
  return /^(collector|walley|instabank)(\.|$)/.test(productType);
}
