import type { Context, Middleware } from 'koa';

/** The path of PUBLIC_URL, under which browsers and gateways know us; empty where it has none. */
export function prefixOf(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '');
}

/**
 * Gives the routes the address that they know: a proxy may have stripped the path of PUBLIC_URL or not, and a request may come in
 * absolute form (`GET http://host/path`, RFC 9112 §3.2.2).
 */
export function routed(prefix: string): Middleware {
  return (ctx: Context, next) => {
    const target = originForm(ctx.req.url ?? '');
    const inside = target.slice(prefix.length);
    const isUnder = prefix !== '' && target.startsWith(prefix) && /^([/?]|$)/.test(inside);
    ctx.url = isUnder ? rooted(inside) : target;
    return next();
  };
}

function originForm(target: string): string {
  const [, rest] = /^https?:\/\/[^/?#]*(.*)$/is.exec(target) ?? [];
  // What can't be parsed is refused as it stands.
  return rest === undefined || !URL.canParse(target) ? target : rooted(rest);
}

function rooted(rest: string): string {
  return rest.startsWith('/') ? rest : `/${rest}`;
}
