/** A payment from its session to its refund, by the official client. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { aManualSession, aSession, startStripeSandbox, type StripeSandboxClient } from './stripe-client.ts';

let sandbox: StripeSandboxClient;
beforeEach(async () => {
  sandbox = await startStripeSandbox();
});
afterEach(() => sandbox.close());

it('takes a payment, tells it by five events, and gives it back', async () => {
  const { stripe } = sandbox;
  const session = await stripe.checkout.sessions.create(aSession());
  expect(session).toMatchObject({
    status: 'open',
    payment_status: 'unpaid',
    payment_intent: null,
    amount_total: 29_990,
  });
  const paid = await sandbox.sim(`/sessions/${session.id}/pay`, { outcome: 'authorize' });
  expect(paid.returnUrl).toBe(`https://shop.example/return?key=a%20b&session_id=${session.id}`);
  await sandbox.received(5);
  expect(sandbox.events().map(({ type }) => type)).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
    'checkout.session.completed',
    'charge.updated',
  ]);
  const after = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ['payment_intent.latest_charge'],
  });
  expect(after).toMatchObject({
    status: 'complete',
    payment_status: 'paid',
    payment_intent: {
      status: 'succeeded',
      amount_received: 29_990,
      latest_charge: { captured: true, paid: true },
    },
  });
  const refund = await stripe.refunds.create({ payment_intent: paid.transactionId, amount: 9_990 });
  expect(refund).toMatchObject({ status: 'succeeded', amount: 9_990 });
  await sandbox.received(7);
  expect(
    sandbox
      .events()
      .slice(5)
      .map(({ type }) => type),
  ).toEqual(['refund.created', 'charge.refunded']);
});

it('holds the money until it is captured', async () => {
  const { stripe } = sandbox;
  const session = await stripe.checkout.sessions.create(aManualSession());
  const { transactionId } = await sandbox.sim(`/sessions/${session.id}/pay`, { outcome: 'authorize' });
  await sandbox.received(4);
  expect(sandbox.events().map(({ type }) => type)).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.amount_capturable_updated',
    'checkout.session.completed',
  ]);
  const captured = await stripe.paymentIntents.capture(transactionId);
  expect(captured).toMatchObject({ status: 'succeeded', amount_received: 29_990, amount_capturable: 0 });
  await sandbox.received(6);
  expect(
    sandbox
      .events()
      .slice(4)
      .map(({ type }) => type),
  ).toEqual(['charge.captured', 'payment_intent.succeeded']);
});
