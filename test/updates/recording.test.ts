/** What happens after a finding is recorded: `/metrics` counts it, and the merchant gets the new updates. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createRecording } from '../../src/updates/recording.ts';
import type { RecordRequest } from '../../src/store/record-finding/record-request.ts';
import type { Triggers } from '../../src/domain/trigger.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { aDelivery, aFinding, aPayment, aRecord, handled, TELLS } from '../support/builders.ts';
import { listUpdates } from '../../src/store/outbox.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
let metrics: Metrics;
const told: [order: string, effects: readonly string[]][] = [];
beforeAll(async () => {
  store = await openTestStore();
}, 180_000);
afterAll(() => store.close());
beforeEach(() => {
  metrics = createMetrics();
  told.length = 0;
});

/** Like everything that records a finding. */
async function record(given: RecordRequest, triggers?: Pick<Triggers, 'callbacks' | 'timer'>): Promise<void> {
  const recording = createRecording(
    store.db,
    { ...TELLS, policy: 'review' },
    { tell: (order, effects) => void told.push([order, effects]), metrics },
  );
  await recording.record(given, triggers);
}

async function counted(): Promise<Record<string, number>> {
  const { values } = await metrics.outcomes.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels.status, value]));
}

it('recording counts each status that a payment reached, and not how often it was read there', async () => {
  const payment = await aPayment(store.db);
  await record(aRecord(payment, { finding: aFinding('ON_HOLD'), key: 'a' }));
  await record(aRecord(payment, { finding: aFinding('ON_HOLD'), key: 'b' }));
  await record(aRecord(payment, { finding: null, key: 'c' }));
  await record(aRecord(payment, { key: 'd' }));
  await record(aRecord(payment, { key: 'd' }));
  await record(aRecord(await aPayment(store.db)));
  expect(await counted()).toEqual({ ON_HOLD: 1, AUTHORIZED: 2 });
});

it('recording counts no payment as authorized that goes to REVIEW instead', async () => {
  const first = await aPayment(store.db);
  await record(aRecord(first, { finding: aFinding('DECLINED') }));
  const second = await aPayment(store.db, { orderReference: first.orderReference });
  await record(aRecord(second));
  await record(aRecord(first, { key: 'late' }));
  expect(await counted()).toEqual({ DECLINED: 1, AUTHORIZED: 1, REVIEW: 1 });
});

it('recording starts the first attempts of new updates only', async () => {
  const payment = await aPayment(store.db);
  await record(aRecord(payment, { finding: null }));
  expect(told).toEqual([]);
  const paid = aRecord(payment);
  await record(paid);
  await record(paid);
  expect(told).toEqual([[payment.orderReference, [`${payment.orderReference}/order.paid`]]]);
});

it('recording counts how often a hold is read, and how long a callback took to pay its order', async () => {
  const payment = await aPayment(store.db);
  await record(aRecord(payment, { finding: aFinding('ON_HOLD') }), { callbacks: [], timer: 'poll' });
  await record(aRecord(payment, { finding: null }), { callbacks: [], timer: 'poll' });
  await record(aRecord(payment, { finding: null }), { callbacks: [], timer: 'review' });
  const { values: polls } = await metrics.polls.get();
  expect(polls).toMatchObject([{ value: 2 }]);
  const at = (ms: number) => ({ ...handled(aDelivery(payment)), receivedAt: new Date(ms).toISOString() });
  const callbacks = [at(Date.now()), at(Date.now() - 90_000)];
  await record(aRecord(payment), { callbacks, timer: null });
  // Recorded again, and recorded for another payment without a callback: neither is counted.
  await record(aRecord(payment), { callbacks, timer: null });
  await record(aRecord(await aPayment(store.db)), { callbacks: [], timer: null });
  const { values } = await metrics.callbackToPaid.get();
  const valueOf = (name: string) => values.find(({ metricName }) => metricName?.endsWith(name))?.value;
  expect(valueOf('_count')).toBe(1);
  expect(valueOf('_sum')).toBeGreaterThanOrEqual(90);
});

it('recording tells no shop of an order of golive, except where money is real', async () => {
  const [trial, real] = [
    await aPayment(store.db, { orderReference: 'golive-1' }),
    await aPayment(store.db, { orderReference: 'golive-2' }),
  ];
  await record(aRecord(trial));
  expect(told).toEqual([]);
  expect(await listUpdates(store.db, trial.id)).toMatchObject([
    { type: 'order.paid', state: 'off', lastAnswer: 'an order of paidonce golive' },
  ]);
  const settings = { ...TELLS, livemode: () => true };
  const recording = createRecording(store.db, settings, {
    tell: (order, effects) => void told.push([order, effects]),
  });
  await recording.record(aRecord(real));
  expect(told).toEqual([['golive-2', ['golive-2/order.paid']]]);
  expect(await listUpdates(store.db, real.id)).toMatchObject([{ state: 'pending', lastAnswer: null }]);
});
