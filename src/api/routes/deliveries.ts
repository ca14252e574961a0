import { Router } from '@koa/router';
import type { Service } from '../../service.ts';
import { listDeliveries } from '../../store/lists.ts';
import { deliveriesQuery } from '../schemas.ts';
import { readQuery } from '../validate.ts';
import { viewDelivery } from '../views.ts';

/** `/v1/deliveries`: the delivery log. */
export function deliveryRoutes({ store }: Service): Router {
  return new Router({ prefix: '/v1' }).get('/deliveries', async (ctx) => {
    const page = await listDeliveries(store.db, readQuery(ctx, deliveriesQuery));
    const nextCursor = page.hasMore ? page.rows.at(-1)?.id : null;
    ctx.body = { data: page.rows.map(viewDelivery), hasMore: page.hasMore, nextCursor };
  });
}
