/** `GET /v1/deliveries`: the filters of the log, and one callback in full. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { logRefused } from '../../../src/store/deliveries.ts';
import { logDelivery } from '../../../src/store/log-delivery.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { deliveries } from '../../../src/store/schema/delivery-table.ts';
import { aCallback, API_KEY } from '../../support/api.ts';
import { aDelivery, aPayment } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';

const HOUR_MS = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe('the log of deliveries', () => {
  const at = useTestApi();
  const named: Record<string, string> = {};
  let payment: PaymentRow;

  beforeAll(async () => {
    const { db } = at.store;
    payment = await aPayment(db);
    named['accepted'] = (
      await logDelivery(db, aDelivery(payment, { secret: '89538dbb', body: Buffer.from('kept') }))
    ).id;
    const foreign = { ignoredBecause: 'foreign: session T12345678.x is none of ours' };
    named['foreign'] = (await logDelivery(db, aDelivery(null, foreign))).id;
    await logRefused(db, {
      gateway: 'dintero',
      method: 'GET',
      target: '/callbacks/dintero?a=1&b=x%20y&a=2',
      headers: { host: 'pay.example', cookie: '[redacted]' },
      body: Buffer.alloc(0),
      key: null,
      claim: {},
      reason: 'wrong_signature',
    });
    const [refused] = await db.select().from(deliveries).where(eq(deliveries.outcome, 'refused'));
    named['refused'] = refused?.id ?? '';
  });

  const get = (path: string) => at.api.send('GET', path, { key: API_KEY });
  const found = async (query: string) => {
    const { json } = await get(`/v1/deliveries?${query}`);
    const nameOf = (id: string) => Object.entries(named).find(([, one]) => one === id)?.[0];
    return json.data.map(({ id }: { id: string }) => nameOf(id)).toReversed();
  };

  it.each([
    ['order', () => `order=${payment.orderReference}`, ['accepted']],
    ['an order without any', () => 'order=none', []],
    ['state', () => 'state=received', ['accepted']],
    ['reason', () => 'reason=wrong_signature', ['refused']],
    ['the beginning of a reason', () => 'reason=foreign', ['foreign']],
    ['a part of a word', () => 'reason=fore', []],
    ['a time since when', () => `receivedAfter=${ago(HOUR_MS)}`, ['accepted', 'foreign', 'refused']],
    ['a time until when', () => `receivedBefore=${ago(HOUR_MS)}`, []],
    [
      'both',
      () => `receivedAfter=${ago(HOUR_MS)}&receivedBefore=${ago(-HOUR_MS)}&outcome=ignored`,
      ['foreign'],
    ],
  ])('finds by %s', async (_, query, expected) => {
    expect(await found(query())).toEqual(expected);
  });

  it('shows one in full, without its bytes', async () => {
    const handledAt = new Date(Date.now() + 250);
    await at.store.db
      .update(deliveries)
      .set({ state: 'handled', handledAt, receivedAt: new Date(handledAt.getTime() - 250) })
      .where(eq(deliveries.id, named['accepted'] ?? ''));
    const { status, json, text } = await get(`/v1/deliveries/${named['accepted']}`);
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({
        id: named['accepted'],
        orderReference: payment.orderReference,
        headers: { host: 'pay.example' },
        query: [{ name: 'payment', value: '1' }],
        bodyBytes: 4,
        secret: '89538dbb',
        handledAfterMs: 250,
      }),
    ]);
    expect(text).not.toContain('kept');
    expect((await get(`/v1/deliveries/${named['refused']}`)).json).toMatchObject({
      query: [
        { name: 'a', value: '1' },
        { name: 'b', value: 'x y' },
        { name: 'a', value: '2' },
      ],
      headers: { cookie: '[redacted]' },
      secret: null,
      handledAfterMs: null,
    });
  });

  it('shows the fingerprint of the secret that signed a real callback, and not the signature', async () => {
    const { method, target, headers } = aCallback(payment);
    expect((await at.api.send(method, target, { headers })).status).toBe(200);
    const [newest] = (await get(`/v1/deliveries?payment=${payment.id}`)).json.data;
    const { json, text } = await get(`/v1/deliveries/${newest.id}`);
    expect(json.secret).toMatch(/^[0-9a-f]{8}$/);
    expect(text).not.toContain(headers['dintero-signature']);
  });

  it.each(['dlv_none', '%2e%2e%2fx'])('answers 404 for %s', async (id) => {
    expect((await get(`/v1/deliveries/${id}`)).status).toBe(404);
  });

  it.each(['state=lost', 'reason=', 'receivedAfter=yesterday', 'source=192.0.2.1'])(
    'refuses %s',
    async (query) => {
      expect((await get(`/v1/deliveries?${query}`)).status).toBe(422);
    },
  );
});
