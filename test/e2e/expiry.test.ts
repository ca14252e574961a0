/** Sessions that live ten seconds. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BALANCED, checkBooks } from './support/books.ts';
import { newOrder, open, orderStatus, untilOrder, untilTold, type Opened } from './support/shop.ts';
import { startStack, type Stack } from './support/stack.ts';

let stack: Stack;
const LIMIT_MS = 60_000;

beforeAll(async () => {
  stack = await startStack({ env: { SESSION_LIFETIME: '10s' } });
}, 150_000);

afterAll(async () => {
  await stack?.stop();
});

describe('a session that is not paid in time', () => {
  it('expires, its later money goes back, and a hold outlives it', async () => {
    const [nobody, late, held] = (await Promise.all(
      ['nobody', 'late', 'held'].map((name) => open(stack, newOrder(name))),
    )) as [Opened, Opened, Opened];
    const begun = await stack.sandbox.pay(late.sessionId, { outcome: 'initiate' });
    const hold = await stack.sandbox.pay(held.sessionId, { outcome: 'on_hold' });
    await untilTold(stack, [nobody.orderReference, late.orderReference], 'order.payment_expired', LIMIT_MS);
    expect(await orderStatus(stack, nobody.orderReference)).toBe('PAYMENT_FAILED');
    expect(await orderStatus(stack, held.orderReference)).toBe('PAYMENT_PENDING');
    await stack.sandbox.change(begun.transactionId, { status: 'AUTHORIZED' });
    await untilTold(stack, [late.orderReference], 'order.late_payment_returned', LIMIT_MS);
    expect(await orderStatus(stack, late.orderReference)).toBe('PAYMENT_FAILED');
    expect((await stack.sandbox.transaction(begun.transactionId)).status).toBe('AUTHORIZATION_VOIDED');
    await stack.sandbox.change(hold.transactionId, { status: 'AUTHORIZED', callback: false });
    await untilOrder(stack, held.orderReference, 'PAID');
    await untilTold(stack, [held.orderReference]);
    const again = await open(stack, nobody.orderReference);
    expect(again.sessionId).not.toBe(nobody.sessionId);
    await stack.sandbox.pay(again.sessionId, { outcome: 'authorize' });
    await untilTold(stack, [nobody.orderReference]);
    const references = [nobody, late, held].map(({ orderReference }) => orderReference);
    expect(await checkBooks(stack, references)).toEqual(BALANCED);
  }, 150_000);
});
