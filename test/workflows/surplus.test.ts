/** A second money in the session of a paid order: real workflows, a store, and a gateway that shows both. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { writeDecision } from '../../src/store/decisions.ts';
import { listOperations } from '../../src/store/operations.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { moneyWorkflowId, paymentWorkflowId } from '../../src/workflows/messages.ts';
import { addressOf, aPayment } from '../support/builders.ts';
import {
  aPaidPayment,
  doneAt,
  look,
  operate,
  orderOf,
  payAt,
  reread,
  untilAllTold,
} from '../support/money-world.ts';
import { openAtGateway } from '../support/open-payment.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

const world = useMoneyWorld();
afterEach(async () => {
  await untilAllTold(world);
  world.told.length = 0;
  world.policy = 'give_back';
});

interface Twice {
  readonly payment: PaymentRow;
  /** At the gateway. */
  readonly second: PaymentRow;
}

/** The payer tries twice in one session, and the second attempt is authorized or captured late. */
async function paidTwice(outcome: 'authorize' | 'capture'): Promise<Twice> {
  const payment = await aPaidPayment(world);
  const { amount: amountMinor, currency } = payment;
  const expiresAt = new Date(Date.now() + world.lifetimeMs);
  const made = await aPayment(world.store.db, { money: { amountMinor, currency }, expiresAt });
  const other = await openAtGateway(world, made);
  const transactionId = await payAt(world, other, { outcome });
  world.joined.set(payment.sessionId ?? '', other.sessionId ?? '');
  return { payment, second: { ...other, transactionId } };
}

function untilSurplus({ id }: PaymentRow, handling: string): Promise<void> {
  const is = async () => (await reread(world, id)).surplus.some((one) => one.handling === handling);
  return until(`the surplus of ${id} is handled: ${handling}`, is, 30_000);
}

describe('a second money in the session of a paid order', () => {
  it.each([
    ['authorize', 'VOID 10000'],
    ['capture', 'REFUND 10000'],
  ] as const)('goes back once (%s), and the order stays paid', async (outcome, done) => {
    const { payment, second } = await paidTwice(outcome);
    await look(world, payment);
    await untilSurplus(payment, 'none');
    expect((await doneAt(world, second)).at(-1)).toBe(done);
    expect(await doneAt(world, payment)).toEqual([]);
    expect(await reread(world, payment.id)).toMatchObject({ status: 'AUTHORIZED', reviewCode: null });
    expect(await orderOf(world, payment)).toMatchObject({ status: 'PAID', paidPaymentId: payment.id });
    await until('the merchant is told', () => world.told.length >= 2);
    expect(world.told).toEqual(['order.paid', 'order.late_payment_returned']);
    // A look and a capture afterwards find nothing to give back.
    await look(world, payment);
    expect(await operate(world, payment, 'capture', 'c1')).toMatchObject({ state: 'done', amount: 10_000 });
    expect(await listOperations(world.store.db, payment.id)).toHaveLength(2);
    for (const workflowId of [moneyWorkflowId(payment.id), paymentWorkflowId(payment)]) {
      const run = world.client.workflow.getHandle(workflowId);
      const isOver = async () => (await run.describe()).status.name === 'COMPLETED';
      await until(`${workflowId} has ended`, isOver, 30_000);
    }
  });

  it('that a capture finds goes back without any callback', async () => {
    const { payment, second } = await paidTwice('authorize');
    expect(await operate(world, payment, 'capture', 'c1')).toMatchObject({ state: 'done' });
    await untilSurplus(payment, 'none');
    expect(await doneAt(world, second)).toEqual(['VOID 10000']);
    expect(await doneAt(world, payment)).toEqual(['CAPTURE 10000']);
  });

  it('waits for a person by the policy review, whose decision covers nothing else', async () => {
    world.policy = 'review';
    const { payment, second } = await paidTwice('authorize');
    await look(world, payment);
    await untilSurplus(payment, 'review');
    expect(await reread(world, payment.id)).toMatchObject({
      status: 'AUTHORIZED',
      reviewCode: 'surplus_money',
    });
    const text = 'ada asked to give the surplus back: a test';
    const data = { decision: 'give_back_surplus' } as const;
    const noteKey = await writeDecision(world.store.db, payment.id, { text, data });
    await world.money.giveBack(addressOf(payment), { cause: 'operator', noteKey });
    await untilSurplus(payment, 'none');
    expect(await doneAt(world, second)).toEqual(['VOID 10000']);
    expect(await doneAt(world, payment)).toEqual([]);
    expect(await reread(world, payment.id)).toMatchObject({ status: 'AUTHORIZED', reviewMark: null });
    await until('the merchant is told', () => world.told.length >= 4);
    expect(world.told).toEqual([
      'order.paid',
      'order.review',
      'order.late_payment_returned',
      'order.review_ended',
    ]);
  });
});
