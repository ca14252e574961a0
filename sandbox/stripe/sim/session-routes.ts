/** `/__sim/sessions`: payers, and the end of a session. */
import type { Router } from '@koa/router';
import { z } from 'zod';
import { expireSession } from '../checkout/expire-session.ts';
import { eventChoiceSchema } from '../events/event-plan.ts';
import { confirmToBank } from '../payer/confirm-to-bank.ts';
import { paySession } from '../payer/pay-session.ts';
import { paySchema } from '../payer/payment-request.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { doing, nothingElse } from './doing.ts';

export function simSessionRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger } = sandbox;
  router.get('/sessions', (ctx) => {
    ctx.body = ledger.sessions.all();
  });
  router.get('/sessions/:id', (ctx) => {
    ctx.body = ledger.session(ctx.params['id'] ?? '');
  });
  router.post(
    '/sessions/:id/pay',
    doing(sandbox, paySchema, (payment, id) => paySession(sandbox, ledger.session(id), payment)),
  );
  router.post(
    '/sessions/:id/authenticate',
    doing(sandbox, authenticateSchema, ({ success = true }, id) => confirmToBank(sandbox, id, success)),
  );
  router.post(
    '/sessions/:id/expire',
    doing(sandbox, nothingElse, (_, id) => expireSession(sandbox, ledger.session(id))),
  );
}

const authenticateSchema = z.strictObject({ success: z.boolean().optional(), callback: eventChoiceSchema });
