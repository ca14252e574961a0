/** What `/metrics` counts of the outcomes that are recorded. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createPaymentActivities } from '../../src/activities/create-activities.ts';
import type { OutcomeRecord } from '../../src/store/outcomes.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { anActivityRun } from '../support/activity.ts';
import { anOutcome, aPayment, aRecord, TELLS } from '../support/builders.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
let metrics: Metrics;
beforeAll(async () => {
  store = await openTestStore();
}, 180_000);
afterAll(() => store.close());
beforeEach(() => {
  metrics = createMetrics();
});

function record(given: OutcomeRecord): Promise<unknown> {
  const activities = createPaymentActivities({
    db: store.db,
    gatewayNamed: () => {
      throw new Error('no gateway is asked');
    },
    opening: { pollIntervalMs: 1, lifetimeMs: 1 },
    recording: { ...TELLS, policy: 'review' },
    metrics,
  });
  return anActivityRun().run(() => activities.recordOutcome(given));
}

async function counted(): Promise<Record<string, number>> {
  const { values } = await metrics.outcomes.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels.status, value]));
}

it('counts each status that a payment reached, and not how often it was read there', async () => {
  const payment = await aPayment(store.db);
  await record(aRecord(payment, { outcome: anOutcome('ON_HOLD'), key: 'a' }));
  await record(aRecord(payment, { outcome: anOutcome('ON_HOLD'), key: 'b' }));
  await record(aRecord(payment, { outcome: null, key: 'c' }));
  await record(aRecord(payment, { key: 'd' }));
  await record(aRecord(payment, { key: 'd' }));
  await record(aRecord(await aPayment(store.db)));
  expect(await counted()).toEqual({ ON_HOLD: 1, AUTHORIZED: 2 });
});

it('counts no payment as authorized that goes to review instead', async () => {
  const first = await aPayment(store.db);
  await record(aRecord(first, { outcome: anOutcome('DECLINED') }));
  const second = await aPayment(store.db, { orderReference: first.orderReference });
  await record(aRecord(second));
  await record(aRecord(first, { key: 'late' }));
  expect(await counted()).toEqual({ DECLINED: 1, AUTHORIZED: 1, REVIEW: 1 });
});
