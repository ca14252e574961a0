import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { readFigures } from '../../src/store/health.ts';
import { recordOutcome } from '../../src/store/outcomes.ts';
import { findAbandonedUpdates, pendingEffects, readUpdate, recordAttempt } from '../../src/store/outbox.ts';
import { outbox } from '../../src/store/schema.ts';
import { anOutcome, aPayment, aRecord, TELLS } from '../support/builders.ts';
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
    await recordOutcome(store.db, aRecord(payment, { outcome: anOutcome('FAILED') }), TELLS);
    await recordOutcome(store.db, aRecord(payment, { key: 'b' }), TELLS);
    const [failed, paid] = (await pendingEffects(store.db, payment.id)) as [string, string];
    return { payment, failed, paid };
  }

  it('lists what the merchant has not heard in the order in which it happened', async () => {
    const { payment, failed, paid } = await twoUpdates();
    expect([failed, paid]).toEqual([
      `${payment.id}/order.payment_failed/look-1`,
      `${payment.orderReference}/order.paid`,
    ]);
  });

  it('knows whether the order has moved on since an update', async () => {
    const { failed, paid } = await twoUpdates();
    expect(await readUpdate(store.db, failed)).toMatchObject({ hasLater: true });
    expect(await readUpdate(store.db, paid)).toMatchObject({ hasLater: false });
  });

  it('does not take what became of another payment for the end of a review', async () => {
    const paid = await aPayment(store.db);
    const record = aRecord(paid, { outcome: anOutcome('FAILED') });
    await recordOutcome(store.db, record, TELLS);
    const second = await aPayment(store.db, { orderReference: paid.orderReference });
    await recordOutcome(store.db, aRecord(paid), TELLS);
    await recordOutcome(store.db, aRecord(second), { ...TELLS, policy: 'review' });
    const captured = anOutcome('CAPTURED', { pays: true, capturedMinor: paid.amount });
    await recordOutcome(store.db, aRecord(paid, { outcome: captured }), TELLS);
    const [review] = await pendingEffects(store.db, second.id);
    expect(await readUpdate(store.db, review ?? '')).toMatchObject({ type: 'order.review', hasLater: false });
  });

  it('does not take another order for a later update', async () => {
    const { paid } = await twoUpdates();
    await twoUpdates();
    expect(await readUpdate(store.db, paid)).toMatchObject({ hasLater: false });
  });

  it('knows nothing of an effect that never was', async () => {
    expect(await readUpdate(store.db, 'none')).toBeNull();
  });

  it('counts attempts, and none once the telling is over', async () => {
    const { paid, payment } = await twoUpdates();
    await recordAttempt(store.db, paid, { state: 'pending', answer: '500', sent: true });
    await recordAttempt(store.db, paid, { state: 'delivered', answer: '204', sent: true });
    await recordAttempt(store.db, paid, { state: 'gave_up', answer: '500', sent: true });
    expect(await readUpdate(store.db, paid)).toMatchObject({
      state: 'delivered',
      attempts: 2,
      lastAnswer: '204',
    });
    expect(await pendingEffects(store.db, payment.id)).not.toContain(paid);
  });

  it('finds updates whose run must be lost, and no others', async () => {
    const { failed, paid } = await twoUpdates();
    const past = (effectId: string, created: string, attempted: string | null) =>
      store.db
        .update(outbox)
        .set({
          createdAt: sql`now() - ${created}::interval`,
          attemptedAt: attempted === null ? null : sql`now() - ${attempted}::interval`,
        })
        .where(eq(outbox.effectId, effectId));
    const abandoned = async () =>
      (await findAbandonedUpdates(store.db, 100))
        .map(({ effectId }) => effectId)
        .filter((id) => [failed, paid].includes(id));
    expect(await abandoned()).toEqual([]);
    await past(failed, '6 minutes', null);
    await past(paid, '2 hours', '30 minutes');
    expect(await abandoned()).toEqual([failed]);
    await past(paid, '3 hours', '2 hours');
    expect((await abandoned()).sort()).toEqual([failed, paid].sort());
    await past(failed, '31 days', null);
    expect(await abandoned()).toEqual([paid]);
  });

  it('tells how much waits and for how long', async () => {
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
