import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ACCOUNT,
  aSession,
  basic,
  grant,
  openSession,
  type SandboxClient,
  startSandbox,
} from './sandbox-client.ts';

let client: SandboxClient;

beforeEach(async () => {
  client = await startSandbox();
});

afterEach(() => client.close());

describe('sandbox access token', () => {
  const path = `/v1/accounts/${ACCOUNT}/auth/token`;

  it('is refused with 401 for a wrong secret, 403 on another account and 400 for another audience', async () => {
    const wrongSecret = await client.call('POST', path, grant(), basic('wrong'));
    const otherAccount = await client.call('POST', '/v1/accounts/P12345678/auth/token', grant(), basic());
    const otherAudience = await client.call('POST', path, grant('P12345678'), basic());
    expect([wrongSecret.status, otherAccount.status, otherAudience.status]).toEqual([401, 403, 400]);
    expect(wrongSecret.body.error.message).toContain('client id or secret');
  });

  it('is refused by the API when unknown or expired', async () => {
    await client.call('POST', '/__sim/faults', { tokenExpiresIn: 0 });
    const { body } = await client.call('POST', path, grant(), basic());
    const expired = await client.call('GET', '/v1/transactions', undefined, {
      authorization: `Bearer ${body.access_token}`,
    });
    const unknown = await client.call('GET', '/v1/transactions', undefined, { authorization: 'Bearer x' });
    expect([expired.status, unknown.status]).toEqual([401, 401]);
  });
});

describe('sandbox sessions', () => {
  it('are created by every POST and keep order, metadata and expiry', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const request = aSession({ metadata: { ext_payment: 'p-1' }, expires_at: expiresAt });
    const first = await client.api('POST', '/v1/sessions-profile', request);
    const second = await client.api('POST', '/v1/sessions-profile', request);
    const read = await client.api('GET', `/v1/sessions/${first.body.id}`);
    expect(first.status).toBe(200);
    expect(first.body.id).toMatch(/^T12345678\.\w{22}$/);
    expect(first.body.url).toBe(`${client.url}/v1/view/${first.body.id}`);
    expect(second.body.id).not.toBe(first.body.id);
    expect(read.body).toMatchObject({
      order: { merchant_reference: 'order-1', amount: 29990 },
      metadata: { ext_payment: 'p-1', 'session:profile_id': 'default' },
      expires_at: expiresAt,
    });
    expect(read.body).not.toHaveProperty('transaction_id');
  });

  it.each([
    ['no profile', { profile_id: undefined }, 'profile_id'],
    ['a float amount', { order: { amount: 1.5, currency: 'NOK', merchant_reference: 'a' } }, 'order.amount'],
    ['no reference', { order: { amount: 1, currency: 'NOK' } }, 'order.merchant_reference'],
    ['an expiry in the past', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['an empty telephone number', { customer: { phone_number: '' } }, 'customer.phone_number'],
    ['metadata with an object', { metadata: { a: {} } }, 'metadata.a'],
  ])('are refused with %s', async (_, change, field) => {
    const { status, body } = await client.api('POST', '/v1/sessions-profile', aSession(change));
    expect(status).toBe(400);
    expect(body.error.code).toBe('INVALID_REQUEST_PARAMETER');
    expect(body.error.errors[0].description).toContain(field);
  });

  it('are refused with lines that do not add up only under the strict setting', async () => {
    const items = [{ id: 'a', line_id: '1', amount: 5 }];
    const request = aSession({ order: { amount: 6, currency: 'NOK', merchant_reference: 'a', items } });
    const toggles = { 'Dintero-Feature-Toggles': 'strict-session-amounts' };
    const lax = await client.api('POST', '/v1/sessions-profile', request);
    const strict = await client.api('POST', '/v1/sessions-profile', request, toggles);
    expect([lax.status, strict.status]).toEqual([200, 400]);
  });

  it('need an https callback on a public host when http is not allowed', async () => {
    const strict = await startSandbox({ SANDBOX_ALLOW_HTTP: 'false' });
    const create = async (callback_url: string): Promise<number> => {
      const url = { return_url: 'https://shop.example/', callback_url };
      return (await strict.api('POST', '/v1/sessions-profile', aSession({ url }))).status;
    };
    const statuses = [
      await create('http://a.example/'),
      await create('https://localhost/'),
      await create('https://a.example/'),
    ];
    await strict.close();
    expect(statuses).toEqual([400, 400, 200]);
  });

  it('are found by reference and by transaction, newest first', async () => {
    const older = await openSession(client);
    const newer = await openSession(client);
    const { body } = await client.call('POST', `/__sim/sessions/${older}/pay`, { outcome: 'authorize' });
    const byReference = await client.api('GET', '/v1/sessions?search=order-1');
    const byTransaction = await client.api('GET', `/v1/sessions?transaction_id=${body.transactionId}`);
    const nothing = await client.api('GET', '/v1/sessions?search=order');
    expect(byReference.body.map((session: { id: string }) => session.id)).toEqual([newer, older]);
    expect(byTransaction.body.map((session: { id: string }) => session.id)).toEqual([older]);
    expect(nothing.body).toEqual([]);
  });

  it('are 404 for an unknown id', async () => {
    expect((await client.api('GET', `/v1/sessions/${ACCOUNT}.nobody`)).status).toBe(404);
  });
});

