import type { ServerResponse } from 'node:http';
import type { RouterContext } from '@koa/router';
import type { Behaviour } from './behaviour.ts';
import type { LookIntervals } from './next-look.ts';
import type { OrderBook, OrderRecord } from './order-book.ts';
import type { PaidonceApi, WayToPay } from './paidonce-api.ts';

/** One request to the webhook endpoint and its answer, for tests that watch retries. */
export interface Attempt {
  readonly at: string;
  readonly webhookId: string | undefined;
  /** Unknown if the signature was wrong: a forged body is not read. */
  readonly order: string | undefined;
  /** Null while the sender waits. */
  answer: number | null;
}

/** The parts that all routes share. */
export interface Shop {
  readonly book: OrderBook;
  readonly api: PaidonceApi;
  readonly ways: () => Promise<readonly WayToPay[]>;
  readonly webhookSecrets: readonly string[];
  readonly temporalUiUrl: string | undefined;
  readonly lookIntervals: LookIntervals;
  /** Known only once the server listens, since the port may be 0. */
  readonly publicUrl: () => string;
  /** Aborted when the shop closes, to end event streams and waiting senders. */
  readonly closing: AbortSignal;
  readonly attempts: Attempt[];
  behaviour: Behaviour;
}

/** The page of an order, to which the payer returns. */
export function orderUrl(shop: Shop, reference: string): string {
  return `${shop.publicUrl()}/orders/${encodeURIComponent(reference)}`;
}

/** The order in the path; 404 if the shop has no such order. */
export function knownRecord(shop: Shop, ctx: RouterContext): OrderRecord {
  const record = shop.book.find(ctx.params['reference'] ?? '');
  if (record === undefined) ctx.throw(404, 'The shop has no such order.');
  return record;
}

/** Aborted as soon as the client disconnects or the shop closes. */
export function untilClosed(shop: Shop, response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, shop.closing]);
}
