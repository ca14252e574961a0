import { Router, type RouterContext } from '@koa/router';
import { pay, paySchema } from './pay.ts';
import { paymentFrom, refusalOfCard, type CardRefusal } from './page-form.ts';
import { messagePage } from '../../page/page-parts.ts';
import { checkoutPage, GATEWAY } from './page.ts';
import { parseBody, readForm, readJson } from '../../http/request-body.ts';
import { Problem } from '../../http/problem.ts';
import type { Sandbox } from '../sandbox.ts';
import { markVisited } from '../sessions/change-session.ts';
import { nowIso } from '../records/ids-and-times.ts';
import type { Session } from '../sessions/session.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'";

/** The hosted checkout: `GET` shows it, `POST` pays and redirects the browser. */
export function pageRoutes(sandbox: Sandbox): Router {
  return (
    new Router()
      .get('/v1/view/:id', (ctx) => asPage(ctx, () => showPage(sandbox, ctx, ctx.params['id'] ?? '')))
      .post('/v1/view/:id', (ctx) => asPage(ctx, () => payByForm(sandbox, ctx)))
      // The Web SDK opens a session here if its endpoint is not Dintero's own.
      .get('/', (ctx, next) => {
        const { sid } = ctx.query;
        return typeof sid === 'string' ? asPage(ctx, () => showPage(sandbox, ctx, sid)) : next();
      })
  );
}

/** `/__sim/sessions/{id}/pay`: does the same as the page, for programs. */
export function simPayerRoutes(router: Router, sandbox: Sandbox): void {
  router.post('/sessions/:id/pay', async (ctx) => {
    const payment = parseBody(paySchema, await readJson(ctx.req));
    ctx.body = pay(sandbox, sandbox.ledger.session(ctx.params['id'] ?? ''), payment);
  });
}

/** Shows a refusal as a page, since a person reads it here. */
async function asPage(ctx: RouterContext, handle: () => void | Promise<void>): Promise<void> {
  ctx.set('Content-Security-Policy', POLICY);
  try {
    await handle();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    ctx.status = error.status;
    ctx.body = messagePage(GATEWAY, 'This session can’t be paid', error.message);
  }
}

async function payByForm(sandbox: Sandbox, ctx: RouterContext): Promise<void> {
  const session = sandbox.ledger.session(ctx.params['id'] ?? '');
  const form = await readForm(ctx.req);
  const refusal = refusalOfCard(form);
  if (refusal !== undefined) return letTryAgain(sandbox, ctx, session, refusal);
  const payment = paymentFrom(session, form);
  const { returnUrl } = pay(sandbox, session, payment);
  if (returnUrl === null && payment.outcome !== 'pay_failed') {
    ctx.body = messagePage(
      GATEWAY,
      'Paid',
      'The payment was made and the browser stays here. You can close this tab.',
    );
    return;
  }
  // `redirect` would re-encode the URL; the merchant's own query is sent back unchanged.
  ctx.status = 303;
  ctx.set('Location', returnUrl ?? `/v1/view/${session.id}?notice=pay_failed`);
}

/** Leaves the session open, so that the payer can try another card. */
function letTryAgain(sandbox: Sandbox, ctx: RouterContext, session: Session, refusal: CardRefusal): void {
  // A number that is not a card never reaches a bank, so it does not count as an attempt.
  if (refusal === 'card_declined') pay(sandbox, session, { outcome: 'pay_failed' });
  ctx.status = 303;
  ctx.set('Location', `/v1/view/${session.id}?notice=${refusal}`);
}

function showPage(sandbox: Sandbox, ctx: RouterContext, id: string): void {
  const session = sandbox.ledger.session(id);
  markVisited(sandbox, session);
  ctx.body = checkoutPage(session, { closed: closedBecause(sandbox, session), notice: ctx.query['notice'] });
}

function closedBecause(sandbox: Sandbox, session: Session): string | undefined {
  if (session.cancelled_at !== undefined) return 'This payment was cancelled.';
  const transaction = sandbox.ledger.transactionOf(session);
  if (transaction !== undefined && transaction.status !== 'INITIATED') {
    return `This payment has already ended: ${transaction.status}.`;
  }
  return session.expires_at <= nowIso() ? 'This payment has expired.' : undefined;
}
