import { Router } from '@koa/router';
import type { Context } from 'koa';
import type { Service } from '../../service.ts';
import { listDeliveries } from '../../store/lists.ts';
import { askedBy, audited } from '../audit/audit-trail.ts';
import { needs } from '../http/auth.ts';
import { Problem } from '../http/problem.ts';
import { redeliver } from './redeliver.ts';
import { redeliverRequest } from '../updates/update-requests.ts';
import { deliveriesQuery } from '../payments/payment-requests.ts';
import { readJson, readQuery } from '../http/validation.ts';
import { idOf, viewDelivery, viewPage } from '../payments/payment-view.ts';

/** `/v1/deliveries`: the delivery log, and what is run again from it. */
export function deliveryRoutes(service: Service): Router {
  return new Router({ prefix: '/v1' })
    .get('/deliveries', async (ctx) => {
      const page = await listDeliveries(service.store.db, readQuery(ctx, deliveriesQuery));
      ctx.body = viewPage(page, viewDelivery, idOf);
    })
    .post(
      '/deliveries/:id/redeliver',
      audited(service, 'redeliver_delivery'),
      needs('support'),
      async (ctx: Context & { params: Record<string, string> }) => {
        const asked = await readJson(ctx, redeliverRequest);
        const id = ctx.params['id'] ?? '';
        if (!/^[\w-]{1,200}$/.test(id)) throw new Problem('not_found', 'there is no such delivery');
        const asker = askedBy(ctx, asked, { delivery: id });
        ctx.body = viewDelivery(await redeliver(service, id, asker));
        ctx.status = 202;
      },
    );
}
