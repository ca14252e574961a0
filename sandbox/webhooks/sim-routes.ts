/** `/__sim/hooks`, `/__sim/settlements`: what tests do to subscribers and payouts. */
import type { Router } from '@koa/router';
import { z } from 'zod';
import { hookPlanSchema } from './webhook-plan.ts';
import { parseBody, readJson } from '../http/request-body.ts';
import type { Sandbox } from '../sandbox.ts';
import { settle, settleSchema } from '../settlements/settle.ts';
import { hookDeliveryView } from '../delivery/parcel-view.ts';

const sendSchema = hookPlanSchema.extend({ transactionId: z.string().optional() });

export function simAccountRoutes(router: Router, sandbox: Sandbox): void {
  const { hooks, ledger } = sandbox;
  router.get('/hooks', (ctx) => {
    ctx.body = [...ledger.subscriptions.values()];
  });
  router.get('/hooks/deliveries', (ctx) => {
    ctx.body = ledger.hookDeliveries.all().map(hookDeliveryView);
  });
  router.post('/hooks/:hid/send', async (ctx) => {
    const { transactionId, ...plan } = parseBody(sendSchema, await readJson(ctx.req));
    const transaction = transactionId === undefined ? undefined : ledger.transaction(transactionId);
    const subscription = ledger.subscription(ctx.params['hid'] ?? '');
    hooks.send(subscription, { event: plan.event ?? 'checkout_transaction', transaction }, plan);
    ctx.body = {};
  });
  router.post('/settlements', async (ctx) => {
    ctx.body = settle(sandbox, parseBody(settleSchema, await readJson(ctx.req)));
  });
}
