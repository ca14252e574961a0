import { afterEach, describe, expect, it } from '@jest/globals';
import { moneyWorkflowId } from '../../src/workflows/messages.ts';
import { addressOf } from '../support/builders.ts';
import {
  anOpenPayment,
  aPaidPayment,
  decidedEarly,
  doneAt,
  giveBackAsOperator,
  goneMeanwhile,
  lateMoney,
  look,
  operate,
  paidBesideAnother,
  operationOf,
  orderOf,
  payAt,
  reread,
  untilAllTold,
  untilPayment,
} from '../support/money-world.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

const world = useMoneyWorld();
afterEach(async () => {
  await untilAllTold(world);
  await world.sandbox.call('DELETE', '/__sim/faults');
  world.policy = 'give_back';
  world.told.length = 0;
});

const fault = (body: object) => world.sandbox.call('POST', '/__sim/faults', body);
const untilTold = (type: string) =>
  until(`the merchant receives ${type}`, () => world.told.includes(type), 30_000);
const eventsOf = async (id: string) =>
  (await world.client.workflow.getHandle(moneyWorkflowId(id)).fetchHistory()).events ?? [];

describe('a capture', () => {
  it('takes the authorized money, notifies the merchant, and costs 13 events', async () => {
    const payment = await aPaidPayment(world);
    expect(await operate(world, payment, 'capture', 'c1')).toMatchObject({ state: 'done', amount: 10_000 });
    expect(await doneAt(world, payment)).toEqual(['CAPTURE 10000']);
    expect(await reread(world, payment.id)).toMatchObject({ status: 'CAPTURED', captured: 10_000 });
    await untilTold('order.captured');
    await world.client.workflow.getHandle(moneyWorkflowId(payment.id)).result();
    const events = await eventsOf(payment.id);
    // A busy machine may be too slow for a workflow task, which then is scheduled again.
    const late = events.filter(({ workflowTaskTimedOutEventAttributes: timedOut }) => timedOut);
    expect(events.length - 3 * late.length).toBe(13);
  });

  it('may be partial, and repeated up to the sum that is left', async () => {
    const payment = await aPaidPayment(world);
    await operate(world, payment, 'capture', 'c1', 4_000);
    expect((await reread(world, payment.id)).status).toBe('PARTIALLY_CAPTURED');
    expect(await operate(world, payment, 'capture', 'c2', 7_000)).toMatchObject({
      state: 'failed',
      code: 'amount_too_large',
    });
    expect(await operate(world, payment, 'capture', 'c3')).toMatchObject({ state: 'done', amount: 6_000 });
    expect(await doneAt(world, payment)).toEqual(['CAPTURE 4000', 'CAPTURE 6000']);
  });

  it('is done once for any number of requests', async () => {
    const payment = await aPaidPayment(world);
    const asked = Array.from({ length: 8 }, () => operate(world, payment, 'capture', 'c1', 4_000));
    for (const operation of await Promise.all(asked)) expect(operation.state).toBe('done');
    expect(await doneAt(world, payment)).toEqual(['CAPTURE 4000']);
  });

  it('whose answer is lost after its effect is found by its reference, and not sent again', async () => {
    const payment = await aPaidPayment(world);
    await fault({ capture: { drop: 'after', times: 1 } });
    await operate(world, payment, 'capture', 'c1', 4_000);
    await until(
      'it is found',
      async () => (await operationOf(world, payment, 'capture', 'c1')).state === 'done',
    );
    expect(await doneAt(world, payment)).toEqual(['CAPTURE 4000']);
    expect((await reread(world, payment.id)).captured).toBe(4_000);
  });

  it.each([409, 503])(
    'that is answered %i is sent again when reads had time to show it, and did not',
    async (status) => {
      const payment = await aPaidPayment(world);
      await fault({ capture: { status, times: 1 } });
      expect((await operate(world, payment, 'capture', 'c1')).state).toBe('pending');
      const is = async () => (await operationOf(world, payment, 'capture', 'c1')).state === 'done';
      await until('it is done', is, 60_000);
      expect(await doneAt(world, payment)).toEqual(['CAPTURE 10000']);
    },
  );

  it('that the gateway accepts for later is read until it is done', async () => {
    const payment = await aPaidPayment(world);
    await fault({ capture: { pending: true, afterMs: 300 } });
    expect((await operate(world, payment, 'capture', 'c1')).state).toBe('pending');
    const is = async () => {
      return (await operationOf(world, payment, 'capture', 'c1')).state === 'done';
    };
    await until('it is done', is, 30_000);
    await untilTold('order.captured');
  });

  it('that failed in a 200 has failed, and the merchant is notified', async () => {
    const payment = await aPaidPayment(world);
    await fault({ capture: { result: 'failure', error: { code: 'E', message: 'no cover' }, times: 1 } });
    expect(await operate(world, payment, 'capture', 'c1')).toMatchObject({
      state: 'failed',
      code: 'declined',
      detail: expect.stringContaining('no cover'),
    });
    expect((await operate(world, payment, 'capture', 'c1')).state).toBe('failed');
    expect((await reread(world, payment.id)).status).toBe('AUTHORIZED');
    await untilTold('order.capture_failed');
    expect((await operate(world, payment, 'capture', 'c2')).state).toBe('done');
  });

  it('of a payment that was created with capture auto is made by its run', async () => {
    const payment = await anOpenPayment(world, 'auto');
    await payAt(world, payment, { outcome: 'authorize' });
    await look(world, payment);
    await untilPayment(world, payment, 'CAPTURED');
    expect(await operationOf(world, payment, 'capture', 'auto-capture')).toMatchObject({ state: 'done' });
    await untilTold('order.captured');
    expect(world.told.slice(0, 2)).toEqual(['order.paid', 'order.captured']);
  });
});

