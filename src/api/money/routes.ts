import { Router } from '@koa/router';
import type { Context } from 'koa';
import type { z } from 'zod';
import type { OperationKind } from '../../domain/operation.ts';
import type { Service } from '../../service.ts';
import { findOperation, listOperations, type OperationRow } from '../../store/operations.ts';
import { pageOfOperations, type ListedOperation, type Page } from '../../store/lists.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { audited, noteAsked } from '../audit/audit-trail.ts';
import { keyOf, needs } from '../http/auth.ts';
import { createMoneyMover, isUnfinished, type WantedMove } from './move-money.ts';
import {
  allOperationsQuery,
  captureRequest,
  operationQuery,
  operationReference,
  operationsQuery,
  refundRequest,
  voidRequest,
} from './operation-requests.ts';
import { paymentOf, type ParamContext } from '../payments/find-payment.ts';
import { Problem } from '../http/problem.ts';
import { reference as anyReference } from '../payments/payment-requests.ts';
import { readJson, readQuery, wrongFields } from '../http/validation.ts';
import { idOf, viewOperation, viewPage, viewPayment } from '../payments/payment-view.ts';

/** How soon it is worth asking again: most of what is under way is a gateway's own second. */
const RETRY_AFTER_SECONDS = 2;

/** Captures, refunds and voids of a payment, and what became of them. */
export function operationRoutes(service: Service): Router {
  const { store, config } = service;
  const links = { uiUrl: config.TEMPORAL_UI_URL, namespace: config.TEMPORAL_NAMESPACE };
  const mover = createMoneyMover(service);

  async function view(ctx: ParamContext, operation: OperationRow) {
    const payment = await paymentOf(store.db, ctx);
    return { ...viewOperation(operation, payment), payment: viewPayment(payment, links) };
  }

  async function answer(ctx: ParamContext, payment: PaymentRow, wanted: WantedMove): Promise<void> {
    const { reference, wanted: amount, finalCapture, reason } = wanted;
    noteAsked(ctx, { reference, amount, finalCapture, reason });
    const operation = await mover.move(payment, wanted);
    if (isUnfinished(operation)) {
      ctx.status = 202;
      ctx.set('Location', `/v1/payments/${payment.id}/operations/${wanted.reference}?kind=${wanted.kind}`);
      ctx.set('Retry-After', String(RETRY_AFTER_SECONDS));
    }
    ctx.body = await view(ctx, operation);
  }

  return new Router({ prefix: '/v1/payments/:id' })
    .post('/capture', audited(service, 'capture'), needs('money'), async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      const asked = await readJson(ctx, captureRequest);
      await answer(ctx, payment, { ...moveOf(ctx, 'capture', asked), finalCapture: asked.finalCapture });
    })
    .post('/refund', audited(service, 'refund'), needs('money'), async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      await answer(ctx, payment, moveOf(ctx, 'refund', await readJson(ctx, refundRequest)));
    })
    .post('/void', audited(service, 'void'), needs('money'), async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      await answer(ctx, payment, moveOf(ctx, 'void', await readJson(ctx, voidRequest, {}), 'void'));
    })
    .get('/operations', async (ctx: ParamContext) => {
      const payment = await paymentOf(store.db, ctx);
      const page = pageOf(await listOperations(store.db, payment.id), readQuery(ctx, operationsQuery));
      ctx.body = viewPage(page, (row) => viewOperation(row, payment), idOf);
    })
    .get('/operations/:reference', async (ctx: ParamContext) => {
      const { kind } = readQuery(ctx, operationQuery);
      const payment = await paymentOf(store.db, ctx);
      const wanted = anyReference.safeParse(ctx.params['reference']);
      const found = wanted.success ? await findOperation(store.db, payment.id, wanted.data, kind) : null;
      if (found === null) throw new Problem('not_found', 'there is no such operation');
      ctx.body = await view(ctx, found);
    });
}

/** `/v1/operations`: those of all orders. */
export function allOperationRoutes({ store: { db } }: Service): Router {
  return new Router({ prefix: '/v1' }).get('/operations', async (ctx) => {
    const { status, kind, limit, cursor } = readQuery(ctx, allOperationsQuery);
    const page = await pageOfOperations(db, { state: status, kind, limit, cursor });
    const view = (row: ListedOperation) => ({
      ...viewOperation(row, row),
      payment: row.paymentId,
      orderReference: row.orderReference,
    });
    ctx.body = viewPage(page, view, idOf);
  });
}

function pageOf(
  all: readonly OperationRow[],
  { cursor, limit }: z.infer<typeof operationsQuery>,
): Page<OperationRow> {
  const from = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1;
  return { rows: all.slice(from, from + limit), hasMore: from + limit < all.length };
}

type Asked = Partial<z.infer<typeof refundRequest>>;

function moveOf(ctx: Context, kind: OperationKind, asked: Asked, byDefault?: string): WantedMove {
  const lines = asked.items?.map(({ lineId, amount, quantity }) => ({
    lineId,
    amountMinor: amount,
    ...(quantity !== undefined && { quantity }),
  }));
  const sum = lines?.reduce((sofar, { amountMinor }) => sofar + amountMinor, 0);
  return {
    kind,
    reference: referenceOf(ctx, asked.reference, byDefault),
    wanted: asked.amount ?? sum ?? null,
    finalCapture: false,
    key: keyOf(ctx).name,
    ...(lines && { lines }),
    ...(asked.reason !== undefined && { reason: asked.reason }),
  };
}

/** The body's, or the `Idempotency-Key`; both where they are the same. @throws Problem */
function referenceOf(ctx: Context, given: string | undefined, byDefault: string | undefined): string {
  const key = ctx.req.headers['idempotency-key']?.toString();
  const wrong = (detail: string) => wrongFields('the body', [{ pointer: '/reference', detail }]);
  if (key !== undefined && given !== undefined && key !== given)
    throw wrong('expected the same as in Idempotency-Key, or only one of the two');
  const parsed = operationReference.safeParse(key ?? given ?? byDefault);
  if (parsed.success) return parsed.data;
  if (key === undefined) throw wrong('expected a reference, here or as Idempotency-Key');
  throw wrong(`expected as Idempotency-Key ${parsed.error.issues[0]?.message}`);
}
