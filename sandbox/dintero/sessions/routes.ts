/** Sessions: the routes of Dintero's API, and those of `/__sim`, which have no faults. */
import type { Router, RouterContext } from '@koa/router';
import { parcelView } from '../../delivery/courier.ts';
import { authorized } from '../http/operation.ts';
import { readJson } from '../../http/request-body.ts';
import { cutOff, sessionView } from '../records/lagging-views.ts';
import type { Sandbox } from '../sandbox.ts';
import { cancelSession, lockSession, updateSession } from './change-session.ts';
import { searchSessions } from './list-sessions.ts';
import { type RequestRules, sessionFrom } from './session-request.ts';

export function sessionRoutes(router: Router, sandbox: Sandbox): void {
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

export function simSessionRoutes(router: Router, sandbox: Sandbox): void {
  const { ledger } = sandbox;
  router.get('/sessions', (ctx) => {
    ctx.body = searchSessions(sandbox, ctx.query);
  });
  router.get('/sessions/:id', (ctx) => {
    const session = ledger.session(idOf(ctx));
    const callbacks = ledger.callbacks.underKey(session.id).map(parcelView);
    ctx.body = { session, transaction: ledger.transactionOf(session) ?? null, callbacks };
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

function idOf(ctx: RouterContext): string {
  return ctx.params['id'] ?? '';
}
