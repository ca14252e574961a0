/** What happens to money: captures, cancellations, refunds, disputes. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Stripe } from 'stripe';
import { aManualSession, aSession, startStripeSandbox, type StripeSandboxClient } from './stripe-client.ts';

let sandbox: StripeSandboxClient;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startStripeSandbox();
  ({ stripe } = sandbox);
});
beforeEach(async () => {
  await sandbox.sim('/reset', {});
  sandbox.receiver.received.length = 0;
});
afterAll(() => sandbox.close());

const TOTAL = 29_990;

async function pay(
  params: Stripe.Checkout.SessionCreateParams,
  payment: object = { outcome: 'authorize' },
): Promise<string> {
  const { id } = await stripe.checkout.sessions.create(params);
  const { transactionId } = await sandbox.sim(`/sessions/${id}/pay`, payment);
  return transactionId;
}

const held = (): Promise<string> => pay(aManualSession());
const multi = (): Promise<string> =>
  pay(aManualSession({ payment_method_options: { card: { request_multicapture: 'if_available' } } }));

async function intentWithCharge(
  id: string,
): Promise<{ intent: Stripe.PaymentIntent; charge: Stripe.Charge }> {
  const intent = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.refunds'] });
  return { intent, charge: intent.latest_charge as Stripe.Charge };
}

/** The events about money since the payment, oldest first. */
async function eventsSince(count: number): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  return data
    .map(({ type }) => type)
    .reverse()
    .slice(count);
}

const code = (asked: Promise<unknown>): Promise<string | undefined> =>
  asked.then(
    () => 'accepted',
    (error: Stripe.errors.StripeError) => error.code,
  );

describe('held money', () => {
  it('shows until when it can be captured', async () => {
    const { intent, charge } = await intentWithCharge(await held());
    expect(intent).toMatchObject({
      status: 'requires_capture',
      amount_capturable: TOTAL,
      amount_received: 0,
    });
    expect(charge).toMatchObject({
      captured: false,
      amount_captured: 0,
      paid: true,
      metadata: { key: 'order-1' },
    });
    const before = charge.payment_method_details?.card?.capture_before ?? 0;
    expect(before - charge.created).toBe(7 * 86_400);
  });

  it('is captured in part, and the rest is released', async () => {
    const id = await held();
    await stripe.paymentIntents.capture(id, { amount_to_capture: 10_000 });
    const { intent, charge } = await intentWithCharge(id);
    expect(intent).toMatchObject({
      status: 'succeeded',
      amount: TOTAL,
      amount_received: 10_000,
      amount_capturable: 0,
    });
    expect(charge).toMatchObject({
      captured: true,
      amount_captured: 10_000,
      amount_refunded: 0,
      refunds: { data: [] },
    });
    expect(await eventsSince(4)).toEqual(['charge.captured', 'payment_intent.succeeded']);
    expect(await code(stripe.paymentIntents.capture(id))).toBe('payment_intent_unexpected_state');
  });

  it('leaves a refund of the rest where the account is set up so', async () => {
    await sandbox.sim('/faults', { partialCapture: 'refund_rest' });
    const id = await held();
    await stripe.paymentIntents.capture(id, { amount_to_capture: 10_000 });
    const { charge } = await intentWithCharge(id);
    expect(charge).toMatchObject({ amount_captured: 10_000, amount_refunded: 19_990, refunded: false });
    expect(charge.refunds?.data).toMatchObject([{ amount: 19_990, status: 'succeeded' }]);
    expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ amount: 10_000 });
    expect(await code(stripe.refunds.create({ payment_intent: id }))).toBe('charge_already_refunded');
  });

  it('is captured many times only where that was asked for', async () => {
    const id = await multi();
    const { charge } = await intentWithCharge(id);
    expect(charge.payment_method_details?.card?.multicapture?.status).toBe('available');
    await stripe.paymentIntents.capture(id, { amount_to_capture: 10_000, final_capture: false });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
      status: 'requires_capture',
      amount_received: 10_000,
      amount_capturable: 19_990,
    });
    await stripe.paymentIntents.capture(id, { amount_to_capture: 5_000, final_capture: true });
    const done = await intentWithCharge(id);
    expect(done.intent).toMatchObject({ status: 'succeeded', amount_received: 15_000 });
    expect(done.charge).toMatchObject({ captured: true, amount_captured: 15_000 });
    const once = await held();
    expect((await intentWithCharge(once)).charge.payment_method_details?.card?.multicapture?.status).toBe(
      'unavailable',
    );
    expect(await code(stripe.paymentIntents.capture(once, { final_capture: false }))).toBeUndefined();
  });

  it('is never captured beyond its amount', async () => {
    const id = await held();
    expect(await code(stripe.paymentIntents.capture(id, { amount_to_capture: TOTAL + 1 }))).toBe(
      'amount_too_large',
    );
    expect(await code(stripe.refunds.create({ payment_intent: id }))).toBe('charge_not_captured');
  });

  it('is released by a cancellation, which looks like a refund', async () => {
    const id = await held();
    await stripe.paymentIntents.cancel(id, { cancellation_reason: 'requested_by_customer' });
    const { intent, charge } = await intentWithCharge(id);
    expect(intent).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'requested_by_customer',
      amount_capturable: 0,
    });
    expect(charge).toMatchObject({ captured: false, refunded: true, amount_refunded: TOTAL });
    expect(await eventsSince(4)).toEqual(['refund.created', 'charge.refunded', 'payment_intent.canceled']);
    expect(await code(stripe.paymentIntents.cancel(id))).toBe('payment_intent_unexpected_state');
  });

  it('lapses after seven days, or when a test says so', async () => {
    const [first, second] = [await held(), await held()];
    await sandbox.sim(`/transactions/${first}/change`, { status: 'expired' });
    expect(await stripe.paymentIntents.retrieve(first)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'automatic',
    });
    expect(await stripe.paymentIntents.retrieve(second)).toMatchObject({ status: 'requires_capture' });
    await sandbox.sim('/clock', { advanceSeconds: 7 * 86_400 + 1 });
    expect(await stripe.paymentIntents.retrieve(second)).toMatchObject({ status: 'canceled' });
    expect(await eventsSince(8)).toEqual([
      'refund.created',
      'charge.expired',
      'payment_intent.canceled',
      'refund.created',
      'charge.expired',
      'payment_intent.canceled',
    ]);
  });

  it('is captured and released in the dashboard too', async () => {
    const [first, second] = [await held(), await held()];
    await sandbox.sim(`/transactions/${first}/capture`, { amount: 20_000 });
    await sandbox.sim(`/transactions/${second}/void`, {});
    expect(await stripe.paymentIntents.retrieve(first)).toMatchObject({
      status: 'succeeded',
      amount_received: 20_000,
    });
    expect(await stripe.paymentIntents.retrieve(second)).toMatchObject({ status: 'canceled' });
    const [event] = (await stripe.events.list({ type: 'charge.captured' })).data;
    expect(event?.request).toEqual({ id: null, idempotency_key: null });
  });
});

