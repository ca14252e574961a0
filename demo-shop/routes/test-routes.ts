import { Router } from '@koa/router';
import getRawBody from 'raw-body';
import { behaviourSchema, type Behaviour } from '../behaviour.ts';
import { stateOf } from '../order-state.ts';
import type { Shop } from '../shop.ts';

/** Routes for tests: they make the webhook endpoint misbehave, and list what it received. */
export function testRoutes(shop: Shop): Router {
  return new Router()
    .get('/healthz', (ctx) => {
      ctx.body = { status: 'ok' };
    })
    .get('/__shop/behaviour', (ctx) => {
      ctx.body = shop.behaviour;
    })
    .post('/__shop/behaviour', async (ctx) => {
      // A page of another origin can't send this type without a preflight request.
      if (!ctx.is('json')) ctx.throw(415, 'Send the behaviour as application/json.');
      shop.behaviour = parseBehaviour(await getRawBody(ctx.req, { limit: '1mb', encoding: 'utf8' }), (why) =>
        ctx.throw(422, why),
      );
      ctx.body = shop.behaviour;
    })
    .get('/__shop/updates', (ctx) => {
      ctx.body = report(shop, ctx.URL.searchParams.get('order'));
    });
}

function parseBehaviour(text: string, refuse: (why: string) => never): Behaviour {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('The behaviour must be JSON.');
  }
  const parsed = behaviourSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return refuse(`Not a behaviour: ${wrong.join('; ')}`);
}

function report(shop: Shop, order: string | null): object {
  const record = order === null ? undefined : shop.book.find(order);
  const records = order === null ? shop.book.list() : record ? [record] : [];
  return {
    order,
    state: record === undefined ? null : stateOf(record),
    data: records.flatMap(({ reference, updates }) =>
      updates.map(({ update, ...received }) => ({
        order: reference,
        verified: true,
        ...received,
        type: update.type,
        sequence: update.data.sequence,
        body: update,
      })),
    ),
    attempts: shop.attempts.filter((attempt) => order === null || attempt.order === order),
  };
}
