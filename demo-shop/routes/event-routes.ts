import { Readable } from 'node:stream';
import { Router } from '@koa/router';
import { streamOrder } from '../live-order.tsx';
import type { Shop } from '../shop.ts';
import { untilClosed } from './until-closed.ts';

/** `GET /orders/<reference>/events`: keeps an open page up to date. */
export function eventRoutes(shop: Shop): Router {
  return new Router().get('/orders/:reference/events', (ctx) => {
    const reference = ctx.params['reference'] ?? '';
    if (shop.book.find(reference) === undefined) ctx.throw(404, 'The shop has no such order.');
    ctx.type = 'text/event-stream';
    ctx.set('cache-control', 'no-store');
    ctx.body = Readable.from(streamOrder(shop, reference, untilClosed(shop, ctx.res)));
  });
}
