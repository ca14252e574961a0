import { Router, type RouterContext } from '@koa/router';
import { UpdateVerificationError, verifyUpdate, type OrderUpdate } from '@paidonce/client';
import getRawBody from 'raw-body';
import { treat, waitUnlessClosed } from '../behaviour.ts';
import { untilClosed, type Attempt, type Shop } from '../shop.ts';

const ATTEMPTS_KEPT = 5_000;

/** `POST /webhooks/paidonce`: receives order updates. Answers 204 only once the update is stored. */
export function webhookRoutes(shop: Shop): Router {
  return new Router().post('/webhooks/paidonce', async (ctx) => {
    const body = await getRawBody(ctx.req, { limit: '1mb' });
    const update = verify(shop, ctx, body);
    await answer(shop, ctx, ctx.get('webhook-id'), update);
  });
}

async function answer(shop: Shop, ctx: RouterContext, webhookId: string, update: OrderUpdate): Promise<void> {
  const order = update.data.orderReference;
  const attempt = remember(shop, { webhookId, order, answer: null });
  const closed = untilClosed(shop, ctx.res);
  const treatment = await treat(shop.behaviour, order, closed);
  if (treatment.keep) shop.book.receive(webhookId, update);
  if (treatment.keep && treatment.delayMs > 0) await waitUnlessClosed(treatment.delayMs, closed);
  ctx.status = treatment.keep ? 204 : treatment.status;
  // A sender that gave up got no answer.
  if (!closed.aborted) attempt.answer = ctx.status;
}

/** One of the secrets must have signed these exact bytes at most five minutes before or after now. */
function verify(shop: Shop, ctx: RouterContext, body: Buffer): OrderUpdate {
  try {
    return verifyUpdate(ctx.headers, body, shop.webhookSecrets);
  } catch (error) {
    if (!(error instanceof UpdateVerificationError))
      ctx.throw(400, 'The signature is valid, but the body is not an order update.', { cause: error });
    remember(shop, { webhookId: ctx.get('webhook-id'), order: undefined, answer: 401 });
    return ctx.throw(
      401,
      'The signature is missing, wrong or not within five minutes of now. A signature by one of ORDER_WEBHOOK_SECRETS was expected.',
    );
  }
}

function remember(shop: Shop, receipt: Omit<Attempt, 'at'>): Attempt {
  const attempt = { at: new Date().toISOString(), ...receipt };
  shop.attempts.push(attempt);
  if (shop.attempts.length > ATTEMPTS_KEPT) shop.attempts.shift();
  return attempt;
}
