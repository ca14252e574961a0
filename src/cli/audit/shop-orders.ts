/** The orders of a shop, from a CSV file: the side of an audit that the shop knows. */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { fractionDigits, isAmountMinor } from '../../domain/money.ts';
import { ConfigError } from '../../config/environment.ts';

/** An order as the shop wrote it. Many are held at once, so it has only what is compared. */
export interface ShopOrder {
  readonly reference: string;
  /** As written, so a hash will do. Empty for a guest: such orders are never compared with each other. */
  readonly customer: string;
  readonly amountMinor: number;
  readonly currency: string;
  /** In milliseconds since the epoch. */
  readonly createdAt: number;
}

const COLUMNS = ['reference', 'customer', 'amount', 'currency', 'created_at'] as const;
type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** A file with thousands of wrong rows is not the file that was meant. */
const MOST_PROBLEMS = 20;

/**
 * Reads the file row by row: UTF-8, with a header that has these columns in any order, separated by commas or
 * semicolons. Amounts are all in minor units (`72200`), or all with decimals (`722.00`).
 * @throws ConfigError which names the wrong rows by their lines
 */
export async function readShopOrders(path: string): Promise<ShopOrder[]> {
  const orders: ShopOrder[] = [];
  const problems: string[] = [];
  const forms = new Map<AmountForm, number>();
  for await (const { line, row } of rowsOf(path)) {
    const order = toOrder(row);
    if (typeof order === 'string') problems.push(`line ${line}: ${order}`);
    else orders.push(order);
    if (!forms.has(formOf(row.amount))) forms.set(formOf(row.amount), line);
    if (problems.length === MOST_PROBLEMS) break;
  }
  problems.push(...mixedForms(forms));
  if (problems.length > 0) throw new ConfigError(`${path} is not usable:\n  ${problems.join('\n  ')}`);
  return orders;
}

async function* rowsOf(path: string): AsyncGenerator<{ readonly line: number; readonly row: Row }> {
  const parser = parse({
    bom: true,
    columns: (names: string[]) => expectColumns(path, names),
    delimiter: [',', ';'],
    info: true,
    skip_empty_lines: true,
    trim: true,
  });
  const file = createReadStream(path);
  file.on('error', (error) => parser.destroy(error));
  try {
    for await (const { info, record } of file.pipe(parser) as AsyncIterable<Parsed>)
      yield { line: info.lines, row: record };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path} can't be read as CSV: ${(error as Error).message}`, { cause: error });
  } finally {
    file.destroy();
  }
}

interface Parsed {
  readonly info: { readonly lines: number };
  readonly record: Row;
}

function expectColumns(path: string, names: readonly string[]): string[] {
  const found = names.map((name) => name.toLowerCase());
  const missing = COLUMNS.filter((name) => !found.includes(name));
  if (missing.length === 0) return found;
  throw new ConfigError(
    `${path}: the first line must name the columns ${COLUMNS.join(', ')}; ${missing.join(', ')} is missing`,
  );
}

type AmountForm = 'minor units' | 'decimals';

function formOf(amount: string): AmountForm {
  return amount.includes('.') ? 'decimals' : 'minor units';
}

/** A file that has both is ambiguous: `100` is one krone or a hundred. */
function mixedForms(forms: ReadonlyMap<AmountForm, number>): string[] {
  if (forms.size < 2) return [];
  const [first, second] = [...forms].map(([form, line]) => `line ${line} is in ${form}`);
  return [`amount: ${first}, ${second}; write all amounts in the same form`];
}

/** The order, or what is wrong with the row. */
function toOrder(row: Row): ShopOrder | string {
  const { reference, customer, currency, created_at: created } = row;
  if (reference === '') return 'reference: empty';
  if (!/^[A-Z]{3}$/.test(currency)) return `currency: "${currency}" is not an ISO 4217 code such as NOK`;
  const amountMinor = minorOf(row.amount, currency);
  if (amountMinor === null)
    return `amount: "${row.amount}" is neither minor units such as 72200 nor an amount such as 722.00`;
  const createdAt = timeOf(created);
  if (createdAt === null) return `created_at: "${created}" is not a time such as 2026-11-28T12:00:00Z`;
  return { reference, customer, amountMinor, currency, createdAt };
}

/** More decimals than the currency has are taken where they are zeros: some shops write four. */
function minorOf(amount: string, currency: string): number | null {
  const [, whole = '', decimals = ''] = /^(\d{1,10})(?:\.(\d{1,6}))?$/.exec(amount) ?? [];
  if (whole === '') return null;
  if (formOf(amount) === 'minor units') return isAmountMinor(Number(whole)) ? Number(whole) : null;
  const digits = fractionDigits(currency);
  if (/[^0]/.test(decimals.slice(digits))) return null;
  const minor = Number(whole + decimals.slice(0, digits).padEnd(digits, '0'));
  return isAmountMinor(minor) ? minor : null;
}

/** A time without a zone is UTC. */
function timeOf(text: string): number | null {
  const [, day, time, zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(Z|[+-]\d\d:?\d\d)?$/i.exec(text) ?? [];
  if (day === undefined || time === undefined) return null;
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(ms) ? null : ms;
}
