/** The traits of Dintero, and the capabilities of the payment products behind it, as data. */
import type { ProductRules } from '../../domain/operation.ts';
import type { Traits } from '../traits.ts';

export const DINTERO_TRAITS: Traits = {
  // Dintero states no limit. A session that is open for longer than the listings reach back would not be
  // found.
  lifetime: { shortestMs: 1_000, longestMs: 30 * 24 * 3_600_000 },
  endsBy: 'itself',
  keys: { openMs: 0, operateMs: { capture: 0, refund: 0, void: 0 } },
  notifies: 'session',
  currencies: {},
  takes: ['profileId', 'merchantReference2'],
  unlisted: [
    'Transactions that were made without a checkout session are left out.',
    'Fees, settlements and payouts are not compared.',
  ],
  // The attempts of a subscription can be listed, but only recent ones, and none from before the subscription.
  eventHistoryMs: 0,
};

/**
 * Cards, and the strictest documented rules of anything that has an authorization (Visa Electron in Vipps: 5
 * days).
 */
const CARD = {
  voids: 'whole',
  captures: 'many',
  finalCapture: false,
  refunds: 'any_time',
  lines: 'optional',
  authorizationDays: 7,
} as const;
const STRICTEST = { ...CARD, authorizationDays: 5 } as const;
const KLARNA = { ...CARD, authorizationDays: 28 } as const;
/** Captures and refunds of these work by lines: Dintero's integration checklist. */
const WALLEY = { ...CARD, lines: 'required', authorizationDays: 90 } as const;
const INSTABANK = { ...STRICTEST, lines: 'required' } as const;
const SWISH = { ...CARD, voids: 'never', authorizationDays: null } as const;
const REST_TOO = { voids: 'rest_too' } as const;

/**
 * By `payment_product_type`, or else by the part before its dot. Voids of a rest are from the list on
 * Dintero's void page, the days from its support page.
 */
const PRODUCTS: ReadonlyMap<string, ProductRules> = new Map<string, ProductRules>([
  ['bambora', CARD],
  ['bambora.vipps', STRICTEST],
  ['bambora.swish', SWISH],
  ['collector', WALLEY],
  ['dintero_psp', { ...CARD, finalCapture: true }],
  ['dintero_psp.swish', SWISH],
  ['dintero_psp.vipps', { ...STRICTEST, finalCapture: true }],
  ['instabank', INSTABANK],
  ['klarna', KLARNA],
  ['klarna.klarna', { ...KLARNA, ...REST_TOO }],
  ['klarna.billie', { ...KLARNA, ...REST_TOO }],
  ['netaxept', CARD],
  ['payex', CARD],
  ['payex.applepay', { ...CARD, ...REST_TOO }],
  ['payex.clicktopay', { ...CARD, ...REST_TOO }],
  ['payex.creditcard', { ...CARD, ...REST_TOO }],
  ['payex.googlepay', { ...CARD, ...REST_TOO }],
  ['payex.mobilepay', { ...CARD, ...REST_TOO }],
  ['payex.swish', SWISH],
  ['payex.vipps', { ...STRICTEST, ...REST_TOO }],
  ['swish', SWISH],
  ['vipps', { ...STRICTEST, ...REST_TOO }],
  ['walley', WALLEY],
]);

/** The rules of a payment product (`payment_product_type`); the strictest if it is not listed. */
export function rulesFor({ paymentMethod: type = '' }: { readonly paymentMethod?: string }): ProductRules {
  const [product = ''] = type.split('.', 1);
  return PRODUCTS.get(type) ?? PRODUCTS.get(product) ?? STRICTEST;
}
