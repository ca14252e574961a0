import { Router } from '@koa/router';
import Koa, { type Context, type Middleware, type Next } from 'koa';
import { ownCallers } from '../../http/own-callers.ts';
import { Problem, problemBody } from '../../http/problem.ts';
import { checkBooks } from '../../books/check-books.ts';
import { simBooksRoutes } from '../../books/routes.ts';
import { holdingsOf } from '../books/dintero-holdings.ts';
import { signatureRoutes, simCallbackRoutes } from '../callbacks/routes.ts';
import { simFaultRoutes } from '../faults/routes.ts';
import { pageRoutes, simPayerRoutes } from '../payer/routes.ts';
import type { Sandbox } from '../sandbox.ts';
import { sessionRoutes, simSessionRoutes } from '../sessions/routes.ts';
import { settlementRoutes, simSettlementRoutes } from '../settlements/routes.ts';
import { simTransactionRoutes } from '../transactions/backoffice-routes.ts';
import { transactionRoutes } from '../transactions/routes.ts';
import { simWebhookRoutes, webhookRoutes } from '../webhooks/routes.ts';
import { tokenRoutes } from './access-token.ts';
import { simStateRoutes } from './state-routes.ts';

type Routes = (router: Router, sandbox: Sandbox) => void;

/** The part of Dintero's API that the sandbox has, with the paths of both hosts on one port. */
const API: readonly Routes[] = [
  tokenRoutes,
  sessionRoutes,
  transactionRoutes,
  webhookRoutes,
  signatureRoutes,
  settlementRoutes,
];

/** The calls by which tests and people control the sandbox. docs/sandbox.md has an example of each. */
const SIM: readonly Routes[] = [
  simStateRoutes,
  simSessionRoutes,
  simPayerRoutes,
  simTransactionRoutes,
  simCallbackRoutes,
  simWebhookRoutes,
  simSettlementRoutes,
  (router, { ledger }) => simBooksRoutes(router, (question) => checkBooks(holdingsOf(ledger), question)),
  simFaultRoutes,
];

/** The sandbox over HTTP. The changes of a request are in the journal before it is answered. */
export function sandboxApp(sandbox: Sandbox): Koa {
  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff');
    await answered(ctx, next);
    sandbox.journal.flush();
  });
  app.use(ownCallers(() => sandbox.publicUrl, 'SANDBOX_PUBLIC_URL'));
  app.use(routesAt('/v1', API, sandbox));
  app.use(pageRoutes(sandbox).routes());
  app.use(routesAt('/__sim', SIM, sandbox));
  app.use((ctx) => {
    throw new Problem(404, `no such resource: ${ctx.method} ${ctx.path}`, 'NOT_FOUND');
  });
  return app;
}

function routesAt(prefix: string, all: readonly Routes[], sandbox: Sandbox): Middleware {
  const router = new Router({ prefix });
  for (const routes of all) routes(router, sandbox);
  return router.routes() as Middleware;
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
