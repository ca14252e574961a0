/** Access to Temporal, and to nothing else of ours: what its messages can't do to an order or to money. */
import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { defineUpdate } from '@temporalio/workflow';
import { beforeEach, expect, it } from '@jest/globals';
import { writeDecision } from '../../src/store/decisions.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import {
  closeRequested,
  moneyWorkflowId,
  paymentWorkflowId,
  type GiveBackRequest,
} from '../../src/workflows/messages.ts';
import {
  anOpenPayment,
  aPaidPayment,
  doneAt,
  giveBackAsOperator,
  lateMoney,
  look,
  orderOf,
  payAt,
  reread,
  untilOrder,
  untilPayment,
} from '../support/money-world.ts';
import { addressOf, aPayment } from '../support/builders.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

const world = useMoneyWorld();
beforeEach(() => {
  world.policy = 'review';
});

async function inReview(): Promise<PaymentRow> {
  const payment = await lateMoney(world, 'authorize');
  await untilPayment(world, payment, 'REVIEW');
  return reread(world, payment.id);
}

const decide = (payment: PaymentRow, decision: 'accept' | 'dismiss' | 'give_back' | 'cancel') =>
  writeDecision(world.store.db, payment.id, { text: `ada asked to ${decision}`, data: { decision } });

const giveBack = (payment: PaymentRow, asked: GiveBackRequest) =>
  world.client.workflow.executeUpdateWithStart(defineUpdate<void, [GiveBackRequest]>('giveBack'), {
    args: [asked],
    startWorkflowOperation: new WithStartWorkflowOperation('moneyOperations', {
      workflowId: moneyWorkflowId(payment.id),
      taskQueue: 'payments',
      args: [addressOf(payment)],
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  });

it.each(['accept', 'dismiss'] as const)(
  'an invented note does not %s, and neither does a note of another decision',
  async (decision) => {
    const payment = await inReview();
    const other = await decide(payment, decision === 'accept' ? 'dismiss' : 'accept');
    const otherPayment = await inReview();
    const elsewhere = await decide(otherPayment, decision);
    for (const noteKey of ['resolve-1', other, elsewhere])
      expect(await world.runs.resolve(addressOf(payment), { decision, noteKey })).toMatchObject({
        kind: 'refused',
      });
    expect(await reread(world, payment.id)).toMatchObject({ status: 'REVIEW', dismissed: false });
    expect((await orderOf(world, payment)).paidPaymentId).toBeNull();
  },
);

it("a person's decision is carried out once, and harmless when it is requested again", async () => {
  const payment = await inReview();
  const noteKey = await decide(payment, 'dismiss');
  const request = { decision: 'dismiss', noteKey } as const;
  expect(await world.runs.resolve(addressOf(payment), request)).toMatchObject({ kind: 'resolved' });
  expect(await world.runs.resolve(addressOf(payment), request)).toMatchObject({ kind: 'not_in_review' });
  const [note] = (await readTimeline(world.store.db, payment.id)).filter(({ key }) => key === noteKey);
  expect(note?.data).toMatchObject({ decision: 'dismiss', usedBy: expect.any(String) });
});

it('an invented note gives nothing back, of a review or of a paid order, and a person still can', async () => {
  const payment = await inReview();
  for (const noteKey of ['resolve-1', await decide(payment, 'accept')])
    await giveBack(payment, { cause: 'operator', noteKey });
  await world.client.workflow.getHandle(moneyWorkflowId(payment.id)).result();
  expect(await doneAt(world, payment)).toEqual([]);
  expect((await reread(world, payment.id)).status).toBe('REVIEW');
  await giveBackAsOperator(world, payment);
  await untilPayment(world, payment, 'VOIDED');

  const paid = await aPaidPayment(world);
  await giveBack(paid, { cause: 'operator', noteKey: await decide(paid, 'give_back') });
  await giveBack(paid, { cause: 'late_money' });
  expect(await doneAt(world, paid)).toEqual([]);
});

it('no message closes a live session of an unpaid order', async () => {
  const payment = await anOpenPayment(world);
  const handle = world.client.workflow.getHandle(paymentWorkflowId(payment));
  await handle.signal(closeRequested, { why: 'order_paid', at: new Date().toISOString() });
  expect(await world.runs.cancel(addressOf(payment), { noteKey: 'invented' })).toMatchObject({
    kind: 'refused',
  });
  expect((await reread(world, payment.id)).status).toBe('PENDING');
  await payAt(world, payment, { outcome: 'authorize' });
  await look(world, payment);
  await untilOrder(world, payment, 'PAID');
});

it('a session that the merchant cancels by the API is closed', async () => {
  const payment = await anOpenPayment(world);
  const noteKey = await decide(payment, 'cancel');
  expect(await world.runs.cancel(addressOf(payment), { noteKey })).toEqual({ kind: 'cancelled' });
});

it('no message closes a payment whose session could not be opened yet, and a caller of the API still can', async () => {
  await world.sandbox.call('POST', '/__sim/faults', { create: { status: 500 } });
  const payment = await aPayment(world.store.db);
  expect(await world.runs.open(addressOf(payment))).toEqual({ kind: 'still_opening' });
  await world.runs.close(addressOf(payment));
  expect(await world.runs.cancel(addressOf(payment), { noteKey: 'invented' })).toMatchObject({
    kind: 'refused',
  });
  expect(await reread(world, payment.id)).toMatchObject({ status: 'PENDING' });
  const noteKey = await decide(payment, 'cancel');
  expect(await world.runs.cancel(addressOf(payment), { noteKey })).toEqual({ kind: 'cancelled' });
  await world.sandbox.call('DELETE', '/__sim/faults');
}, 60_000);

it("an activity without a workflow's request is refused", async () => {
  const payment = await anOpenPayment(world);
  const { workflowService } = world.client.connection;
  const record = {
    paymentId: payment.id,
    outcome: { status: 'AUTHORIZED', pays: true },
    deliveries: [],
    notes: [],
  };
  const input = {
    metadata: { encoding: Buffer.from('json/plain') },
    data: Buffer.from(JSON.stringify(record)),
  };
  const activityId = randomUUID();
  await workflowService.startActivityExecution({
    namespace: 'default',
    activityId,
    activityType: { name: 'recording' },
    taskQueue: { name: 'payments' },
    input: { payloads: [input] },
    startToCloseTimeout: { seconds: 10 as never },
    requestId: randomUUID(),
  });
  await until('it is refused', async () => {
    const { outcome } = await workflowService.describeActivityExecution({
      namespace: 'default',
      activityId,
      includeOutcome: true,
    });
    return outcome?.failure?.message?.includes('for paidonce') === true;
  });
  expect((await orderOf(world, payment)).paidPaymentId).toBeNull();
});
