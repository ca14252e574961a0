import type { ServerResponse } from 'node:http';
import type { RouterContext } from '@koa/router';
import type { Behaviour } from './behaviour.ts';
import type { LookIntervals } from './next-look.ts';
import type { OrderBook, OrderRecord } from './order-book.ts';
import type { PaidonceApi } from './paidonce-api.ts';

/** One receipt at the webhook endpoint and what it was answered, for tests that watch retries. */
export interface Attempt {
  readonly at: string;
  readonly webhookId: string | undefined;
  /** Unknown where the signature was wrong: a forged body is not read. */
  readonly order: string | undefined;
  /** Null while the sender is kept waiting. */
  answer: number | null;
}

/** What the routes share. */
export interface Shop {
  readonly book: OrderBook;
  readonly api: PaidonceApi;
  readonly webhookSecrets: readonly string[];
  readonly temporalUiUrl: string | undefined;
  readonly lookIntervals: LookIntervals;
  /** Known only once the server listens, since the port may be 0. */
  readonly publicUrl: () => string;
  /** Aborted when the shop closes, to end the event streams and the senders kept waiting. */
  readonly closing: AbortSignal;
  readonly attempts: Attempt[];
  behaviour: Behaviour;
}

/** The page of an order, where the payer comes back to. */
export function orderUrl(shop: Shop, reference: string): string {
  return `${shop.publicUrl()}/orders/${encodeURIComponent(reference)}`;
}

/** The order that the path names; 404 where the shop has none. */
export function knownRecord(shop: Shop, ctx: RouterContext): OrderRecord {
  const record = shop.book.find(ctx.params['reference'] ?? '');
  if (record === undefined) ctx.throw(404, 'The shop has no such order.');
  return record;
}

/** Aborted as soon as the other side is gone or the shop closes. */
export function untilClosed(shop: Shop, response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, shop.closing]);
}
