import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { readFigures } from '../../src/store/health.ts';
import { recordOutcome } from '../../src/store/outcomes.ts';
import {
  findAbandonedUpdates,
  keepUntold,
  readmitUntold,
  readUpdate,
  takeUntold,
} from '../../src/store/outbox.ts';
import { outbox } from '../../src/store/schema.ts';
import { claimAttempt } from '../../src/store/update-attempts.ts';
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
    const [failed, paid] = (await takeUntold(store.db, payment.id, TELLS.teller)) as [string, string];
    return { payment, failed, paid };
  }

  /** Puts the next attempt into the past. */
  const due = (effectId: string, ago: string) =>
    store.db
      .update(outbox)
      .set({ nextAttemptAt: sql`now() - ${ago}::interval` })
      .where(eq(outbox.effectId, effectId));

  const abandoned = async (...among: string[]) =>
    (await findAbandonedUpdates(store.db, 100))
      .map(({ effectId }) => effectId)
      .filter((id) => among.includes(id))
      .sort();

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
    const [review] = await takeUntold(store.db, second.id, TELLS.teller);
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

  it('is told by the run that recorded it, and by another once nobody has for five minutes', async () => {
    const { payment, failed, paid } = await twoUpdates();
    const { db } = store;
    expect(await takeUntold(db, payment.id, 'run-2')).toEqual([]);
    const late = aRecord(payment, { outcome: null });
    expect((await recordOutcome(db, late, { ...TELLS, teller: 'run-2' })).untold).toEqual([]);
    await due(paid, '6 minutes');
    expect(await takeUntold(db, payment.id, 'run-2')).toEqual([paid]);
    await due(paid, '0 minutes');
    expect(await takeUntold(db, payment.id, TELLS.teller)).toEqual([failed]);
    await due(failed, '6 minutes');
    const later = aRecord(payment, { outcome: null });
    const { untold } = await recordOutcome(db, later, { ...TELLS, teller: 'run-2' });
    expect(untold).toEqual([failed, paid]);
  });

  it('is left to its own attempt, however late that is', async () => {
    const { payment, paid } = await twoUpdates();
    await claimAttempt(store.db, paid, 60_000);
    await due(paid, '6 minutes');
    expect(await takeUntold(store.db, payment.id, 'run-2')).toEqual([]);
    expect(await abandoned(paid)).toEqual([]);
  });

  it('finds updates that nobody tells, and no others', async () => {
    const { failed, paid } = await twoUpdates();
    expect(await abandoned(failed, paid)).toEqual([]);
    await due(failed, '6 minutes');
    expect(await abandoned(failed, paid)).toEqual([failed]);
    await due(paid, '1 hour');
    expect(await abandoned(failed, paid)).toEqual([failed, paid].sort());
    await store.db
      .update(outbox)
      .set({ createdAt: sql`now() - interval '31 days'` })
      .where(eq(outbox.effectId, failed));
    expect(await abandoned(failed, paid)).toEqual([paid]);
  });

  it('is kept where there was no endpoint, and told at once when there is one', async () => {
    const { payment, paid } = await twoUpdates();
    await keepUntold(store.db, paid);
    expect(await abandoned(paid)).toEqual([]);
    expect(await readUpdate(store.db, paid)).toMatchObject({ waitMs: 0, attempts: 0 });
    await readmitUntold(store.db);
    expect(await abandoned(paid)).toEqual([paid]);
    expect(await takeUntold(store.db, payment.id, 'run-2')).toEqual([paid]);
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