describe('a refund', () => {
  it('moves money back in parts, up to what was captured', async () => {
    const id = await pay(aSession());
    const refund = await stripe.refunds.create({
      payment_intent: id,
      amount: 9_990,
      reason: 'requested_by_customer',
      metadata: { key: 'r-1' },
    });
    expect(refund).toMatchObject({
      status: 'succeeded',
      amount: 9_990,
      payment_intent: id,
      metadata: { key: 'r-1' },
    });
    const { charge } = await intentWithCharge(id);
    expect(charge).toMatchObject({ amount_refunded: 9_990, refunded: false });
    expect(await code(stripe.refunds.create({ charge: charge.id, amount: 20_001 }))).toBe('amount_too_large');
    await stripe.refunds.create({ charge: charge.id });
    expect(await stripe.charges.retrieve(charge.id)).toMatchObject({
      amount_refunded: TOTAL,
      refunded: true,
    });
    expect(await code(stripe.refunds.create({ payment_intent: id }))).toBe('charge_already_refunded');
    expect((await stripe.refunds.list({ payment_intent: id })).data.map(({ amount }) => amount)).toEqual([
      20_000, 9_990,
    ]);
    expect(await eventsSince(5)).toEqual([
      'refund.created',
      'charge.refunded',
      'refund.created',
      'charge.refunded',
    ]);
  });

  it('fails weeks later, and the money is back', async () => {
    const id = await pay(aSession());
    const { id: refundId } = await stripe.refunds.create({ payment_intent: id });
    await sandbox.sim(`/refunds/${refundId}/fail`, { reason: 'expired_or_canceled_card' });
    expect(await stripe.refunds.retrieve(refundId)).toMatchObject({
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
    });
    expect((await intentWithCharge(id)).charge).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(await eventsSince(7)).toEqual([
      'charge.updated',
      'refund.failed',
      'refund.updated',
      'charge.refund.updated',
    ]);
    expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ amount: TOTAL });
  });

  it('is pending where a test says so, and then arrives, fails or is canceled', async () => {
    const id = await pay(aSession());
    await sandbox.sim('/faults', { refund: { pending: true, result: 'never' } });
    const refunds: string[] = [];
    for (let at = 0; at < 3; at++)
      refunds.push((await stripe.refunds.create({ payment_intent: id, amount: 5_000 })).id);
    const [first = '', second = '', third = ''] = refunds;
    expect(await stripe.refunds.retrieve(first)).toMatchObject({ status: 'pending' });
    await sandbox.sim(`/refunds/${first}/succeed`, {});
    await sandbox.sim(`/refunds/${second}/fail`, {});
    expect(await stripe.refunds.cancel(third)).toMatchObject({ status: 'canceled' });
    expect(await stripe.refunds.retrieve(first)).toMatchObject({ status: 'succeeded' });
    expect((await intentWithCharge(id)).charge).toMatchObject({ amount_refunded: 5_000 });
    expect(await code(stripe.refunds.cancel(first))).toBe('refund_unexpected_state');
  });

  it('of a payment by the card for it fails by itself', async () => {
    const id = await pay(aSession(), { card: '4000 0000 0000 5126' });
    const { id: refundId } = await stripe.refunds.create({ payment_intent: id });
    await sandbox.sim('/clock', { advanceSeconds: 5 });
    expect(await stripe.refunds.retrieve(refundId)).toMatchObject({ status: 'failed' });
  });

  it('is made in the dashboard too', async () => {
    const id = await pay(aSession());
    const refund = await sandbox.sim(`/transactions/${id}/refund`, { amount: 1_000 });
    expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ amount: 1_000, status: 'succeeded' });
  });
});

