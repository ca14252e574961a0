import type { Context, Middleware } from 'koa';
import { page } from './page.tsx';

const RETURNS = /^\/return(?:\/|$)/i;

/** A payer comes back to a page, also when we can't look: any trouble of ours is told in words, unless it is a machine that asks. */
export function payerPages(): Middleware {
  return async (ctx: Context, next) => {
    await next();
    if (ctx.status < 500 || !RETURNS.test(ctx.path) || ctx.accepts('html', 'json') !== 'html') return;
    const { status } = ctx;
    ctx.type = 'html';
    ctx.set('Cache-Control', 'no-store');
    if (status === 503) ctx.set('Refresh', '5');
    ctx.body = checking();
    ctx.status = status;
  };
}

/** Says nothing about the payment, since nothing is known now: neither that it went well nor that it did not. */
function checking(): string {
  return page(
    'One moment',
    <>
      <h1>One moment</h1>
      <p aria-live="polite">
        Your payment is being checked. If you have paid, you do not have to pay again. This page tries again
        by itself; you can also go back to the shop, which will hear of it.
      </p>
    </>,
  );
}
