/** The columns of a list as a file. */
import { formatDecimal } from '../../domain/money.ts';
import type { Cell } from '../../lib/csv.ts';

export type Column<Item> = readonly [name: string, of: (item: Item) => Cell];

/** Columns that are named after the fields of the API. */
export function fields<Item>(...names: readonly (keyof Item & string)[]): Column<Item>[] {
  return names.map((name) => [name, (item) => item[name] as Cell] as const);
}

/** Each amount twice: in minor units as in the API, and as a decimal number for a spreadsheet. */
export function amounts<Item>(
  currencyOf: (item: Item) => string,
  ...names: readonly (keyof Item & string)[]
): Column<Item>[] {
  return names.flatMap((name): Column<Item>[] => [
    [name, (item) => item[name] as Cell],
    [`${name}Decimal`, (item) => decimalOf(item[name], currencyOf(item))],
  ]);
}

function decimalOf(amount: unknown, currency: string): string | null {
  return typeof amount === 'number' ? formatDecimal({ amountMinor: amount, currency }) : null;
}
