import type { CallOptions, ListedTransaction } from '../gateway.ts';
import type { DinteroClient } from './client.ts';
import { changedAt, toListed } from './listed.ts';
import { readPages } from './pages.ts';

const DAY_MS = 86_400_000;

/** No authorization lives longer than this: Klarna's, extended to its limit of six months. */
const AUTHORIZATION_DAYS = 184;
/** How long a hold lasts is not documented. Held payments are polled by their runs; this is for those that lost theirs. */
const HOLD_DAYS = 30;

type Filters = Readonly<Record<string, string | readonly string[]>>;

/** Transactions created since, page by page: a call for each 100. */
export async function* listTransactions(
  client: DinteroClient,
  since: Date,
  options?: CallOptions,
): AsyncGenerator<readonly ListedTransaction[]> {
  const filters = { 'created_at.gte': since.toISOString() };
  for await (const rows of pagesOf(client, filters, options)) yield listed(rows, since);
}

/**
 * Transactions changed since, each as often as it shows something new. Dintero lists by capture and refund time; of every other change
 * only the status it led to, so those are read in full and cut down by the time of change that their rows show.
 * Costs 4 calls, and one more for each further 100 rows captured since, refunded since, voided within 184 days or created in the last
 * 30 days and not captured: too much for every few minutes, right for every hour.
 */
export async function* listChanges(
  client: DinteroClient,
  since: Date,
  options?: CallOptions,
): AsyncGenerator<readonly ListedTransaction[]> {
  const seen = new Set<string>();
  const from = since.toISOString();
  const daysBefore = (days: number): string => new Date(since.getTime() - days * DAY_MS).toISOString();
  const listings: readonly Filters[] = [
    { 'captured_at.gte': from },
    { 'refunded_at.gte': from },
    { status: 'AUTHORIZATION_VOIDED', 'created_at.gte': daysBefore(AUTHORIZATION_DAYS) },
    { status: ['AUTHORIZED', 'FAILED', 'DECLINED', 'UNKNOWN'], 'created_at.gte': daysBefore(HOLD_DAYS) },
  ];
  for (const filters of listings) {
    for await (const rows of pagesOf(client, filters, options)) {
      const changed = 'status' in filters ? rows.filter((row) => isChangedSince(row, since)) : rows;
      yield listed(changed, since).filter((row) => isNew(row, seen));
    }
  }
}

function pagesOf(
  client: DinteroClient,
  filters: Filters,
  options?: CallOptions,
): AsyncGenerator<readonly unknown[]> {
  const listing = { operation: 'list transactions', path: '/v1/transactions', filters };
  return readPages(client, { ...listing, signal: options?.signal });
}

function listed(rows: readonly unknown[], since: Date): ListedTransaction[] {
  return rows.map((row) => toListed(row, since)).filter((row) => row !== null);
}

/** One that does not say when it was changed may have been. */
function isChangedSince(row: unknown, since: Date): boolean {
  const at = changedAt(row);
  return at === undefined || at >= since;
}

function isNew(
  { transactionId, status, capturedMinor, refundedMinor }: ListedTransaction,
  seen: Set<string>,
): boolean {
  const shown = [transactionId, status, capturedMinor, refundedMinor].join(' ');
  if (seen.has(shown)) return false;
  seen.add(shown);
  return true;
}
