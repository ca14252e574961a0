import type { Context, Middleware } from 'koa';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Counts and times every answer by the route that gave it: an address is no label, anybody may make up any number of them. */
export function requestFigures({ httpRequests, httpSeconds }: Metrics): Middleware {
  return async (ctx: Context & { _matchedRoute?: unknown }, next) => {
    const stop = httpSeconds.startTimer();
    await next();
    const { _matchedRoute: matched } = ctx;
    const route = typeof matched === 'string' ? matched : 'none';
    httpRequests.inc({ route, status: String(ctx.status) });
    stop({ route });
  };
}
