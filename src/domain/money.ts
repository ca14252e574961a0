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
 * "722.00 NOK", "500 JPY": for people. Not for workflow code, whose output must not depend on the ICU
 * version.
 */
export function formatMoney({ amountMinor, currency }: Money): string {
  const digits = fractionDigits(currency);
  return `${(amountMinor / 10 ** digits).toFixed(digits)} ${currency}`;
}

/** The decimals of a currency's minor unit by ISO 4217; 2 for one that is not known. */
export function fractionDigits(currency: string): number {
  try {
    return (
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ??
      2
    );
  } catch {
    return 2;
  }
}
