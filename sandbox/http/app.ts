import Koa, { type Context, type Next } from 'koa';
import { ownCallers } from './own-callers.ts';
import { Problem, problemBody } from './problem.ts';
import { apiRoutes } from './api-routes.ts';
import { pageRoutes } from '../payer/routes.ts';
import { simRoutes } from './sim-routes.ts';
import type { Sandbox } from '../sandbox.ts';

/** The sandbox over HTTP. What a request changed is in the journal before it is answered. */
export function sandboxApp(sandbox: Sandbox): Koa {
  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff');
    await answered(ctx, next);
    sandbox.journal.flush();
  });
  app.use(ownCallers(() => sandbox.publicUrl));
  app.use(apiRoutes(sandbox).routes());
  app.use(pageRoutes(sandbox).routes());
  app.use(simRoutes(sandbox).routes());
  app.use((ctx) => {
    throw new Problem(404, `no such resource: ${ctx.method} ${ctx.path}`, 'NOT_FOUND');
  });
  return app;
}

async function answered(ctx: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(500, 'the sandbox failed', 'INTERNAL');
    if (problem !== error) console.error(error);
    ctx.status = problem.status;
    ctx.body = problemBody(problem);
  }
}
