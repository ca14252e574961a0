import type { RouterContext } from '@koa/router';
import type { Next } from 'koa';
import type { Shop } from '../shop.ts';

/** Refuses a form from another site's page: browsers send the page's origin with each POST. */
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
        'This form was sent by a page of another site. Open the order in the shop and try again there.',
      );
    }
    await next();
  };
}

/** Compares only the host: a proxy with https may call the shop with http. */
function isOwn(origin: string, hosts: readonly string[]): boolean {
  return URL.canParse(origin) && hosts.includes(new URL(origin).host);
}
