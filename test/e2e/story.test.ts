/** One order at a time, from the shop's request to the shop's update. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BALANCED, checkBooks } from './support/books.ts';
import { askToOpen, comeBack, newOrder, open, orderStatus, untilOrder, untilTold } from './support/shop.ts';
import { startStack, SWEEPS, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

let stack: Stack;
const orders = new Set<string>();

beforeAll(async () => {
  stack = await startStack({ env: SWEEPS });
}, 150_000);

afterAll(async () => {
  await stack?.stop();
});

function order(name: string): string {
  const reference = newOrder(name);
  orders.add(reference);
  return reference;
}

async function payment(id: string) {
  return (await stack.call('GET', `/v1/payments/${id}`)).body;
}

async function kindsOf(id: string): Promise<string[]> {
  const { timeline } = await payment(id);
  return timeline.map((entry: { kind: string }) => entry.kind);
}

describe('a payment that goes well', () => {
  it('is opened and paid, the merchant is notified once, and the payer returns to the shop', async () => {
    const reference = order('well');
    const opened = await open(stack, reference);
    expect(opened.checkoutUrl).toContain(opened.sessionId);
    expect(await orderStatus(stack, reference)).toBe('AWAITING_PAYMENT');
    // The browser first: once the payment is settled, a return changes nothing.
    const late = [{ delayMs: 5_000 }];
    const paid = await stack.sandbox.pay(opened.sessionId, { outcome: 'authorize', callback: late });
    const back = await comeBack(paid);
    expect(back.status).toBe(303);
    expect(back.location.origin).toBe('https://shop.example');
    expect(Object.fromEntries(back.location.searchParams)).toEqual({
      order: reference,
      payment: opened.id,
      status: 'paid',
    });
    await untilTold(stack, [reference]);
    expect(await payment(opened.id)).toMatchObject({
      status: 'AUTHORIZED',
      transactionId: paid.transactionId,
    });
    for (const kind of ['operation', 'return', 'delivery', 'read', 'decision', 'update'])
      await until(`the timeline tells of a ${kind}`, async () => (await kindsOf(opened.id)).includes(kind));
  });

  it('is paid by the callback alone when the browser is closed, and captured at once where the method does that', async () => {
    const reference = order('closed');
    const opened = await open(stack, reference);
    await stack.sandbox.pay(opened.sessionId, { outcome: 'capture', return: false });
    await untilOrder(stack, reference, 'PAID');
    expect((await payment(opened.id)).status).toBe('CAPTURED');
  });

  it('is paid by the return hit alone when no callback arrives', async () => {
    const reference = order('returned');
    const opened = await open(stack, reference);
    const paid = await stack.sandbox.pay(opened.sessionId, { outcome: 'authorize', callback: false });
    expect((await comeBack(paid)).location.searchParams.get('status')).toBe('paid');
  });

  it('is found by the sweep without callback and return hit', async () => {
    const reference = order('swept');
    const opened = await open(stack, reference);
    await stack.sandbox.pay(opened.sessionId, { outcome: 'authorize', callback: false, return: false });
    await untilOrder(stack, reference, 'PAID', 60_000);
    expect(await kindsOf(opened.id)).toContain('sweep');
  });

  it('is paid although its callback came before the opening had returned', async () => {
    const reference = order('early');
    await stack.sandbox.faults({ create: { delayMs: 2_500, times: 1 } });
    const opening = askToOpen(stack, reference);
    await until('the session exists', async () => (await stack.sandbox.sessionsOf(reference)).length === 1);
    const [early] = await stack.sandbox.sessionsOf(reference);
    await stack.sandbox.pay(early?.session.id ?? '', { outcome: 'authorize', return: false });
    const answer = await opening;
    // No payer is sent to a paid session: either the order says that it is paid, or the answer still names
    // this session.
    expect([200, 201, 409]).toContain(answer.status);
    await untilOrder(stack, reference, 'PAID');
  });

  it('is paid in the same session when the payer tries another card', async () => {
    const reference = order('another-card');
    const opened = await open(stack, reference);
    await stack.sandbox.pay(opened.sessionId, { outcome: 'pay_failed' });
    expect((await open(stack, reference)).sessionId).toBe(opened.sessionId);
    await stack.sandbox.pay(opened.sessionId, { outcome: 'authorize' });
    await untilOrder(stack, reference, 'PAID');
  });

  it('hands out one session to any number of parallel callers', async () => {
    const reference = order('clicks');
    const answers = await Promise.all(Array.from({ length: 20 }, () => askToOpen(stack, reference)));
    expect(new Set(answers.map(({ body }) => body.sessionId)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    expect(await stack.sandbox.sessionsOf(reference)).toHaveLength(1);
  });
});

describe('a payment on hold', () => {
  it('is polled until it is paid', async () => {
    const reference = order('hold');
    const opened = await open(stack, reference);
    const paid = await stack.sandbox.pay(opened.sessionId, { outcome: 'on_hold' });
    expect((await comeBack(paid)).location.searchParams.get('status')).toBe('pending');
    await untilOrder(stack, reference, 'PAYMENT_PENDING');
    const again = await askToOpen(stack, reference);
    expect(again).toMatchObject({ status: 200, body: { id: opened.id, checkoutUrl: null } });
    await stack.sandbox.change(paid.transactionId, { status: 'AUTHORIZED', callback: false });
    await untilOrder(stack, reference, 'PAID');
    await untilTold(stack, [reference]);
    expect(stack.merchant.types(reference)).toEqual(['order.payment_pending', 'order.paid']);
  });

  it('is paid by the second callback, whose bytes are equal to the first', async () => {
    const reference = order('hold-callback');
    const opened = await open(stack, reference, {});
    const paid = await stack.sandbox.pay(opened.sessionId, { outcome: 'on_hold', return: false });
    await untilOrder(stack, reference, 'PAYMENT_PENDING');
    await stack.sandbox.change(paid.transactionId, { status: 'AUTHORIZED' });
    await untilOrder(stack, reference, 'PAID');
  });

  it('fails when the hold does', async () => {
    const reference = order('hold-fails');
    const opened = await open(stack, reference);
    const paid = await stack.sandbox.pay(opened.sessionId, { outcome: 'on_hold' });
    await untilOrder(stack, reference, 'PAYMENT_PENDING');
    await stack.sandbox.change(paid.transactionId, { status: 'FAILED', callback: false });
    await untilOrder(stack, reference, 'PAYMENT_FAILED');
    await untilTold(stack, [reference], 'order.payment_failed');
  });
});

describe('a payment that fails', () => {
  it.each([
    ['decline', 'DECLINED', 'order.payment_declined', 'failed'],
    ['fail', 'FAILED', 'order.payment_failed', 'failed'],
    ['cancel', 'CANCELLED', 'order.payment_cancelled', 'cancelled'],
  ])(
    '%s: the merchant is notified, and the order can be paid by another payment',
    async (outcome, status, update, word) => {
      const reference = order(outcome);
      const first = await open(stack, reference);
      const failed = await stack.sandbox.pay(first.sessionId, { outcome });
      expect((await comeBack(failed)).location.searchParams.get('status')).toBe(word);
      await untilOrder(stack, reference, 'PAYMENT_FAILED');
      expect((await payment(first.id)).status).toBe(status);
      await untilTold(stack, [reference], update);
      const second = await open(stack, reference);
      expect(second.sessionId).not.toBe(first.sessionId);
      await stack.sandbox.pay(second.sessionId, { outcome: 'authorize' });
      await untilOrder(stack, reference, 'PAID');
      expect((await askToOpen(stack, reference)).body.code).toBe('order_already_paid');
    },
  );

  it('is closed by the merchant, and not after it was paid', async () => {
    const reference = order('closed-by-shop');
    const opened = await open(stack, reference);
    expect((await stack.call('POST', `/v1/payments/${opened.id}/cancel`)).status).toBe(200);
    expect(await orderStatus(stack, reference)).toBe('CANCELLED');
    const [found] = await stack.sandbox.sessionsOf(reference);
    expect(found?.session.cancelled_at).toBeDefined();
    const second = await open(stack, reference);
    await stack.sandbox.pay(second.sessionId, { outcome: 'authorize' });
    await untilOrder(stack, reference, 'PAID');
    const refused = await stack.call('POST', `/v1/payments/${second.id}/cancel`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'already_paid' } });
  });

  it('is replaced for another amount only on request', async () => {
    const reference = order('replaced');
    const first = await open(stack, reference);
    const changed = { order: { amount: 10_000 } };
    expect((await askToOpen(stack, reference, changed)).body.code).toBe('order_mismatch');
    const second = await open(stack, reference, { ...changed, replace: true });
    expect(second.sessionId).not.toBe(first.sessionId);
    await stack.sandbox.pay(second.sessionId, { outcome: 'authorize' });
    await untilOrder(stack, reference, 'PAID');
    const sessions = await stack.sandbox.sessionsOf(reference);
    expect(sessions.filter(({ session }) => session.cancelled_at === undefined)).toHaveLength(1);
    const told = (await stack.call('GET', `/v1/updates?order=${reference}`)).body.data;
    expect(told.map(({ type, state }: { type: string; state: string }) => `${type} ${state}`)).toEqual([
      expect.stringMatching(/^order\.paid (?!superseded)/),
      'order.payment_cancelled superseded',
    ]);
  });
});

describe('a late success', () => {
  it('pays an order whose payment had failed', async () => {
    const reference = order('late-success');
    const opened = await open(stack, reference);
    const failed = await stack.sandbox.pay(opened.sessionId, { outcome: 'fail' });
    await untilOrder(stack, reference, 'PAYMENT_FAILED');
    await stack.sandbox.change(failed.transactionId, { status: 'AUTHORIZED', force: true });
    await untilOrder(stack, reference, 'PAID');
  });

  it('of a second session never pays an order twice', async () => {
    const reference = order('twice');
    const opened = await open(stack, reference);
    const begun = await stack.sandbox.pay(opened.sessionId, { outcome: 'fail', return: false });
    await untilOrder(stack, reference, 'PAYMENT_FAILED');
    const second = await open(stack, reference);
    await stack.sandbox.pay(second.sessionId, { outcome: 'authorize' });
    await untilOrder(stack, reference, 'PAID');
    await stack.sandbox.change(begun.transactionId, { status: 'AUTHORIZED', force: true });
    await untilTold(stack, [reference], 'order.late_payment_returned');
    expect(await payment(opened.id)).toMatchObject({ status: 'VOIDED' });
    expect(await orderStatus(stack, reference)).toBe('PAID');
    const { status } = await stack.sandbox.transaction(begun.transactionId);
    expect(status).toBe('AUTHORIZATION_VOIDED');
  });
});

describe('a session whose creation lost its answer', () => {
  it('is found again: one live session is left', async () => {
    const reference = order('dropped');
    await stack.sandbox.faults({ create: { drop: 'after', times: 1 } });
    const opened = await open(stack, reference);
    const sessions = await stack.sandbox.sessionsOf(reference);
    const live = sessions.filter(({ session }) => session.cancelled_at === undefined);
    expect(live.map(({ session }) => session.id)).toEqual([opened.sessionId]);
    await stack.sandbox.pay(opened.sessionId, { outcome: 'authorize' });
    await untilOrder(stack, reference, 'PAID');
  });
});

describe('the books at the end', () => {
  it('balance: nothing lost, nothing double, nothing wrong', async () => {
    expect(await checkBooks(stack, orders)).toEqual(BALANCED);
    expect(stack.merchant.unsigned).toEqual([]);
  });
});
