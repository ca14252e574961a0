import type { Context, Middleware } from 'koa';
import type { Logger } from '../../telemetry/log.ts';

/** One line a request. Queries are left out: they carry return keys and, on callbacks, signatures' material. */
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
