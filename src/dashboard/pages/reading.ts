/** What a gateway held when it was read, as the timeline tells it. */
import { money } from '../parts/text.ts';
import type { Entry, Payment } from './order-story.ts';

/** The last answer of the gateway that has an amount. */
export function readingOf({ timeline }: Payment): Entry | undefined {
  return timeline.findLast(({ kind, data }) => kind === 'read' && typeof data['amount'] === 'number');
}

/** "723.00 NOK". `currency` is that of the payment, for a reading that names none; "—" without an amount. */
export function heldBy(reading: Entry | undefined, currency: string): string {
  const { amount, currency: its } = reading?.data ?? {};
  return typeof amount === 'number' ? money(amount, typeof its === 'string' ? its : currency) : '—';
}

/** A field of a reading that is text; "—" without one. */
export function textOf(reading: Entry | undefined, field: string): string {
  const value = reading?.data[field];
  return typeof value === 'string' && value !== '' ? value : '—';
}
