/** Callbacks: the secret that signs them, and the calls by which tests send and list them. */
import type { Router } from '@koa/router';
import { parcelView } from '../../delivery/courier.ts';
import { authorized } from '../http/operation.ts';
import { parseBody, readJson } from '../../http/request-body.ts';
import { one } from '../records/listing.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Session } from '../sessions/session.ts';
import { callbackPlanSchema } from './callback-plan.ts';
import type { Occasion } from './callback-record.ts';
import type { Rotation } from './signing-secrets.ts';

export function signatureRoutes(router: Router, sandbox: Sandbox): void {
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

export function simCallbackRoutes(router: Router, sandbox: Sandbox): void {
  const { ledger, callbacks } = sandbox;
  router.post('/sessions/:id/callback', async (ctx) => {
    const plan = parseBody(callbackPlanSchema, await readJson(ctx.req));
    const session = ledger.session(ctx.params['id'] ?? '');
    callbacks.enqueue(session, ledger.transactionOf(session), occasionNow(sandbox, session), [plan]);
    ctx.body = { sessionId: session.id };
  });
  router.get('/callbacks', (ctx) => {
    const sessionId = one(ctx.query, 'sessionId');
    const records = sessionId === undefined ? ledger.callbacks.all() : ledger.callbacks.underKey(sessionId);
    ctx.body = records.map(parcelView);
  });
}

/** The occasion of a callback that is sent now. */
function occasionNow({ ledger }: Sandbox, session: Session): Occasion {
  const status = ledger.transactionOf(session)?.status;
  if (status === undefined) return session.cancelled_at === undefined ? {} : { error: 'cancelled' };
  if (status === 'DECLINED') return { error: 'authorization' };
  return status === 'FAILED' || status === 'UNKNOWN' ? { error: 'failed' } : {};
}
