/** The part of the API that is about the account: webhooks and the secret of the callbacks. */
import type { Router, RouterContext } from '@koa/router';
import { attemptRow, attemptsOf } from './delivery-rows.ts';
import type { Subscription } from './subscription.ts';
import { subscriptionFrom } from './subscription-request.ts';
import { readJson } from '../http/request-body.ts';
import { Problem } from '../http/problem.ts';
import type { Sandbox } from '../sandbox.ts';
import { subscriptionView } from './subscription-view.ts';
import type { Rotation } from '../callbacks/signing-secrets.ts';
import { listSettlements, settlementRows } from '../settlements/list-settlements.ts';
import { authorized } from '../http/operation.ts';

const RECENT = 100;

export function accountRoutes(router: Router, sandbox: Sandbox): void {
  hookRoutes(router, sandbox);
  hookDeliveryRoutes(router, sandbox);
  signatureRoutes(router, sandbox);
  const ofAccount = '/accounts/:aid/settlements';
  router.get(
    ofAccount,
    authorized(sandbox, 'settlements', (ctx) => {
      checkAccount(sandbox, ctx);
      ctx.body = listSettlements(sandbox, ctx.query);
    }),
  );
  router.get(
    `${ofAccount}/:id/attachments/:attachment`,
    authorized(sandbox, 'settlements', (ctx) => {
      checkAccount(sandbox, ctx);
      ctx.body = settlementRows(sandbox, ctx.params['id'] ?? '', ctx.params['attachment'] ?? '');
    }),
  );
}

const SUBSCRIPTIONS = '/accounts/:aid/hooks/subscriptions';

function hookRoutes(router: Router, sandbox: Sandbox): void {
  const { hooks, ledger } = sandbox;
  const path = SUBSCRIPTIONS;
  router.post(
    path,
    hookRoute(sandbox, async (ctx) => {
      const subscription = hooks.subscribe(subscriptionFrom(await readJson(ctx.req), sandbox.settings));
      ctx.body = { ...subscriptionView(subscription), config: subscription.config };
    }),
  );
  router.get(
    path,
    hookRoute(sandbox, (ctx) => {
      ctx.body = [...ledger.subscriptions.values()].filter(isLive).map(subscriptionView);
    }),
  );
  router.get(
    `${path}/:hid`,
    hookRoute(sandbox, (ctx) => {
      ctx.body = subscriptionView(subscriptionOf(sandbox, ctx));
    }),
  );
  router.delete(
    `${path}/:hid`,
    hookRoute(sandbox, (ctx) => {
      hooks.unsubscribe(subscriptionOf(sandbox, ctx), 'deleted by the API');
      ctx.status = 204;
    }),
  );
  router.post(
    `${path}/:hid/ping`,
    hookRoute(sandbox, (ctx) => {
      hooks.ping(subscriptionOf(sandbox, ctx));
      ctx.status = 204;
    }),
  );
}

function hookDeliveryRoutes(router: Router, sandbox: Sandbox): void {
  const path = `${SUBSCRIPTIONS}/:hid/deliveries`;
  const attemptsTo = ({ id }: Subscription) => sandbox.ledger.hookDeliveries.underKey(id).flatMap(attemptsOf);
  router.get(
    path,
    hookRoute(sandbox, (ctx) => {
      const newestFirst = attemptsTo(subscriptionOf(sandbox, ctx)).reverse();
      ctx.body = newestFirst.slice(0, RECENT).map(attemptRow);
    }),
  );
  router.get(
    `${path}/:did`,
    hookRoute(sandbox, (ctx) => {
      const subscription = subscriptionOf(sandbox, ctx);
      const id = ctx.params['did'] ?? '';
      const found = attemptsTo(subscription).find((attempt) => attempt.id === id);
      if (found === undefined) throw new Problem(404, `no delivery ${id} to ${subscription.id}`, 'NOT_FOUND');
      ctx.body = { ...found, url: subscription.config.url };
    }),
  );
}

function hookRoute(sandbox: Sandbox, handler: (ctx: RouterContext) => void | Promise<void>) {
  return authorized(sandbox, 'hooks', (ctx) => {
    checkAccount(sandbox, ctx);
    return handler(ctx);
  });
}

function signatureRoutes(router: Router, sandbox: Sandbox): void {
  const { secrets, faults, settings } = sandbox;
  router.get(
    '/admin/signature',
    authorized(sandbox, 'signature', (ctx) => {
      ctx.body = signatureView(secrets.current());
    }),
  );
  router.post(
    '/admin/signature',
    authorized(sandbox, 'signature', (ctx) => {
      ctx.body = signatureView(secrets.rotate(settings.clientId, faults.knobs.signatureOverlapMs));
    }),
  );
}

function signatureView({ id, createdAt, createdBy, secret }: Omit<Rotation, 'signsFromMs'>): object {
  const signature = { type: 'v0-hmac-sha256', secret };
  return { id, created_at: createdAt, created_by: createdBy, signature };
}

function checkAccount({ settings }: Sandbox, ctx: RouterContext): void {
  if (ctx.params['aid'] === settings.account) return;
  throw new Problem(403, `this client does not belong to account ${ctx.params['aid']}`, 'FORBIDDEN');
}

function subscriptionOf({ ledger }: Sandbox, ctx: RouterContext): Subscription {
  const subscription = ledger.subscription(ctx.params['hid'] ?? '');
  if (isLive(subscription)) return subscription;
  throw new Problem(404, `subscription ${subscription.id} was deleted`, 'NOT_FOUND');
}

function isLive({ deletedAt }: Subscription): boolean {
  return deletedAt === undefined;
}
