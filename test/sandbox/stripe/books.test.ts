/** The check of the books, at Stripe: the same rules as at Dintero. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { aManualSession, startStripeSandbox, type StripeSandboxClient } from './stripe-client.ts';

let sandbox: StripeSandboxClient;
beforeAll(async () => {
  sandbox = await startStripeSandbox();
});
beforeEach(async () => {
  await sandbox.sim('/reset', {});
});
afterAll(() => sandbox.close());

async function pay(reference: string): Promise<string> {
  const session = await sandbox.stripe.checkout.sessions.create(
    aManualSession({ client_reference_id: reference }),
  );
  return (await sandbox.sim(`/sessions/${session.id}/pay`, { outcome: 'authorize' })).transactionId;
}

async function rules(orders: readonly object[]): Promise<string[]> {
  const { violations } = await sandbox.sim('/invariants', { orders });
  return violations.map(({ rule }: { rule: string }) => rule);
}

it('hold where each order has its money, also by the reference of the metadata', async () => {
  const transactionId = await pay('payment-7');
  const order = { transactionId, amount: 29_990, currency: 'NOK' };
  expect(await rules([{ ...order, reference: 'payment-7', status: 'PAID' }])).toEqual([]);
  expect(await rules([{ ...order, reference: 'order-1', status: 'PAID' }])).toEqual([]);
  await sandbox.stripe.paymentIntents.capture(transactionId, { amount_to_capture: 10_000 });
  await sandbox.stripe.refunds.create({ payment_intent: transactionId });
  expect(await rules([{ ...order, reference: 'payment-7', status: 'REFUNDED' }])).toEqual([]);
});

it('break where money is stray, missing, or another sum', async () => {
  const transactionId = await pay('order-2');
  expect(await rules([])).toEqual(['money_without_order']);
  expect(await rules([{ reference: 'order-2', status: 'VOIDED' }])).toEqual(['not_given_back']);
  expect(await rules([{ reference: 'order-2', status: 'PAID', amount: 1 }])).toEqual(['wrong_amount']);
  await sandbox.stripe.paymentIntents.cancel(transactionId);
  expect(await rules([{ reference: 'order-2', status: 'PAID' }])).toEqual(['paid_without_money']);
  expect(await rules([{ reference: 'order-2', status: 'VOIDED' }])).toEqual([]);
});

it('break where an order was paid twice, or a refund was made twice', async () => {
  const transactionId = await pay('order-3');
  await pay('order-3');
  expect(await rules([{ reference: 'order-3', status: 'PAID', transactionId }])).toContain('paid_twice');
  await sandbox.stripe.paymentIntents.capture(transactionId);
  for (let at = 0; at < 2; at++)
    await sandbox.stripe.refunds.create({
      payment_intent: transactionId,
      amount: 100,
      metadata: { operation: 'r-1' },
    });
  expect(await rules([{ reference: 'order-3', status: 'REVIEW' }])).toEqual(['double_refund']);
});

it('ignore money of other shops', async () => {
  await sandbox.sim('/transactions', { amount: 5_000, currency: 'NOK', metadata: { key: 'order-4' } });
  expect(await rules([])).toEqual([]);
});
