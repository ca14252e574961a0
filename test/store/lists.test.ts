import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { listDeliveries, listPayments, type PaymentFilter } from '../../src/store/lists.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { aDelivery, aFinding, aPayment, aRecord, TELLS } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

describe.each(STORES)('lists in $name', ({ open }) => {
  let store: TestStore;
  const made: PaymentRow[] = [];
  beforeAll(async () => {
    store = await open();
    for (let index = 0; index < 7; index += 1) made.push(await aPayment(store.db));
    await recordFinding(store.db, aRecord(made[0] as PaymentRow, { finding: aFinding('DECLINED') }), TELLS);
  }, 180_000);
  afterAll(() => store.close());

  const ids = async (filter: Partial<PaymentFilter>) =>
    (await listPayments(store.db, { limit: 100, ...filter })).rows.map(({ id }) => id);

  it('show every payment once, page by page, although many were created in one millisecond', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < 10; pages += 1) {
      const page = await listPayments(store.db, { limit: 2, cursor });
      seen.push(...page.rows.map(({ id }) => id));
      cursor = page.rows.at(-1)?.id;
      if (!page.hasMore) break;
    }
    expect(seen.toSorted()).toEqual(made.map(({ id }) => id).toSorted());
    expect(seen).toEqual(seen.toSorted().toReversed());
  });

  it('do not say that there is more when the last page is full', async () => {
    expect(await listPayments(store.db, { limit: made.length })).toMatchObject({ hasMore: false });
    expect(await listPayments(store.db, { limit: made.length - 1 })).toMatchObject({ hasMore: true });
  });

  it('find payments by order, status, gateway and time', async () => {
    const [first, second] = made as [PaymentRow, PaymentRow];
    expect(await ids({ order: second.orderReference })).toEqual([second.id]);
    expect(await ids({ status: 'DECLINED' })).toEqual([first.id]);
    expect(await ids({ gateway: 'stripe' })).toEqual([]);
    expect(await ids({ createdAfter: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
    expect(await ids({ createdAfter: new Date(Date.now() - 60_000).toISOString() })).toHaveLength(
      made.length,
    );
  });

  it('find payments whose authorization lapses before a time, and none without such a time', async () => {
    const [, held] = made as [PaymentRow, PaymentRow];
    const authorizationExpiresAt = new Date('2026-01-01T00:00:00.000Z');
    await store.db.update(payments).set({ authorizationExpiresAt }).where(eq(payments.id, held.id));
    expect(await ids({ expiringBefore: '2026-01-02T00:00:00.000Z' })).toEqual([held.id]);
    expect(await ids({ expiringBefore: '2026-01-01T00:00:00.000Z' })).toEqual([]);
  });

  it('find deliveries by payment and outcome, newest first', async () => {
    const [first, second] = made as [PaymentRow, PaymentRow];
    const own = [
      await logDelivery(store.db, aDelivery(first)),
      await logDelivery(store.db, aDelivery(first)),
    ];
    await logDelivery(store.db, aDelivery(second));
    await logDelivery(store.db, aDelivery(null, { ignoredBecause: 'ping' }));
    const found = await listDeliveries(store.db, { payment: first.id, limit: 10 });
    expect(found.rows.map(({ id }) => id)).toEqual(
      own
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect((await listDeliveries(store.db, { outcome: 'ignored', limit: 10 })).rows).toHaveLength(1);
    expect(await listDeliveries(store.db, { limit: 3 })).toMatchObject({ hasMore: true });
  });
});
