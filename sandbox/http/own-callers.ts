/** `/__sim` has no password: a page that somebody reads in a browser must not drive it, by a form, a script or a name that leads here. */
import { isIP } from 'node:net';
import type { Context, Next } from 'koa';
import { Problem } from './problem.ts';

/** Lets on what is no page's doing, or a page's of the sandbox itself. @throws Problem 403 */
export function ownCallers(publicUrl: () => string): (ctx: Context, next: Next) => Promise<unknown> {
  return async (ctx, next) => {
    if (!ctx.path.toLowerCase().startsWith('/__sim')) return next();
    if (!isOwnName(ctx.hostname, publicUrl()))
      throw new Problem(
        403,
        `/__sim answers under an address, localhost, a name without dots or that of SANDBOX_PUBLIC_URL, and not as ${ctx.hostname}`,
      );
    // What a page only reads it is not shown, and a link changes nothing.
    if (ctx.method === 'GET' || ctx.method === 'HEAD') return next();
    const origin = ctx.get('Origin');
    const site = ctx.get('Sec-Fetch-Site');
    if (
      (origin !== '' && origin !== `${ctx.protocol}://${ctx.host}`) ||
      site === 'cross-site' ||
      site === 'same-site'
    )
      throw new Problem(403, '/__sim takes nothing from pages of other origins');
    return next();
  };
}

/** A name of somebody else's can be made to lead to this machine; these can't. */
function isOwnName(hostname: string, publicUrl: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return true;
  return URL.canParse(publicUrl) && new URL(publicUrl).hostname === name;
}
