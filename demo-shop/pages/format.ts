/** "722.00 NOK" from minor units. */
export function formatAmount(amountMinor: number, currency: string): string {
  const digits = fractionDigits(currency);
  const number = new Intl.NumberFormat('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${number.format(amountMinor / 10 ** digits)} ${currency}`;
}

function fractionDigits(currency: string): number {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** "12:03:22" of an RFC 3339 time in UTC; any other text unchanged. */
export function formatTime(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? at : time.toISOString().slice(11, 19);
}

/** "2026-11-21 12:03" of an RFC 3339 time in UTC. */
export function formatDay(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? at : time.toISOString().slice(0, 16).replace('T', ' ');
}

/** The address if it is http(s), else undefined: links come from outside and must not run code. */
export function safeHttpUrl(url: string | null | undefined): string | undefined {
  if (!url || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}
