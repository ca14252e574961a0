import { formatDecimal, fractionDigits, MAX_AMOUNT_MINOR } from '../../domain/money.ts';

/** "299.90" or "299,9" in minor units of a currency; null where it is not such an amount. */
export function parseAmount(text: string, currency: string): number | null {
  const [, whole = '', rest = ''] = /^(\d{1,10})(?:[.,](\d{1,4}))?$/.exec(text.trim()) ?? [];
  const digits = fractionDigits(currency);
  if (whole === '' || rest.length > digits) return null;
  const minor = Number(whole + rest.padEnd(digits, '0'));
  return minor >= 1 && minor <= MAX_AMOUNT_MINOR ? minor : null;
}

/** "299.90", without the currency: the value of a field. */
export function amountField(amountMinor: number, currency: string): string {
  return formatDecimal({ amountMinor, currency });
}
