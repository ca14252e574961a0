import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { readSecretUse, retirableSince, type SecretUse } from '../../src/store/secret-use.ts';
import { aDelivery, aPayment } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;
const ago = (hours: number) => new Date(NOW.getTime() - hours * HOUR);
const used = (first: number, last: number): SecretUse => ({ first: ago(first), last: ago(last) });

describe.each(STORES)('the use of secrets in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  it('has the first and the last delivery that each secret has signed, in their order', async () => {
    const payment = await aPayment(store.db);
    for (const [secret, hours] of [
      ['old', 50],
      ['old', 40],
      ['new', 30],
      ['new', 1],
    ] as const) {
      const { id } = await logDelivery(store.db, aDelivery(payment, { secret }));
      await store.db
        .update(deliveries)
        .set({ lastReceivedAt: ago(hours) })
        .where(eq(deliveries.id, id));
    }
    await logDelivery(store.db, aDelivery(payment));
    expect(await readSecretUse(store.db, ['new', 'never', 'old'])).toEqual([used(30, 1), null, used(50, 40)]);
    expect(await readSecretUse(store.db, [])).toEqual([]);
  });

  it('has the secret that signed a repetition', async () => {
    const again = aDelivery(await aPayment(store.db), { secret: 'before' });
    await logDelivery(store.db, again);
    await logDelivery(store.db, { ...again, secret: 'after' });
    const [before, after] = await readSecretUse(store.db, ['before', 'after']);
    expect([before, after === null]).toEqual([null, false]);
  });
});

describe('an old secret may be removed', () => {
  const since = (...uses: (SecretUse | null)[]) =>
    retirableSince(uses, NOW).map((at) => at?.toISOString() ?? null);
  const at = (hours: number) => ago(hours).toISOString();

  it('a day after its last signature, when newer ones have signed since', () => {
    expect(since(used(60, 1), used(100, 30))).toEqual([null, at(6)]);
    expect(since(used(60, 1), used(100, 23))).toEqual([null, null]);
  });

  it('a day after the first use of the newer one, where it was never used', () => {
    expect(since(used(60, 1), null)).toEqual([null, at(36)]);
    expect(since(used(20, 1), null)).toEqual([null, null]);
  });

  it('only when a newer one has signed, and after its own last signature', () => {
    expect(since(null, used(100, 90))).toEqual([null, null]);
    expect(since(null, null)).toEqual([null, null]);
    expect(since(used(90, 50), used(100, 40))).toEqual([null, null]);
  });

  it('independently of others, where there are three', () => {
    expect(since(null, used(60, 1), used(100, 70))).toEqual([null, null, at(36)]);
  });
});
