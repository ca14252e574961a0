/**
 * A payment that has paid and whose state the gateway can't tell any more: real workflows, a store, the
 * sandbox.
 */
import { describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { readFigures } from '../../src/store/store-health.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import { addressOf, aDecision } from '../support/builders.ts';
import {
  aPaidPayment,
  look,
  operate,
  operationOf,
  orderOf,
  reread,
  untilFinished,
} from '../support/money-world.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

const HOUR = 3_600_000;

const world = useMoneyWorld('skipping');

async function becomes({ id }: PaymentRow, status: string): Promise<void> {
  const { transactionId } = await reread(world, id);
  const change = { status, force: true, callback: false };
  const answer = await world.sandbox.call('POST', `/__sim/transactions/${transactionId}/change`, change);
  expect(answer.status).toBe(200);
}

const untilMarked = (payment: PaymentRow, isMarked: boolean) =>
  until(
    `payment ${payment.id} ${isMarked ? 'has a' : 'has no'} review mark`,
    async () => ((await reread(world, payment.id)).reviewMark !== null) === isMarked,
    30_000,
  );

async function toldOf({ id }: PaymentRow): Promise<{ type: string; body: Record<string, unknown> }[]> {
  const rows = await world.store.db
    .select()
    .from(outbox)
    .where(eq(outbox.paymentId, id))
    .orderBy(outbox.sequence);
  return rows.map(({ type, body }) => ({ type, body: JSON.parse(body).data }));
}

/** Paid, and UNKNOWN for more than an hour. */
async function aMarked(): Promise<PaymentRow> {
  const payment = await aPaidPayment(world);
  await becomes(payment, 'UNKNOWN');
  await look(world, payment);
  await world.sleep(1.5 * HOUR);
  await untilMarked(payment, true);
  return reread(world, payment.id);
}

describe('a payment that has paid and turns UNKNOWN', () => {
  it('keeps its status; after an hour it gets a review mark and the merchant is notified, until the gateway confirms it again', async () => {
    const payment = await aMarked();
    expect(payment).toMatchObject({ status: 'AUTHORIZED', reason: null });
    expect(payment.reviewMark).toBe('unclear: the transaction is UNKNOWN');
    expect(payment.reviewSince).not.toBeNull();
    expect((await orderOf(world, payment)).status).toBe('PAID');
    const told = await toldOf(payment);
    expect(told.map(({ type }) => type)).toEqual(['order.paid', 'order.review']);
    expect(told[1]?.body).toMatchObject({
      status: 'AUTHORIZED',
      orderStatus: 'PAID',
      reason: 'unclear: the transaction is UNKNOWN',
    });
    expect((await readFigures(world.store.db)).review).toBeGreaterThan(0);
    await world.sleep(3 * HOUR);
    expect(await toldOf(payment)).toHaveLength(2);
    await becomes(payment, 'AUTHORIZED');
    await world.sleep(1.5 * HOUR);
    await untilMarked(payment, false);
    const after = await toldOf(payment);
    expect(after.map(({ type }) => type)).toEqual(['order.paid', 'order.review', 'order.review_ended']);
    expect(after[2]?.body).toMatchObject({ status: 'AUTHORIZED', orderStatus: 'PAID' });
    const run = world.client.workflow.getHandle(paymentWorkflowId(payment));
    await until('its run ends', async () => (await run.describe()).status.name === 'COMPLETED', 30_000);
  }, 120_000);

  it('is captured as soon as the gateway shows it clearly, and a capture waits until then', async () => {
    const payment = await aMarked();
    expect(await operate(world, payment, 'capture', 'c1')).toMatchObject({ state: 'pending' });
    expect(await reread(world, payment.id)).toMatchObject({ status: 'AUTHORIZED', captured: 0 });
    await becomes(payment, 'AUTHORIZED');
    await world.sleep(HOUR);
    await untilFinished(world, payment, 'capture', 'c1');
    expect(await operationOf(world, payment, 'capture', 'c1')).toMatchObject({ state: 'done' });
    expect(await reread(world, payment.id)).toMatchObject({ status: 'CAPTURED', reviewMark: null });
    const types = (await toldOf(payment)).map(({ type }) => type);
    expect(types).toEqual(['order.paid', 'order.review', 'order.review_ended', 'order.captured']);
  }, 120_000);

  it('can be dismissed, and the order stays PAID', async () => {
    const payment = await aMarked();
    const noteKey = await aDecision(world.store.db, payment, 'dismiss');
    const result = await world.runs.resolve(addressOf(payment), { decision: 'dismiss', noteKey });
    expect(result).toMatchObject({ kind: 'resolved', status: 'AUTHORIZED' });
    expect(await reread(world, payment.id)).toMatchObject({ dismissed: true, reviewMark: null });
    expect((await orderOf(world, payment)).status).toBe('PAID');
  }, 120_000);
});
