/** What a statement that failed inside an activity tells Temporal. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { orders } from '../../src/store/schema.ts';
import { failsWithoutValues } from '../../src/worker/activity-failures.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
}, 180_000);

afterAll(() => store.close());

const failing = (activity: () => Promise<unknown>): Promise<Error> =>
  new MockActivityEnvironment({}, { interceptors: [failsWithoutValues], logger: new DefaultLogger('ERROR') })
    .run(activity)
    .then(
      () => Promise.reject(new Error('it did not fail')),
      (error: Error) => error,
    );

it('is what was wrong, and none of the values', async () => {
  const order = {
    reference: 'kari@example.com',
    amount: 2 ** 40,
    currency: 'NOK',
    status: 'PAID',
    latestN: 1,
  } as const;
  const error = await failing(() => Promise.resolve(store.db.insert(orders).values(order)));
  expect(error.message).toMatch(/^the store: .*integer/);
  expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain('kari');
});

it('is left as it is where no statement was at fault', async () => {
  const own = new Error('another thing');
  expect(await failing(() => Promise.reject(own))).toBe(own);
});
