import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answer, aSession, type SandboxClient, startSandbox, until } from './sandbox-client.ts';

let client: SandboxClient;

beforeEach(async () => {
  client = await startSandbox();
});

afterEach(() => client.close());

const ORDER = {
  amount: 33890,
  currency: 'NOK',
  merchant_reference: 'order-1',
  items: [
    { id: 'chair-1', line_id: '1', amount: 20000 },
    { id: 'lamp-1', line_id: '2', amount: 9990 },
  ],
  shipping_option: { id: 'post', line_id: 'ship', amount: 3900, title: 'Post' },
};

async function paid(payment: object = {}): Promise<string> {
  const { body } = await client.api('POST', '/v1/sessions-profile', aSession({ order: ORDER }));
  const answer = await client.call('POST', `/__sim/sessions/${body.id}/pay`, {
    outcome: 'authorize',
    ...payment,
  });
  return answer.body.transactionId;
}

const operate = (id: string, kind: string, body: object = {}): Promise<Answer> =>
  client.api('POST', `/v1/transactions/${id}/${kind}`, body);
const capture = (id: string, amount: number, more: object = {}) =>
  operate(id, 'capture', { amount, ...more });
const refund = (id: string, amount: number, more: object = {}) => operate(id, 'refund', { amount, ...more });
const read = async (id: string) => (await client.api('GET', `/v1/transactions/${id}`)).body;
const events = async (id: string): Promise<Record<string, unknown>[]> => (await read(id)).events;

describe('sandbox money', () => {
  const chairs = (amount: number, quantity?: number) => ({
    items: [{ line_id: '1', amount, ...(quantity !== undefined && { quantity }) }],
  });

  it('is captured and refunded by line, up to the rest of the line', async () => {
    const id = await paid();
    expect((await capture(id, 15_000, chairs(15_000))).status).toBe(200);
    expect((await capture(id, 5_001, chairs(5_001))).status).toBe(400);
    expect((await refund(id, 15_001, chairs(15_001))).status).toBe(400);
    expect((await refund(id, 9_000, chairs(9_000))).status).toBe(200);
    expect((await refund(id, 6_001, chairs(6_001))).status).toBe(400);
    expect((await capture(id, 5_000, chairs(5_000))).status).toBe(200);
    expect((await refund(id, 11_000, chairs(11_000))).status).toBe(200);
  });

  it.each(['collector.invoice', 'walley.invoice', 'instabank.invoice'])(
    'is never an amount without lines with %s',
    async (product) => {
      const id = await paid({ product });
      expect(await capture(id, 20_000)).toMatchObject({
        status: 400,
        body: { error: { message: expect.stringMatching(/items/) } },
      });
      expect((await capture(id, 20_000, chairs(20_000))).status).toBe(200);
      expect((await refund(id, 20_000)).status).toBe(400);
    },
  );

  it('is captured and refunded in parts, each with its reference, lines and resulting status', async () => {
    const id = await paid();
    const items = [{ line_id: '1', amount: 20000, quantity: 1 }];
    const first = await capture(id, 20000, { capture_reference: 'c1', items, metadata: { ext_parcel: '7' } });
    const statuses = [
      first.body.status,
      (await refund(id, 5000, { refund_reference: 'r1', reason: 'scratched' })).body.status,
      (await capture(id, 13890, { capture_reference: 'c2' })).body.status,
      (await refund(id, 28890)).body.status,
    ];
    expect(statuses).toEqual([
      'PARTIALLY_CAPTURED',
      'PARTIALLY_CAPTURED_REFUNDED',
      'PARTIALLY_REFUNDED',
      'REFUNDED',
    ]);
    expect((await events(id)).slice(2, 4)).toMatchObject([
      {
        event: 'CAPTURE',
        success: true,
        amount: 20000,
        event_reference: 'c1',
        items,
        metadata: { ext_parcel: '7' },
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        transaction_status: 'PARTIALLY_CAPTURED',
      },
      { event: 'REFUND', amount: 5000, event_reference: 'r1' },
    ]);
  });

  it('is captured again by a repeated call: there is no idempotency', async () => {
    const id = await paid();
    await capture(id, 10000, { capture_reference: 'same' });
    const again = await capture(id, 10000, { capture_reference: 'same' });
    expect(again.status).toBe(200);
    expect((await events(id)).filter(({ event }) => event === 'CAPTURE')).toHaveLength(2);
  });

  it.each([
    ['capture', { amount: 33891 }, 'INVALID_AMOUNT'],
    ['capture', { amount: 0 }, 'INVALID_REQUEST_PARAMETER'],
    ['capture', { amount: 1.5 }, 'INVALID_REQUEST_PARAMETER'],
    ['capture', {}, 'INVALID_REQUEST_PARAMETER'],
    ['capture', { amount: 1, refund_reference: 'r' }, 'INVALID_REQUEST_PARAMETER'],
    ['capture', { amount: 1, metadata: { own: 1 } }, 'INVALID_REQUEST_PARAMETER'],
    ['capture', { amount: 5, items: [{ line_id: '9', amount: 5 }] }, 'INVALID_REQUEST_PARAMETER'],
    ['capture', { amount: 6, items: [{ line_id: '1', amount: 5 }] }, 'INVALID_REQUEST_PARAMETER'],
    ['refund', { amount: 1 }, 'INVALID_STATE'],
  ])('is not moved by %s %j, which is refused with %s', async (kind, body, code) => {
    const id = await paid();
    const answer = await operate(id, kind, body);
    expect([answer.status, answer.body.error.code]).toEqual([400, code]);
    expect((await read(id)).status).toBe('AUTHORIZED');
  });

  it('has shipping as a line, and is not found in another account', async () => {
    const id = await paid();
    const shipping = await capture(id, 3900, { items: [{ line_id: 'ship', amount: 3900 }] });
    const foreign = await capture('T99999999.3YkJXSdSnUBXcmQSzn7uJj', 1);
    const anonymous = await client.call('POST', `/v1/transactions/${id}/capture`, { amount: 1 });
    expect([shipping.status, foreign.status, anonymous.status]).toEqual([200, 404, 401]);
  });

  it('is voided as a whole, and in part only by products that can', async () => {
    const whole = await paid();
    const [card, vipps] = [await paid(), await paid({ product: 'vipps' })];
    const swish = await paid({ outcome: 'capture' });
    await Promise.all([capture(card, 10000), capture(vipps, 10000)]);
    const answers = [await operate(whole, 'void'), await operate(card, 'void')];
    answers.push(await operate(vipps, 'void', { id: vipps }), await operate(swish, 'void'));
    expect(answers.map(({ status, body }) => [status, body.status ?? body.error.code])).toEqual([
      [200, 'AUTHORIZATION_VOIDED'],
      [400, 'INVALID_STATE'],
      [200, 'CAPTURED'],
      [400, 'INVALID_STATE'],
    ]);
    expect((await capture(whole, 1)).status).toBe(400);
    expect((await refund(vipps, 10001)).status).toBe(400);
  });

  it('is released by a final capture, with a Dintero card only', async () => {
    const [card, vipps] = [await paid(), await paid({ product: 'vipps' })];
    const final = await capture(card, 10000, { final_capture: true });
    const refused = await capture(vipps, 10000, { final_capture: true });
    expect([final.body.status, refused.status]).toEqual(['CAPTURED', 400]);
    expect((await events(card)).slice(-2)).toMatchObject([
      { event: 'CAPTURE', amount: 10000 },
      { event: 'VOID', amount: 23890 },
    ]);
  });
});

