import { Router, type RouterContext } from '@koa/router';
import getRawBody from 'raw-body';
import { isMoveReference } from '../moves.ts';
import type { OrderRecord } from '../order-book.ts';
import { MOVE_KINDS, type MoveKind } from '../paidonce-api.ts';
import { knownRecord, orderUrl, type Shop } from '../shop.ts';
import { ownForms } from './own-forms.ts';

const HEADINGS = {
  capture: 'The money could not be captured',
  refund: 'The money could not be refunded',
  void: 'The authorization could not be voided',
} as const;

/** The routes of the buttons that capture, refund and void; each redirects to the order's page. */
export function moneyRoutes(shop: Shop): Router {
  const router = new Router();
  for (const kind of MOVE_KINDS) {
    router.post(`/orders/:reference/${kind}`, ownForms(shop), (ctx) => move(shop, ctx, kind));
  }
  return router;
}

async function move(shop: Shop, ctx: RouterContext, kind: MoveKind): Promise<void> {
  const record = knownRecord(shop, ctx);
  const form = new URLSearchParams(await getRawBody(ctx.req, { limit: '16kb', encoding: 'utf8' }));
  const [payment, reference] = [form.get('payment') ?? '', form.get('reference') ?? ''];
  if (!paymentsOf(record).includes(payment) || !isMoveReference(reference)) {
    ctx.throw(
      400,
      'The form does not belong to this order. Reload the order’s page and press the button there.',
    );
  }
  Object.assign(ctx.state, { reference: record.reference, heading: HEADINGS[kind] });
  await shop.api.moveMoney(payment, kind, reference);
  ctx.status = 303;
  ctx.redirect(orderUrl(shop, record.reference));
}

function paymentsOf({ paymentIds, updates }: OrderRecord): string[] {
  return [...paymentIds, ...updates.map(({ update }) => update.data.paymentId)];
}
