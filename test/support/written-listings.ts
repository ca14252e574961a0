/** The simulator with listings that a test writes, for the sweep. */
import type { Gateway, ListedTransaction, Listing, ListingPlace } from '../../src/gateways/gateway.ts';
import { ACCOUNT } from './builders.ts';
import { aSimulator } from './simulation.ts';

export type Pages = readonly (readonly ListedTransaction[])[];

export const SWEEP_LISTINGS: readonly Listing[] = [
  { name: 'created', every: 'sweep' },
  { name: 'captured', every: 'hour' },
  { name: 'old', every: 'day' },
];

interface WrittenListings {
  /** The contents of a listing's pages; one empty page where a test has written none. */
  readonly pagesOf: (listing: string) => Pages | undefined;
  /** Called before a page is returned; an exception is the gateway's failure. */
  readonly asked: (place: ListingPlace, page: number) => Promise<void> | void;
}

/** A sweep reads no payment by itself, so a read fails. */
export function gatewayListing({ pagesOf, asked }: WrittenListings): Gateway {
  return aSimulator({
    listings: SWEEP_LISTINGS,
    async listPage(place) {
      const page = Number(place.cursor ?? 0);
      await asked(place, page);
      const pages = pagesOf(place.listing) ?? [[]];
      return { rows: pages[page] ?? [], next: page + 1 < pages.length ? String(page + 1) : null };
    },
    readPayment: () => Promise.reject(new Error('the sweep has read a payment')),
  });
}

/** The row of an authorized transaction. */
export function aListed(sessionId: string, changes: Partial<ListedTransaction> = {}): ListedTransaction {
  return {
    transactionId: `${ACCOUNT}.of-${sessionId}`,
    sessionId,
    status: 'AUTHORIZED',
    money: { amountMinor: 72_200, currency: 'NOK' },
    createdAt: new Date('2026-11-21T12:00:00.000Z'),
    ...changes,
  };
}
