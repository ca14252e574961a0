/** `GET /v1/accounts/{aid}/settlements`, whose cursor has two parts. */
import { checkFilters, many, one, type Query, timeOf } from '../records/listing.ts';
import { invalid, Problem } from '../../http/problem.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Settlement, SettlementRow } from './settlement.ts';

interface Cursor {
  readonly id: string;
  readonly date: string;
}

const FILTERS = [
  'limit',
  'starting_after_id',
  'starting_after_date',
  ...['created_at', 'item_created_at'].flatMap((name) => [`${name}.gte`, `${name}.lte`]),
  'payment_provider',
  'payout_destination_id',
  'search',
];

/** One page, newest first; it has `last_evaluated_key` only if there is more. */
export function listSettlements({ ledger }: Sandbox, query: Query): object {
  checkFilters(query, FILTERS);
  const limit = limitOf(query);
  const after = cursorOf(query);
  const sorted = [...ledger.settlements.all()].sort(newestFirst);
  const found = sorted
    .filter((settlement) => matches(settlement, query))
    .filter((settlement) => after === undefined || isBelow(settlement, after));
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    items: page.map(withoutRows),
    ...(last === undefined
      ? {}
      : {
          last_evaluated_key: { id: last.id, account_id: last.account_id, settled_at: last.settled_at },
        }),
  };
}

/** The rows of a settlement, as in its JSON attachment; a 404 if there is none. */
export function settlementRows(
  { ledger }: Sandbox,
  id: string,
  attachmentId: string,
): readonly SettlementRow[] {
  const settlement = ledger.settlements.get(id);
  if (settlement?.attachments.some((attachment) => attachment.id === attachmentId) !== true) {
    throw new Problem(404, `no attachment ${attachmentId} of a settlement ${id}`, 'NOT_FOUND');
  }
  return settlement.rows;
}

/** A settlement as a list shows it: its rows are an attachment. */
export function withoutRows(settlement: Settlement): Omit<Settlement, 'rows'> {
  const { rows: _rows, ...shown } = settlement;
  return shown;
}

function newestFirst(a: Settlement, b: Settlement): number {
  const [left, right] = [a.settled_at + a.id, b.settled_at + b.id];
  return left < right ? 1 : left > right ? -1 : 0;
}

function isBelow({ settled_at: at, id }: Settlement, after: Cursor): boolean {
  return at < after.date || (at === after.date && id < after.id);
}

function matches(settlement: Settlement, query: Query): boolean {
  const [since, until] = [timeOf(query, 'created_at.gte', false), timeOf(query, 'created_at.lte', true)];
  if (settlement.settled_at < (since ?? '') || settlement.settled_at > (until ?? '~')) return false;
  if (!hasRow(settlement, query)) return false;
  const providers = many(query, 'payment_provider');
  if (providers.length > 0 && !providers.includes(settlement.provider)) return false;
  // The sandbox pays out only to the account itself.
  if (one(query, 'payout_destination_id') !== undefined) return false;
  const search = one(query, 'search');
  return search === undefined || search === settlement.id;
}

function hasRow({ rows }: Settlement, query: Query): boolean {
  const [since, until] = [
    timeOf(query, 'item_created_at.gte', false),
    timeOf(query, 'item_created_at.lte', true),
  ];
  if (since === undefined && until === undefined) return true;
  if (one(query, 'created_at.gte') !== undefined || one(query, 'created_at.lte') !== undefined) {
    throw invalid('item_created_at: cannot be combined with created_at');
  }
  return rows.some(({ created_at: at }) => at >= (since ?? '') && at <= (until ?? '~'));
}

function cursorOf(query: Query): Cursor | undefined {
  const [id, date] = [one(query, 'starting_after_id'), timeOf(query, 'starting_after_date', false)];
  if (id === undefined && date === undefined) return undefined;
  if (id === undefined || date === undefined) {
    throw invalid('starting_after_id and starting_after_date: give both or neither');
  }
  return { id, date };
}

function limitOf(query: Query): number {
  const text = one(query, 'limit') ?? '10';
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1_000) throw invalid(`limit is "${text}"; expected 1 to 1000`);
  return limit;
}
