/** The filters that the lists of the API accept and refuse. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ACCOUNT, aSession, type SandboxClient, startSandbox } from './sandbox-client.ts';

let client: SandboxClient;

beforeEach(async () => {
  client = await startSandbox();
});

afterEach(() => client.close());

describe('a filter that a sandbox list does not have', () => {
  it.each([
    ['/v1/sessions', 'merchant_reference'],
    ['/v1/sessions', 'serach'],
    ['/v1/transactions', 'created_at.gt'],
    ['/v1/transactions', 'updated_at.gte'],
    ['/v1/transactions', 'session'],
    [`/v1/accounts/${ACCOUNT}/settlements`, 'provider'],
  ])('is refused in Dintero’s form: %s by %s', async (path, name) => {
    const { status, body } = await client.api('GET', `${path}?limit=10&${name}=2026-11-21`);
    expect(status).toBe(400);
    expect(body).toEqual({
      error: {
        code: 'INVALID_REQUEST_PARAMETER',
        message: expect.stringContaining(`${name}: there is no such filter`),
        errors: [{ description: expect.stringContaining('limit') }],
      },
    });
  });
});

describe('a filter that Dintero documents', () => {
  async function paid(order: object, customer: object, payment: object = {}): Promise<string> {
    const base = aSession()['order'] as object;
    const request = aSession({ order: { ...base, ...order }, customer });
    const { body } = await client.api('POST', '/v1/sessions-profile', request);
    const how = { outcome: 'authorize', ...payment };
    return (await client.call('POST', `/__sim/sessions/${body.id}/pay`, how)).body.transactionId;
  }
  const listed = async (query: string): Promise<string[]> => {
    const { body } = await client.api('GET', `/v1/transactions?${query}`);
    return body.map(({ id }: { id: string }) => id);
  };

  it('finds transactions by their store and their customer', async () => {
    const first = await paid({ store: { id: 'north' } }, { customer_id: 'c-1' });
    const second = await paid({ store: { id: 'south' } }, { customer_id: 'c-2' });
    expect(await listed('store_id=north')).toEqual([first]);
    expect(await listed('store_id=north&store_id=south')).toEqual([second, first]);
    expect(await listed('customer_id=c-2')).toEqual([second]);
  });

  it.each(['payout_correlation_id', 'payout_destination_id', 'payment_operation', 'token_id'])(
    'finds nothing where no transaction can match: %s',
    async (name) => {
      await paid({}, {});
      expect(await listed('limit=10')).toHaveLength(1);
      expect(await listed(`${name}=x`)).toEqual([]);
    },
  );

  it('leaves out the events that failed', async () => {
    const id = await paid({}, {}, { faults: { capture: { result: 'failure', times: 1 } } });
    await client.api('POST', `/v1/transactions/${id}/capture`, { amount: 100 });
    const events = async (query: string): Promise<boolean[]> =>
      (await client.api('GET', `/v1/transactions?id=${id}${query}`)).body[0].events.map(
        ({ success }: { success: boolean }) => success,
      );
    expect(await events('')).toContain(false);
    expect(await events('&includes=events.success.true')).toEqual([true, true]);
  });

  it('finds no settlement of a destination other than the account', async () => {
    const id = await paid({}, {});
    await client.api('POST', `/v1/transactions/${id}/capture`, { amount: 29990 });
    await client.call('POST', '/__sim/settlements', {});
    const settled = async (query: string) =>
      (await client.api('GET', `/v1/accounts/${ACCOUNT}/settlements?${query}`)).body.items.length;
    expect([await settled('limit=10'), await settled('payout_destination_id=seller-1')]).toEqual([1, 0]);
  });
});
