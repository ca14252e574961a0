/** A person's acceptance, and the later money operations: real workflows, a store, the sandbox. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PaymentRow } from '../../src/store/payments.ts';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import { addressOf, aDecision } from '../support/builders.ts';
import {
  anOpenPayment,
  lateMoney,
  look,
  operate,
  orderOf,
  payAt,
  reread,
  untilOrder,
  untilPayment,
} from '../support/money-world.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

const world = useMoneyWorld();
afterEach(async () => {
  await world.sandbox.call('DELETE', '/__sim/faults');
  world.told.length = 0;
});

const untilTold = (type: string) =>
  until(`the merchant receives ${type}`, () => world.told.includes(type), 30_000);
const runOf = (payment: PaymentRow) => world.client.workflow.getHandle(paymentWorkflowId(payment));

/** 7,000 were paid of 10,000, and an operator has accepted that. */
async function anAccepted(pay: object = { amount: 7_000 }): Promise<PaymentRow> {
  const opened = await anOpenPayment(world);
  await payAt(world, opened, { outcome: 'authorize', ...pay });
  await look(world, opened);
  await untilPayment(world, opened, 'REVIEW');
  await accept(opened);
  await untilOrder(world, opened, 'PAID');
  return reread(world, opened.id);
}

async function accept(payment: PaymentRow): Promise<void> {
  const noteKey = await aDecision(world.store.db, payment, 'accept');
  const result = await world.runs.resolve(addressOf(payment), { decision: 'accept', noteKey });
  expect(result.kind).toBe('resolved');
}

/** A complete look, by a run that exists or a new one. */
async function lookAgain(payment: PaymentRow): Promise<void> {
  await look(world, payment);
  await runOf(payment).result();
}

describe('money that a person has accepted', () => {
  it('is captured and refunded like any other, in the usual number of steps and looks', async () => {
    const payment = await anAccepted();
    expect(payment).toMatchObject({ acceptedAmount: 7_000, acceptedCurrency: 'NOK', status: 'AUTHORIZED' });
    expect(await operate(world, payment, 'capture', 'c1', 3_000)).toMatchObject({ state: 'done' });
    await lookAgain(payment);
    expect(await operate(world, payment, 'capture', 'c2')).toMatchObject({ state: 'done', amount: 4_000 });
    expect(await reread(world, payment.id)).toMatchObject({ status: 'CAPTURED', captured: 7_000 });
    expect(await operate(world, payment, 'refund', 'r1')).toMatchObject({ state: 'done', amount: 7_000 });
    await lookAgain(payment);
    expect(await reread(world, payment.id)).toMatchObject({ status: 'REFUNDED', reason: null });
    await untilTold('order.refunded');
    const inOrder = ['order.review', 'order.paid', 'order.captured', 'order.captured', 'order.refunded'];
    expect(world.told.filter((type) => inOrder.includes(type)).toSorted()).toEqual(inOrder.toSorted());
  });

  it.each([
    ['another currency', { currency: 'SEK' }],
    ['another reference', { merchantReference: 'somebody-elses' }],
  ])('may have %s', async (_, pay) => {
    const payment = await anAccepted(pay);
    expect(await operate(world, payment, 'capture', 'c1')).toMatchObject({ state: 'done', amount: 10_000 });
    await lookAgain(payment);
    expect((await reread(world, payment.id)).status).toBe('CAPTURED');
    expect((await orderOf(world, payment)).status).toBe('PAID');
  });
});

describe('a payment that a money run has put in REVIEW', () => {
  it("is watched by the payment's own run, which had ended", async () => {
    await world.sandbox.call('POST', '/__sim/faults', { void: { result: 'failure' } });
    const payment = await lateMoney(world, 'authorize');
    await untilPayment(world, payment, 'REVIEW');
    await until(
      'its run waits for a person',
      async () => {
        const { status, memo: _, ...run } = await runOf(payment).describe();
        const view =
          status.name === 'RUNNING' ? await runOf(payment).query<{ status: string }>('getState') : run;
        return 'status' in view && view.status === 'REVIEW';
      },
      30_000,
    );
  });
});
