/** The account's webhooks: the routes of Dintero's API, and those of tests. */
import type { Router, RouterContext } from '@koa/router';
import { z } from 'zod';
import { parcelView } from '../../delivery/courier.ts';
import { ofAccount } from '../http/operation.ts';
import { Problem } from '../../http/problem.ts';
import { parseBody, readJson } from '../../http/request-body.ts';
import type { Sandbox } from '../sandbox.ts';
import { attemptRow, attemptsOf } from './delivery-rows.ts';
import { type Subscription, subscriptionView } from './subscription.ts';
import { subscriptionFrom } from './subscription-request.ts';
import { webhookPlanSchema } from './webhook-plan.ts';

const RECENT = 100;
const SUBSCRIPTIONS = '/accounts/:aid/hooks/subscriptions';

export function webhookRoutes(router: Router, sandbox: Sandbox): void {
  subscriptionRoutes(router, sandbox);
  deliveryRoutes(router, sandbox);
}

function subscriptionRoutes(router: Router, sandbox: Sandbox): void {
  const { webhooks, ledger } = sandbox;
  const path = SUBSCRIPTIONS;
  router.post(
    path,
    ofAccount(sandbox, 'hooks', async (ctx) => {
      const subscription = webhooks.subscribe(subscriptionFrom(await readJson(ctx.req), sandbox.settings));
      ctx.body = { ...subscriptionView(subscription), config: subscription.config };
    }),
  );
  router.get(
    path,
    ofAccount(sandbox, 'hooks', (ctx) => {
      ctx.body = [...ledger.subscriptions.values()].filter(isLive).map(subscriptionView);
    }),
  );
  router.get(
    `${path}/:hid`,
    ofAccount(sandbox, 'hooks', (ctx) => {
      ctx.body = subscriptionView(subscriptionOf(sandbox, ctx));
    }),
  );
  router.delete(
    `${path}/:hid`,
    ofAccount(sandbox, 'hooks', (ctx) => {
      webhooks.unsubscribe(subscriptionOf(sandbox, ctx), 'deleted by the API');
      ctx.status = 204;
    }),
  );
  router.post(
    `${path}/:hid/ping`,
    ofAccount(sandbox, 'hooks', (ctx) => {
      webhooks.ping(subscriptionOf(sandbox, ctx));
      ctx.status = 204;
    }),
  );
}

function deliveryRoutes(router: Router, sandbox: Sandbox): void {
  const path = `${SUBSCRIPTIONS}/:hid/deliveries`;
  const attemptsTo = ({ id }: Subscription) =>
    sandbox.ledger.webhookDeliveries.underKey(id).flatMap(attemptsOf);
  router.get(
    path,
    ofAccount(sandbox, 'hooks', (ctx) => {
      const newestFirst = attemptsTo(subscriptionOf(sandbox, ctx)).reverse();
      ctx.body = newestFirst.slice(0, RECENT).map(attemptRow);
    }),
  );
  router.get(
    `${path}/:did`,
    ofAccount(sandbox, 'hooks', (ctx) => {
      const subscription = subscriptionOf(sandbox, ctx);
      const id = ctx.params['did'] ?? '';
      const found = attemptsTo(subscription).find((attempt) => attempt.id === id);
      if (found === undefined) throw new Problem(404, `no delivery ${id} to ${subscription.id}`, 'NOT_FOUND');
      ctx.body = { ...found, url: subscription.config.url };
    }),
  );
}

const sendSchema = webhookPlanSchema.extend({ transactionId: z.string().optional() });

export function simWebhookRoutes(router: Router, { webhooks, ledger }: Sandbox): void {
  router.get('/hooks', (ctx) => {
    ctx.body = [...ledger.subscriptions.values()];
  });
  router.get('/hooks/deliveries', (ctx) => {
    ctx.body = ledger.webhookDeliveries.all().map(parcelView);
  });
  router.post('/hooks/:hid/send', async (ctx) => {
    const { transactionId, ...plan } = parseBody(sendSchema, await readJson(ctx.req));
    const transaction = transactionId === undefined ? undefined : ledger.transaction(transactionId);
    const subscription = ledger.subscription(ctx.params['hid'] ?? '');
    webhooks.send(subscription, { event: plan.event ?? 'checkout_transaction', transaction }, plan);
    ctx.body = {};
  });
}

function subscriptionOf({ ledger }: Sandbox, ctx: RouterContext): Subscription {
  const subscription = ledger.subscription(ctx.params['hid'] ?? '');
  if (isLive(subscription)) return subscription;
  throw new Problem(404, `subscription ${subscription.id} was deleted`, 'NOT_FOUND');
}

function isLive({ deletedAt }: Subscription): boolean {
  return deletedAt === undefined;
}
