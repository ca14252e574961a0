/** Payouts: the routes of Dintero's API, and the call by which a test makes one. */
import type { Router } from '@koa/router';
import { ofAccount } from '../http/operation.ts';
import { parseBody, readJson } from '../../http/request-body.ts';
import type { Sandbox } from '../sandbox.ts';
import { listSettlements, settlementRows } from './list-settlements.ts';
import { settle, settleSchema } from './settle.ts';

const SETTLEMENTS = '/accounts/:aid/settlements';

export function settlementRoutes(router: Router, sandbox: Sandbox): void {
  router.get(
    SETTLEMENTS,
    ofAccount(sandbox, 'settlements', (ctx) => {
      ctx.body = listSettlements(sandbox, ctx.query);
    }),
  );
  router.get(
    `${SETTLEMENTS}/:id/attachments/:attachment`,
    ofAccount(sandbox, 'settlements', (ctx) => {
      ctx.body = settlementRows(sandbox, ctx.params['id'] ?? '', ctx.params['attachment'] ?? '');
    }),
  );
}

export function simSettlementRoutes(router: Router, sandbox: Sandbox): void {
  router.post('/settlements', async (ctx) => {
    ctx.body = settle(sandbox, parseBody(settleSchema, await readJson(ctx.req)));
  });
}
