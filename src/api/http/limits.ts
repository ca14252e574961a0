import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';

/** Contract §7. Node's own limit counts the address and the headers together. */
const URL_LIMIT = 16 * 1024;
const HEADERS_LIMIT = 16 * 1024;

/** Refuses addresses and headers that are longer than anybody's have to be. */
export function uriLimits(): Middleware {
  return (ctx: Context, next) => {
    if ((ctx.req.url?.length ?? 0) > URL_LIMIT)
      throw new Problem('uri_too_long', `at most ${URL_LIMIT} characters`);
    if (ctx.req.headers.host === undefined && ctx.req.httpVersion === '1.1')
      throw new Problem('malformed', 'a Host header was expected');
    if (hostsOf(ctx) > 1) throw new Problem('malformed', 'one Host header was expected, not several');
    if (!isAddress(ctx)) throw new Problem('malformed', 'the request target is not an address');
    const size = ctx.req.rawHeaders.reduce((sum, part) => sum + part.length + 2, 0);
    if (size > HEADERS_LIMIT)
      throw new Problem('headers_too_large', `at most ${HEADERS_LIMIT} bytes of headers`);
    return next();
  };
}

/** Node keeps the first and drops the others, and a proxy may have gone by another one. RFC 9112 §3.2. */
function hostsOf({ req }: Context): number {
  return req.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
}

/** `GET http://[` passes Node's parser, and every later look at its path would throw. */
function isAddress(ctx: Context): boolean {
  try {
    return ctx.path !== '';
  } catch {
    ctx.url = '/';
    return false;
  }
}