describe('sandbox cancel', () => {
  it('voids an authorization and has the same answer when it is repeated', async () => {
    const id = await openSession(client);
    const { body } = await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' });
    const cancelled = await client.api('POST', `/v1/sessions/${id}/cancel`);
    const again = await client.api('POST', `/v1/sessions/${id}/cancel`);
    const transaction = await client.api('GET', `/v1/transactions/${body.transactionId}`);
    expect(cancelled.body.cancelled_at).toEqual(expect.any(String));
    expect(again.body).toEqual(cancelled.body);
    expect(transaction.body.status).toBe('AUTHORIZATION_VOIDED');
  });

  it.each(['capture', 'on_hold', 'decline', 'unknown'])('is refused after %s', async (outcome) => {
    const id = await openSession(client);
    await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome });
    expect((await client.api('POST', `/v1/sessions/${id}/cancel`)).status).toBe(400);
  });

  it('closes an unpaid session to payment', async () => {
    const id = await openSession(client);
    await client.api('POST', `/v1/sessions/${id}/cancel`);
    expect((await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome: 'authorize' })).status).toBe(
      409,
    );
  });
});

describe('sandbox transaction list', () => {
  it('has 10 rows by default and pages to the last of 25', async () => {
    const made: string[] = [];
    for (let n = 0; n < 25; n++) {
      const foreign = { merchantReference: `f-${n}`, amount: 100 + n, currency: 'NOK', status: 'AUTHORIZED' };
      made.push((await client.call('POST', '/__sim/transactions', foreign)).body.transactionId);
    }
    const seen: string[][] = [];
    do {
      const after = seen.at(-1)?.at(-1);
      const { body } = await client.api(
        'GET',
        `/v1/transactions${after === undefined ? '' : `?starting_after=${after}`}`,
      );
      seen.push(body.map((transaction: { id: string }) => transaction.id));
    } while (seen.at(-1)?.length === 10);
    expect(seen.map((page) => page.length)).toEqual([10, 10, 5]);
    expect(seen.flat()).toEqual(made.reverse());
  });

  it('filters by repeated session, status, amount and time', async () => {
    const ids: string[] = [];
    for (const outcome of ['authorize', 'capture', 'decline']) {
      const id = await openSession(client);
      await client.call('POST', `/__sim/sessions/${id}/pay`, { outcome, amount: 100 + ids.push(id) });
    }
    const statuses = async (query: string): Promise<string[]> =>
      (await client.api('GET', `/v1/transactions?${query}`)).body.map(
        ({ status }: { status: string }) => status,
      );
    expect(await statuses(`session_id=${ids[0]}&session_id=${ids[2]}`)).toEqual(['DECLINED', 'AUTHORIZED']);
    expect(await statuses('status=CAPTURED')).toEqual(['CAPTURED']);
    expect(await statuses('merchant_reference=order-1&amount.lte=102')).toEqual(['CAPTURED', 'AUTHORIZED']);
    expect(await statuses(`created_at.gte=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
    expect(await statuses('limit=2')).toHaveLength(2);
  });

  it.each(['limit=0', 'limit=101', 'limit=ten', 'created_at.gte=noon', 'starting_after=nobody'])(
    'is refused with %s',
    async (query) => {
      expect((await client.api('GET', `/v1/transactions?${query}`)).status).toBe(400);
    },
  );
});
