/** The same request with the same key gets the same answer, for a day. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Stripe } from 'stripe';
import { until } from '../sandbox-client.ts';
import { aManualSession, aSession, startStripeSandbox, type StripeSandboxClient } from './stripe-client.ts';

let sandbox: StripeSandboxClient;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startStripeSandbox();
  ({ stripe } = sandbox);
});
beforeEach(async () => {
  await sandbox.sim('/reset', {});
});
afterAll(() => sandbox.close());

const create = (idempotencyKey: string, changes = {}) =>
  stripe.checkout.sessions.create(aSession(changes), { idempotencyKey });

async function held(): Promise<string> {
  const { id } = await stripe.checkout.sessions.create(aManualSession());
  return (await sandbox.sim(`/sessions/${id}/pay`, { outcome: 'authorize' })).transactionId;
}

describe('a key', () => {
  it('gives the stored answer to the same request', async () => {
    const [first, second] = [await create('k-1'), await create('k-1')];
    expect(second.id).toBe(first.id);
    expect(second.lastResponse.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'original-request': first.lastResponse.requestId,
    });
    expect(second.lastResponse.requestId).not.toBe(first.lastResponse.requestId);
    expect((await stripe.checkout.sessions.list()).data).toHaveLength(1);
  });

  it('refuses another request', async () => {
    await create('k-1');
    await expect(create('k-1', { client_reference_id: 'order-2' })).rejects.toMatchObject({
      statusCode: 400,
      type: 'StripeIdempotencyError',
      rawType: 'idempotency_error',
    });
  });

  it('is free again after a day', async () => {
    const first = await create('k-1');
    await sandbox.sim('/clock', { advanceSeconds: 24 * 3_600 - 60 });
    expect((await create('k-1')).id).toBe(first.id);
    await sandbox.sim('/clock', { advanceSeconds: 120 });
    expect((await create('k-1')).id).not.toBe(first.id);
  });

  it('is not bound to a request that was found wrong before it began', async () => {
    await expect(create('k-1', { foo: '1' })).rejects.toMatchObject({ code: 'parameter_unknown' });
    expect((await create('k-1')).object).toBe('checkout.session');
  });

  it('keeps an answer about the state', async () => {
    const id = await held();
    await stripe.paymentIntents.cancel(id);
    const capture = () => stripe.paymentIntents.capture(id, {}, { idempotencyKey: 'k-1' });
    await expect(capture()).rejects.toMatchObject({ code: 'payment_intent_unexpected_state' });
    await expect(capture()).rejects.toMatchObject({ headers: { 'idempotent-replayed': 'true' } });
  });

  it('is in use while its first request is carried out', async () => {
    const id = await held();
    await sandbox.sim('/faults', { capture: { effectAfterMs: 300, times: 1 } });
    const capture = () => stripe.paymentIntents.capture(id, {}, { idempotencyKey: 'k-1' });
    const first = capture();
    await until(async () => (await sandbox.sim('/requests')).capture === 1);
    await expect(capture()).rejects.toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    expect(await first).toMatchObject({ status: 'succeeded' });
    expect(await capture()).toMatchObject({ status: 'succeeded' });
  });

  // Twice, since the client itself tries again once after a connection was reset.
  it('has the effect once, although the answer was lost', async () => {
    const id = await held();
    await sandbox.sim(`/transactions/${id}/capture`, {});
    await sandbox.sim('/faults', { refund: { drop: 'after', times: 2 } });
    const refund = () =>
      stripe.refunds.create({ payment_intent: id, amount: 1_000 }, { idempotencyKey: 'k-1' });
    await expect(refund()).rejects.toMatchObject({ type: 'StripeConnectionError' });
    expect(await refund()).toMatchObject({ amount: 1_000 });
    expect((await stripe.refunds.list({ payment_intent: id })).data).toHaveLength(1);
  });
});

describe('a stored 500', () => {
  it('comes again for its key, and another key works', async () => {
    const id = await held();
    await sandbox.sim('/faults', { capture: { status: 500, stored: true, times: 1 } });
    const capture = (idempotencyKey: string) => stripe.paymentIntents.capture(id, {}, { idempotencyKey });
    await expect(capture('k-1')).rejects.toMatchObject({ statusCode: 500, type: 'StripeAPIError' });
    await expect(capture('k-1')).rejects.toMatchObject({
      statusCode: 500,
      headers: { 'idempotent-replayed': 'true' },
    });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: 'requires_capture' });
    expect(await capture('k-2')).toMatchObject({ status: 'succeeded' });
  });

  it('may hide that the request had its effect', async () => {
    const id = await held();
    await sandbox.sim('/faults', { capture: { status: 500, stored: true, effect: true, times: 1 } });
    const capture = () => stripe.paymentIntents.capture(id, {}, { idempotencyKey: 'k-1' });
    await expect(capture()).rejects.toMatchObject({ statusCode: 500 });
    await expect(capture()).rejects.toMatchObject({ statusCode: 500 });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: 'succeeded' });
  });

  it('is none without its word: the next request with the key works', async () => {
    const id = await held();
    await sandbox.sim('/faults', { capture: { status: 500, times: 1 } });
    const capture = () => stripe.paymentIntents.capture(id, {}, { idempotencyKey: 'k-1' });
    await expect(capture()).rejects.toMatchObject({ statusCode: 500 });
    expect(await capture()).toMatchObject({ status: 'succeeded' });
  });
});
