import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mayBeClosed } from '../../src/store/decisions.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { aDecision, aPayment, aRecord, keyOf, TELLS } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

describe.each(STORES)('a session may be closed, in $name,', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  it('where a cancellation of this payment is recorded, and for no other note', async () => {
    const [payment, other] = [await aPayment(store.db), await aPayment(store.db)];
    const noteKey = await aDecision(store.db, payment, 'cancel');
    const accepted = await aDecision(store.db, payment, 'accept');
    const may = (key: string, of = payment) =>
      mayBeClosed(store.db, keyOf(of), { why: 'merchant', noteKey: key });
    expect([await may(noteKey), await may(noteKey)]).toEqual([true, true]);
    expect([await may('decision-unknown'), await may(accepted), await may(noteKey, other)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('where another payment has paid the order, not where none or this one has', async () => {
    const payer = await aPayment(store.db);
    const beside = { ...keyOf(payer), paymentId: 'pay_beside' };
    const may = (key: typeof beside) => mayBeClosed(store.db, key, { why: 'order_paid' });
    expect(await may(beside)).toBe(false);
    await recordFinding(store.db, aRecord(payer), TELLS);
    expect([await may(beside), await may(keyOf(payer))]).toEqual([true, false]);
  });
});
