/**
 * Contract §4: 200 browsers wait at a time. Counted here, since over HTTP a busy machine makes all of them
 * wait.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOutcomeWaits } from '../../../src/api/returns/outcome-waits.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { aPayment, aRecord, TELLS } from '../../support/builders.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

describe('waiting for an outcome', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
  }, 180_000);
  afterAll(() => store.close());

  it('is limited to 200 at a time: others get the current status at once', async () => {
    const waits = createOutcomeWaits(store.db);
    const all250: PaymentRow[] = [];
    // A few at a time, since each waits for a connection.
    while (all250.length < 250)
      all250.push(...(await Promise.all(Array.from({ length: 25 }, () => aPayment(store.db)))));
    let answered = 0;
    const all = all250.map((payment) =>
      waits.wait(payment).then((found) => {
        answered += 1;
        return found.status;
      }),
    );
    await turn();
    expect(answered).toBe(50);
    await store.db.update(payments).set({ status: 'AUTHORIZED' });
    const statuses = await Promise.all(all);
    expect(statuses.filter((status) => status === 'PENDING')).toHaveLength(50);
    expect(statuses.filter((status) => status === 'AUTHORIZED')).toHaveLength(200);
    const next = await aPayment(store.db);
    const later = waits.wait(next).then(() => (answered += 1));
    await turn();
    expect(answered).toBe(250);
    await later;
  });

  it('is limited to three at a time for one payment, so that its payer does not take the room of others', async () => {
    const waits = createOutcomeWaits(store.db);
    const [payment, other] = [await aPayment(store.db), await aPayment(store.db)];
    const answered: string[] = [];
    const wait = (of: typeof payment) => waits.wait(of).then(() => answered.push(of.id));
    const all = [...Array.from({ length: 230 }, () => wait(payment)), wait(other)];
    await turn();
    expect(answered).toEqual(Array.from({ length: 227 }, () => payment.id));
    await recordFinding(store.db, aRecord(payment), TELLS);
    await Promise.all(all);
    expect(answered).toHaveLength(231);
  });
});
