import { Router } from '@koa/router';
import Koa, { type Context, type Middleware, type Next } from 'koa';
import { checkBooks } from '../../books/check-books.ts';
import { simBooksRoutes } from '../../books/routes.ts';
import { ownCallers } from '../../http/own-callers.ts';
import { Problem } from '../../http/problem.ts';
import { readText } from '../../http/request-body.ts';
import { catalogRoutes } from '../catalog/routes.ts';
import { paymentPageRoutes } from '../checkout/payment-page-routes.ts';
import { checkoutRoutes } from '../checkout/routes.ts';
import { disputeRoutes } from '../disputes/routes.ts';
import { destinationRoutes } from '../endpoints/destination-routes.ts';
import { listenRoutes } from '../endpoints/listen-routes.ts';
import { endpointRoutes } from '../endpoints/routes.ts';
import { eventRoutes } from '../events/routes.ts';
import { holdingsOf } from '../money/stripe-holdings.ts';
import { moneyRoutes } from '../money/routes.ts';
import { pageRoutes } from '../payer/routes.ts';
import { chargeRoutes, intentRoutes } from '../payments/routes.ts';
import { refundRoutes } from '../refunds/routes.ts';
import { simDeliveryRoutes, simEndpointRoutes } from '../sim/delivery-routes.ts';
import { simSessionRoutes } from '../sim/session-routes.ts';
import { simAfterwardsRoutes, simTransactionRoutes } from '../sim/transaction-routes.ts';
import { simFaultRoutes, simStateRoutes } from '../sim/routes.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { note } from './api-call.ts';
import { StripeError } from './stripe-error.ts';

type Routes = (router: Router, sandbox: StripeSandbox) => void;

/** The part of Stripe's API that the sandbox has. */
const API: readonly Routes[] = [
  checkoutRoutes,
  paymentPageRoutes,
  intentRoutes,
  refundRoutes,
  chargeRoutes,
  disputeRoutes,
  eventRoutes,
  endpointRoutes,
  destinationRoutes,
  listenRoutes,
  moneyRoutes,
  catalogRoutes,
  pageRoutes,
];

const SIM: readonly Routes[] = [
  simStateRoutes,
  simFaultRoutes,
  simSessionRoutes,
  simTransactionRoutes,
  simAfterwardsRoutes,
  simDeliveryRoutes,
  simEndpointRoutes,
  (router, sandbox) =>
    simBooksRoutes(router, (question) => checkBooks(holdingsOf(sandbox, question.orders), question)),
];

/** The sandbox over HTTP. The changes of a request are in the journal before it is answered. */
export function stripeApp(sandbox: StripeSandbox): Koa {
  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff');
    await answered(ctx, next);
    sandbox.journal.flush();
  });
  app.use(ownCallers(() => sandbox.publicUrl, 'STRIPE_SANDBOX_PUBLIC_URL'));
  app.use(routesAt('', API, sandbox));
  app.use(routesAt('/__sim', SIM, sandbox));
  app.use(async (ctx) => {
    note(sandbox, ctx, await readText(ctx.req));
    throw new StripeError(404, {
      message: `Unrecognized request URL (${ctx.method}: ${ctx.path}). The sandbox has only a part of Stripe's API.`,
    });
  });
  return app;
}

function routesAt(prefix: string, all: readonly Routes[], sandbox: StripeSandbox): Middleware {
  const router = new Router(prefix === '' ? {} : { prefix });
  for (const routes of all) routes(router, sandbox);
  return router.routes() as Middleware;
}

async function answered(ctx: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    const told = asStripeError(error);
    ctx.status = told.status;
    ctx.body = told.body;
  }
}

/** The parts that sandboxes share throw a `Problem`. */
function asStripeError(error: unknown): StripeError {
  if (error instanceof StripeError) return error;
  if (error instanceof Problem) return new StripeError(error.status, { message: error.message });
  console.error(error);
  return new StripeError(500, { message: 'The sandbox failed.', type: 'api_error' });
}
