/** Amounts as people write them. */
import { formatMoney, MAX_AMOUNT_MINOR, type Money } from '../domain/money.ts';

const WRITTEN = /^((?:0|[1-9]\d{0,9})(?:\.\d{1,4})?)(?: ([A-Z]{3}))?$/;

/**
 * "299.90 NOK" is one amount; "299.90" is one of each currency with two decimals. All are of the same number of minor units. None for
 * anything else: a bare number is an id, and "299.9" is how no currency writes it.
 */
export function amountsWritten(text: string): Money[] {
  const [, number, currency] = WRITTEN.exec(text) ?? [];
  if (number === undefined || (currency === undefined && !number.includes('.'))) return [];
  const amountMinor = Number(number.replace('.', ''));
  if (amountMinor > MAX_AMOUNT_MINOR) return [];
  const possible = currency === undefined ? Object.keys(decimals()) : [currency];
  const written = number.split('.')[1]?.length ?? 0;
  return possible
    .filter((code) => decimals()[code] === written)
    .map((code) => ({ amountMinor, currency: code }));
}

let known: Readonly<Record<string, number>> | undefined;

/** How many decimals each currency has; found once, as asking for all takes some milliseconds. */
function decimals(): Readonly<Record<string, number>> {
  known ??= Object.fromEntries(
    Intl.supportedValuesOf('currency').map((currency) => {
      const [number = ''] = formatMoney({ amountMinor: 0, currency }).split(' ');
      return [currency, number.split('.')[1]?.length ?? 0];
    }),
  );
  return known;
}
