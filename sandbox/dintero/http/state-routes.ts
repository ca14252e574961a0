/**
 * `/__sim`: the calls about the whole sandbox. The other folders have the rest; docs/sandbox.md has an
 * example of each.
 */
import type { Router } from '@koa/router';
import { tally } from '../../records/tally.ts';
import { resetSandbox, type Sandbox } from '../sandbox.ts';

export function simStateRoutes(router: Router, sandbox: Sandbox): void {
  router.post('/reset', (ctx) => {
    resetSandbox(sandbox);
    ctx.body = {};
  });
  router.get('/state', (ctx) => {
    ctx.body = stateOf(sandbox);
  });
  router.get('/requests', (ctx) => {
    ctx.body = Object.fromEntries(sandbox.requests);
  });
}

function stateOf({ ledger, faults, settings }: Sandbox): object {
  return {
    account: settings.account,
    sessions: ledger.sessions.size,
    transactions: tally(ledger.transactions.all().map(({ status }) => status)),
    hooks: tally(ledger.webhookDeliveries.all().map(({ state }) => state)),
    callbacks: tally(ledger.callbacks.all().map(({ state }) => state)),
    ...faults.state,
  };
}
