/**
 * The events around an order whose process dies on the way. Our clients repeat their calls until answered;
 * Dintero calls again by itself.
 */
import { basic, grant } from '../../sandbox/sandbox-client.ts';
import { toSessionBody } from '../../../src/gateways/dintero/session-request.ts';
import { AMOUNT, cancelled, paid, WAITS_FOR_MS, type Story } from './crash-story.ts';
import { createCall } from './http.ts';
import { insist, insistOnOpening as opened } from './insist.ts';
import { insistOnMove as moved } from './money.ts';

import { STRIPE_STORIES } from './stripe-crash-stories.ts';
import { untilOrder, untilTold, type Opened } from './shop.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';

export const STORIES = {
  pay: {
    title: 'a payer pays, and only Dintero tells us',
    ends: 'order PAID; payment AUTHORIZED; at Dintero AUTHORIZED; merchant told paid',
    run: async (stack, order) => void (await paid(stack, order)),
  },
  'busy shop': {
    title: 'a payer pays, and the shop has no time at first',
    ends: 'order PAID; payment AUTHORIZED; at Dintero AUTHORIZED; merchant told paid',
    run: payAtBusyShop,
  },
  surplus: {
    title: 'the process died when the session was new, and Dintero shows another one later',
    ends: 'order PAID; payment AUTHORIZED; at Dintero AUTHORIZED and a closed session; merchant told paid',
    run: openTwice,
  },
  adopt: {
    title: 'Dintero calls about a payment that the store has lost',
    ends: 'order PAID; payment AUTHORIZED; at Dintero AUTHORIZED; merchant told paid',
    run: payUnknown,
  },
  cancel: {
    title: 'the merchant cancels',
    ends: 'order CANCELLED; payment CANCELLED; at Dintero a closed session; merchant told payment_cancelled',
    async run(stack, order) {
      await cancelled(stack, await opened(stack, order));
    },
  },
  capture: {
    title: 'the merchant captures',
    ends: `order PAID; payment CAPTURED, capture done; at Dintero CAPTURED, CAPTURE ${AMOUNT}; merchant told paid, captured`,
    endsUnknown: 'order PAID; payment AUTHORIZED, capture unknown; at Dintero AUTHORIZED; merchant told paid',
    async run(stack, order) {
      const { payment } = await paid(stack, order);
      await moved(stack, payment, 'capture');
    },
  },
  'lost capture': {
    title: 'the merchant captures, and the answer is lost',
    ends: `order PAID; payment CAPTURED, capture done; at Dintero CAPTURED, CAPTURE ${AMOUNT}; merchant told paid, captured`,
    async run(stack, order) {
      const { payment, transactionId } = await paid(stack, order);
      await stack.sandbox.faultsOf(transactionId, { capture: { drop: 'after', times: 1 } });
      await moved(stack, payment, 'capture');
    },
  },
  'busy capture': {
    title: 'the merchant captures, and Dintero has no time at first',
    ends: `order PAID; payment CAPTURED, capture done; at Dintero CAPTURED, CAPTURE ${AMOUNT}; merchant told paid, captured`,
    endsUnknown: 'order PAID; payment AUTHORIZED, capture unknown; at Dintero AUTHORIZED; merchant told paid',
    async run(stack, order) {
      const { payment, transactionId } = await paid(stack, order);
      await stack.sandbox.faultsOf(transactionId, { capture: { status: 503, times: 1 } });
      await moved(stack, payment, 'capture');
    },
  },
  'auto capture': {
    title: 'the order is to be captured as soon as it is paid',
    ends: `order PAID; payment CAPTURED, capture done; at Dintero CAPTURED, CAPTURE ${AMOUNT}; merchant told paid, captured`,
    endsUnknown: 'order PAID; payment AUTHORIZED, capture unknown; at Dintero AUTHORIZED; merchant told paid',
    run: async (stack, order) => void (await paid(stack, order, 'authorize', { capture: 'auto' })),
  },
  refund: {
    title: 'the merchant refunds a part',
    ends: `order PAID; payment PARTIALLY_REFUNDED, refund done; at Dintero PARTIALLY_REFUNDED, CAPTURE ${AMOUNT}, REFUND 10000; merchant told paid, partially_refunded`,
    endsUnknown: `order PAID; payment CAPTURED, refund unknown; at Dintero CAPTURED, CAPTURE ${AMOUNT}; merchant told paid`,
    async run(stack, order) {
      const { payment } = await paid(stack, order, 'capture');
      await moved(stack, payment, 'refund', { amount: 10_000 });
    },
  },
  void: {
    title: 'the merchant voids',
    ends: `order VOIDED; payment VOIDED, void done; at Dintero AUTHORIZATION_VOIDED, VOID ${AMOUNT}; merchant told paid, voided`,
    endsUnknown: 'order PAID; payment AUTHORIZED, void unknown; at Dintero AUTHORIZED; merchant told paid',
    async run(stack, order) {
      const { payment } = await paid(stack, order);
      await moved(stack, payment, 'void');
    },
  },
  late: {
    title: 'money comes for an order that another session has paid',
    ends: `order PAID; payment VOIDED, void done and AUTHORIZED; at Dintero AUTHORIZATION_VOIDED, VOID ${AMOUNT} and AUTHORIZED; merchant told payment_failed, paid, late_payment_returned`,
    endsUnknown:
      'order PAID; payment AUTHORIZED, void unknown and AUTHORIZED; at Dintero AUTHORIZED and AUTHORIZED; merchant told payment_failed, paid',
    run: async (stack, order) => void (await payTwice(stack, order, 'AUTHORIZED')),
  },
  'late captured': {
    title: 'captured money comes for an order that another session has paid',
    ends: `order PAID; payment REFUNDED, refund done and AUTHORIZED; at Dintero AUTHORIZED and REFUNDED, CAPTURE ${AMOUNT}, REFUND ${AMOUNT}; merchant told payment_failed, paid, late_payment_returned`,
    endsUnknown: `order PAID; payment CAPTURED, refund unknown and AUTHORIZED; at Dintero AUTHORIZED and CAPTURED, CAPTURE ${AMOUNT}; merchant told payment_failed, paid`,
    run: async (stack, order) => void (await payTwice(stack, order, 'CAPTURED')),
  },
  'stuck late': {
    title: 'money comes for an order that another session has paid, and the void is declined',
    ends: `order PAID; payment REVIEW, void failed and AUTHORIZED; at Dintero AUTHORIZED and AUTHORIZED, VOID ${AMOUNT} failed; merchant told payment_failed, paid, review`,
    run: payTwiceInVain,
  },
  'two sessions': {
    title: 'a payment that had failed succeeds, while the next session is open',
    ends: 'order PAID; payment AUTHORIZED and CANCELLED; at Dintero AUTHORIZED and a closed session; merchant told payment_failed, paid',
    run: payEarlier,
  },
  review: {
    title: 'an operator gives back a wrong amount that waits in REVIEW',
    ends: 'order PAYMENT_FAILED; payment VOIDED, void done; at Dintero AUTHORIZATION_VOIDED, VOID 1; merchant told review, payment_cancelled',
    run: (stack, order) => reviewed(stack, order, 'give_back'),
  },
  accept: {
    title: 'an operator accepts a wrong amount that waits in REVIEW',
    ends: 'order PAID; payment AUTHORIZED; at Dintero AUTHORIZED; merchant told review, paid',
    run: (stack, order) => reviewed(stack, order, 'accept'),
  },
  ...STRIPE_STORIES,
} as const satisfies Record<string, Story>;

