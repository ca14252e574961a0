/** Makes a request a span, and with it the beginning of a trace or a part of the caller's. */
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Context, Middleware } from 'koa';

/** A probe every second would be most of all traces. */
const UNTRACED = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * The merchant's `traceparent` is continued. A gateway or a browser gets a trace of our own, with a link to its trace:
 * anyone may send them, and would decide which of our traces are kept.
 */
export function requestSpan(): Middleware {
  return (ctx: Context & { _matchedRoute?: unknown }, next) => {
    if (UNTRACED.has(ctx.path)) return next();
    const caller = propagation.extract(ROOT_CONTEXT, ctx.req.headers);
    const other = trace.getSpanContext(caller);
    const isMerchant = ctx.path.startsWith('/v1/');
    const links = isMerchant || other === undefined ? [] : [{ context: other }];
    const parent = isMerchant ? caller : ROOT_CONTEXT;
    const options = { kind: SpanKind.SERVER, links };
    const span = trace.getTracer('paidonce').startSpan(ctx.method, options, parent);
    span.setAttribute('http.request.method', ctx.method);
    return context.with(trace.setSpan(parent, span), async () => {
      try {
        await next();
      } finally {
        const { _matchedRoute: route, status } = ctx;
        // The path of no route is anything that a client invents.
        if (typeof route === 'string') {
          span.updateName(`${ctx.method} ${route}`);
          span.setAttributes({ 'http.route': route, 'url.path': ctx.path });
        }
        span.setAttribute('http.response.status_code', status);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      }
    });
  };
}
