import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as dintero from '../../sandbox/dintero/faults/fault-schema.ts';
import * as stripe from '../../sandbox/stripe/stripe-faults.ts';
import { aSession, openSession, type SandboxClient, startSandbox, until } from './sandbox-client.ts';

let client: SandboxClient;

beforeEach(async () => {
  client = await startSandbox();
});

afterEach(() => client.close());

const fault = (faults: object) => client.call('POST', '/__sim/faults', faults);
const create = () => client.api('POST', '/v1/sessions-profile', aSession());
const found = async () => (await client.api('GET', '/v1/sessions?search=order-1')).body.length;

describe('sandbox fault', () => {
  it('answers with a status as often as requested, and then no more', async () => {
    await fault({ create: { status: 503, times: 2, retryAfter: 7 } });
    const answers = [await create(), await create(), await create()];
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 200]);
    expect(answers[0]?.headers.get('retry-after')).toBe('7');
    expect(answers[0]?.body.error.message).toEqual(expect.any(String));
    expect(await found()).toBe(1);
  });

  it('drops the connection before the effect or after it', async () => {
    await fault({ create: { drop: 'before', times: 1 } });
    await expect(create()).rejects.toThrow();
    expect(await found()).toBe(0);
    await fault({ create: { drop: 'after', times: 1 } });
    await expect(create()).rejects.toThrow();
    expect(await found()).toBe(1);
  });

  it('takes effect at once and answers late', async () => {
    await fault({ create: { delayMs: 150, times: 1 } });
    const started = Date.now();
    const answer = create();
    await until(async () => (await found()) === 1);
    expect((await answer).status).toBe(200);
    expect(Date.now() - started).toBeGreaterThanOrEqual(149);
  });

  it('truncates, replaces and patches answers, for one session only where it names one', async () => {
    const [id, other] = [await openSession(client), await openSession(client)];
    await fault({ readSession: { sessionId: id, truncate: true } });
    await expect(client.api('GET', `/v1/sessions/${id}`)).rejects.toThrow(SyntaxError);
    expect((await client.api('GET', `/v1/sessions/${other}`)).body.id).toBe(other);
    await fault({
      readSession: { patch: { order: { amount: '1.5' }, events: { seen: 1 }, extra: true } },
      search: { body: { not: 'a list' } },
    });
    expect((await client.api('GET', `/v1/sessions/${id}`)).body).toMatchObject({
      extra: true,
      order: { amount: '1.5', currency: 'NOK' },
      events: [{ name: 'INITIATED', seen: 1 }],
    });
    expect((await client.api('GET', '/v1/sessions?search=order-1')).body).toEqual({ not: 'a list' });
    await client.call('DELETE', '/__sim/faults');
    expect(await found()).toBe(2);
  });

  it('for all calls applies to every call without one of its own', async () => {
    await fault({ all: { status: 500 }, search: { times: 0 } });
    expect((await create()).status).toBe(500);
  });

  it('that is misspelt is refused', async () => {
    expect((await fault({ creat: { status: 500 } })).status).toBe(400);
  });
});

describe('sandbox read models', () => {
  it('lag behind the real state', async () => {
    const id = await openSession(client);
    await fault({ readLagMs: 60_000, listLagMs: 60_000, searchLagMs: 60_000 });
    const { body } = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' });
    expect((await client.api('GET', `/v1/transactions/${body.transactionId}`)).body.status).toBe('INITIATED');
    expect((await client.api('GET', `/v1/sessions/${id}`)).body).not.toHaveProperty('transaction_id');
    expect((await client.api('GET', '/v1/transactions')).body).toEqual([]);
    expect(await found()).toBe(0);
    await client.call('DELETE', '/__sim/faults');
    expect((await client.api('GET', `/v1/transactions/${body.transactionId}`)).body.status).toBe(
      'AUTHORIZED',
    );
  });
});

it.each([
  ['Dintero', dintero],
  ['Stripe', stripe],
])('a switch of the sandbox of %s has not the name of a call, since one word would set both', (_, kinds) => {
  const calls: readonly string[] = ['all', ...kinds.OPERATIONS];
  expect(Object.keys(kinds.USUAL_KNOBS).filter((name) => calls.includes(name))).toEqual([]);
});

describe('sandbox counts', () => {
  it('show how often each call was made, until a reset', async () => {
    await openSession(client);
    await client.api('GET', '/v1/transactions');
    expect((await client.call('GET', '/__sim/requests')).body).toEqual({ token: 1, create: 1, list: 1 });
    await client.call('POST', '/__sim/reset');
    expect((await client.call('GET', '/__sim/requests')).body).toEqual({});
    expect((await client.call('GET', '/__sim/state')).body).toMatchObject({ sessions: 0 });
  });
});
