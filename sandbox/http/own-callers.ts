/**
 * `/__sim` has no password, so a foreign page in a browser must not control it: not by a form, a script or a
 * DNS name that leads here.
 */
import { isIP } from 'node:net';
import type { Context, Next } from 'koa';
import { Problem } from './problem.ts';

/** Accepts requests that no page sent, and those of the sandbox's own pages. @throws Problem 403 */
export function ownCallers(
  publicUrl: () => string,
  variable: string,
): (ctx: Context, next: Next) => Promise<unknown> {
  return async (ctx, next) => {
    if (!ctx.path.toLowerCase().startsWith('/__sim')) return next();
    if (!isOwnName(ctx.hostname, publicUrl()))
      throw new Problem(
        403,
        `/__sim does not answer to the name ${ctx.hostname}; call it by an IP address, localhost, a name without dots or the host of ${variable}`,
      );
    // A foreign page can't see the answer to a GET, and a GET changes nothing.
    if (ctx.method === 'GET' || ctx.method === 'HEAD') return next();
    const origin = ctx.get('Origin');
    const site = ctx.get('Sec-Fetch-Site');
    if (
      (origin !== '' && origin !== `${ctx.protocol}://${ctx.host}`) ||
      site === 'cross-site' ||
      site === 'same-site'
    )
      throw new Problem(403, '/__sim refuses requests from pages of other origins');
    return next();
  };
}

/** Others can make their own DNS names lead to this machine, but not these names. */
function isOwnName(hostname: string, publicUrl: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return true;
  return URL.canParse(publicUrl) && new URL(publicUrl).hostname === name;
}
