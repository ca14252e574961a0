/** `/__sim`: what tests and people drive the sandbox with. docs/sandbox.md has an example of each. */
import { Router, type RouterContext } from '@koa/router';
import { callbackPlanSchema } from '../callbacks/callback-plan.ts';
import { faultChangeSchema } from '../faults/fault-schema.ts';
import { one } from '../records/listing.ts';
import { searchSessions } from '../transactions/list-transactions.ts';
import type { Occasion, Session } from '../transactions/transaction.ts';
import { pay, paySchema } from '../payer/pay.ts';
import { parseBody, readJson } from './request-body.ts';
import { resetSandbox, type Sandbox } from '../sandbox.ts';
import { invariantRoutes } from '../books/routes.ts';
import { simAccountRoutes } from '../webhooks/sim-routes.ts';
import { simTransactionRoutes } from '../transactions/backoffice-routes.ts';
import { callbackView } from '../delivery/parcel-view.ts';

export function simRoutes(sandbox: Sandbox): Router {
  const router = new Router({ prefix: '/__sim' });
  driveRoutes(router, sandbox);
  simTransactionRoutes(router, sandbox);
  simAccountRoutes(router, sandbox);
  invariantRoutes(router, sandbox);
  faultRoutes(router, sandbox);
  lookRoutes(router, sandbox);
  return router;
}

function driveRoutes(router: Router, sandbox: Sandbox): void {
  const { ledger, deliveries } = sandbox;
  router.post('/sessions/:id/pay', async (ctx) => {
    const payment = parseBody(paySchema, await readJson(ctx.req));
    ctx.body = pay(sandbox, ledger.session(idOf(ctx)), payment);
  });
  router.post('/sessions/:id/callback', async (ctx) => {
    const plan = parseBody(callbackPlanSchema, await readJson(ctx.req));
    const session = ledger.session(idOf(ctx));
    deliveries.enqueue(session, ledger.transactionOf(session), occasionNow(sandbox, session), [plan]);
    ctx.body = { sessionId: session.id };
  });
  router.post('/reset', (ctx) => {
    resetSandbox(sandbox);
    ctx.body = {};
  });
}

function faultRoutes(router: Router, sandbox: Sandbox): void {
  const { faults, deliveries, hooks } = sandbox;
  router.post('/faults', async (ctx) => {
    faults.change(parseBody(faultChangeSchema, await readJson(ctx.req)));
    deliveries.wake();
    hooks.wake();
    ctx.body = faults.state;
  });
  router.delete('/faults', (ctx) => {
    faults.clear();
    deliveries.wake();
    hooks.wake();
    ctx.body = faults.state;
  });
  router.get('/faults', (ctx) => {
    ctx.body = faults.state;
  });
}

function lookRoutes(router: Router, sandbox: Sandbox): void {
  const { ledger } = sandbox;
  router.get('/state', (ctx) => {
    ctx.body = stateOf(sandbox);
  });
  router.get('/sessions', (ctx) => {
    ctx.body = searchSessions(sandbox, ctx.query);
  });
  router.get('/sessions/:id', (ctx) => {
    const session = ledger.session(idOf(ctx));
    const callbacks = ledger.callbacks.underKey(session.id).map(callbackView);
    ctx.body = { session, transaction: ledger.transactionOf(session) ?? null, callbacks };
  });
  router.get('/callbacks', (ctx) => {
    const sessionId = one(ctx.query, 'sessionId');
    const records = sessionId === undefined ? ledger.callbacks.all() : ledger.callbacks.underKey(sessionId);
    ctx.body = records.map(callbackView);
  });
  router.get('/requests', (ctx) => {
    ctx.body = Object.fromEntries(sandbox.requests);
  });
}

/** What a callback sent now would be about. */
function occasionNow({ ledger }: Sandbox, session: Session): Occasion {
  const status = ledger.transactionOf(session)?.status;
  if (status === undefined) return session.cancelled_at === undefined ? {} : { error: 'cancelled' };
  if (status === 'DECLINED') return { error: 'authorization' };
  return status === 'FAILED' || status === 'UNKNOWN' ? { error: 'failed' } : {};
}

function stateOf({ ledger, faults, settings }: Sandbox): object {
  return {
    account: settings.account,
    sessions: ledger.sessions.size,
    transactions: tally(ledger.transactions.all().map(({ status }) => status)),
    hooks: tally(ledger.hookDeliveries.all().map(({ state }) => state)),
    callbacks: tally(ledger.callbacks.all().map(({ state }) => state)),
    ...faults.state,
  };
}

function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = { total: values.length };
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function idOf(ctx: RouterContext): string {
  return ctx.params['id'] ?? '';
}
