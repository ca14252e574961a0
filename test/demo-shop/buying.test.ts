import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DINTERO } from './fake-paidonce.ts';
import { anOrder, behave, buy, startStage, tell, text, type Stage } from './shop-client.ts';

describe('buying in the demo shop', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await startStage();
  });
  afterEach(() => stage.close());

  it('leads to the checkout with lines that add up and a URL back to the order', async () => {
    const answer = await buy(stage.shop, { quantity: '2' });
    const [request] = stage.api.requests;
    const reference = request?.order.reference ?? '';
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`https://checkout.example/v1/view/${reference}`);
    expect(request?.order).toMatchObject({
      amount: 144_400,
      items: [{ amount: 144_400, vatAmount: 28_880 }],
    });
    expect(request?.returnUrl).toBe(`${stage.shop.url}/orders/${reference}`);
  });

  it('asks how to pay where there is a choice, and sends the choice', async () => {
    const choice = /<input type="radio" name="gateway" value="(\w+)"( checked)?/g;
    const offered = async (path: string) =>
      [...(await (await fetch(`${stage.shop.url}${path}`)).text()).matchAll(choice)]
        .slice(0, 2)
        .map(([, id, isChosen]) => [id, isChosen !== undefined]);
    stage.api.gateways = [{ id: 'stripe', name: 'Stripe', isDefault: false }, DINTERO];
    expect(await offered('/')).toEqual([
      ['dintero', true],
      ['stripe', false],
    ]);
    await buy(stage.shop, { gateway: 'stripe' });
    await buy(stage.shop);
    expect(stage.api.requests.map(({ gateway, replace }) => [gateway, replace])).toEqual([
      ['stripe', true],
      [undefined, undefined],
    ]);
    expect((await buy(stage.shop, { gateway: 'other' })).status).toBe(400);
  });

  it('asks nothing where there is one way to pay, or where paidonce does not answer', async () => {
    expect(await (await fetch(stage.shop.url)).text()).not.toContain('Pay with');
    await stage.api.close();
    expect((await fetch(stage.shop.url)).status).toBe(200);
  });

  it('offers another way for an order that is not paid', async () => {
    stage.api.gateways = [{ id: 'stripe', name: 'Stripe', isDefault: false }, DINTERO];
    const reference = await anOrder(stage);
    expect(await (await fetch(`${stage.shop.url}/orders/${reference}`)).text()).toContain('value="stripe"');
  });

  it('makes one order of a double click, and another of the next click', async () => {
    const form = { cart: 'same-page' };
    await Promise.all([buy(stage.shop, form), buy(stage.shop, form)]);
    await buy(stage.shop, { cart: 'next-page' });
    const references = stage.api.requests.map((request) => request.order.reference);
    expect(references).toHaveLength(3);
    expect(new Set(references).size).toBe(2);
  });

  it('gives every page its own cart, which no browser caches', async () => {
    const [one, other] = await Promise.all([fetch(stage.shop.url), fetch(stage.shop.url)]);
    const cart = /name="cart" value="([^"]+)"/;
    expect(one?.headers.get('cache-control')).toBe('no-store');
    expect(cart.exec(await one.text())?.[1]).not.toBe(cart.exec(await other.text())?.[1]);
  });

  it('shows a problem of the API in words, with its code and the request id', async () => {
    stage.api.problem = { status: 409, code: 'order_already_paid', detail: 'The order <b>is</b> paid.' };
    const answer = await buy(stage.shop);
    const page = await answer.text();
    expect(answer.status).toBe(409);
    expect(page).toContain('The order &lt;b>is&lt;/b> paid.');
    expect(page).toContain('<code>order_already_paid</code>');
    expect(page).toContain('<code>req-7</code>');
  });

  it('says so when the API does not answer', async () => {
    await stage.api.close();
    const answer = await buy(stage.shop);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('did not answer');
  });

  it.each([
    ['an unknown product', { product: 'unicorn' }],
    ['no whole quantity', { quantity: '1.5' }],
    ['too many', { quantity: '11' }],
  ])('refuses %s without asking the API', async (_, form) => {
    expect((await buy(stage.shop, form)).status).toBe(400);
    expect(stage.api.requests).toHaveLength(0);
  });

  it('stays on the order’s page while the payment is on hold', async () => {
    stage.api.payment = { status: 'ON_HOLD', checkoutUrl: null };
    const answer = await buy(stage.shop);
    const reference = stage.api.requests[0]?.order.reference;
    expect(answer.headers.get('location')).toBe(`${stage.shop.url}/orders/${reference}`);
  });

  it('never follows a checkout address that is not http', async () => {
    stage.api.payment = { checkoutUrl: 'javascript:alert(1)' };
    expect((await buy(stage.shop)).headers.get('location')).toMatch(/\/orders\/demo-/);
  });

  it.each([
    ['FAILED', 'order.payment_failed', 'The payment failed, and nothing was charged.'],
    ['DECLINED', 'order.payment_declined', 'The payment was declined, and nothing was charged.'],
  ])('offers another attempt after %s, for the same order', async (status, type, words) => {
    const order = await anOrder(stage);
    stage.api.payment = { status };
    stage.api.orderStatus = 'PAYMENT_FAILED';
    const before = await text(stage.shop, `/orders/${order}`);
    // The payer may be back before the update has arrived.
    expect(before).toMatch(/Awaiting payment.*<button type="submit">Try again/s);
    await tell(stage.shop, { order, type, orderStatus: 'PAYMENT_FAILED' });
    const page = await text(stage.shop, `/orders/${order}`);
    expect(page).toContain(words);
    expect(page).toMatch(/Payment failed.*<button type="submit">Try again/s);
    const answer = await fetch(`${stage.shop.url}/orders/${order}/pay`, {
      method: 'POST',
      redirect: 'manual',
    });
    expect(answer.status).toBe(303);
    expect(stage.api.requests.map((request) => request.order.reference)).toEqual([order, order]);
  });

  it('offers no payment where the money has arrived, according to either side', async () => {
    const order = await anOrder(stage);
    const offers = async () =>
      /<button type="submit">(Try|Pay|Continue)/.test(await text(stage.shop, `/orders/${order}`));
    expect(await offers()).toBe(true);
    stage.api.orderStatus = 'PAID';
    expect(await offers()).toBe(false);
    stage.api.orderStatus = 'AWAITING_PAYMENT';
    await tell(stage.shop, { order });
    expect(await offers()).toBe(false);
  });

  it('answers 404 in words for an unknown order', async () => {
    const answer = await fetch(`${stage.shop.url}/orders/%3Cscript%3E`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('The shop has no such order.');
  });

  it('allows no foreign script on any page', async () => {
    const policy = (await fetch(stage.shop.url)).headers.get('content-security-policy');
    expect(policy).toContain("script-src 'self'");
  });

  it('refuses an unknown behaviour', async () => {
    expect((await behave(stage.shop, { mode: 'dance' })).status).toBe(422);
  });
});
