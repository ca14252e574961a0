import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../support/until.ts';
import { anOrder, behave, OLDER_SECRET, report, startStage, tell, text, type Stage } from './shop-client.ts';

const FIVE_MINUTES_AND_A_BIT = 310_000;

describe('order updates in the demo shop', () => {
  let stage: Stage;
  let order: string;
  beforeEach(async () => {
    stage = await startStage();
    order = await anOrder(stage);
  });
  afterEach(() => stage.close());

  it('leave the order waiting until an update arrives, for any parameters of the return address', async () => {
    const page = await text(stage.shop, `/orders/${order}?order=${order}&payment=pay_1&status=paid`);
    expect(page).toContain('Awaiting payment');
    expect((await report(stage.shop, order)).state).toBe('AWAITING_PAYMENT');
  });

  it('mark the order paid when they are verified, and are shown', async () => {
    expect(await tell(stage.shop, { order })).toBe(204);
    const page = await text(stage.shop, `/orders/${order}`);
    expect(page).toContain('badge good big">Paid');
    expect(page).toContain('✓ verified');
    expect(page).toContain(`${order}/order.paid`);
    expect(page).toContain(`workflows/payment%2F${order}%2F1`);
    expect(page).toContain('session opened');
  });

  it("are verified with any of the shop's secrets", async () => {
    expect(await tell(stage.shop, { order, secret: OLDER_SECRET })).toBe(204);
  });

  it.each([
    ['a body changed after signing', { forged: '{"type":"order.paid"}' }],
    ['another secret', { secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }],
    ['an old time stamp', { at: new Date(Date.now() - FIVE_MINUTES_AND_A_BIT) }],
    ['a time stamp in the future', { at: new Date(Date.now() + FIVE_MINUTES_AND_A_BIT) }],
  ])('are refused with %s and not shown', async (_, told) => {
    expect(await tell(stage.shop, { order, ...told })).toBe(401);
    const { state, data } = await report(stage.shop, order);
    expect({ state, data }).toEqual({ state: 'AWAITING_PAYMENT', data: [] });
    expect(await text(stage.shop, `/orders/${order}`)).not.toContain('order.paid');
  });

  it('are refused without a signature', async () => {
    const answer = await fetch(`${stage.shop.url}/webhooks/paidonce`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(401);
  });

  it('are kept once, and duplicates are counted', async () => {
    for (const _ of [1, 2, 3]) await tell(stage.shop, { order });
    const { data } = await report(stage.shop, order);
    expect(data).toMatchObject([{ times: 3, applied: true, verified: true }]);
    expect(await text(stage.shop, `/orders/${order}`)).toContain('3 times');
  });

  it('with a lower sequence do not change the state back', async () => {
    await tell(stage.shop, { order, webhookId: 'b', sequence: 2 });
    await tell(stage.shop, {
      order,
      webhookId: 'a',
      sequence: 1,
      type: 'order.payment_pending',
      orderStatus: 'PAYMENT_PENDING',
    });
    const { state, data } = await report(stage.shop, order);
    expect(state).toBe('PAID');
    expect(data.map(({ applied }) => applied)).toEqual([true, false]);
  });

  it('are escaped on the page', async () => {
    await tell(stage.shop, { order, type: '<img src=x onerror=alert(1)>', orderStatus: '<script>' });
    const page = await text(stage.shop, `/orders/${order}`);
    expect(page).toContain('&lt;img src=x');
    expect(page).not.toMatch(/<img|<script>/);
  });

  it('are kept for orders created outside the shop', async () => {
    await tell(stage.shop, { order: '1001' });
    expect((await report(stage.shop, '1001')).state).toBe('PAID');
    expect(await text(stage.shop, '/orders')).toContain('created outside the shop');
    expect(await text(stage.shop, '/orders/1001')).toContain('722.00 NOK');
  });

  it('are answered 400 where a signed body is no update', async () => {
    const told = { order, orderStatus: 'PAID', sequence: 1.5 };
    expect(await tell(stage.shop, told)).toBe(400);
  });

  it('are answered wrongly as configured, for the named orders only', async () => {
    await behave(stage.shop, { mode: 'error', orders: [order] });
    expect(await tell(stage.shop, { order })).toBe(500);
    expect(await tell(stage.shop, { order: '1002' })).toBe(204);
    await behave(stage.shop, { mode: 'gone' });
    expect(await tell(stage.shop, { order })).toBe(410);
    await behave(stage.shop, { mode: 'hang', ms: 20 });
    expect(await tell(stage.shop, { order })).toBe(503);
    expect((await report(stage.shop, order)).data).toEqual([]);
    await behave(stage.shop, { mode: 'slow', ms: 20 });
    expect(await tell(stage.shop, { order })).toBe(204);
    const { attempts } = await report(stage.shop, order);
    expect(attempts.map(({ answer }) => answer)).toEqual([500, 410, 503, 204]);
  });

  it('are neither answered nor kept where the shop is configured to hang', async () => {
    await behave(stage.shop, { mode: 'hang' });
    const impatient = new AbortController();
    const sent = tell(stage.shop, { order, signal: impatient.signal });
    await until(
      'the update has arrived',
      async () => (await report(stage.shop, order)).attempts.length === 1,
    );
    impatient.abort();
    await expect(sent).rejects.toThrow('abort');
    expect(await report(stage.shop, order)).toMatchObject({ data: [], attempts: [{ answer: null }] });
  });

  it('are sent to the open page', async () => {
    const events = await fetch(`${stage.shop.url}/orders/${order}/events`);
    const reader = (events.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toContain('Awaiting payment');
    await tell(stage.shop, { order });
    let seen = '';
    await until('the page is told that the order is paid', async () => {
      seen += (await reader.read()).value ?? '';
      return seen.includes('"label":"Paid"');
    });
    await reader.cancel();
    expect(seen).toContain('✓ verified');
  });
});
