/** The traits of Stripe, and what its payment methods can do, as data. */
import type { ProductRules } from '../../domain/operation.ts';
import type { Transaction } from '../../domain/transaction.ts';
import type { CurrencyTrait, Traits } from '../traits.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Stripe keeps a key for 24 hours at least; an hour remains for clocks and slow requests. */
const KEY_MS = 23 * HOUR_MS;

/** https://docs.stripe.com/currencies#special-cases: the last digit of three decimals must be 0. */
const TENS: CurrencyTrait = { multipleOf: 10 };

export const STRIPE_TRAITS: Traits = {
  // 30 minutes to 24 hours at Stripe, by its clock: a minute at each end for a difference of the clocks.
  lifetime: { shortestMs: 31 * MINUTE_MS, longestMs: 24 * HOUR_MS - MINUTE_MS },
  endsBy: 'us',
  keys: { openMs: KEY_MS, operateMs: { capture: KEY_MS, refund: KEY_MS, void: KEY_MS } },
  notifies: 'account',
  currencies: {
    // Without decimals at Stripe, with two in ISO 4217.
    MGA: { digits: 0, multipleOf: 100 },
    // With two decimals at Stripe, which must be 0; without decimals in ISO 4217.
    ISK: { digits: 2 },
    UGX: { digits: 2 },
    BHD: TENS,
    JOD: TENS,
    KWD: TENS,
    OMR: TENS,
    TND: TENS,
  },
  takes: [],
  unlisted: [
    'Payments that were made without a Checkout Session (invoices, subscriptions, Terminal) are left out.',
    'Of a session only its own payment is shown.',
    'Fees, disputes and payouts are not compared.',
  ],
  eventHistoryMs: 30 * 24 * HOUR_MS,
};

/** Klarna and its like hold money for longer than cards do. */
const LONGER_DAYS: ReadonlyMap<string, number> = new Map([
  ['klarna', 28],
  ['afterpay_clearpay', 13],
  ['affirm', 30],
  ['paypal', 10],
]);

/** Most cards. Reads show the exact time for a card (`capture_before`). */
const CARD_DAYS = 7;

/**
 * The rules of a transaction. How often it can be captured is shown by the charge itself. Stripe cancels a
 * PaymentIntent only as long as nothing of it was captured.
 */
export function rulesFor({
  paymentMethod = '',
  captures = 'once',
}: Pick<Transaction, 'paymentMethod' | 'captures'>): ProductRules {
  return {
    voids: 'whole',
    captures,
    finalCapture: true,
    refunds: 'any_time',
    lines: 'optional',
    authorizationDays: LONGER_DAYS.get(paymentMethod) ?? CARD_DAYS,
  };
}
