import type { Router, RouterContext } from '@koa/router';
import { readForm } from '../../http/request-body.ts';
import { messagePage } from '../../page/page-parts.ts';
import { StripeError } from '../http/stripe-error.ts';
import { resultOfCard } from '../payments/methods.ts';
import type { Session } from '../records/stripe-objects.ts';
import { markState, type StripeSandbox } from '../stripe-sandbox.ts';
import { confirmToBank } from './confirm-to-bank.ts';
import { type Paid, paySession } from './pay-session.ts';
import { paymentFrom } from './payment-form.ts';
import { confirmationPage, GATEWAY, paymentPage } from './payment-page.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'";

/** The payment page: `GET` shows it, `POST` pays and redirects the browser. Then the page of the bank. */
export function pageRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger } = sandbox;
  router.get('/c/pay/:id', (ctx) => asPage(ctx, () => show(sandbox, ctx)));
  router.post('/c/pay/:id', (ctx) => asPage(ctx, () => payByForm(sandbox, ctx)));
  router.get('/3ds/:id', (ctx) =>
    asPage(ctx, () => {
      ctx.body = confirmationPage(ledger.intent(ctx.params['id'] ?? ''));
    }),
  );
  router.post('/3ds/:id', (ctx) => asPage(ctx, () => confirmByForm(sandbox, ctx)));
}

/** Shows a refusal as a page, since a person reads it here. */
async function asPage(ctx: RouterContext, handle: () => void | Promise<void>): Promise<void> {
  ctx.set('Content-Security-Policy', POLICY);
  try {
    await handle();
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    ctx.status = error.status;
    ctx.body = messagePage(GATEWAY, 'This session can’t be paid', error.message);
  }
}

function show({ ledger }: StripeSandbox, ctx: RouterContext): void {
  const session = ledger.session(ctx.params['id'] ?? '');
  const lines = ledger.plans.get(session.id)?.lineItems ?? [];
  ctx.body = paymentPage(session, { closed: closedBecause(session), notice: ctx.query['notice'], lines });
}

function closedBecause({ status }: Session): string | undefined {
  if (status === 'complete') return 'This payment has already been made.';
  return status === 'expired' ? 'This payment has expired.' : undefined;
}

async function payByForm(sandbox: StripeSandbox, ctx: RouterContext): Promise<void> {
  const session = sandbox.ledger.session(ctx.params['id'] ?? '');
  const form = await readForm(ctx.req);
  const payment = paymentFrom(session, form);
  if (payment.card !== undefined && resultOfCard(payment.card) === undefined)
    return goTo(ctx, `/c/pay/${session.id}?notice=card_unknown`);
  const paid = paySession(sandbox, session, payment);
  markState(sandbox);
  if (waitsForBank(sandbox, paid)) goTo(ctx, `/3ds/${paid.transactionId}`);
  else goOn(ctx, session, paid);
}

async function confirmByForm(sandbox: StripeSandbox, ctx: RouterContext): Promise<void> {
  const intent = sandbox.ledger.intent(ctx.params['id'] ?? '');
  const session = sandbox.ledger.sessionOf(intent.id);
  const form = await readForm(ctx.req);
  if (session === undefined) throw new StripeError(404, { message: 'There is no page for this payment.' });
  const success = form.get('success') !== 'false';
  goOn(
    ctx,
    session,
    sandbox.book.during({}, () => confirmToBank(sandbox, session.id, success)),
  );
  markState(sandbox);
}

function waitsForBank({ ledger }: StripeSandbox, { transactionId }: Paid): boolean {
  return ledger.intents.get(transactionId ?? '')?.status === 'requires_action';
}

function goOn(ctx: RouterContext, session: Session, { returnUrl, declined }: Paid): void {
  if (declined !== null) return goTo(ctx, `/c/pay/${session.id}?notice=declined`);
  if (returnUrl !== null) return goTo(ctx, returnUrl);
  ctx.body = messagePage(
    GATEWAY,
    session.status === 'complete' ? 'Paid' : 'Not paid',
    'The browser stays here. You can close this tab.',
  );
}

/** `redirect` would re-encode the URL; the merchant's own query is sent back unchanged. */
function goTo(ctx: RouterContext, url: string): void {
  ctx.status = 303;
  ctx.set('Location', url);
}
