/** The events around an order at Stripe, where a request that is sent twice with one key has one effect. */
import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import { createCall } from './http.ts';
import { AMOUNT, paid, WAITS_FOR_MS, type Story } from './crash-story.ts';
import { insistOnMove } from './money.ts';
import { untilTold } from './shop.ts';
import type { Stack } from './stack.ts';

const REFUNDED = `order PAID; payment PARTIALLY_REFUNDED, refund done; at Stripe PARTIALLY_REFUNDED, CAPTURE ${AMOUNT}, REFUND 10000; merchant told paid, partially_refunded`;

export const STRIPE_STORIES = {
  'open by key': {
    gateway: 'stripe',
    title: 'a payer pays at Stripe',
    ends: 'order PAID; payment AUTHORIZED; at Stripe AUTHORIZED; merchant told paid',
    run: async (stack, order) => void (await paid(stack, order)),
  },
  'refund by key': {
    gateway: 'stripe',
    title: 'the merchant refunds a part at Stripe',
    ends: REFUNDED,
    run: (stack, order) => refundPart(stack, order),
  },
  'spent key': {
    gateway: 'stripe',
    title: 'the merchant refunds a part, and Stripe has stored an error for the key',
    ends: REFUNDED,
    run: (stack, order) => refundPart(stack, order, { refund: { status: 500, stored: true, times: 1 } }),
  },
  'unpaid at its end': {
    gateway: 'stripe',
    title: 'the time of a session is over, and Stripe would let the payer go on',
    ends: 'order PAYMENT_FAILED; payment EXPIRED; at Stripe a closed session; merchant told payment_expired',
    run: endUnpaid,
  },
} as const satisfies Record<string, Story>;

async function refundPart(stack: Stack, order: string, faults: object = {}): Promise<void> {
  const { payment, transactionId } = await paid(stack, order, 'capture');
  await stack.sandbox.faultsOf(transactionId, faults);
  await insistOnMove(stack, payment, 'refund', { amount: 10_000 });
}

/** A run may wait this long for the payer. */
const LIVES_MS = 8_000;

/**
 * A session lives half an hour at least. One whose opening was not recorded is adopted with the time that Stripe
 * shows, which here is nearly over.
 */
async function endUnpaid(stack: Stack, order: string): Promise<void> {
  const sessionId = await atStripe(stack, order);
  const shown = { expires_at: Math.floor((Date.now() + LIVES_MS) / 1_000) };
  // Of every session, since a fault of one would replace that of another story beside this one. Only sessions
  // that are adopted take their time from the gateway.
  await stack.sandbox.faults({ readSession: { patch: shown } });
  const call = createCall(stack.sandbox.origin);
  const object = (await call('GET', `/__sim/sessions/${sessionId}`)).body;
  const told = await call('POST', '/__sim/events', { type: 'checkout.session.completed', object });
  if (told.status >= 300) throw new Error(`an event of ${sessionId}: ${told.status}`);
  await untilTold(stack, [order], 'order.payment_expired', WAITS_FOR_MS);
}

/** A session like those that we open, which is not in our store. */
async function atStripe({ env, origin }: Stack, orderReference: string): Promise<string> {
  const gateway = createStripeGateway({
    accountId: env['STRIPE_ACCOUNT_ID'] ?? '',
    secretKey: env['STRIPE_SECRET_KEY'] ?? '',
    webhookSecrets: [],
    apiUrl: env['STRIPE_API_URL'] ?? '',
    publicUrl: origin,
  });
  const { sessionId } = await gateway.createSession({
    paymentId: `pay_${orderReference}`,
    orderReference,
    n: 1,
    money: { amountMinor: AMOUNT, currency: 'NOK' },
    lines: [],
    returnKey: 'k',
    capture: 'manual',
    idempotencyKey: `${orderReference}-open`,
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  return sessionId;
}
