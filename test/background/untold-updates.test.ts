/** Updates that wait while ORDER_WEBHOOK_URL is not set, and after it is set again. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { createUpdateActivities } from '../../src/activities/notify-merchant.ts';
import { abandonedJob } from '../../src/background/recover.ts';
import type { ForwarderDependencies } from '../../src/background/jobs.ts';
import { startForwarder } from '../../src/background/forwarder.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { readUpdate } from '../../src/store/outbox.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { anActivityRun } from '../support/activity.ts';
import { aFinding, aPayment, aRecord, attempted, TELLS } from '../support/builders.ts';
import { fakeMoney } from '../support/fake-money.ts';
import { NotedFirstAttempts } from '../support/first-attempts.ts';
import { fakeRuns, type FakeRuns } from '../support/fake-runs.ts';
import { openEmbeddedStore, type TestStore } from '../support/store.ts';

let store: TestStore;
let runs: FakeRuns;
let firstAttempts: NotedFirstAttempts;
let payment: PaymentRow;
let effectId: string;
let lines: string[];
let stop: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  // Its clock is the test's own, which no connection to a server survives.
  store = await openEmbeddedStore();
}, 180_000);

afterAll(() => store.close());

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  await store.db.delete(outbox);
  runs = fakeRuns(store.db);
  firstAttempts = new NotedFirstAttempts();
  lines = [];
  payment = await aPayment(store.db);
  effectId = (await recordFinding(store.db, aRecord(payment), TELLS)).effects[0] ?? '';
  await makeOld();
});

afterEach(async () => {
  await stop();
  jest.useRealTimers();
});

function dependencies(tells: boolean): ForwarderDependencies {
  const log = createLog('warn', 'test', { write: (line) => void lines.push(line) });
  return {
    db: store.db,
    runs,
    firstAttempts,
    money: fakeMoney(runs),
    log,
    retentionMs: { deliveries: 86_400_000 },
    pollIntervalMs: 3_600_000,
    tells,
    livemode: () => false,
  };
}

async function makeOld(): Promise<void> {
  const aDayAgo = sql`now() - interval '1 day'`;
  await store.db.update(outbox).set({ createdAt: aDayAgo, nextAttemptAt: aDayAgo });
}

/** Updates of `others` other payments, whose first attempt failed and which no run has taken over. */
async function notHeard(others = 0): Promise<PaymentRow[]> {
  const made = await Promise.all(Array.from({ length: others }, () => aPayment(store.db)));
  for (const other of made) await recordFinding(store.db, aRecord(other), TELLS);
  for (const update of await store.db.select().from(outbox)) {
    await store.db
      .update(outbox)
      .set({ nextAttemptAt: sql`now()` })
      .where(eq(outbox.effectId, update.effectId));
    await attempted(store.db, update.effectId, { state: 'pending', answer: '500' });
  }
  await makeOld();
  return made;
}

/** Starts the forwarder like a process, and lets this many minutes pass. */
async function afterMinutes(minutes: number, tells: boolean): Promise<void> {
  stop = startForwarder({ ...dependencies(tells), version: '0.1.0' });
  for (let minute = 0; minute < minutes; minute += 1) {
    await jest.advanceTimersByTimeAsync(60_000);
    await new Promise((settle) => setImmediate(settle));
    await store.db.select().from(outbox).limit(1);
  }
  await stop();
}

/** One turn of the job in a process with an address, without its pauses. */
function oneTurn(): Promise<void> {
  return abandonedJob({ ...dependencies(true), stopping: new AbortController().signal })();
}

function notifyNowhere(): Promise<unknown> {
  const activities = createUpdateActivities({ db: store.db, endpoint: null });
  return anActivityRun().run(() => activities.notifyMerchant(effectId));
}

it('updates without an endpoint are logged although the last attempt was just now', async () => {
  await attempted(store.db, effectId, { state: 'pending', answer: '500' });
  await afterMinutes(1, false);
  expect(lines).toEqual([]);
  await notifyNowhere();
  await afterMinutes(1, false);
  expect(lines).toHaveLength(1);
});

it('updates without an endpoint wake no run, but are logged', async () => {
  await afterMinutes(10, false);
  expect([runs.looks, runs.told]).toEqual([[], []]);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    effectId,
    msg: expect.stringMatching(/no ORDER_WEBHOOK_URL/),
  });
  expect(await readUpdate(store.db, effectId)).toMatchObject({ state: 'pending' });
});

it('updates are sent by the first attempts of a process with an endpoint, also just after an attempt without one', async () => {
  await notifyNowhere();
  await afterMinutes(1, true);
  expect(firstAttempts.takenUp).toBeGreaterThan(0);
  // As if they had never been tried, since the first attempt is made for such updates.
  expect(await readUpdate(store.db, effectId)).toMatchObject({ attemptedAt: null, teller: null });
  expect(runs.told).toEqual([]);
});

it('updates are sent by their run where a first attempt was made and no run has continued it', async () => {
  await notHeard();
  await afterMinutes(1, true);
  const address = { paymentId: payment.id, orderReference: payment.orderReference, n: 1, gateway: 'dintero' };
  expect(runs.told).toEqual([{ payment: address, effectId }]);
  expect(runs.looks).toEqual([]);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { payment: payment.id, msg: expect.stringContaining('never sent') },
  ]);
});

it('updates of a payment are all sent by its run, in their order', async () => {
  const voided = aRecord(payment, { finding: aFinding('VOIDED', { pays: true }) });
  const { effects } = await recordFinding(store.db, voided, TELLS);
  await notHeard();
  await oneTurn();
  expect(runs.told.map((told) => told.effectId)).toEqual([effectId, ...effects]);
});

it('updates are not handed over again and again where the worker, unlike this process, has no endpoint', async () => {
  await notHeard();
  const tell = runs.tell.bind(runs);
  runs.tell = async (address, effect) => {
    await tell(address, effect);
    await notifyNowhere();
  };
  await afterMinutes(10, true);
  expect(runs.told).toHaveLength(1);
});

it("updates do not wait for one whose payment can't be woken", async () => {
  const stuck = payment.id;
  const others = await notHeard(5);
  const tell = runs.tell.bind(runs);
  runs.tell = (address, effect) =>
    address.paymentId === stuck ? Promise.reject(new Error('it takes no signals')) : tell(address, effect);
  await oneTurn();
  const woken = new Set(runs.told.map((told) => told.payment.paymentId));
  expect(woken).toEqual(new Set(others.map(({ id }) => id)));
});

it('updates stop the turn after three calls while Temporal is away', async () => {
  await notHeard(5);
  let asked = 0;
  runs.tell = () => {
    asked += 1;
    return Promise.reject(new Error('no server'));
  };
  await expect(oneTurn()).rejects.toThrow('no server');
  expect(asked).toBe(3);
});

it('updates are given up after thirty days, with or without an endpoint', async () => {
  await store.db
    .update(outbox)
    .set({ createdAt: sql`now() - interval '31 days'` })
    .where(eq(outbox.effectId, effectId));
  await afterMinutes(1, false);
  expect(await readUpdate(store.db, effectId)).toMatchObject({ state: 'gave_up' });
});
