import { z } from 'zod';
import type { PagedListing } from '../shared/read-pages.ts';
import type { StripeClient } from './client.ts';
import type { Parameters } from './form-parameters.ts';
import { expected } from './parse-answer.ts';

/** The largest page that Stripe gives. Its default is only 10. */
const PAGE_SIZE = 100;

const page = z.object({ data: z.array(z.unknown()) });

export interface ListingCall {
  readonly operation: string;
  readonly path: string;
  readonly query: Parameters;
  readonly signal: AbortSignal | undefined;
}

/** A list of Stripe's, newest first, to be read page by page. */
export function listingOf(client: StripeClient, call: ListingCall): PagedListing {
  const { operation, path, query, signal } = call;
  return {
    name: `Stripe ${operation}`,
    pageSize: PAGE_SIZE,
    async ask(after) {
      const asked = { ...query, limit: PAGE_SIZE, starting_after: after };
      const answer = await client({ operation, method: 'GET', path, query: asked, signal });
      return expected(page, operation, answer).data;
    },
  };
}

/** Unix seconds. */
export function secondsOf(at: Date): number {
  return Math.floor(at.getTime() / 1_000);
}
