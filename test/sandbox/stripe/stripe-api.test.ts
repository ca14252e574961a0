/** What every call has in common: keys, headers, errors, faults, seeds, and a journal. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../sandbox-client.ts';
import {
  aManualSession,
  aSession,
  clientOf,
  KEY,
  startStripeSandbox,
  type StripeSandboxClient,
} from './stripe-client.ts';

let sandbox: StripeSandboxClient;
beforeEach(async () => {
  sandbox = await startStripeSandbox({ STRIPE_SANDBOX_MORE_KEYS: 'rk_test_restricted' });
});
afterEach(() => sandbox.close());

const open = async (): Promise<string> => (await sandbox.stripe.checkout.sessions.create(aSession())).id;

describe('a call', () => {
  it('needs a key, as bearer or as user name', async () => {
    const basic = `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`;
    const statusWith = async (authorization: string) =>
      (await sandbox.raw('GET', '/v1/account', undefined, { authorization })).status;
    expect(await statusWith(`Bearer ${KEY}`)).toBe(200);
    expect(await statusWith(basic)).toBe(200);
    expect(await statusWith('Bearer rk_test_restricted')).toBe(200);
    expect(await statusWith('Bearer sk_test_other')).toBe(401);
    await expect(clientOf(sandbox.url, 'sk_test_other').balance.retrieve()).rejects.toMatchObject({
      type: 'StripeAuthenticationError',
      message: expect.stringContaining('Invalid API Key provided'),
    });
  });

  it('is answered with its id, the version and the time', async () => {
    const answer = await sandbox.raw('GET', '/v1/account', undefined, {
      'stripe-version': '2025-01-01.acacia',
    });
    expect(answer.headers.get('request-id')).toMatch(/^req_\w{14}$/);
    expect(answer.headers.get('stripe-version')).toBe('2025-01-01.acacia');
    expect(Date.parse(answer.headers.get('date') ?? '')).not.toBeNaN();
    const usual = await sandbox.raw('GET', '/v1/account');
    expect(usual.headers.get('stripe-version')).toBe('2026-08-26.dahlia');
    expect(await usual.json()).toMatchObject({ id: 'acct_1Sandbox000000001', object: 'account' });
  });

  it('of an address that is none is 404', async () => {
    const answer = await sandbox.raw('GET', '/v1/invoices');
    expect([answer.status, await answer.json()]).toEqual([
      404,
      {
        error: {
          type: 'invalid_request_error',
          message: expect.stringContaining('Unrecognized request URL'),
        },
      },
    ]);
  });

  it('can expand what it answers', async () => {
    const id = await open();
    await sandbox.sim(`/sessions/${id}/pay`, { outcome: 'authorize' });
    const [charge] = (
      await sandbox.stripe.charges.list({ expand: ['data.payment_intent', 'data.balance_transaction'] })
    ).data;
    expect(charge).toMatchObject({
      payment_intent: { object: 'payment_intent' },
      balance_transaction: { object: 'balance_transaction' },
    });
    const refund = await sandbox.stripe.refunds.create({
      charge: charge?.id ?? '',
      expand: ['charge.payment_intent'],
    });
    expect(refund.charge).toMatchObject({ id: charge?.id, payment_intent: { object: 'payment_intent' } });
  });
});

describe('a fault', () => {
  it.each([
    [429, 'StripeRateLimitError'],
    [500, 'StripeAPIError'],
    [503, 'StripeAPIError'],
  ])('answers %d', async (status, type) => {
    await sandbox.sim('/faults', { readSession: { status, retryAfter: 3, times: 1 } });
    const id = await open();
    await expect(sandbox.stripe.checkout.sessions.retrieve(id)).rejects.toMatchObject({
      statusCode: status,
      type,
      headers: { 'retry-after': '3' },
    });
    expect(await sandbox.stripe.checkout.sessions.retrieve(id)).toMatchObject({ id });
  });

  // The client itself tries again once after a connection was reset, also with `maxNetworkRetries: 0`.
  it('loses the answer before or after the effect', async () => {
    const create = () =>
      sandbox.raw('POST', '/v1/payment_intents', 'amount=1000&currency=nok').then(({ status }) => status);
    const count = async () => (await sandbox.stripe.paymentIntents.list()).data.length;
    await sandbox.sim('/faults', {
      createTransaction: [
        { drop: 'before', times: 1 },
        { drop: 'after', times: 1 },
      ],
    });
    await expect(create()).rejects.toThrow('fetch failed');
    expect(await count()).toBe(0);
    await expect(create()).rejects.toThrow('fetch failed');
    expect(await count()).toBe(1);
    expect(await create()).toBe(200);
  });

  it('cuts the answer off, or lets it hang', async () => {
    await sandbox.sim('/faults', {
      account: [
        { truncate: true, times: 1 },
        { delayMs: 60_000, times: 1 },
      ],
    });
    const cut = await sandbox.raw('GET', '/v1/account');
    await expect(cut.json()).rejects.toThrow();
    const hanging = fetch(`${sandbox.url}/v1/account`, {
      headers: { authorization: `Bearer ${KEY}` },
      signal: AbortSignal.timeout(100),
    });
    await expect(hanging).rejects.toThrow('timeout');
  });

  it('strikes one payment only, or some of the calls by a seed', async () => {
    const pay = async (): Promise<string> => {
      const { id } = await sandbox.stripe.checkout.sessions.create(aManualSession());
      return (await sandbox.sim(`/sessions/${id}/pay`, { outcome: 'authorize' })).transactionId;
    };
    const [one, other] = [await pay(), await pay()];
    await sandbox.sim(`/transactions/${one}/faults`, { capture: { status: 503, times: 1 } });
    expect(await sandbox.stripe.paymentIntents.capture(other)).toMatchObject({ status: 'succeeded' });
    await expect(sandbox.stripe.paymentIntents.capture(one)).rejects.toMatchObject({ statusCode: 503 });
    await sandbox.stripe.paymentIntents.capture(one);
    await sandbox.sim(`/transactions/${one}/faults`, { refund: { status: 503 } });
    const charge = (await sandbox.stripe.paymentIntents.retrieve(one)).latest_charge as string;
    for (const params of [{ payment_intent: one }, { charge }])
      await expect(sandbox.stripe.refunds.create(params)).rejects.toMatchObject({ statusCode: 503 });
    expect(await sandbox.stripe.refunds.create({ payment_intent: other })).toMatchObject({
      status: 'succeeded',
    });
    const draw = async (): Promise<number[]> => {
      await sandbox.sim('/faults', {}, 'DELETE');
      await sandbox.sim('/faults', { balance: { status: 500, rate: 0.5, seed: 7 } });
      const statuses: number[] = [];
      for (let at = 0; at < 12; at++) statuses.push((await sandbox.raw('GET', '/v1/balance')).status);
      return statuses;
    };
    const first = await draw();
    expect(await draw()).toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });
});

it('gives the same ids for the same seed', async () => {
  const run = async (seed: string): Promise<string[]> => {
    await sandbox.sim('/reset', { seed });
    const id = await open();
    return [id, (await sandbox.sim(`/sessions/${id}/pay`, { outcome: 'authorize' })).transactionId];
  };
  const first = await run('a');
  expect(await run('a')).toEqual(first);
  expect(await run('b')).not.toEqual(first);
});

it('keeps everything over a restart, and continues what was on its way', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stripe-sandbox-'));
  const first = await startStripeSandbox({ DATA_DIR: folder });
  await first.sim('/faults', { retryScheduleMs: [1] });
  const { id } = await first.stripe.checkout.sessions.create(aManualSession(), { idempotencyKey: 'k-1' });
  await first.sim('/faults', { callbacks: 'on', retryScheduleMs: [60_000] });
  first.receiver.answers.push(500, 500, 500, 500);
  const { transactionId } = await first.sim(`/sessions/${id}/pay`, { outcome: 'authorize' });
  await until(async () => {
    const deliveries: { attempts: unknown[] }[] = await first.sim('/callbacks');
    return deliveries.every(({ attempts }) => attempts.length === 1);
  });
  await first.close();
  const second = await startStripeSandbox({ DATA_DIR: folder });
  expect(await second.stripe.paymentIntents.retrieve(transactionId)).toMatchObject({
    status: 'requires_capture',
  });
  expect((await second.stripe.checkout.sessions.create(aManualSession(), { idempotencyKey: 'k-1' })).id).toBe(
    id,
  );
  expect((await second.sim('/state')).callbacks).toMatchObject({ pending: 4 });
  await second.sim('/clock', { advanceSeconds: 8 * 86_400 });
  await until(async () => (await second.stripe.paymentIntents.retrieve(transactionId)).status === 'canceled');
  await second.close();
  await rm(folder, { recursive: true });
});

it('is controlled by no page of another origin', async () => {
  const answer = await fetch(`${sandbox.url}/__sim/reset`, {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
  });
  expect(answer.status).toBe(403);
});
