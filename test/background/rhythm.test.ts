/**
 * After an outage many updates wait to be sent at once; a payment that is opened then must not wait for all
 * of them.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { startForwarder } from '../../src/background/forwarder.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { aDelivery, aPayment } from '../support/builders.ts';
import { fakeMoney } from '../support/fake-money.ts';
import { fakeRuns } from '../support/fake-runs.ts';
import { NotedFirstAttempts } from '../support/first-attempts.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { until } from '../support/until.ts';

const WAITING = 50;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
}, 180_000);
afterAll(() => store.close());

async function leaveDeliveries(): Promise<void> {
  const payment = await aPayment(store.db);
  for (let index = 0; index < WAITING; index += 1)
    await logDelivery(store.db, aDelivery(payment, { eventId: `waits-${index}` }));
  await store.db.update(deliveries).set({ receivedAt: sql`now() - interval '1 minute'`, state: 'received' });
}

it('the forwarder signals at most 20 a second, all of them, and stops at once on request', async () => {
  await leaveDeliveries();
  const runs = fakeRuns(store.db);
  const times: number[] = [];
  runs.callback = () => Promise.resolve(void times.push(performance.now()));
  const forwarding = {
    db: store.db,
    runs,
    firstAttempts: new NotedFirstAttempts(),
    money: fakeMoney(runs),
    log: createLog('silent', 'test'),
    retentionMs: { deliveries: 86_400_000 },
    pollIntervalMs: 3_600_000,
    tells: false,
    livemode: () => false,
    version: '0.1.0',
  };

  const stopFirst = startForwarder(forwarding);
  await until('it has told some', () => times.length >= 5);
  await stopFirst();
  const told = times.length;
  expect(told).toBeLessThan(15);
  const signalled = await store.db.select().from(deliveries).where(eq(deliveries.state, 'signalled'));
  expect(signalled).toHaveLength(told);

  await store.db.update(deliveries).set({ claimedAt: null });
  const stop = startForwarder(forwarding);
  await until('it has told all', () => times.length >= WAITING, 20_000);
  await stop();
  expect(times).toHaveLength(WAITING);
  const aSecondLater = times.slice(20).map((time, index) => time - (times[index] ?? 0));
  expect(Math.min(...aSecondLater)).toBeGreaterThanOrEqual(990);
}, 30_000);