describe('a dispute', () => {
  it('takes the money, and gives it back when it is won', async () => {
    const id = await pay(aSession());
    const dispute = await sandbox.sim(`/transactions/${id}/dispute`, { reason: 'fraudulent' });
    expect(await stripe.disputes.retrieve(dispute.id)).toMatchObject({
      status: 'needs_response',
      amount: TOTAL,
      payment_intent: id,
    });
    expect((await intentWithCharge(id)).charge).toMatchObject({ disputed: true });
    expect(await code(stripe.refunds.create({ payment_intent: id }))).toBe('charge_disputed');
    await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'sent' } });
    expect(await stripe.disputes.retrieve(dispute.id)).toMatchObject({
      status: 'under_review',
      evidence: { uncategorized_text: 'sent' },
    });
    await sandbox.sim(`/disputes/${dispute.id}/close`, { status: 'won' });
    expect(await eventsSince(5)).toEqual([
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.updated',
      'charge.dispute.closed',
      'charge.dispute.funds_reinstated',
    ]);
    expect((await stripe.disputes.list({ payment_intent: id })).data).toMatchObject([{ status: 'won' }]);
  });

  it('is lost by giving up, and an inquiry moves no money', async () => {
    const id = await pay(aSession());
    const inquiry = await sandbox.sim(`/transactions/${id}/dispute`, { inquiry: true });
    expect(inquiry).toMatchObject({ status: 'warning_needs_response', balance_transactions: [] });
    expect(await stripe.disputes.close(inquiry.id)).toMatchObject({ status: 'lost' });
    expect(await code(stripe.disputes.close(inquiry.id))).toBe('dispute_already_closed');
  });

  it('follows a payment by the card for it', async () => {
    const id = await pay(aSession(), { card: '4000000000000259' });
    expect((await stripe.disputes.list({ payment_intent: id })).data).toMatchObject([
      { reason: 'fraudulent' },
    ]);
  });
});

it('books every movement in the balance', async () => {
  const id = await pay(aSession());
  await stripe.refunds.create({ payment_intent: id, amount: 9_990 });
  const { data } = await stripe.balanceTransactions.list();
  expect(data.map(({ type, amount }) => [type, amount])).toEqual([
    ['refund', -9_990],
    ['charge', TOTAL],
  ]);
  const { charge } = await intentWithCharge(id);
  expect(charge.balance_transaction).toBe(data[1]?.id);
  expect((await stripe.balance.retrieve()).pending[0]?.amount).toBe(
    (data[0]?.net ?? 0) + (data[1]?.net ?? 0),
  );
});
