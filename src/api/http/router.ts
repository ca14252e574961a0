/** Routes an address to its call. An address without a call is not routed. */
import { Router, type RouterContext } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { auditTrail, type AuditTools } from './audit-trail.ts';
import { Refusal } from '../refusal.ts';
import { needs } from './auth.ts';
import type { Call, CallRequest } from './define-call.ts';
import { readJson, readQuery } from './validation.ts';

type CallContext = Context & { params: Record<string, string> };

/** The routes of these calls, and no others. */
export function createRouter<Tools extends AuditTools>(calls: readonly Call<Tools>[], tools: Tools): Router {
  const router = new Router();
  for (const call of calls) {
    const steps = [...guardsOf(call, tools), (ctx: CallContext) => answer(call, ctx, tools)];
    for (const path of [call.path, ...(call.files ?? [])].map(routeOf))
      if (call.refusesOtherMethods) router.all(path, ...steps);
      else router[call.method](path, ...steps);
  }
  return router;
}

/** `/v1/payments/{id}` is `/v1/payments/:id` for Koa's router. */
function routeOf(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** The audit comes first, since refusals are recorded too. */
function guardsOf({ audit, access }: Call<never>, tools: AuditTools): Middleware[] {
  return [
    ...(audit === undefined ? [] : [auditTrail(tools, audit)]),
    ...(access === 'public' || access.length === 0 ? [] : [needs(...access)]),
  ];
}

async function answer<Tools>(call: Call<Tools>, ctx: CallContext, tools: Tools): Promise<void> {
  const { status, body, headers = {}, type } = await call.handle(requestOf(call, ctx), tools);
  ctx.status = status;
  ctx.body = body;
  if (type !== undefined) ctx.type = type;
  else if (call.answers[status]?.kind === 'page') ctx.type = 'html';
  ctx.set(headers);
}

function requestOf(call: Call<never>, ctx: CallContext): CallRequest<never, never, never> {
  const request: CallRequest<Record<string, string>> = {
    ctx,
    params: ctx.params,
    query: () => call.query && readQuery(ctx, call.query),
    body: async () => call.body && readJson(ctx, call.body.schema, call.isBodyOptional && {}),
  };
  return request as CallRequest<never, never, never>;
}

/**
 * Handles a request that no call took. If calls have its address with other methods, OPTIONS is answered and
 * the rest gets 405. Any other address gets 404 later.
 */
export function otherMethods(): Middleware {
  return (ctx: Context & Partial<Pick<RouterContext, 'matched'>>, next) => {
    const known = new Set(ctx.matched?.flatMap(({ methods }) => methods));
    if (known.size === 0) return next();
    const methods = [...known].toSorted().join(', ');
    ctx.set('Allow', methods);
    if (ctx.method !== 'OPTIONS')
      throw new Refusal('method_not_allowed', `the method was ${ctx.method}; ${methods} was expected`);
    ctx.status = 204;
  };
}

/** Ignores case: the router does not distinguish `/V1/payments` from `/v1/payments`. */
const KEYED = /^\/v1(?:\/|$)/i;

/** Every address under `/v1` passes this guard first, also one without a call. */
export function underV1(guard: Middleware): Middleware {
  return (ctx, next) => (KEYED.test(ctx.path) ? guard(ctx, next) : next());
}

/** The path of PUBLIC_URL, which browsers and gateways use; empty if it has none. */
export function prefixOf(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '');
}

/**
 * Gives the routes the address without the path of PUBLIC_URL, which a proxy may or may not have removed. A
 * request may also have an absolute form (`GET http://host/path`, RFC 9112 §3.2.2).
 */
export function withoutPrefix(prefix: string): Middleware {
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
  // A target that can't be parsed stays as it is, and is refused later.
  return rest === undefined || !URL.canParse(target) ? target : rooted(rest);
}

function rooted(rest: string): string {
  return rest.startsWith('/') ? rest : `/${rest}`;
}
