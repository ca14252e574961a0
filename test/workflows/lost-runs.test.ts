/**
 * Runs that are gone, because of an operator or with their namespace: the next run finds everything in the
 * right state.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import { callbackSignal, type FakeOrder, newFakeOrder } from '../support/fake-activities.ts';
import { addressOf, claimPayment, newOrder, type StoredPayment } from '../support/memory-store.ts';
import { untilQuiet } from '../support/quiet.ts';
import { change, newPsp, type SimulatedSession } from '../support/simulated-psp.ts';
import { startTimeSkippingWorld, type TimeSkippingWorld } from '../support/time-skipping.ts';

const NOK = { amountMinor: 72_200, currency: 'NOK' };
const HOUR = 3_600_000;

let world: TimeSkippingWorld;
beforeAll(async () => {
  world = await startTimeSkippingWorld();
}, 120_000);
afterAll(() => world.close(), 60_000);

async function aPayment(reference: string): Promise<{ fake: FakeOrder; payment: StoredPayment }> {
  const fake = newFakeOrder(newOrder(reference, NOK), newPsp(), () => world.env.currentTimeMs());
  world.orders.set(reference, fake);
  const claimed = claimPayment(fake.order, await world.env.currentTimeMs());
  if (claimed.kind === 'refused') throw new Error('the order takes no payment');
  return { fake, payment: claimed.payment };
}

const sessionOf = ({ psp }: FakeOrder) => psp.sessions[0] as SimulatedSession;
const quiet = (payment: StoredPayment) =>
  untilQuiet(world.env.client, paymentWorkflowId(payment), () => false);

/** On hold at the gateway, and its run knows it. */
async function aHold(reference: string): ReturnType<typeof aPayment> {
  const { fake, payment } = await aPayment(reference);
  await world.runs.open(addressOf(payment));
  change(sessionOf(fake), 'ON_HOLD');
  await world.runs.callback(addressOf(payment), callbackSignal('e1'));
  await quiet(payment);
  return { fake, payment };
}

const lose = (payment: StoredPayment) =>
  world.env.client.workflow.getHandle(paymentWorkflowId(payment)).terminate('lost');

it('polls a hold again though only the shopper came back', async () => {
  const { fake, payment } = await aHold('lost1');
  await lose(payment);
  expect(await world.runs.open(addressOf(payment))).toMatchObject({ kind: 'open', status: 'ON_HOLD' });
  change(sessionOf(fake), 'AUTHORIZED');
  await world.env.sleep(HOUR + 60_000);
  await quiet(payment);
  expect(fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
});

it('expires a hold that turns out to be nothing, though its run began with the hold', async () => {
  const { fake, payment } = await aHold('lost3');
  await lose(payment);
  await world.runs.open(addressOf(payment));
  change(sessionOf(fake), 'UNCLEAR');
  await world.env.sleep(2 * HOUR + 10 * 60_000);
  await quiet(payment);
  expect(fake.order.payments[0]?.status).toBe('REVIEW');
  change(sessionOf(fake), 'INITIATED');
  await world.env.sleep(3 * HOUR);
  await quiet(payment);
  expect(fake.order.payments[0]).toMatchObject({ status: 'EXPIRED' });
});

it('tells what was never told when it is asked to, although it runs and nothing has changed', async () => {
  const { fake, payment } = await aHold('untold');
  for (const update of fake.order.updates) {
    update.told = false;
    await world.runs.tell(addressOf(payment), update.effectId);
  }
  await quiet(payment);
  expect(fake.order.updates.map(({ type, told }) => [type, told])).toEqual([['order.payment_pending', true]]);
});

it('says of a payment that never had a session that it is over, deals with what came in, and tells what was never told', async () => {
  const { fake, payment } = await aPayment('lost2');
  Object.assign(payment, { status: 'EXPIRED', reason: 'no session before the payment expired' });
  fake.order.updates.push({
    effectId: `${payment.id}/order.payment_expired/never_opened`,
    type: 'order.payment_expired',
    paymentId: payment.id,
    orderStatus: 'PAYMENT_FAILED',
    told: false,
  });
  expect(await world.runs.open(addressOf(payment))).toEqual({ kind: 'not_open', status: 'EXPIRED' });
  await world.runs.callback(addressOf(payment), callbackSignal('e1'));
  await world.runs.look(addressOf(payment), { why: 'unwatched', at: new Date().toISOString() });
  for (const { effectId } of fake.order.updates) await world.runs.tell(addressOf(payment), effectId);
  const handle = world.env.client.workflow.getHandle(paymentWorkflowId(payment));
  expect(await handle.result()).toMatchObject({ status: 'NOT_OPENED' });
  expect(fake.order.handled).toContain('e1');
  expect(fake.order.updates.every(({ told }) => told)).toBe(true);
});
