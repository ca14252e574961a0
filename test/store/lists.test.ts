import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { asRefusal } from '../../src/api/http/problem.ts';
import { inBounds, TooManyRows } from '../../src/store/bounded.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { listPayments, type PaymentFilter } from '../../src/store/list-payments.ts';
import { listDeliveries } from '../../src/store/lists.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { aDelivery, aFinding, aPayment, aRecord, attempted, TELLS } from '../support/builders.ts';
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
    expect(await ids({ status: ['DECLINED'] })).toEqual([first.id]);
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

  it('find payments by what stands beside them', async () => {
    const [first, second, third] = made as [PaymentRow, PaymentRow, PaymentRow];
    const all = made.map(({ id }) => id).toReversed();
    expect(await ids({ heard: 'no' })).toEqual([first.id]);
    expect(await ids({ heard: 'no', cursor: first.id })).toEqual([]);
    expect(await ids({ heard: 'yes' })).toEqual([]);
    await attempted(store.db, `${first.id}/order.payment_declined/look-1`, {
      state: 'delivered',
      answer: '204',
    });
    expect(await ids({ heard: 'no' })).toEqual([]);
    expect(await ids({ heard: 'yes' })).toEqual([first.id]);
    await store.db
      .update(payments)
      .set({ reason: 'card: expired', paymentMethod: 'vipps', metadata: { cart: 'c1' }, refunded: 1 })
      .where(eq(payments.id, second.id));
    for (const filter of [
      { reason: 'card' },
      { reason: 'card: expired' },
      { method: 'vipps' },
      { metadata: { cart: 'c1' } },
      { refunded: 'true' },
    ] as const)
      expect([filter, await ids(filter)]).toEqual([filter, [second.id]]);
    for (const reason of ['car', 'card: exp', 'card:', `${'x'.repeat(299)}:`])
      expect(await ids({ reason })).toEqual([]);
    const long = 'x'.repeat(9_000);
    await store.db.update(payments).set({ reason: long }).where(eq(payments.id, third.id));
    expect(await ids({ reason: long.slice(0, 60) })).toEqual([]);
    expect(await ids({ reason: long })).toEqual([third.id]);
    expect(await ids({ status: ['PENDING', 'DECLINED'] })).toEqual(all);
    expect(await ids({ orderStatus: 'PAYMENT_FAILED' })).toEqual([first.id]);
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

describe('a list that has to read too many rows', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await STORES[1].open();
  }, 180_000);
  afterAll(() => store.close());

  it('ends after a while, with a refusal that says what to do, and the next one is answered', async () => {
    const slow = inBounds(store.db, (tx) => tx.execute(sql`select pg_sleep(5)`), 50);
    const error: unknown = await slow.catch((given: unknown) => given);
    expect(error).toBeInstanceOf(TooManyRows);
    expect(asRefusal(error)).toMatchObject({
      code: 'too_many_rows',
      message: expect.stringContaining('narrower time'),
    });
    expect(await inBounds(store.db, (tx) => listPayments(tx, { limit: 1 }))).toEqual({
      rows: [],
      hasMore: false,
    });
    // The limit ends with the list.
    await store.db.execute(sql`select pg_sleep(0.1)`);
  });
});
