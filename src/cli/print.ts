import type { z } from 'zod';
import { inMoney } from '../api/payments/amounts-in-text.ts';
import type { payment } from '../api/payments/payment-schemas.ts';
import { formatMoney } from '../domain/money.ts';
import { plainLine, plainText } from '../lib/terminal-text.ts';

/** Prints a line on stdout. Control characters in foreign text are escaped. */
export function print(line = ''): void {
  process.stdout.write(`${plainLine(line)}\n`);
}

/** Prints a value as JSON, for another program or for a terminal. */
export function printJson(value: unknown): void {
  process.stdout.write(`${plainText(JSON.stringify(value, null, 2))}\n`);
}

/** A command as the person has to type it: with `npx` if this process was started by it. */
export function asTyped(command: string): string {
  const isByNpx = process.env['npm_command'] === 'exec';
  return isByNpx && command.startsWith('paidonce ') ? `npx ${command}` : command;
}

/** Prints a payment and its status. */
export function printPayment(found: z.infer<typeof payment>, asJson: boolean): void {
  if (asJson) return printJson(found);
  const { id, status, orderReference, amount, currency, reason } = found;
  const why = reason === null ? '' : ` (${inMoney(reason, found.accepted?.currency ?? currency)})`;
  print(
    `${id} over ${formatMoney({ amountMinor: amount, currency })} for order ${orderReference} is ${status}${why}`,
  );
}

/** "2026-11-21 12:00:03.120": UTC, for people. */
export function utc(at: string | Date): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '');
}
