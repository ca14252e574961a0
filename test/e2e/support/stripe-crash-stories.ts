/** The events around an order at Stripe, where a request that is sent twice with one key has one effect. */
import { adoptNearItsEnd } from './adopt-at-stripe.ts';
import { AMOUNT, cancelled, paid, WAITS_FOR_MS, type Story } from './crash-story.ts';
import { insistOnOpening } from './insist.ts';
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
  'cancel at Stripe': {
    gateway: 'stripe',
    title: 'the merchant cancels at Stripe',
    ends: 'order CANCELLED; payment CANCELLED; at Stripe a closed session; merchant told payment_cancelled',
    run: async (stack, order) => cancelled(stack, await insistOnOpening(stack, order)),
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

/** The sandbox would let a payer go on. */
async function endUnpaid(stack: Stack, order: string): Promise<void> {
  await adoptNearItsEnd(stack, order);
  await untilTold(stack, [order], 'order.payment_expired', WAITS_FOR_MS);
}
