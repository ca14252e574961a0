/** Money operations that the gateway reverses later: real workflows, a store, the sandbox. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import type { PaymentRow } from '../../src/store/payments.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { moneyWorkflowId, paymentWorkflowId } from '../../src/workflows/messages.ts';
import {
  aPaidPayment,
  lateMoney,
  look,
  operate,
  operationOf,
  orderOf,
  reread,
  untilOrder,
  untilPayment,
} from '../support/money-world.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

const world = useMoneyWorld();
afterEach(() => {
  world.told.length = 0;
});

/** The gateway reverses an operation that was done, and no run looks. */
async function takenBack(payment: PaymentRow, event: string, status?: string): Promise<void> {
  const { transactionId } = await reread(world, payment.id);
  const body = { event, ...(status !== undefined && { status }) };
  const { status: answer } = await world.sandbox.call(
    'POST',
    `/__sim/transactions/${transactionId}/reverse`,
    body,
  );
  expect(answer).toBe(200);
}

async function reversed(payment: PaymentRow, event: string, status?: string): Promise<void> {
  await takenBack(payment, event, status);
  await look(world, payment);
}

/** A person repeats it in the gateway's own pages before any run looks. */
async function doneAgain(payment: PaymentRow, event: 'REFUND' | 'VOID'): Promise<void> {
  await takenBack(payment, event);
  const { transactionId, amount } = await reread(world, payment.id);
  const path = `/v1/transactions/${transactionId}/${event.toLowerCase()}`;
  const { status } = await world.sandbox.api('POST', path, event === 'REFUND' ? { amount } : undefined);
  expect(status).toBe(200);
  await look(world, payment);
}

/** Every run that could look by itself has ended. */
async function atRest(payment: PaymentRow): Promise<void> {
  for (const workflowId of [moneyWorkflowId(payment.id), paymentWorkflowId(payment)]) {
    const run = world.client.workflow.getHandle(workflowId);
    const isOver = async () => (await run.describe()).status.name === 'COMPLETED';
    await until(`${workflowId} has ended`, isOver, 30_000);
  }
}

/** Types in the order of writing, and every id. */
async function updatesOf({ id }: PaymentRow): Promise<{ types: string[]; ids: string[] }> {
  const rows = await world.store.db
    .select()
    .from(outbox)
    .where(eq(outbox.paymentId, id))
    .orderBy(outbox.sequence);
  return { types: rows.map(({ type }) => type), ids: rows.map(({ effectId }) => effectId) };
}

describe('a refund that was done and fails afterwards', () => {
  it('is announced and has failed when it is requested again, and the order is PAID as before; the next one is announced too', async () => {
    const payment = await aPaidPayment(world, { outcome: 'capture' });
    expect(await operate(world, payment, 'refund', 'r1')).toMatchObject({ state: 'done' });
    await untilOrder(world, payment, 'REFUNDED');
    await reversed(payment, 'REFUND');
    await untilOrder(world, payment, 'PAID');
    expect(await reread(world, payment.id)).toMatchObject({ status: 'CAPTURED', refunded: 0 });
    expect(await operate(world, payment, 'refund', 'r1')).toMatchObject({
      state: 'failed',
      code: 'reversed',
    });
    expect(await operate(world, payment, 'refund', 'r2')).toMatchObject({ state: 'done', amount: 10_000 });
    await untilOrder(world, payment, 'REFUNDED');
    const { types, ids } = await updatesOf(payment);
    expect(types).toEqual(['order.paid', 'order.refunded', 'order.refund_failed', 'order.refunded']);
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{1,200}$/);
  });

  it('of late money is given back again, and the merchant is notified of each change', async () => {
    const payment = await lateMoney(world, 'capture');
    await untilPayment(world, payment, 'REFUNDED');
    await reversed(payment, 'REFUND');
    const isBack = async () => (await updatesOf(payment)).types.length >= 3;
    await until('it is given back again', isBack, 30_000);
    await untilPayment(world, payment, 'REFUNDED');
    expect((await updatesOf(payment)).types.slice(-3)).toEqual([
      'order.late_payment_returned',
      'order.refund_failed',
      'order.late_payment_returned',
    ]);
    expect((await operationOf(world, payment, 'refund', 'give-back-2')).state).toBe('done');
  });
});

describe('an operation that is taken back, and done again by hand before the next look', () => {
  it.each([
    ['REFUND', 'capture', 'REFUNDED'],
    ['VOID', 'authorize', 'VOIDED'],
  ] as const)('is announced as both: a %s of late money', async (event, paid, status) => {
    const payment = await lateMoney(world, paid);
    await untilPayment(world, payment, status);
    await atRest(payment);
    await doneAgain(payment, event);
    await until('it is told', async () => (await updatesOf(payment)).types.length >= 4, 30_000);
    expect((await updatesOf(payment)).types.slice(-3)).toEqual([
      'order.late_payment_returned',
      event === 'REFUND' ? 'order.refund_failed' : 'order.void_failed',
      'order.late_payment_returned',
    ]);
  });

  it('is announced as both: the void of a payment that has paid', async () => {
    const payment = await aPaidPayment(world);
    await operate(world, payment, 'void', 'v1');
    await untilOrder(world, payment, 'VOIDED');
    await atRest(payment);
    await doneAgain(payment, 'VOID');
    await until('it is told', async () => (await updatesOf(payment)).types.length >= 4, 30_000);
    const told = ['order.paid', 'order.voided', 'order.void_failed', 'order.voided'];
    expect((await updatesOf(payment)).types).toEqual(told);
  });
});

describe('a capture that was done and is taken back', () => {
  it('is announced, and the money that is held again may be captured again, for the same sum', async () => {
    const payment = await aPaidPayment(world);
    await operate(world, payment, 'capture', 'c1');
    await untilPayment(world, payment, 'CAPTURED');
    await reversed(payment, 'CAPTURE');
    await untilPayment(world, payment, 'AUTHORIZED');
    expect((await orderOf(world, payment)).status).toBe('PAID');
    expect(await operationOf(world, payment, 'capture', 'c1')).toMatchObject({
      state: 'failed',
      code: 'reversed',
    });
    expect(await operate(world, payment, 'capture', 'c2')).toMatchObject({ state: 'done', amount: 10_000 });
    expect((await updatesOf(payment)).types).toEqual([
      'order.paid',
      'order.captured',
      'order.capture_reversed',
      'order.captured',
    ]);
  });

  it('leads to a REVIEW where no money is held any more, and stays there', async () => {
    const payment = await aPaidPayment(world);
    await operate(world, payment, 'capture', 'c1');
    await reversed(payment, 'CAPTURE', 'FAILED');
    await untilPayment(world, payment, 'REVIEW');
    await look(world, payment);
    await until('it was looked at again', async () => world.told.includes('order.review'), 30_000);
    expect(await reread(world, payment.id)).toMatchObject({ status: 'REVIEW', reason: 'capture_reversed' });
    expect((await orderOf(world, payment)).status).toBe('PAID');
    expect((await updatesOf(payment)).types.slice(-2)).toEqual(['order.capture_reversed', 'order.review']);
  });
});
