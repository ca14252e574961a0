/** What a payer can do: by a call, and on the page. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Stripe } from 'stripe';
import { aManualSession, aSession, startStripeSandbox, type StripeSandboxClient } from './stripe-client.ts';

let sandbox: StripeSandboxClient;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startStripeSandbox();
  ({ stripe } = sandbox);
});
beforeEach(async () => {
  await sandbox.sim('/reset', {});
  sandbox.receiver.received.length = 0;
});
afterAll(() => sandbox.close());

const open = async (params = aSession()): Promise<string> =>
  (await stripe.checkout.sessions.create(params)).id;
// oxlint-disable-next-line typescript/no-explicit-any -- the field under test only
const pay = (id: string, payment: object): Promise<any> => sandbox.sim(`/sessions/${id}/pay`, payment);
const types = async (): Promise<string[]> =>
  (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type).reverse();

describe('by a call', () => {
  it('is declined, stays on the page, and pays with another card', async () => {
    const id = await open();
    expect(await pay(id, { outcome: 'decline', declineCode: 'insufficient_funds' })).toMatchObject({
      returnUrl: null,
    });
    const session = await stripe.checkout.sessions.retrieve(id, { expand: ['payment_intent'] });
    expect(session).toMatchObject({
      status: 'open',
      payment_intent: {
        status: 'requires_payment_method',
        last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds', type: 'card_error' },
      },
    });
    expect(await types()).toEqual([
      'payment_intent.created',
      'charge.failed',
      'payment_intent.payment_failed',
    ]);
    const { transactionId } = await pay(id, { card: '4242 4242 4242 4242' });
    expect(transactionId).toBe((session.payment_intent as Stripe.PaymentIntent).id);
    expect(await stripe.paymentIntents.retrieve(transactionId)).toMatchObject({
      status: 'succeeded',
      last_payment_error: null,
    });
    expect(
      (await stripe.charges.list({ payment_intent: transactionId })).data.map(({ status }) => status),
    ).toEqual(['succeeded', 'failed']);
  });

  it.each(['succeeded', 'failed'] as const)('debits an account, and the debit has %s', async (status) => {
    const id = await open();
    const { transactionId, returnUrl } = await pay(id, { outcome: 'on_hold' });
    expect(returnUrl).toContain('https://shop.example/return');
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({
      status: 'complete',
      payment_status: 'unpaid',
    });
    expect(await types()).toEqual([
      'payment_intent.created',
      'charge.pending',
      'payment_intent.processing',
      'checkout.session.completed',
    ]);
    await sandbox.sim(`/transactions/${transactionId}/change`, { status });
    const end = {
      succeeded: ['charge.succeeded', 'payment_intent.succeeded', 'checkout.session.async_payment_succeeded'],
      failed: ['charge.failed', 'payment_intent.payment_failed', 'checkout.session.async_payment_failed'],
    };
    expect((await types()).slice(4)).toEqual(end[status]);
    const paid = { succeeded: 'paid', failed: 'unpaid' }[status];
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ payment_status: paid });
    const after = { succeeded: 'succeeded', failed: 'requires_payment_method' }[status];
    expect(await stripe.paymentIntents.retrieve(transactionId)).toMatchObject({ status: after });
  });

  it('debits an account that is settled by itself later', async () => {
    const { transactionId } = await pay(await open(), {
      outcome: 'on_hold',
      resolve: { status: 'AUTHORIZED', afterMs: 60_000 },
    });
    await sandbox.sim('/clock', { advanceMs: 59_000 });
    expect(await stripe.paymentIntents.retrieve(transactionId)).toMatchObject({ status: 'processing' });
    await sandbox.sim('/clock', { advanceMs: 2_000 });
    expect(await stripe.paymentIntents.retrieve(transactionId)).toMatchObject({ status: 'succeeded' });
  });

  it('confirms to the bank, or does not', async () => {
    const id = await open();
    const { transactionId } = await pay(id, { outcome: 'initiate' });
    expect(await stripe.paymentIntents.retrieve(transactionId)).toMatchObject({
      status: 'requires_action',
      next_action: { type: 'redirect_to_url' },
    });
    await sandbox.sim(`/sessions/${id}/authenticate`, { success: false });
    expect(await stripe.paymentIntents.retrieve(transactionId)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
    await pay(id, { card: '4000000000003220' });
    await sandbox.sim(`/sessions/${id}/authenticate`, {});
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
    });
  });

  it('goes back or goes away, and nothing has happened', async () => {
    const id = await open();
    expect(await pay(id, { outcome: 'cancel' })).toMatchObject({
      transactionId: null,
      returnUrl: 'https://shop.example/cart',
    });
    expect(await pay(id, { outcome: 'abandon' })).toMatchObject({ transactionId: null, returnUrl: null });
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: 'open' });
    expect(await types()).toEqual([]);
  });

  it('pays only once', async () => {
    const id = await open();
    await pay(id, { outcome: 'authorize', return: false });
    await expect(pay(id, { outcome: 'authorize' })).rejects.toThrow('is complete');
  });

  it('pays an amount or by a method that was not asked for', async () => {
    const { transactionId } = await pay(await open(), { outcome: 'authorize', amount: 100 });
    expect(await stripe.paymentIntents.retrieve(transactionId)).toMatchObject({
      amount: 100,
      amount_received: 100,
    });
    const other = await pay(await open(aManualSession()), { outcome: 'capture' });
    const { latest_charge: charge, status } = await stripe.paymentIntents.retrieve(other.transactionId, {
      expand: ['latest_charge'],
    });
    expect(status).toBe('succeeded');
    expect(charge).toMatchObject({ payment_method_details: { type: 'ideal' } });
  });

  it('completes a session that costs nothing', async () => {
    const id = await open(
      aSession({
        line_items: [
          { quantity: 1, price_data: { currency: 'nok', unit_amount: 0, product_data: { name: 'Gift' } } },
        ],
      }),
    );
    await pay(id, { outcome: 'authorize' });
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({
      status: 'complete',
      payment_status: 'no_payment_required',
      payment_intent: null,
    });
  });
});

describe('on the page', () => {
  const submit = (path: string, form: Record<string, string>): Promise<Response> =>
    fetch(sandbox.url + path, { method: 'POST', redirect: 'manual', body: new URLSearchParams(form) });

  it('sees the order, and goes to the shop after it has paid', async () => {
    const id = await open();
    const page = await (await fetch(`${sandbox.url}/c/pay/${id}`)).text();
    for (const words of ['Pay NOK 299.90', 'Chair', 'order-1', 'Stripe sandbox', 'Let the card be declined'])
      expect(page).toContain(words);
    const answer = await submit(`/c/pay/${id}`, { outcome: 'authorize' });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      `https://shop.example/return?key=a%20b&session_id=${id}`,
    ]);
    expect(await (await fetch(`${sandbox.url}/c/pay/${id}`)).text()).toContain('already been made');
    expect((await submit(`/c/pay/${id}`, { outcome: 'authorize' })).status).toBe(409);
  });

  it('shows amounts in the digits of Stripe', async () => {
    const id = await open(
      aSession({
        line_items: [
          {
            quantity: 1,
            price_data: { currency: 'isk', unit_amount: 105_000, product_data: { name: '<b>' } },
          },
        ],
      }),
    );
    const page = await (await fetch(`${sandbox.url}/c/pay/${id}`)).text();
    expect(page).toContain('Pay ISK 1,050');
    expect(page).toContain('&lt;b&gt;');
  });

  it('can try again after a declined card', async () => {
    const id = await open();
    const declined = await submit(`/c/pay/${id}`, { outcome: 'card', card: '4000 0000 0000 0002' });
    expect(declined.headers.get('location')).toBe(`/c/pay/${id}?notice=declined`);
    const unknown = await submit(`/c/pay/${id}`, { outcome: 'card', card: '1234' });
    expect(unknown.headers.get('location')).toBe(`/c/pay/${id}?notice=card_unknown`);
    const paid = await submit(`/c/pay/${id}`, { outcome: 'card', card: '4242 4242 4242 4242' });
    expect(paid.headers.get('location')).toContain('https://shop.example/return');
  });

  it('is sent to the bank, and back', async () => {
    const id = await open();
    const toBank =
      (await submit(`/c/pay/${id}`, { outcome: 'card', card: '4000 0000 0000 3220' })).headers.get(
        'location',
      ) ?? '';
    expect(toBank).toMatch(/^\/3ds\/pi_/);
    expect(await (await fetch(sandbox.url + toBank)).text()).toContain('Your bank asks you to confirm');
    expect((await submit(toBank, { success: 'true' })).headers.get('location')).toContain(
      'https://shop.example/return',
    );
  });

  it('has every event sent twice', async () => {
    const id = await open();
    await submit(`/c/pay/${id}`, { outcome: 'authorize', duplicate: 'yes' });
    const sent = (await types()).flatMap((type) => [type, type]);
    await sandbox.received(sent.length);
    expect(
      sandbox
        .events()
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(sent.toSorted());
  });

  it('chooses misbehaviour', async () => {
    const id = await open(aManualSession());
    await submit(`/c/pay/${id}`, { outcome: 'authorize', lostCompleted: 'yes', captureTrouble: 'conflict' });
    await sandbox.received(3);
    expect(sandbox.events().map(({ type }) => type)).not.toContain('checkout.session.completed');
    const intent = (await stripe.checkout.sessions.retrieve(id)).payment_intent as string;
    await expect(stripe.paymentIntents.capture(intent)).rejects.toMatchObject({ statusCode: 409 });
    expect(await stripe.paymentIntents.capture(intent)).toMatchObject({ status: 'succeeded' });
  });
});