export type StoryName = keyof typeof STORIES;

async function payAtBusyShop(stack: Stack, order: string): Promise<void> {
  stack.merchant.behave(order, 503);
  const { sessionId } = await opened(stack, order);
  await stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false });
  const isRefused = () => stack.merchant.updates.some(({ orderReference }) => orderReference === order);
  await until('the shop has refused an update', isRefused, WAITS_FOR_MS);
  stack.merchant.behave(order, null);
  await untilTold(stack, [order], 'order.paid', WAITS_FOR_MS);
}

/**
 * The process died when the session existed but was not recorded. So there may be a second session, and this
 * makes one.
 */
async function openTwice(stack: Stack, order: string): Promise<void> {
  const payment = await opened(stack, order);
  const twin = await atDintero(stack, payment.id, order);
  const isClosed = async () => (await stack.sandbox.session(twin)).session.cancelled_at !== undefined;
  await until('the second session is closed', isClosed, WAITS_FOR_MS, 500);
  await stack.sandbox.pay(payment.sessionId, { outcome: 'authorize', return: false });
}

async function payUnknown(stack: Stack, order: string): Promise<void> {
  const sessionId = await atDintero(stack, `pay_${order}`, order);
  await stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false });
}

/** A session like those that we open, which is not in our store. */
async function atDintero(stack: Stack, paymentId: string, orderReference: string): Promise<string> {
  const call = createCall(stack.sandbox.origin);
  const account = stack.env['DINTERO_ACCOUNT_ID'] ?? '';
  const token = await call('POST', `/v1/accounts/${account}/auth/token`, grant(), basic());
  const request = {
    paymentId,
    orderReference,
    n: 1,
    money: { amountMinor: AMOUNT, currency: 'NOK' },
    lines: [],
    returnKey: 'k',
    capture: 'manual' as const,
    idempotencyKey: 'open-1',
    expiresAt: new Date(Date.now() + 3_600_000),
  };
  const settings = { publicUrl: stack.origin, profileId: 'default' } as Parameters<typeof toSessionBody>[1];
  const authorization = `Bearer ${token.body.access_token}`;
  const sent = toSessionBody(request, settings);
  return (await call('POST', '/v1/sessions-profile', sent, { authorization })).body.id;
}

