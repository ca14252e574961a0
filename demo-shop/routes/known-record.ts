import type { RouterContext } from '@koa/router';
import type { OrderRecord } from '../order-book.ts';
import type { Shop } from '../shop.ts';

/** The order that the path names; 404 where the shop has none. */
export function knownRecord(shop: Shop, ctx: RouterContext): OrderRecord {
  const record = shop.book.find(ctx.params['reference'] ?? '');
  if (record === undefined) ctx.throw(404, 'The shop has no such order.');
  return record;
}
