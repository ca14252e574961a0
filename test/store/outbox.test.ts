import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import { readFigures } from '../../src/store/store-health.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import {
  findAbandoned,
  findAbandonedOf,
  findUntold,
  keepUntold,
  readmitUntold,
} from '../../src/store/untold-updates.ts';
import { paymentOfUpdate, readUpdate } from '../../src/store/outbox.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { aFinding, aPayment, aRecord, aTransaction, keyOf, TELLS } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

describe.each(STORES)('the outbox in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  /** A payment that failed and then paid: two updates of one order. */
  async function twoUpdates() {
    const payment = await aPayment(store.db);
    const first = await recordFinding(store.db, aRecord(payment, { finding: aFinding('FAILED') }), TELLS);
    const second = await recordFinding(store.db, aRecord(payment, { key: 'b' }), TELLS);
    const [failed, paid] = [...first.effects, ...second.effects] as [string, string];
    return { payment, failed, paid };
  }

  const change = (effectId: string, columns: PgUpdateSetSource<typeof outbox>) =>
    store.db.update(outbox).set(columns).where(eq(outbox.effectId, effectId));

  /** Sets the next attempt into the past. */
  const due = (effectId: string, ago: string) =>
    change(effectId, { nextAttemptAt: sql`now() - ${ago}::interval` });

  /** A failed attempt, by a process or by a run. */
  const fail = (effectId: string, teller: string | null = null) =>
    change(effectId, { attempts: 1, tries: 1, teller, lastAnswer: '500', attemptedAt: sql`now()` });

  /** An attempt that is under way. */
  const hold = (effectId: string) => change(effectId, { claimedUntil: sql`now() + interval '1 minute'` });

  const untold = async (...among: string[]) =>
    (await findUntold(store.db, 1_000)).map(({ effectId }) => effectId).filter((id) => among.includes(id));

  /** By payment and by update; the two must agree. */
  const abandoned = async ({ payment }: { payment: PaymentRow }) => {
    const effects = await findAbandonedOf(store.db, payment.id);
    const found = await findAbandoned(store.db, 1_000);
    expect(found.filter(({ id }) => id === payment.id)).toHaveLength(effects.length > 0 ? 1 : 0);
    return effects;
  };

  it('lists pending updates in the order of their events', async () => {
    const { payment, failed, paid } = await twoUpdates();
    expect([failed, paid]).toEqual([
      `${payment.id}/order.payment_failed/look-1`,
      `${payment.orderReference}/order.paid`,
    ]);
  });

  it('says whether the order has moved on since an update', async () => {
    const { failed, paid } = await twoUpdates();
    expect(await readUpdate(store.db, failed)).toMatchObject({ hasLater: true });
    expect(await readUpdate(store.db, paid)).toMatchObject({ hasLater: false });
  });

  it('does not end a review with an update of another payment', async () => {
    const paid = await aPayment(store.db);
    const record = aRecord(paid, { finding: aFinding('FAILED') });
    await recordFinding(store.db, record, TELLS);
    const second = await aPayment(store.db, { orderReference: paid.orderReference });
    await recordFinding(store.db, aRecord(paid), TELLS);
    const reviewed = await recordFinding(store.db, aRecord(second), { ...TELLS, policy: 'review' });
    const transaction = aTransaction(paid, { status: 'CAPTURED', capturedMinor: paid.amount });
    const captured = aRecord(paid, { finding: aFinding('CAPTURED', { pays: true }), transaction });
    expect((await recordFinding(store.db, captured, TELLS)).effects).toHaveLength(1);
    const [review] = reviewed.effects;
    expect(await readUpdate(store.db, review ?? '')).toMatchObject({ type: 'order.review', hasLater: false });
  });

  it('does not count an update of another order as later', async () => {
    const { paid } = await twoUpdates();
    await twoUpdates();
    expect(await readUpdate(store.db, paid)).toMatchObject({ hasLater: false });
  });

  it('has no row for an unknown update', async () => {
    expect(await readUpdate(store.db, 'none')).toBeNull();
  });

  it('finds the payment of an update, and with it the run', async () => {
    const { payment, paid } = await twoUpdates();
    const { gateway } = payment;
    expect(await paymentOfUpdate(store.db, paid)).toEqual({ ...keyOf(payment), gateway });
    expect(await paymentOfUpdate(store.db, 'none')).toBeNull();
  });

  it('returns a new update to the process that has recorded it, and to no other', async () => {
    const { payment } = await twoUpdates();
    const again = await recordFinding(store.db, aRecord(payment, { key: 'b' }), TELLS);
    expect(again).toMatchObject({ effects: [], isRepeated: true });
    const later = await recordFinding(store.db, aRecord(payment, { finding: null }), TELLS);
    expect(later.effects).toEqual([]);
  });

  it('gives an update first to the process that recorded it, and after a second to another, oldest first', async () => {
    const { failed, paid } = await twoUpdates();
    expect(await untold(failed, paid)).toEqual([]);
    await due(paid, '2 seconds');
    expect(await untold(failed, paid)).toEqual([paid]);
    await due(failed, '3 seconds');
    expect(await untold(failed, paid)).toEqual([failed, paid]);
    expect(await findUntold(store.db, 1)).toHaveLength(1);
    await fail(paid);
    await due(paid, '1 hour');
    expect(await untold(failed, paid)).toEqual([failed]);
  });

  it('gives an update to a run once its process has handed it over and no run took it for a minute', async () => {
    const updates = await twoUpdates();
    const { failed, paid } = updates;
    await fail(paid);
    await due(paid, '50 seconds');
    expect(await abandoned(updates)).toEqual([]);
    await due(paid, '70 seconds');
    expect(await abandoned(updates)).toEqual([paid]);
    // An update that was never tried does not go to a run, no matter how late it is.
    await due(failed, '1 hour');
    expect(await abandoned(updates)).toEqual([paid]);
  });

  it('gives an update to another run once no run has sent it for five minutes', async () => {
    const updates = await twoUpdates();
    const { paid } = updates;
    await fail(paid, 'run-1');
    await due(paid, '4 minutes');
    expect(await abandoned(updates)).toEqual([]);
    await due(paid, '6 minutes');
    expect(await abandoned(updates)).toEqual([paid]);
  });

  it('leaves an update to its attempt under way, at any time', async () => {
    const updates = await twoUpdates();
    const { failed, paid } = updates;
    await fail(paid);
    for (const effectId of [failed, paid]) {
      await hold(effectId);
      await due(effectId, '6 minutes');
    }
    expect(await untold(failed)).toEqual([]);
    expect(await abandoned(updates)).toEqual([]);
  });

  it('finds updates that no run sends, and no others', async () => {
    const updates = await twoUpdates();
    const { failed, paid } = updates;
    for (const effectId of [failed, paid]) await fail(effectId, 'run-1');
    expect(await abandoned(updates)).toEqual([]);
    await due(failed, '6 minutes');
    expect(await abandoned(updates)).toEqual([failed]);
    await due(paid, '1 hour');
    expect(await abandoned(updates)).toEqual([failed, paid]);
    await change(failed, { createdAt: sql`now() - interval '31 days'` });
    expect(await abandoned(updates)).toEqual([paid]);
  });

  it('keeps an update without an endpoint, and gives it out at once when there is one', async () => {
    const updates = await twoUpdates();
    const { paid } = updates;
    await keepUntold(store.db, paid);
    await due(paid, '80 minutes');
    expect(await abandoned(updates)).toEqual([]);
    expect(await untold(paid)).toEqual([]);
    expect(await readUpdate(store.db, paid)).toMatchObject({ waitMs: 0, attempts: 0 });
    await due(paid, '100 minutes');
    expect(await abandoned(updates)).toEqual([paid]);
    await readmitUntold(store.db);
    expect(await abandoned(updates)).toEqual([]);
    await due(paid, '2 seconds');
    expect(await untold(paid)).toEqual([paid]);
  });

  it('reports how many updates wait and for how long', async () => {
    await store.db.delete(outbox);
    const { paid } = await twoUpdates();
    await store.db
      .update(outbox)
      .set({ createdAt: sql`now() - interval '90 s'` })
      .where(eq(outbox.effectId, paid));
    const figures = await readFigures(store.db);
    expect(figures.outboxPending).toBe(2);
    expect(figures.outboxOldest).toBeGreaterThanOrEqual(90);
    expect(figures.outboxOldest).toBeLessThan(120);
  });
});