async function payTwice(stack: Stack, order: string, status: string, faults: object = {}): Promise<Opened> {
  const first = await opened(stack, order);
  const { transactionId } = await stack.sandbox.pay(first.sessionId, { outcome: 'fail', return: false });
  await untilTold(stack, [order], 'order.payment_failed', WAITS_FOR_MS);
  await paid(stack, order);
  await stack.sandbox.faultsOf(transactionId, faults);
  await stack.sandbox.change(transactionId, { status, force: true });
  return first;
}

/** A money run ends here. If the payment's own run is not woken, no run watches the REVIEW. */
async function payTwiceInVain(stack: Stack, order: string): Promise<void> {
  const { id } = await payTwice(stack, order, 'AUTHORIZED', { void: { result: 'failure' } });
  const isWatched = async () => {
    const { body } = await stack.call('GET', `/v1/payments/${id}`);
    return JSON.stringify(body.timeline).includes('has put the payment in REVIEW');
  };
  await until('its own run watches it', isWatched, WAITS_FOR_MS, 1_000);
}

async function payEarlier(stack: Stack, order: string): Promise<void> {
  const first = await opened(stack, order);
  const { transactionId } = await stack.sandbox.pay(first.sessionId, { outcome: 'fail', return: false });
  await untilTold(stack, [order], 'order.payment_failed', WAITS_FOR_MS);
  await opened(stack, order);
  await stack.sandbox.change(transactionId, { status: 'AUTHORIZED', force: true });
}

async function reviewed(stack: Stack, order: string, decision: 'accept' | 'give_back'): Promise<void> {
  const { id, sessionId } = await opened(stack, order);
  await stack.sandbox.pay(sessionId, { outcome: 'authorize', amount: 1, return: false });
  await untilOrder(stack, order, 'REVIEW', WAITS_FOR_MS);
  await untilTold(stack, [order], 'order.review', WAITS_FOR_MS);
  const asked = { decision, actor: 'ann', reason: 'the payer asked for it' };
  await insist('the decision', () => stack.call('POST', `/v1/payments/${id}/resolve`, asked));
}
