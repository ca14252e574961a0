/** The listings of Dintero's transactions: new ones, and changed ones, for which Dintero has no filter. */
import { GatewayRejected } from '../gateway-errors.ts';
import type { CallOptions, ListedPage, ListedTransaction, Listing, ListingPlace } from '../gateway.ts';
import type { DinteroClient } from './client.ts';
import { changedAt, toListed } from './listing-rows.ts';
import { readPageOnce } from '../shared/read-pages.ts';
import { listingOf } from './listing-call.ts';

const DAY_MS = 86_400_000;

/** No authorization lasts longer: this is Klarna's, extended to its limit of six months. */
const AUTHORIZATION_DAYS = 184;
/**
 * The duration of a hold is not documented. Runs poll held payments; this is for payments that have lost
 * their run.
 */
const HOLD_DAYS = 30;
/** Most changes happen within these days. */
const RECENT_DAYS = 3;

const UNSETTLED = ['AUTHORIZED', 'FAILED', 'DECLINED', 'UNKNOWN'];

interface DinteroListing extends Listing {
  readonly filters: (since: Date, until?: Date) => Readonly<Record<string, string | readonly string[]>>;
  /** The filter can't express the time of a change, so rows are filtered by the time that they show. */
  readonly isCutDown?: true;
}

/**
 * Dintero can list by the time of creation, capture and refund. Every other change can be listed only by the
 * resulting status, whenever it happened. Such a listing costs a call for each 100 rows with that status,
 * changed or not. So recent rows, in which nearly all changes happen, are listed every hour, and older rows
 * once a day.
 */
const LISTINGS: readonly DinteroListing[] = [
  {
    name: 'created',
    every: 'sweep',
    filters: (since, until) => ({
      'created_at.gte': since.toISOString(),
      ...(until && { 'created_at.lte': until.toISOString() }),
    }),
  },
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

/** The listings, and how often each is worth its cost. */
export const DINTERO_LISTINGS: readonly Listing[] = LISTINGS.map(({ name, every }) => ({ name, every }));

/** One page of a listing, by one call. @throws GatewayRejected for an unknown listing */
export async function listPage(
  client: DinteroClient,
  { listing: name, since, until, cursor }: ListingPlace,
  options?: CallOptions,
): Promise<ListedPage> {
  const { filters, isCutDown = false } = listingNamed(name);
  const call = {
    operation: 'list transactions',
    path: '/v1/transactions',
    filters: filters(since, until),
    signal: options?.signal,
  };
  const { rows, next } = await readPageOnce(listingOf(client, call), cursor);
  return { rows: listed(isCutDown ? rows.filter((row) => isChangedSince(row, since)) : rows, since), next };
}

function listingNamed(name: string): DinteroListing {
  const found = LISTINGS.find((listing) => listing.name === name);
  if (found !== undefined) return found;
  const names = LISTINGS.map((listing) => listing.name).join(', ');
  throw new GatewayRejected(`Dintero has no listing "${name}"; the listings are ${names}`);
}

function daysBefore(at: Date, days: number): string {
  return new Date(at.getTime() - days * DAY_MS).toISOString();
}

function listed(rows: readonly unknown[], since: Date): ListedTransaction[] {
  return rows.map((row) => toListed(row, since)).filter((row) => row !== null);
}

/** A row that does not show the time of its change counts as changed. */
function isChangedSince(row: unknown, since: Date): boolean {
  const at = changedAt(row);
  return at === undefined || at >= since;
}
