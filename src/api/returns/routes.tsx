import { Router } from '@koa/router';
import type { Context } from 'koa';
import { isMoney, isSettled } from '../../domain/payment.ts';
import type { GatewayRegistry } from '../../gateways/registry.ts';
import type { Db } from '../../store/open.ts';
import { noteFirstReturn } from '../../store/timeline.ts';
import { findByReturnKey, findOrder, type PaymentRow } from '../../store/payments.ts';
import { withTimeout } from '../../temporal/calls.ts';
import { addressOf } from '../payments/open-payment.ts';
import type { OutcomeWaits } from './outcome-waits.ts';
import { page } from './page.tsx';
import type { Pokes } from '../callbacks/pokes.ts';
import { Problem } from '../http/problem.ts';
import { returnStatus } from '../payments/payment-view.ts';

/** Somebody looks at a blank page meanwhile. */
const FIND_LIMIT_MS = 3_000;

/** `GET /return/{gateway}?k=…`: the payer's browser. It proves nothing; it asks for a look and is sent on to the shop. */
export function returnRoutes(deps: {
  db: Db;
  gateways: GatewayRegistry;
  pokes: Pokes;
  waits: OutcomeWaits;
}): Router {
  const router = new Router();
  return router.get('/return/:gateway', async (ctx: Context & { params: Record<string, string> }) => {
    const gateway = ctx.params['gateway'] ?? '';
    const key = ctx.query['k'];
    const isKey =
      typeof key === 'string' && /^[\w-]{22}$/.test(key) && deps.gateways.find(gateway) !== undefined;
    const payment = isKey ? await find(deps.db, gateway, key) : null;
    if (payment === null) return showUnknown(ctx);
    // Anybody's HEAD may be a preview of the link; only a visit is a visit.
    const now = ctx.method === 'GET' ? await askAndWait(deps, payment) : payment;
    const status = returnStatus(now, await isOrderPaid(deps.db, now));
    if (now.returnUrl === null) return showStatus(ctx, now, status);
    ctx.set('Cache-Control', 'no-store');
    ctx.status = 303;
    // Not `ctx.redirect`, which writes the shop's URL otherwise than the shop did.
    ctx.set('Location', returnUrlOf(now, now.returnUrl, status));
    ctx.type = 'text';
    ctx.body = 'Back to the shop …';
  });
}

type ReturnStatus = ReturnType<typeof returnStatus>;

function find(db: Db, gateway: string, key: string): Promise<PaymentRow | null> {
  return soon(findByReturnKey(db, gateway, key));
}

/** Asked only where there is money: it may have come too late for the order. Not known is not paid. */
async function isOrderPaid(db: Db, { status, orderReference }: PaymentRow): Promise<boolean> {
  if (!isMoney(status)) return false;
  const found = await soon(findOrder(db, orderReference)).catch(() => null);
  return found !== null && found.order.paidPaymentId !== null;
}

async function soon<Found>(finding: Promise<Found>): Promise<Found> {
  try {
    return await withTimeout(finding, FIND_LIMIT_MS, 'the store');
  } catch (error) {
    const { cause } = error as Error;
    throw (
      cause ?? new Problem('unavailable', 'the store did not answer in time; ask again', { cause: error })
    );
  }
}

async function askAndWait(
  deps: { db: Db; pokes: Pokes; waits: OutcomeWaits },
  payment: PaymentRow,
): Promise<PaymentRow> {
  if (isSettled(payment.status)) {
    // Nobody waits for it: what it is good for is the story.
    noteFirstReturn(deps.db, payment.id).catch(() => undefined);
    return payment;
  }
  void deps.pokes.poke(addressOf(payment), 'return');
  const now = await deps.waits.wait(payment);
  // A look that was under way already may have settled it, and has told of no return.
  if (isSettled(now.status)) noteFirstReturn(deps.db, payment.id).catch(() => undefined);
  return now;
}

/** The shop's own address, of which no byte is changed, with what we know at the end of its query. */
function returnUrlOf(payment: PaymentRow, returnUrl: string, status: ReturnStatus): string {
  const [, before = '', fragment = ''] = /^([^#]*)(.*)$/s.exec(returnUrl) ?? [];
  const known = new URLSearchParams({ order: payment.orderReference, payment: payment.id, status });
  const separator = before.includes('?') ? (/[?&]$/.test(before) ? '' : '&') : '?';
  return `${before}${separator}${known}${fragment}`;
}

const WORDS = {
  paid: ['Thank you', 'Your payment has been received.'],
  pending: ['One moment', 'Your payment is being checked. This page keeps itself up to date.'],
  failed: [
    'Not paid',
    'Your payment did not go through. What was taken for it, if anything, goes back to you.',
  ],
  cancelled: ['Cancelled', 'You cancelled the payment. You have not been charged.'],
} as const;

function showStatus(ctx: Context, payment: PaymentRow, status: ReturnStatus): void {
  const [title, text] = WORDS[status];
  if (status === 'pending') ctx.set('Refresh', '5');
  ctx.type = 'html';
  ctx.set('Cache-Control', 'no-store');
  ctx.body = page(
    title,
    <>
      <h1>{title}</h1>
      <p aria-live="polite">{text}</p>
      <p>
        Order <strong>{payment.orderReference}</strong>
      </p>
    </>,
  );
}

function showUnknown(ctx: Context): void {
  ctx.status = 404;
  ctx.type = 'html';
  ctx.body = page(
    'Not found',
    <>
      <h1>There is nothing here</h1>
      <p>If you have just paid, go back to the shop: it knows.</p>
    </>,
  );
}
