/**
 * An amount in minor units (øre, cents) with its ISO 4217 currency. Never a float, never without a currency.
 */
export interface Money {
  readonly amountMinor: number;
  readonly currency: string;
}

/** The largest amount of an int32 field: gateways use int32. */
export const MAX_AMOUNT_MINOR = 2_147_483_647;

/** Whether two amounts are the same number of the same currency. */
export function sameMoney(left: Money, right: Money): boolean {
  return left.amountMinor === right.amountMinor && left.currency === right.currency;
}

/** Whether a value from outside is an amount: a non-negative integer within int32. */
export function isAmountMinor(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_AMOUNT_MINOR;
}

/**
 * "722.00 NOK", "500 JPY": for people.
 */
export function formatMoney(money: Money): string {
  return `${formatDecimal(money)} ${money.currency}`;
}

/** "722.00", "500": for spreadsheets and forms, beside a currency. */
export function formatDecimal({ amountMinor, currency }: Money): string {
  const digits = fractionDigits(currency);
  return (amountMinor / 10 ** digits).toFixed(digits);
}

/**
 * The decimals of a currency's minor unit by ISO 4217. Not from ICU, whose decimals are those in use: it has
 * none for HUF.
 */
export function fractionDigits(currency: string): number {
  return OTHER_DIGITS.get(currency) ?? 2;
}

/** The currencies whose minor unit is not a hundredth: ISO 4217, list one, 2026. */
const OTHER_DIGITS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
    3: 'BHD IQD JOD KWD LYD OMR TND',
    4: 'CLF UYW',
  }).flatMap(([digits, currencies]) => currencies.split(' ').map((one) => [one, Number(digits)] as const)),
);
