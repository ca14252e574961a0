import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { wakes } from '../../src/store/schema/wake-table.ts';
import { markWoken, pruneWakes, takeForWaking, takeUnwoken } from '../../src/store/wakes.ts';
import { aPayment } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

describe.each(STORES)('the waking of a payment, in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    await store.db.delete(wakes);
  });

  const take = async (takenBy: string, about = 'seen', ids = ['pay_1']) => {
    const wanted = ids.map((paymentId) => ({ paymentId, about }));
    return takeForWaking(store.db, 'sweep', wanted, takenBy);
  };
  const later = (minutes: number) =>
    store.db.update(wakes).set({ dueAt: sql`due_at - ${minutes} * interval '1 minute'` });

  it('is taken by one of several parallel callers', async () => {
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) => take(`process ${index}`, 'seen', ['pay_1', 'pay_2'])),
    );
    expect(
      taken
        .flat()
        .map(({ paymentId }) => paymentId)
        .sort(),
    ).toEqual(['pay_1', 'pay_2']);
  });

  it('is given again to the same taker, with what it has signalled', async () => {
    await take('me', 'seen', ['pay_1', 'pay_2', 'pay_2']);
    await markWoken(store.db, 'sweep', ['pay_1']);
    const again = await take('me', 'seen', ['pay_1', 'pay_2']);
    expect(again.toSorted((one, other) => one.paymentId.localeCompare(other.paymentId))).toEqual([
      { paymentId: 'pay_1', told: true },
      { paymentId: 'pay_2', told: false },
    ]);
    expect(await take('another', 'seen', ['pay_1', 'pay_2'])).toEqual([]);
  });

  it('is repeated for the same reason after 5, 10, 20 … minutes, at most an hour', async () => {
    const rests: number[] = [];
    for (let times = 0; times < 9; times += 1) {
      expect(await take(`taker ${times}`)).toHaveLength(1);
      await markWoken(store.db, 'sweep', ['pay_1']);
      const [rest] = await store.db
        .select({ minutes: sql<number>`round(extract(epoch from due_at - now()) / 60)::int` })
        .from(wakes);
      rests.push(rest?.minutes ?? 0);
      await later((rest?.minutes ?? 0) - 1);
      expect(await take('early')).toEqual([]);
      await later(1);
    }
    expect(rests).toEqual([5, 10, 20, 40, 60, 60, 60, 60, 60]);
  });

  it('is done at once for a new reason, and counted from the beginning', async () => {
    for (const taker of ['one', 'two', 'three']) {
      await take(taker);
      await markWoken(store.db, 'sweep', ['pay_1']);
      await later(30);
    }
    await take('four', 'something else');
    await markWoken(store.db, 'sweep', ['pay_1']);
    await later(4);
    expect(await take('five', 'something else')).toEqual([]);
    await later(1);
    expect(await take('five', 'something else')).toHaveLength(1);
  });

  it('for one reason does not block the waking for another', async () => {
    await take('me');
    expect(
      await takeForWaking(store.db, 'unwatched', [{ paymentId: 'pay_1', about: '' }], 'me'),
    ).toHaveLength(1);
  });

  it('is taken over by one other process after a minute, where it was never signalled', async () => {
    const { id } = await aPayment(store.db);
    await take('dead', 'seen', [id]);
    expect(await takeUnwoken(store.db, 10)).toEqual([]);
    await later(1);
    const found = (await Promise.all(Array.from({ length: 10 }, () => takeUnwoken(store.db, 10)))).flat();
    expect(found).toMatchObject([{ payment: { id }, why: 'sweep' }]);
    await markWoken(store.db, 'sweep', [id]);
    await later(1_000);
    expect(await takeUnwoken(store.db, 10)).toEqual([]);
  });

  it('is deleted a month after it was signalled, never before', async () => {
    await take('me', 'seen', ['pay_1', 'pay_2']);
    await markWoken(store.db, 'sweep', ['pay_1']);
    await later(31 * 24 * 60);
    await pruneWakes(store.db);
    expect(await store.db.select().from(wakes)).toMatchObject([{ paymentId: 'pay_2' }]);
  });
});
