/**
 * Messages of an account that carry no key of ours. No gateway of today sends all of these kinds, so the
 * verification of one is replaced: the test says what was verified.
 */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import type { Gateway } from '../../../src/gateways/gateway.ts';
import type { Delivery } from '../../../src/gateways/verification.ts';
import { placeParked } from '../../../src/store/parked.ts';
import { deliveries } from '../../../src/store/schema/delivery-table.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import type { Answer } from '../../support/api.ts';
import { aPayment, aReference } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { until } from '../../support/until.ts';

const at = useTestApi();
let next: Partial<Delivery>;
beforeEach(async () => {
  await at.store.db.delete(deliveries);
  at.api.runs.callbacks.length = 0;
  Object.assign(at.api.service.gateways.named('dintero'), { verify });
});

const verify: Gateway['verify'] = ({ body }) => ({
  outcome: 'verified',
  deliveries: [
    {
      eventId: body.toString(),
      contentHash: body.toString(),
      key: null,
      claim: {},
      kind: 'payment',
      ageSeconds: 0,
      secretIndex: 0,
      secretFingerprint: '0123',
      isBodySigned: true,
      ...next,
    },
  ],
});

const send = (eventId = aReference()): Promise<Answer> =>
  at.api.send('POST', '/callbacks/dintero/account', { body: eventId, key: null });
const rows = () => at.store.db.select().from(deliveries);
const counted = async (labels: string): Promise<number> => {
  const { text } = await at.api.send('GET', '/metrics');
  const line = text.split('\n').find((each) => each.includes(`{gateway="dintero",${labels}}`));
  return Number(line?.split(' ').at(-1) ?? 0);
};
const give = (id: string, transactionId: string) =>
  at.store.db.update(payments).set({ transactionId }).where(eq(payments.id, id));

describe('a message that names a transaction alone', () => {
  it('reaches the payment that has the transaction', async () => {
    const payment = await aPayment(at.store.db);
    await give(payment.id, `tx-${payment.id}`);
    next = { isKeyless: true, claim: { transactionId: `tx-${payment.id}`, event: 'refund.failed' } };
    expect(await send()).toMatchObject({ status: 200, json: { result: 'accepted' } });
    await until('it is signalled', () => at.api.runs.callbacks.length === 1);
    expect(at.api.runs.callbacks[0]).toMatchObject({ payment: { paymentId: payment.id } });
  });

  it('is parked before any payment has the transaction, and reaches it afterwards', async () => {
    const payment = await aPayment(at.store.db);
    const transactionId = `tx-${payment.id}`;
    next = { isKeyless: true, claim: { transactionId, event: 'refund.failed' } };
    const before = await counted('outcome="parked"');
    expect(await send()).toMatchObject({ status: 200, json: { result: 'accepted' } });
    expect(await counted('outcome="parked"')).toBe(before + 1);
    await placeParked(at.store.db);
    expect(await rows()).toMatchObject([{ state: 'parked', paymentId: null }]);
    expect(at.api.runs.callbacks).toEqual([]);
    await give(payment.id, transactionId);
    await placeParked(at.store.db);
    const { orderReference, n } = payment;
    expect(await rows()).toMatchObject([{ state: 'received', paymentId: payment.id, orderReference, n }]);
  });

  it('is answered 503 before any payment has the transaction, if the store does not keep it', async () => {
    next = { isKeyless: true, claim: { transactionId: 'tx-unkept', event: 'refund.failed' } };
    await at.store.db.execute(sql`alter table deliveries rename to deliveries_away`);
    try {
      expect((await send()).status).toBe(503);
    } finally {
      await at.store.db.execute(sql`alter table deliveries_away rename to deliveries`);
    }
    expect(await rows()).toEqual([]);
  });

  it('is foreign where no payment had the transaction for a week', async () => {
    next = { isKeyless: true, claim: { transactionId: 'tx-of-another' } };
    await send();
    await at.store.db.update(deliveries).set({ receivedAt: new Date(Date.now() - 7.1 * 86_400_000) });
    await placeParked(at.store.db);
    expect(await rows()).toMatchObject([
      { state: 'handled', outcome: 'ignored', reason: expect.stringMatching(/^foreign: /) },
    ]);
  });

  it('is limited by its transaction, not by its account', async () => {
    next = { isKeyless: true, claim: { transactionId: 'tx-busy' } };
    const busy = await Promise.all(Array.from({ length: 300 }, () => send()));
    expect(new Set(busy.map(({ status }) => status))).toEqual(new Set([200, 503]));
    next = { isKeyless: true, claim: { transactionId: 'tx-quiet' } };
    expect((await send()).status).toBe(200);
  });
});

describe('genuine messages about nothing of ours', () => {
  it('are answered at once and in any number, and a few are stored without a body', async () => {
    next = { kind: 'other', claim: { event: 'customer.created' } };
    const begun = Date.now();
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => send()));
    const seconds = (Date.now() - begun) / 1_000;
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, json: { result: 'ignored' } });
    await until('some are stored', async () => (await rows()).length >= 50);
    const kept = await rows();
    // A second's worth at once, and then fifty a second.
    expect(kept.length).toBeLessThanOrEqual(Math.ceil(50 * (seconds + 1)));
    for (const row of kept) expect(row).toMatchObject({ outcome: 'ignored', reason: 'other' });
    expect(kept.every(({ body }) => body.length === 0)).toBe(true);
    expect(await counted('outcome="ignored",reason="other"')).toBe(1_000);
  });

  it('are answered while the store hangs', async () => {
    next = { kind: 'other' };
    at.api.troubles.mood = 'hanging';
    expect(await send()).toMatchObject({ status: 200, ms: expect.any(Number) });
  });
});
