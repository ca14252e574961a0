/** How a failed statement inside an activity appears in Temporal. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { orders } from '../../src/store/schema/order-tables.ts';
import { addNote } from '../../src/store/timeline.ts';
import { failsInWords } from '../../src/worker/activity-failures.ts';
import { aRecord, TELLS } from '../support/builders.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
}, 180_000);

afterAll(() => store.close());

const failing = (activity: () => Promise<unknown>): Promise<Error> =>
  new MockActivityEnvironment({}, { interceptors: [failsInWords], logger: new DefaultLogger('ERROR') })
    .run(activity)
    .then(
      () => Promise.reject(new Error('it did not fail')),
      (error: Error) => error,
    );

it('the error of a failed statement has the reason and none of the values', async () => {
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

it('an error without a failed statement is unchanged', async () => {
  const own = new Error('another thing');
  expect(await failing(() => Promise.reject(own))).toBe(own);
});

describe("an activity whose input can't succeed", () => {
  const failsAt = (attempt: number, activity: () => Promise<unknown>) =>
    new MockActivityEnvironment(
      { attempt },
      { interceptors: [failsInWords], logger: new DefaultLogger('ERROR') },
    )
      .run(activity)
      .then(
        () => Promise.reject(new Error('it did not fail')),
        (error: ApplicationFailure) => error,
      );
  const payment = { id: 'pay_none', sessionId: null } as PaymentRow;
  const nul = () => addNote(store.db, payment.id, { kind: 'read', text: 'a\0b' }, 'k');
  const half = () => addNote(store.db, payment.id, { kind: 'read', text: 'a', data: { b: '\ud800' } }, 'k');
  const never = () => addNote(store.db, payment.id, { kind: 'read', text: 'a', at: 'soon' }, 'k');
  const tooMuch = () => recordFinding(store.db, aRecord(payment), TELLS);

  it.each([
    ['a NUL', nul, 'INPUT_REFUSED'],
    ['half of a character', half, 'INPUT_REFUSED'],
    ['an invalid time', never, 'INPUT_REFUSED'],
    ['an unknown payment', tooMuch, 'NO_SUCH_ROW'],
  ])('is tried three times and then ends: %s', async (_, activity, type) => {
    expect((await failsAt(2, activity)).nonRetryable ?? false).toBe(false);
    expect(await failsAt(3, activity)).toMatchObject({ nonRetryable: true, type });
  });

  it('is tried without end where the store is away', async () => {
    const away = Object.assign(new Error('shutting down'), { code: '57P01' });
    expect((await failsAt(99, () => Promise.reject(away))).nonRetryable ?? false).toBe(false);
  });
});

it('an activity runs for a workflow only', async () => {
  const environment = new MockActivityEnvironment(
    { inWorkflow: false },
    { interceptors: [failsInWords], logger: new DefaultLogger('ERROR') },
  );
  await expect(environment.run(() => Promise.resolve('done'))).rejects.toMatchObject({ type: 'NO_WORKFLOW' });
});
