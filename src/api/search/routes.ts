import { Router } from '@koa/router';
import type { Service } from '../../service.ts';
import { search } from '../../store/search.ts';
import { searchQuery } from './search-view.ts';
import { readQuery } from '../http/validation.ts';
import { viewFound } from '../payments/payment-view.ts';

/** `/v1/search`: what an id is of, whichever id it is. */
export function searchRoutes({ store: { db } }: Service): Router {
  return new Router({ prefix: '/v1' }).get('/search', async (ctx) => {
    ctx.body = viewFound(await search(db, readQuery(ctx, searchQuery).q));
  });
}
