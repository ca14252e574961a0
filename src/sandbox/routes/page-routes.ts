import { Router } from '@koa/router';
import { nowIso, type Session } from '../model.ts';
import { pay } from '../outcomes.ts';
import { paymentFrom } from '../page-form.ts';
import { checkoutPage, messagePage } from '../page.ts';
import { readForm } from '../parse.ts';
import { Problem } from '../problem.ts';
import type { Sandbox } from '../sandbox.ts';
import { markVisited } from '../sessions.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'";

/** The hosted checkout: `GET` shows it, `POST` pays and sends the browser on. */
export function pageRoutes(sandbox: Sandbox): Router {
  const router = new Router({ prefix: '/v1/view' });
  router.use(async (ctx, next) => {
    ctx.set('Content-Security-Policy', POLICY);
    await next().catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      ctx.status = error.status;
      ctx.body = messagePage('This can’t be paid', error.message);
    });
  });
  router.get('/:id', (ctx) => {
    const session = sandbox.ledger.session(ctx.params['id'] ?? '');
    markVisited(sandbox, session);
    const notice = ctx.query['notice'] === 'pay_failed' ? 'The payment failed. Choose again.' : undefined;
    ctx.body = checkoutPage(session, { closed: closedBecause(sandbox, session), notice });
  });
  router.post('/:id', async (ctx) => {
    const session = sandbox.ledger.session(ctx.params['id'] ?? '');
    const payment = paymentFrom(session, await readForm(ctx.req));
    const { returnUrl, drawn = payment } = pay(sandbox, session, payment);
    if (returnUrl === null && drawn.outcome !== 'pay_failed') {
      ctx.body = messagePage(
        'Paid',
        'The payment was made and the browser stays here. You can close this tab.',
      );
      return;
    }
    // `redirect` would re-encode; the merchant's own query is sent back as it came.
    ctx.status = 303;
    ctx.set('Location', returnUrl ?? `/v1/view/${session.id}?notice=pay_failed`);
  });
  return router;
}

function closedBecause(sandbox: Sandbox, session: Session): string | undefined {
  if (session.cancelled_at !== undefined) return 'This payment was cancelled.';
  const transaction = sandbox.ledger.transactionOf(session);
  if (transaction !== undefined && transaction.status !== 'INITIATED') {
    return `This payment ended already: ${transaction.status}.`;
  }
  return session.expires_at <= nowIso() ? 'This payment has expired.' : undefined;
}
