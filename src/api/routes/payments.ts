import { Router } from '@koa/router';
import type { Service } from '../../service.ts';
import { listPayments } from '../../store/lists.ts';
import { findOrder, type PaymentRow } from '../../store/payments.ts';
import { closePayment, openPayment } from '../open-payment.ts';
import { paymentOf, type ParamContext } from '../payment-of.ts';
import { Problem } from '../problem.ts';
import { resolve } from '../resolve.ts';
import {
  cancelRequest,
  createPaymentRequest,
  paymentsQuery,
  reference,
  resolveRequest,
  updateRequest,
} from '../schemas.ts';
import { readStory } from '../story.ts';
import { updateReference } from '../update-reference.ts';
import { readJson, readQuery } from '../validate.ts';
import { viewOrder, viewPayment } from '../views.ts';

/** `/v1/payments` and `/v1/orders`. */
export function paymentRoutes(service: Service): Router {
  const { store, config } = service;
  const links = { uiUrl: config.TEMPORAL_UI_URL, namespace: config.TEMPORAL_NAMESPACE };
  const view = (row: PaymentRow) => viewPayment(row, links);
  return new Router({ prefix: '/v1' })
    .post('/payments', async (ctx) => {
      const { isNew, payment, warnings } = await openPayment(
        service,
        await readJson(ctx, createPaymentRequest),
      );
      ctx.status = isNew ? 201 : 200;
      ctx.body = { ...view(payment), warnings };
    })
    .get('/payments', async (ctx) => {
      const page = await listPayments(store.db, readQuery(ctx, paymentsQuery));
      ctx.body = {
        data: page.rows.map(view),
        hasMore: page.hasMore,
        nextCursor: page.hasMore ? page.rows.at(-1)?.id : null,
      };
    })
    .get('/payments/:id', async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      ctx.body = { ...view(payment), timeline: await readStory(store.db, payment.id) };
    })
    .patch('/payments/:id', async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      const { merchantReference2 } = await readJson(ctx, updateRequest);
      ctx.body = view(await updateReference(service, payment, merchantReference2));
    })
    .post('/payments/:id/cancel', async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      await readJson(ctx, cancelRequest, {});
      await closePayment(service, payment);
      ctx.body = view(await paymentOf(store.db, ctx));
    })
    .post('/payments/:id/resolve', async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      const isDone = await resolve(service, payment, await readJson(ctx, resolveRequest));
      ctx.status = isDone ? 200 : 202;
      ctx.body = view(await paymentOf(store.db, ctx));
    })
    .get('/orders/:reference', async (ctx: ParamContext) => {
      const wanted = reference.safeParse(ctx.params['reference']);
      const found = wanted.success ? await findOrder(store.db, wanted.data) : null;
      if (found === null) throw new Problem('not_found', 'there is no such order');
      ctx.body = viewOrder(found.order, found.payments);
    });
}
