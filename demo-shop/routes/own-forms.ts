import type { RouterContext } from '@koa/router';
import type { Next } from 'koa';
import type { Shop } from '../shop.ts';

/** Refuses a form that another site's page sends: browsers name the page's origin with each POST. */
export function ownForms(shop: Shop) {
  return async (ctx: RouterContext, next: Next): Promise<void> => {
    const origin = ctx.get('origin');
    if (
      ctx.method === 'POST' &&
      origin !== '' &&
      !isOwn(origin, [ctx.host, new URL(shop.publicUrl()).host])
    ) {
      ctx.throw(
        403,
        'This form was sent by a page of another site. Go to the order in the shop and try there.',
      );
    }
    await next();
  };
}

/** By host alone: a proxy that speaks https to the browser may speak http to the shop. */
function isOwn(origin: string, hosts: readonly string[]): boolean {
  return URL.canParse(origin) && hosts.includes(new URL(origin).host);
}
