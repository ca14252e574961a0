import { Router } from '@koa/router';
import type { Service } from '../../service.ts';
import { findOrder } from '../../store/payments.ts';
import type { ParamContext } from './find-payment.ts';
import { Problem } from '../http/problem.ts';
import { reference } from './payment-requests.ts';
import { viewOrder } from './payment-view.ts';

/** `/v1/orders`. */
export function orderRoutes({ store: { db } }: Service): Router {
  return new Router({ prefix: '/v1' }).get('/orders/:reference', async (ctx: ParamContext) => {
    const wanted = reference.safeParse(ctx.params['reference']);
    const found = wanted.success ? await findOrder(db, wanted.data) : null;
    if (found === null)
      throw new Problem(
        'not_found',
        'there is no such order; an order is known once a payment was opened for it',
      );
    ctx.body = viewOrder(found.order, found.payments);
  });
}
