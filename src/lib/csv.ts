import { stringify } from 'csv-stringify/sync';

/** An object is written as JSON. */
export type Cell = string | number | boolean | object | null | undefined;

/**
 * Lines of a CSV file (RFC 4180). A text that a spreadsheet would run as a formula begins with an apostrophe.
 */
export function csvLines(rows: readonly (readonly Cell[])[]): string {
  return stringify(rows as Cell[][], { cast: { boolean: String }, escape_formulas: true });
}
