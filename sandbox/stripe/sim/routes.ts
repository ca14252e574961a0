/** The calls by which tests and people control the sandbox. docs/stripe-sandbox.md has an example of each. */
import type { Router, RouterContext } from '@koa/router';
import { z } from 'zod';
import { tally } from '../../records/tally.ts';
import { parseBody, readJson } from '../../http/request-body.ts';
import { faultChangeSchema } from '../stripe-faults.ts';
import { markState, resetStripeSandbox, type StripeSandbox } from '../stripe-sandbox.ts';

const resetSchema = z.strictObject({ seed: z.string().optional() });
const clockSchema = z.strictObject({
  advanceMs: z.number().int().min(0).optional(),
  advanceSeconds: z.number().int().min(0).optional(),
});

/** `/__sim`: the calls about the whole sandbox. */
export function simStateRoutes(router: Router, sandbox: StripeSandbox): void {
  const { clock, agenda } = sandbox;
  router.post('/reset', async (ctx) => {
    resetStripeSandbox(sandbox, parseBody(resetSchema, await readJson(ctx.req)).seed);
    ctx.body = {};
  });
  router.get('/state', (ctx) => {
    ctx.body = stateOf(sandbox);
  });
  router.get('/requests', (ctx) => {
    ctx.body = Object.fromEntries(sandbox.requests);
  });
  router.get('/clock', (ctx) => {
    ctx.body = clockOf(sandbox);
  });
  router.post('/clock', async (ctx) => {
    const { advanceMs = 0, advanceSeconds = 0 } = parseBody(clockSchema, await readJson(ctx.req));
    clock.set(clock.aheadMs + advanceMs + advanceSeconds * 1_000);
    agenda.wake();
    markState(sandbox);
    ctx.body = clockOf(sandbox);
  });
}

function clockOf({ clock }: StripeSandbox): object {
  return { now: new Date(clock.nowMs()).toISOString(), aheadMs: clock.aheadMs };
}

function stateOf(sandbox: StripeSandbox): object {
  const { ledger, faults, settings, ids } = sandbox;
  return {
    account: settings.account,
    apiVersion: settings.apiVersion,
    seed: ids.state.seed,
    sessions: tally(ledger.sessions.all().map(({ status }) => status)),
    transactions: tally(ledger.intents.all().map(({ status }) => status)),
    refunds: tally(ledger.refunds.all().map(({ status }) => status)),
    disputes: tally(ledger.disputes.all().map(({ status }) => status)),
    events: tally(ledger.events.all().map(({ event }) => event.type)),
    callbacks: tally(ledger.deliveries.all().map(({ state }) => state)),
    endpoints: ledger.endpoints.all().filter(({ deleted }) => !deleted).length,
    clock: clockOf(sandbox),
    ...faults.state,
  };
}

/** `/__sim/faults`: the faults from now on. */
export function simFaultRoutes(router: Router, { faults, sender }: StripeSandbox): void {
  const answer = (ctx: RouterContext): void => {
    // What waited while sending was off.
    sender.courier.wake();
    ctx.body = faults.state;
  };
  router.post('/faults', async (ctx) => {
    faults.change(parseBody(faultChangeSchema, await readJson(ctx.req)));
    answer(ctx);
  });
  router.delete('/faults', (ctx) => {
    faults.clear();
    answer(ctx);
  });
  router.get('/faults', (ctx) => {
    ctx.body = faults.state;
  });
}