describe('sandbox money that takes long', () => {
  const accepted = { pending: true, afterMs: 20 };

  it('is accepted with a request id that a later event completes', async () => {
    const id = await paid({ faults: { capture: { ...accepted, times: 1 } } });
    const answer = await capture(id, 10000, { capture_reference: 'c1' });
    const requestId = answer.headers.get('event-request-id');
    expect([answer.status, answer.body.status]).toEqual([202, 'AUTHORIZED']);
    expect(answer.body.events.at(-1)).toMatchObject({ event: 'INITIATE_CAPTURE', request_id: requestId });
    await until(async () => (await read(id)).status === 'PARTIALLY_CAPTURED');
    expect((await events(id)).at(-1)).toMatchObject({
      event: 'CAPTURE',
      success: true,
      event_reference: 'c1',
      correlation_request_id: requestId,
    });
  });

  it('is reserved while it is pending, and a void conflicts with it', async () => {
    const id = await paid({ faults: { capture: { pending: true, result: 'never', times: 1 } } });
    await capture(id, 30000);
    const [over, conflicting] = [await capture(id, 5000), await operate(id, 'void')];
    expect([over.status, conflicting.status, (await capture(id, 3890)).status]).toEqual([400, 409, 200]);
  });

  it('fails late, and a correction shows that the money was moved', async () => {
    const corrected = {
      ...accepted,
      result: 'corrected',
      correctAfterMs: 700,
      error: { code: 'E1', message: 'm' },
    };
    const id = await paid({ faults: { capture: corrected } });
    await capture(id, 10000, { capture_reference: 'c1' });
    await until(async () => (await events(id)).some(({ success }) => success === false));
    expect(await read(id)).toMatchObject({ status: 'AUTHORIZED' });
    await until(async () => (await read(id)).status === 'PARTIALLY_CAPTURED');
    const [failed, added] = (await events(id)).slice(-2);
    expect(failed).toMatchObject({
      success: false,
      error: { code: 'E1' },
      correction: {
        event_ids: [added?.['id']],
        status: 'PARTIALLY_CAPTURED',
        remaining_capture_amount: 23890,
        remaining_refund_amount: 10000,
        remaining_void_amount: 0,
      },
    });
    expect(added).toMatchObject({ event: 'CAPTURE', success: true, amount: 10000, event_reference: 'c1' });
  });

  it('fails with a 200', async () => {
    const id = await paid({ faults: { capture: { result: 'failure', times: 1 } } });
    const answer = await capture(id, 10000);
    expect([answer.status, answer.body.status]).toEqual([200, 'AUTHORIZED']);
    expect(answer.body.events.at(-1)).toMatchObject({ event: 'CAPTURE', success: false, amount: 10000 });
    expect((await capture(id, 33890)).body.status).toBe('CAPTURED');
  });
});

