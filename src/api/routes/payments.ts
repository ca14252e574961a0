import { Router } from '@koa/router';
import type { Context } from 'koa';
import type { Service } from '../../service.ts';
import { listPayments } from '../../store/lists.ts';
import { findOrder, findPayment, type PaymentRow } from '../../store/payments.ts';
import { addNote } from '../../store/timeline.ts';
import { addressOf, closePayment, openPayment } from '../open-payment.ts';
import { Problem } from '../problem.ts';
import { createPaymentRequest, paymentsQuery, reference, resolveRequest } from '../schemas.ts';
import { readStory } from '../story.ts';
import { readJson, readQuery } from '../validate.ts';
import { viewOrder, viewPayment } from '../views.ts';

type ParamContext = Context & { params: Record<string, string> };

/** `/v1/payments` and `/v1/orders`. */
export function paymentRoutes(service: Service): Router {
  const { store, config } = service;
  const links = { uiUrl: config.TEMPORAL_UI_URL, namespace: config.TEMPORAL_NAMESPACE };
  const view = (row: PaymentRow) => viewPayment(row, links);
  return new Router({ prefix: '/v1' })
    .post('/payments', async (ctx) => {
      const { isNew, payment } = await openPayment(service, await readJson(ctx, createPaymentRequest));
      ctx.status = isNew ? 201 : 200;
      ctx.body = view(payment);
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
      const payment = await paymentOf(service, ctx);
      ctx.body = { ...view(payment), timeline: await readStory(store.db, payment.id) };
    })
    .post('/payments/:id/cancel', async (ctx: ParamContext) => {
      const payment = await paymentOf(service, ctx);
      await closePayment(service, payment);
      ctx.body = view(await paymentOf(service, ctx));
    })
    .post('/payments/:id/resolve', async (ctx: ParamContext) => {
      const payment = await paymentOf(service, ctx);
      await resolve(service, payment, await readJson(ctx, resolveRequest));
      ctx.body = view(await paymentOf(service, ctx));
    })
    .get('/orders/:reference', async (ctx: ParamContext) => {
      const wanted = reference.safeParse(ctx.params['reference']);
      const found = wanted.success ? await findOrder(store.db, wanted.data) : null;
      if (found === null) throw new Problem('not_found', 'there is no such order');
      ctx.body = viewOrder(found.order, found.payments);
    });
}

async function paymentOf(service: Service, ctx: ParamContext): Promise<PaymentRow> {
  const id = ctx.params['id'] ?? '';
  const payment = /^[\w-]{1,200}$/.test(id) ? await findPayment(service.store.db, id) : null;
  if (payment === null) throw new Problem('not_found', 'there is no such payment');
  return payment;
}

/** Who decided and why is written here and only here: it has no place in a workflow's history. */
async function resolve(
  service: Service,
  payment: PaymentRow,
  { decision, actor, reason }: { decision: 'accept' | 'dismiss'; actor: string; reason: string },
): Promise<void> {
  if (payment.status !== 'REVIEW')
    throw new Problem('not_in_review', `payment ${payment.id} is ${payment.status}`);
  const noteKey = `resolve-${Date.now()}`;
  const text = `${actor} asked to ${decision}: ${reason}`;
  await addNote(
    service.store.db,
    payment.id,
    { kind: 'operator', text, data: { decision, actor, reason } },
    noteKey,
  );
  const result = await service.runs.resolve(addressOf(payment), { decision, noteKey });
  if (result.kind === 'not_in_review')
    throw new Problem('not_in_review', `payment ${payment.id} is ${result.status}`);
  if (result.kind === 'refused') throw new Problem('not_acceptable', result.reason);
}
