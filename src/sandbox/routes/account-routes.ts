/** The part of the API that is about the account: webhooks and the secret of the callbacks. */
import type { Router, RouterContext } from '@koa/router';
import type { HookDelivery, Subscription } from '../hooks/hook-model.ts';
import { subscriptionFrom } from '../hooks/subscription-request.ts';
import { readJson } from '../parse.ts';
import { Problem } from '../problem.ts';
import type { Sandbox } from '../sandbox.ts';
import { subscriptionView } from '../hooks/view.ts';
import type { Rotation } from '../signing-secrets.ts';
import { listSettlements, settlementRows } from '../settlements/list-settlements.ts';
import { authorized } from './operation.ts';

const RECENT = 100;

export function accountRoutes(router: Router, sandbox: Sandbox): void {
  hookRoutes(router, sandbox);
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

function hookRoutes(router: Router, sandbox: Sandbox): void {
  const { hooks, ledger } = sandbox;
  const path = '/accounts/:aid/hooks/subscriptions';
  const hook = (handler: (ctx: RouterContext) => void | Promise<void>) =>
    authorized(sandbox, 'hooks', (ctx) => {
      checkAccount(sandbox, ctx);
      return handler(ctx);
    });
  router.post(
    path,
    hook(async (ctx) => {
      const subscription = hooks.subscribe(subscriptionFrom(await readJson(ctx.req), sandbox.settings));
      ctx.body = { ...subscriptionView(subscription), config: subscription.config };
    }),
  );
  router.get(
    path,
    hook((ctx) => {
      ctx.body = [...ledger.subscriptions.values()].filter(isLive).map(subscriptionView);
    }),
  );
  router.get(
    `${path}/:hid`,
    hook((ctx) => {
      ctx.body = subscriptionView(subscriptionOf(sandbox, ctx));
    }),
  );
  router.delete(
    `${path}/:hid`,
    hook((ctx) => {
      hooks.unsubscribe(subscriptionOf(sandbox, ctx), 'deleted by the API');
      ctx.status = 204;
    }),
  );
  router.get(
    `${path}/:hid/deliveries`,
    hook((ctx) => {
      const found = ledger.hookDeliveries.underKey(subscriptionOf(sandbox, ctx).id);
      ctx.body = found.reverse().flatMap(attemptViews).slice(0, RECENT);
    }),
  );
  router.post(
    `${path}/:hid/ping`,
    hook((ctx) => {
      hooks.ping(subscriptionOf(sandbox, ctx));
      ctx.status = 204;
    }),
  );
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

/** One row per attempt, newest first. */
function attemptViews({ deliveryId, event, attempts, headers, body }: HookDelivery): object[] {
  const rows = attempts.map(({ at, status, error, durationMs }) => ({
    id: deliveryId,
    event,
    created_at: at,
    success: status !== null && status >= 200 && status < 300,
    request: { headers, body },
    response: { status_code: status, ...(error === undefined ? {} : { error }) },
    details: { delivery_duration: durationMs },
  }));
  return rows.reverse();
}
