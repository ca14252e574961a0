/** Contract §4: 200 browsers wait at a time. Counted here, since over HTTP a busy machine makes everybody wait. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOutcomeWaits } from '../../src/api/outcome-waits.ts';
import { recordOutcome } from '../../src/store/outcomes.ts';
import { aPayment, aRecord, TELLS } from '../support/builders.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

describe('waiting for an outcome', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
  }, 180_000);
  afterAll(() => store.close());

  it('is for 200 at a time: others get what is known at once, until there is room again', async () => {
    const waits = createOutcomeWaits(store.db);
    const payment = await aPayment(store.db);
    let answered = 0;
    const all = Array.from({ length: 250 }, () =>
      waits.wait(payment).then((found) => {
        answered += 1;
        return found.status;
      }),
    );
    await turn();
    expect(answered).toBe(50);
    await recordOutcome(store.db, aRecord(payment), TELLS);
    const statuses = await Promise.all(all);
    expect(statuses.filter((status) => status === 'PENDING')).toHaveLength(50);
    expect(statuses.filter((status) => status === 'AUTHORIZED')).toHaveLength(200);
    const next = await aPayment(store.db);
    const later = waits.wait(next).then(() => (answered += 1));
    await turn();
    expect(answered).toBe(250);
    await later;
  });
});
