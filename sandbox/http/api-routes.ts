/** The part of Dintero's API that the sandbox answers, both hosts' paths on one port. */
import { timingSafeEqual } from 'node:crypto';
import { Router, type RouterContext } from '@koa/router';
import { z } from 'zod';
import { searchSessions } from '../transactions/list-transactions.ts';
import { parseBody, readJson } from './request-body.ts';
import { invalid, Problem } from './problem.ts';
import type { Sandbox } from '../sandbox.ts';
import { type RequestRules, sessionFrom } from '../sessions/session-request.ts';
import { cancelSession, lockSession, updateSession } from '../sessions/change-session.ts';
import { cutOff, sessionView } from '../transactions/lagging-views.ts';
import { accountRoutes } from '../webhooks/routes.ts';
import { authorized, operation } from './operation.ts';
import { transactionRoutes } from '../transactions/routes.ts';

const grantSchema = z.looseObject({ grant_type: z.literal('client_credentials'), audience: z.string() });

export function apiRoutes(sandbox: Sandbox): Router {
  const router = new Router({ prefix: '/v1' });
  router.post(
    '/accounts/:oid/auth/token',
    operation(sandbox, 'token', (ctx) => grantToken(sandbox, ctx)),
  );
  sessionRoutes(router, sandbox);
  transactionRoutes(router, sandbox);
  accountRoutes(router, sandbox);
  return router;
}

function sessionRoutes(router: Router, sandbox: Sandbox): void {
  const { ledger, faults } = sandbox;
  const create = (needs: RequestRules['needs']) =>
    authorized(sandbox, 'create', (ctx) => createSession(sandbox, ctx, needs));
  router.post('/sessions-profile', create('profile_id'));
  router.post('/sessions', create('configuration'));
  router.get(
    '/sessions',
    authorized(sandbox, 'search', (ctx) => {
      ctx.body = searchSessions(sandbox, ctx.query);
    }),
  );
  router.get(
    '/sessions/:id',
    authorized(sandbox, 'readSession', (ctx) => {
      ctx.body = sessionView(ledger.session(idOf(ctx)), ledger, cutOff(faults.knobs.readLagMs));
    }),
  );
  router.put(
    '/sessions/:id',
    authorized(sandbox, 'updateSession', async (ctx) => {
      const withoutLock = ctx.query['update_without_lock'] === 'true';
      ctx.body = updateSession(sandbox, ledger.session(idOf(ctx)), await readJson(ctx.req), withoutLock);
    }),
  );
  router.post(
    '/sessions/:id/cancel',
    authorized(sandbox, 'cancel', (ctx) => {
      ctx.body = cancelSession(sandbox, ledger.session(idOf(ctx)));
    }),
  );
  router.post('/view/:id/session/lock', (ctx) => {
    ctx.body = lockSession(sandbox, ledger.session(idOf(ctx)));
  });
}

async function createSession(
  sandbox: Sandbox,
  ctx: RouterContext,
  needs: RequestRules['needs'],
): Promise<void> {
  const { settings, ledger } = sandbox;
  const strictAmounts = ctx.get('dintero-feature-toggles').includes('strict-session-amounts');
  const session = sessionFrom(await readJson(ctx.req), { settings, needs, strictAmounts });
  ledger.saveSession(session);
  ctx.body = {
    id: session.id,
    url: `${sandbox.publicUrl}/v1/view/${session.id}`,
    ...(ctx.query['include_session'] === 'true' ? { session } : {}),
  };
}

async function grantToken(sandbox: Sandbox, ctx: RouterContext): Promise<void> {
  const { settings, faults, tokens } = sandbox;
  const given = /^Basic (\S+)$/i.exec(ctx.get('authorization'))?.[1] ?? '';
  if (!isSame(Buffer.from(given, 'base64').toString(), `${settings.clientId}:${settings.clientSecret}`)) {
    throw new Problem(401, 'the client id or secret is wrong', 'UNAUTHORIZED');
  }
  if (ctx.params['oid'] !== settings.account) {
    throw new Problem(403, `this client does not belong to account ${ctx.params['oid']}`, 'FORBIDDEN');
  }
  const { audience } = parseBody(grantSchema, await readJson(ctx.req));
  if (!audience.endsWith(`/v1/accounts/${settings.account}`)) {
    throw invalid(`audience: expected …/v1/accounts/${settings.account}`);
  }
  const seconds = faults.knobs.tokenExpiresIn ?? settings.tokenSeconds;
  ctx.body = { access_token: tokens.issue(seconds), token_type: 'Bearer', expires_in: seconds };
}

function idOf(ctx: RouterContext): string {
  return ctx.params['id'] ?? '';
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
