import type { RouterContext } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';

/** What no router took: an address that they know under other methods is 405, or an OPTIONS answered; any other is left to be 404. */
export function otherMethods(): Middleware {
  return (ctx: Context & Partial<Pick<RouterContext, 'matched'>>, next) => {
    const known = new Set(ctx.matched?.flatMap(({ methods }) => methods));
    if (known.size === 0) return next();
    const methods = [...known].toSorted().join(', ');
    ctx.set('Allow', methods);
    if (ctx.method !== 'OPTIONS')
      throw new Problem('method_not_allowed', `${methods} was expected, not ${ctx.method}`);
    ctx.status = 204;
  };
}