describe('a refund', () => {
  it('gives back a part, and then the rest', async () => {
    const payment = await aPaidPayment(world, { outcome: 'capture' });
    expect((await operate(world, payment, 'refund', 'r1', 4_000)).state).toBe('done');
    expect(await orderOf(world, payment)).toMatchObject({ status: 'PAID' });
    expect(await operate(world, payment, 'refund', 'r2')).toMatchObject({ state: 'done', amount: 6_000 });
    expect(await orderOf(world, payment)).toMatchObject({ status: 'REFUNDED' });
    await untilTold('order.refunded');
    expect(world.told).toContain('order.partially_refunded');
  });

  it('never gives back more than there is, for any number of parallel requests', async () => {
    const payment = await aPaidPayment(world, { outcome: 'capture' });
    const both = await Promise.all([
      operate(world, payment, 'refund', 'r1', 6_000),
      operate(world, payment, 'refund', 'r2', 6_000),
    ]);
    expect(both.map(({ state }) => state).sort()).toEqual(['done', 'failed']);
    expect(await doneAt(world, payment)).toEqual(['CAPTURE 10000', 'REFUND 6000']);
  });

  it('is carried out without delay although the run gets more requests at once than it can answer', async () => {
    const payment = await aPaidPayment(world, { outcome: 'capture' });
    const references = Array.from({ length: 14 }, (_, index) => `r${index}`);
    const asked = await Promise.allSettled(
      references.map((reference) => operate(world, payment, 'refund', reference, 3_000)),
    );
    expect(asked.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    const states = () =>
      Promise.all(references.map(async (name) => (await operationOf(world, payment, 'refund', name)).state));
    await until('all of them have ended', async () =>
      (await states()).every((state) => state === 'done' || state === 'failed'),
    );
    expect((await states()).filter((state) => state === 'done')).toHaveLength(3);
  });

  it('of money that is only authorized is not possible', async () => {
    const payment = await aPaidPayment(world);
    expect(await operate(world, payment, 'refund', 'r1')).toMatchObject({
      state: 'failed',
      code: 'operation_not_possible',
    });
  });
});

describe('a void', () => {
  it('releases the authorization, once', async () => {
    const payment = await aPaidPayment(world);
    expect((await operate(world, payment, 'void', 'void')).state).toBe('done');
    expect(await orderOf(world, payment)).toMatchObject({ status: 'VOIDED' });
    await untilTold('order.voided');
    expect(await operate(world, payment, 'void', 'v2')).toMatchObject({ code: 'operation_not_possible' });
    expect((await operate(world, payment, 'capture', 'c1')).code).toBe('operation_not_possible');
  });
});

describe('money of a payment that may not keep it', () => {
  it.each([
    ['authorize', 'VOIDED'],
    ['capture', 'REFUNDED'],
  ] as const)(
    'goes back when the payer does %s after the merchant cancelled, and the merchant is notified',
    async (outcome, end) => {
      const payment = await lateMoney(world, outcome);
      await untilPayment(world, payment, end);
      await untilTold('order.late_payment_returned');
      expect(await orderOf(world, payment)).toMatchObject({ status: 'CANCELLED', paidPaymentId: null });
      expect(world.told).not.toContain('order.paid');
    },
  );

  it("leads to a REVIEW where it can't go back", async () => {
    await fault({ void: { result: 'failure', error: { code: 'E', message: 'void not allowed' } } });
    const payment = await lateMoney(world, 'authorize');
    await untilPayment(world, payment, 'REVIEW');
    expect(await reread(world, payment.id)).toMatchObject({ reason: 'give_back_failed' });
    await untilTold('order.review');
    await world.sandbox.call('DELETE', '/__sim/faults');
    await giveBackAsOperator(world, payment);
    await untilPayment(world, payment, 'VOIDED');
    await untilTold('order.late_payment_returned');
  });

  it('goes back by the decision of a person who learns of the failure before the run does', async () => {
    const payment = await decidedEarly(world);
    expect(await reread(world, payment.id)).toMatchObject({ status: 'VOIDED' });
    expect(await operationOf(world, payment, 'void', 'give-back-2')).toMatchObject({
      cause: 'operator',
      state: 'done',
    });
  });

  it("needs no person's decision where another person gives it back meanwhile", async () => {
    const payment = await goneMeanwhile(world);
    await untilPayment(world, payment, 'VOIDED');
    await untilTold('order.late_payment_returned');
    await world.client.workflow.getHandle(moneyWorkflowId(payment.id)).result();
    expect(await reread(world, payment.id)).toMatchObject({ status: 'VOIDED' });
    expect(world.told).not.toContain('order.review');
  });

  it('waits for a person where the policy says so, and the person can give it back', async () => {
    world.policy = 'review';
    const payment = await lateMoney(world, 'capture');
    await untilPayment(world, payment, 'REVIEW');
    await giveBackAsOperator(world, payment);
    expect(await reread(world, payment.id)).toMatchObject({ status: 'REFUNDED' });
  });

  it('goes back when another payment has paid the order, and the other session is closed', async () => {
    const [, second] = await paidBesideAnother(world);
    expect(await reread(world, second.id)).toMatchObject({ reason: 'another payment has paid the order' });
  });

  it('is never given back of a payment that has paid its order', async () => {
    const payment = await aPaidPayment(world);
    await world.money.giveBack(addressOf(payment), { cause: 'late_money' });
    expect(await doneAt(world, payment)).toEqual([]);
    expect(await orderOf(world, payment)).toMatchObject({ status: 'PAID' });
  });
});
