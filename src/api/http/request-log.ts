/** Records every request: a line in the log, and metrics by route. */
import type { Context, Middleware } from 'koa';
import type { Logger } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/**
 * One line per request. Queries are left out: they contain return keys, and in callbacks the parts that a
 * signature covers.
 */
export function requestLog(log: Logger): Middleware {
  return async (ctx: Context, next) => {
    const begun = performance.now();
    await next();
    const ms = Math.round(performance.now() - begun);
    const line = {
      requestId: ctx.state['requestId'],
      method: ctx.method,
      path: ctx.path,
      status: ctx.status,
      ms,
    };
    if (ctx.status >= 500) log.warn(line, 'request');
    else if (ctx.path === '/healthz' || ctx.path === '/readyz' || ctx.path === '/metrics')
      log.trace(line, 'request');
    else log.debug(line, 'request');
  };
}

/**
 * Counts and times every answer by its route. The address is not a label, since a client may invent any
 * number of addresses.
 */
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
