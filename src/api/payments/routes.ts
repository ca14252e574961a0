import { Router } from '@koa/router';
import type { z } from 'zod';
import type { Service } from '../../service.ts';
import { listPayments } from '../../store/lists.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { askedBy, audited } from '../audit/audit-trail.ts';
import { keyOf, needs } from '../http/auth.ts';
import { closePayment, openPayment, type OpenedAnswer } from './open-payment.ts';
import { paymentOf, type ParamContext } from './find-payment.ts';
import { asProblem } from '../http/problem.ts';
import { resolve } from './resolve-payment.ts';
import {
  cancelRequest,
  createPaymentRequest,
  paymentsQuery,
  resolveRequest,
  updateRequest,
} from './payment-requests.ts';
import { readStory } from './story.ts';
import { updateReference } from './update-reference.ts';
import { readJson, readQuery } from '../http/validation.ts';
import { idOf, viewPage, viewPayment } from './payment-view.ts';

/** `/v1/payments`. */
export function paymentRoutes(service: Service): Router {
  const { store, config } = service;
  const links = { uiUrl: config.TEMPORAL_UI_URL, namespace: config.TEMPORAL_NAMESPACE };
  const view = (row: PaymentRow) => viewPayment(row, links);
  return new Router({ prefix: '/v1' })
    .post('/payments', needs('shop'), async (ctx) => {
      const asked = await readJson(ctx, createPaymentRequest);
      const { isNew, payment, warnings } = await openAndCount(service, asked, keyOf(ctx).name);
      ctx.status = isNew ? 201 : 200;
      ctx.body = { ...view(payment), warnings };
    })
    .get('/payments', async (ctx) => {
      const page = await listPayments(store.db, readQuery(ctx, paymentsQuery));
      ctx.body = viewPage(page, view, idOf);
    })
    .get('/payments/:id', async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      ctx.body = { ...view(payment), timeline: await readStory(store.db, payment) };
    })
    .patch('/payments/:id', needs('shop', 'money'), async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      const { merchantReference2 } = await readJson(ctx, updateRequest);
      ctx.body = view(await updateReference(service, payment, merchantReference2));
    })
    .post(
      '/payments/:id/cancel',
      audited(service, 'cancel'),
      needs('shop', 'money'),
      async (ctx: ParamContext) => {
        const payment = await paymentOf(store.db, ctx);
        await readJson(ctx, cancelRequest, {});
        await closePayment(service, payment, { key: keyOf(ctx).name });
        ctx.body = view(await paymentOf(store.db, ctx));
      },
    )
    .post('/payments/:id/resolve', audited(service, 'resolve'), needs('money'), async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      const asked = askedBy(ctx, await readJson(ctx, resolveRequest));
      const isDone = await resolve(service, payment, asked);
      ctx.status = isDone ? 200 : 202;
      ctx.body = view(await paymentOf(store.db, ctx));
    });
}

type Asked = z.infer<typeof createPaymentRequest>;

async function openAndCount(service: Service, asked: Asked, key: string): Promise<OpenedAnswer> {
  try {
    const opened = await openPayment(service, asked, key);
    service.openings.note(opened.isNew ? 'opened' : 'known');
    return opened;
  } catch (error) {
    service.openings.note(asProblem(error).code === 'unavailable' ? 'unavailable' : 'refused');
    throw error;
  }
}
