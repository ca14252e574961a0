/** Amounts as people write them. */
import { formatMoney, MAX_AMOUNT_MINOR, type Money } from './money.ts';

const WRITTEN = /^(?:([A-Za-z]{3}) ?)?(0|[1-9]\d{0,9})(?:[.,](\d{1,4}))?(?: ?([A-Za-z]{3}))?$/;

/**
 * "299.90 NOK", "299,90 nok" and "NOK 299.90" are the same amount, and "299 NOK" is 299.00 NOK. "299.90" is
 * one amount in each currency with two decimals. Empty for any other text: a bare number is an id, and no
 * currency writes "299.9".
 */
export function amountsWritten(text: string): Money[] {
  const [, before, whole, part, after] = WRITTEN.exec(text) ?? [];
  const currency = (before ?? after)?.toUpperCase();
  const isTwice = before !== undefined && after !== undefined;
  if (whole === undefined || isTwice || (currency === undefined && part === undefined)) return [];
  const possible = currency === undefined ? Object.keys(decimals()) : [currency];
  return possible.flatMap((code) => {
    const places = decimals()[code];
    if (places === undefined || (part !== undefined && part.length !== places)) return [];
    const amountMinor = Number(`${whole}${part ?? '0'.repeat(places)}`);
    return amountMinor > MAX_AMOUNT_MINOR ? [] : [{ amountMinor, currency: code }];
  });
}

let known: Readonly<Record<string, number>> | undefined;

/**
 * The number of decimals of each currency. Computed once, since asking for all of them takes some
 * milliseconds.
 */
function decimals(): Readonly<Record<string, number>> {
  known ??= Object.fromEntries(
    Intl.supportedValuesOf('currency').map((currency) => {
      const [number = ''] = formatMoney({ amountMinor: 0, currency }).split(' ');
      return [currency, number.split('.')[1]?.length ?? 0];
    }),
  );
  return known;
}
