/** The listings of Dintero's transactions: what is new, and what has changed, which it can't be asked for as such. */
import { GatewayRejected } from '../gateway.ts';
import type { CallOptions, ListedPage, ListedTransaction, Listing, ListingPlace } from '../gateway.ts';
import type { DinteroClient } from './client.ts';
import { changedAt, toListed } from './listing-rows.ts';
import { ListingRepeats, readPage } from '../shared/read-pages.ts';
import { listingOf } from './listing-call.ts';

const DAY_MS = 86_400_000;

/** No authorization lives longer than this: Klarna's, extended to its limit of six months. */
const AUTHORIZATION_DAYS = 184;
/** How long a hold lasts is not documented. Held payments are polled by their runs; this is for those that lost theirs. */
const HOLD_DAYS = 30;
/** Most of what changes does so within days. */
const RECENT_DAYS = 3;

const UNSETTLED = ['AUTHORIZED', 'FAILED', 'DECLINED', 'UNKNOWN'];

interface DinteroListing extends Listing {
  readonly filters: (since: Date) => Readonly<Record<string, string | readonly string[]>>;
  /** Where the filter can't ask for the time of a change: rows are cut down by the one that they show. */
  readonly isCutDown?: true;
}

/**
 * Dintero lists by time of creation, capture and refund; of every other change only the status that it led to, whenever that was. Those
 * listings cost a call for each 100 rows of that status, not of that change: a day's worth for the few days in which nearly all of it
 * happens, and once a day for the rest.
 */
const LISTINGS: readonly DinteroListing[] = [
  { name: 'created', every: 'sweep', filters: (since) => ({ 'created_at.gte': since.toISOString() }) },
  { name: 'captured', every: 'hour', filters: (since) => ({ 'captured_at.gte': since.toISOString() }) },
  { name: 'refunded', every: 'hour', filters: (since) => ({ 'refunded_at.gte': since.toISOString() }) },
  {
    name: 'recent',
    every: 'hour',
    filters: (since) => ({
      status: [...UNSETTLED, 'AUTHORIZATION_VOIDED'],
      'created_at.gte': daysBefore(since, RECENT_DAYS),
    }),
    isCutDown: true,
  },
  {
    name: 'unsettled',
    every: 'day',
    filters: (since) => ({ status: UNSETTLED, 'created_at.gte': daysBefore(since, HOLD_DAYS) }),
    isCutDown: true,
  },
  {
    name: 'voided',
    every: 'day',
    filters: (since) => ({
      status: 'AUTHORIZATION_VOIDED',
      'created_at.gte': daysBefore(since, AUTHORIZATION_DAYS),
    }),
    isCutDown: true,
  },
];

/** Which there are, and how often each is worth its price. */
export const DINTERO_LISTINGS: readonly Listing[] = LISTINGS.map(({ name, every }) => ({ name, every }));

/** One page of a listing: one call. @throws GatewayRejected for a listing that there is not */
export async function listPage(
  client: DinteroClient,
  { listing: name, since, cursor }: ListingPlace,
  options?: CallOptions,
): Promise<ListedPage> {
  const { filters, isCutDown = false } = listingNamed(name);
  const call = {
    operation: 'list transactions',
    path: '/v1/transactions',
    filters: filters(since),
    signal: options?.signal,
  };
  const { rows, next } = await readPage(listingOf(client, call), cursor).catch((error: unknown) => {
    // The same page would lead nowhere again.
    throw error instanceof ListingRepeats ? new GatewayRejected(error.message) : error;
  });
  return { rows: listed(isCutDown ? rows.filter((row) => isChangedSince(row, since)) : rows, since), next };
}

function listingNamed(name: string): DinteroListing {
  const found = LISTINGS.find((listing) => listing.name === name);
  if (found !== undefined) return found;
  const names = LISTINGS.map((listing) => listing.name).join(', ');
  throw new GatewayRejected(`Dintero has no listing "${name}"; it has ${names}`);
}

function daysBefore(at: Date, days: number): string {
  return new Date(at.getTime() - days * DAY_MS).toISOString();
}

function listed(rows: readonly unknown[], since: Date): ListedTransaction[] {
  return rows.map((row) => toListed(row, since)).filter((row) => row !== null);
}

/** One that does not say when it was changed may have been. */
function isChangedSince(row: unknown, since: Date): boolean {
  const at = changedAt(row);
  return at === undefined || at >= since;
}