describe('sandbox trouble with money', () => {
  it('loses the answer after the effect or before it, for one transaction only', async () => {
    const [after, before] = [await paid(), await paid()];
    await client.call('POST', `/__sim/transactions/${after}/faults`, { refund: { drop: 'after' } });
    await client.call('POST', `/__sim/transactions/${before}/faults`, { refund: { drop: 'before' } });
    await Promise.all([capture(after, 33890), capture(before, 33890)]);
    await Promise.all([after, before].map((id) => expect(refund(id, 100)).rejects.toThrow()));
    expect([(await read(after)).status, (await read(before)).status]).toEqual([
      'PARTIALLY_REFUNDED',
      'CAPTURED',
    ]);
  });

  it('is removed from one transaction by null, and from all by DELETE', async () => {
    const ids = [await paid(), await paid(), await paid()];
    const path = (id: string | undefined) => `/__sim/transactions/${id}/faults`;
    for (const id of ids) await client.call('POST', path(id), { capture: { status: 503 } });
    const [first = '', second = '', third = ''] = ids;
    await client.call('POST', path(first), { capture: null, refund: { status: 409 } });
    const statuses = [(await capture(first, 1)).status, (await capture(second, 1)).status];
    expect((await client.call('GET', path(first))).body).toEqual({ refund: { status: 409 } });
    await client.call('DELETE', '/__sim/faults');
    expect([...statuses, (await capture(third, 1)).status]).toEqual([200, 503, 200]);
  });

  it('takes effect after the caller has given up', async () => {
    const id = await paid({ faults: { capture: { effectAfterMs: 800 } } });
    const giveUp = fetch(`${client.url}/v1/transactions/${id}/capture`, {
      method: 'POST',
      headers: { authorization: client.bearer() },
      body: JSON.stringify({ amount: 100 }),
      signal: AbortSignal.timeout(20),
    });
    await expect(giveUp).rejects.toThrow('timeout');
    expect((await read(id)).status).toBe('AUTHORIZED');
    await until(async () => (await read(id)).status === 'PARTIALLY_CAPTURED');
  });

  it.each([409, 500, 503])('answers %i without effect', async (status) => {
    const id = await paid({ faults: { capture: { status } } });
    expect((await capture(id, 100)).status).toBe(status);
    expect((await read(id)).status).toBe('AUTHORIZED');
  });

  it.each([
    ['4100000000000019', 'capture'],
    ['4100000000000043', 'void'],
    ['5100000000000016', 'capture'],
  ])('times out once with card %s on %s, and the effect is there', async (card, kind) => {
    await client.call('POST', '/__sim/faults', { cardTimeoutMs: 5 });
    const id = await paid({ card });
    await expect(operate(id, kind, { amount: 100 })).rejects.toThrow();
    expect((await events(id)).at(-1)).toMatchObject({ event: kind.toUpperCase(), success: true });
  });

  it('can time out by card without effect', async () => {
    await client.call('POST', '/__sim/faults', { cardTimeoutMs: 5, cardTimeoutEffect: 'before' });
    const id = await paid({ card: '4100000000000027' });
    await capture(id, 33890);
    await expect(refund(id, 100)).rejects.toThrow();
    expect((await read(id)).status).toBe('CAPTURED');
    expect((await refund(id, 100)).status).toBe(200);
  });

  it('is at the same calls whenever the seed is the same', async () => {
    const luck = async (seed: number): Promise<number[]> => {
      await client.call('POST', '/__sim/reset');
      await client.call('POST', '/__sim/faults', { capture: { status: 503, rate: 0.5, seed } });
      const id = await paid();
      const statuses: number[] = [];
      for (let call = 0; call < 12; call++) statuses.push((await capture(id, 1)).status);
      return statuses;
    };
    const [first, again, other] = [await luck(7), await luck(7), await luck(8)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 503]));
  });

  it('happens in the listed order', async () => {
    const list = [
      { status: 503, times: 1 },
      { status: 409, times: 1 },
    ];
    await client.call('POST', '/__sim/faults', { capture: list });
    const id = await paid();
    const statuses = [await capture(id, 1), await capture(id, 1), await capture(id, 1)];
    expect(statuses.map(({ status }) => status)).toEqual([503, 409, 200]);
  });
});
