/** Stripe's rules for amounts: https://docs.stripe.com/currencies. They differ from ISO 4217 in places. */
import { badParameter } from '../http/stripe-error.ts';

const CURRENCIES = new Set(
  `usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf
  chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf
  idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop
  mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd
  scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof
  xpf yer zar zmw`
    .split(/\s+/)
    .filter((code) => code !== ''),
);
const ZERO_DECIMAL = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
/** Two decimals for the API, but none exist: the last two digits are 0. */
const TWO_EMPTY_DECIMALS = new Set(['isk', 'ugx']);
const THREE_DECIMAL = new Set('bhd jod kwd omr tnd'.split(' '));

/** The least amounts where they are not 50. */
const LEAST: Readonly<Record<string, number>> = {
  aed: 200,
  bgn: 100,
  czk: 1_500,
  dkk: 250,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  mxn: 1_000,
  myr: 200,
  nok: 300,
  pln: 200,
  ron: 200,
  sek: 300,
  thb: 1_000,
};

/** The digits after the point, as amounts in Stripe's API count them. */
export function digitsOf(currency: string): number {
  if (ZERO_DECIMAL.has(currency)) return 0;
  return THREE_DECIMAL.has(currency) ? 3 : 2;
}

/** The code in lower case. @throws StripeError */
export function currencyOf(given: string, param: string): string {
  const code = given.toLowerCase();
  if (CURRENCIES.has(code)) return code;
  throw badParameter(
    param,
    `Invalid currency: ${given}. Stripe currently supports these currencies: ${[...CURRENCIES].join(', ')}`,
  );
}

/** Refuses an amount that has digits which its currency does not have. @throws StripeError */
export function checkDigits(amount: number, currency: string, param: string): void {
  const step = TWO_EMPTY_DECIMALS.has(currency) ? 100 : THREE_DECIMAL.has(currency) ? 10 : 1;
  if (amount % step === 0) return;
  throw badParameter(
    param,
    `Invalid amount: amounts in ${currency} must be divisible by ${step}; ${amount} is not.`,
    'parameter_invalid_integer',
  );
}

/** Refuses a sum below the least one of a currency. @throws StripeError */
export function checkLeast(amount: number, currency: string, what: string): void {
  const least = LEAST[currency] ?? 50;
  if (amount >= least) return;
  throw badParameter(
    'amount',
    `${what} must be at least ${least} in ${currency}, in its minor units.`,
    'amount_too_small',
  );
}
