import { Router } from '@koa/router';
import type { CallbackChoice, CallbackPlan } from '../callback-plan.ts';
import { OUTCOMES } from '../consequences.ts';
import { nowIso, type Session } from '../model.ts';
import { pay, type Payment } from '../outcomes.ts';
import { checkoutPage, messagePage } from '../page.ts';
import { readForm } from '../parse.ts';
import { invalid, Problem } from '../problem.ts';
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
    const { returnUrl } = pay(sandbox, session, payment);
    if (returnUrl === null && payment.outcome !== 'pay_failed') {
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

function paymentFrom(session: Session, form: URLSearchParams): Payment {
  const callback = callbackFrom(form);
  return {
    ...outcomeFrom(form),
    ...(callback === undefined ? {} : { callback }),
    ...(form.has('wrongAmount') ? { amount: session.order.amount + 100 } : {}),
    ...resolutionFrom(form),
  };
}

function outcomeFrom(form: URLSearchParams): Pick<Payment, 'outcome' | 'card' | 'return'> {
  const [chosen, card] = [form.get('outcome'), form.get('card') ?? ''];
  // Enter in the card's field presses the first button of the form, which is this one.
  if (chosen === 'card' || (chosen === 'authorize' && card !== '')) return { card };
  if (chosen === 'close') return { outcome: 'authorize', return: false };
  const outcome = OUTCOMES.find((name) => name === chosen);
  if (outcome === undefined) throw invalid(`outcome is "${chosen}"; expected one of the buttons`);
  return { outcome };
}

/** Undefined where nothing unusual was ticked: then Dintero's own rules decide whether there is a callback. */
function callbackFrom(form: URLSearchParams): CallbackChoice {
  if (form.has('noCallback')) return false;
  const delayMs = secondsOf(form, 'delay') * 1_000;
  const together = form.has('together');
  const plan: CallbackPlan = {
    ...(delayMs > 0 ? { delayMs } : {}),
    ...(together || form.has('duplicate') ? { copies: 2, together } : {}),
    ...(form.has('badSignature') ? { sign: 'wrong' as const } : {}),
  };
  return Object.keys(plan).length === 0 ? undefined : plan;
}

function resolutionFrom(form: URLSearchParams): Pick<Payment, 'resolve'> {
  const status = form.get('resolveTo') ?? '';
  if (status === '' || form.get('outcome') !== 'on_hold') return {};
  return { resolve: { status, afterMs: secondsOf(form, 'resolveAfter') * 1_000 } };
}

function secondsOf(form: URLSearchParams, name: string): number {
  const seconds = Number(form.get(name) ?? 0);
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400 ? seconds : 0;
}
