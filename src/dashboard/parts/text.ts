/** Text from outside, as a page shows it. Preact escapes it; here is what escaping does not cover. */
import { formatMoney } from '../../domain/money.ts';
import { plainLine } from '../../lib/terminal-text.ts';

const LONGEST = 300;

/** One line of at most 300 characters. Marks that change the direction of writing become visible. */
export function shown(text: string, longest = LONGEST): string {
  const characters = Array.from(text.slice(0, longest * 2 + 1));
  const cut = characters.length > longest ? `${characters.slice(0, longest).join('')}…` : text;
  return plainLine(cut);
}

/** "722.00 NOK"; "—" where there is no amount. */
export function money(amountMinor: number | null, currency: string | null): string {
  return amountMinor === null || currency === null ? '—' : formatMoney({ amountMinor, currency });
}

/** "3 min" between two times in milliseconds; the largest unit alone. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** "41 MB"; the largest unit of which there are at least ten, or bytes. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count / 10)) / 3)));
  return `${Math.round(count / 1_000 ** unit)} ${units[unit]}`;
}

/** "2026-11-28 08:30:28", UTC. */
export function utc(at: string | Date): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/** `/payments` with the values of a query; those that are undefined or empty are left out. */
export function link(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
