/** What becomes of updates that wait while ORDER_WEBHOOK_URL is taken away, and when it is set again. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { createUpdateActivities } from '../../src/activities/notify-merchant.ts';
import { abandonedJob } from '../../src/background/waking.ts';
import type { ForwarderDependencies } from '../../src/background/jobs.ts';
import { startForwarder } from '../../src/background/forwarder.ts';
import { recordOutcome } from '../../src/store/outcomes.ts';
import { readUpdate } from '../../src/store/outbox.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { outbox } from '../../src/store/schema.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { anActivityRun } from '../support/activity.ts';
import { aPayment, aRecord, attempted, TELLS } from '../support/builders.ts';
import { fakeMoney } from '../support/fake-money.ts';
import { fakeRuns, type FakeRuns } from '../support/fake-runs.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
let runs: FakeRuns;
let payment: PaymentRow;
let effectId: string;
let lines: string[];
let stop: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  store = await openTestStore();
}, 180_000);

afterAll(() => store.close());

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  await store.db.delete(outbox);
  runs = fakeRuns(store.db);
  lines = [];
  payment = await aPayment(store.db);
  effectId = (await recordOutcome(store.db, aRecord(payment), TELLS)).untold[0] ?? '';
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
    money: fakeMoney(runs),
    log,
    retentionMs: { deliveries: 86_400_000 },
    pollIntervalMs: 3_600_000,
    tells,
    livemode: false,
  };
}

async function makeOld(): Promise<void> {
  const aDayAgo = sql`now() - interval '1 day'`;
  await store.db.update(outbox).set({ createdAt: aDayAgo, nextAttemptAt: aDayAgo });
}

/** Starts it as a process does, and lets it take its turns of so many minutes. */
async function afterMinutes(minutes: number, tells: boolean): Promise<void> {
  stop = startForwarder(dependencies(tells));
  for (let minute = 0; minute < minutes; minute += 1) {
    await jest.advanceTimersByTimeAsync(60_000);
    await new Promise((settle) => setImmediate(settle));
    await store.db.select().from(outbox).limit(1);
  }
  await stop();
}

/** As a process takes it that has an address, without its rests. */
function oneTurn(): Promise<void> {
  return abandonedJob({ ...dependencies(true), stopping: new AbortController().signal })();
}

function notifyNowhere(): Promise<unknown> {
  const activities = createUpdateActivities({ db: store.db, endpoint: null });
  return anActivityRun().run(() => activities.notifyMerchant(effectId));
}

it('are spoken of although the last try is a moment ago', async () => {
  await attempted(store.db, effectId, { state: 'pending', answer: '500' });
  await afterMinutes(1, false);
  expect(lines).toEqual([]);
  await notifyNowhere();
  await afterMinutes(1, false);
  expect(lines).toHaveLength(1);
});

it('wake nobody while there is nowhere to tell them to, but are spoken of', async () => {
  await afterMinutes(10, false);
  expect(runs.looks).toEqual([]);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    effectId,
    msg: expect.stringMatching(/no ORDER_WEBHOOK_URL/),
  });
  expect(await readUpdate(store.db, effectId)).toMatchObject({ state: 'pending' });
});

it('wake their payment within a minute of a start with an address, although they were just tried without', async () => {
  await notifyNowhere();
  await afterMinutes(1, true);
  expect(runs.looks).toMatchObject([
    { payment: { paymentId: payment.id }, signal: { why: 'untold_update' } },
  ]);
});

it('do not wake it again and again where the worker, unlike this process, has no address for them', async () => {
  const look = runs.look.bind(runs);
  runs.look = async (address, signal) => {
    await look(address, signal);
    await notifyNowhere();
  };
  await afterMinutes(10, true);
  expect(runs.looks).toHaveLength(1);
});

it('do not wait for one whose payment can not be woken', async () => {
  const stuck = payment.id;
  const others = await Promise.all(Array.from({ length: 5 }, () => aPayment(store.db)));
  for (const other of others) await recordOutcome(store.db, aRecord(other), TELLS);
  await makeOld();
  const look = runs.look.bind(runs);
  runs.look = (address, signal) =>
    address.paymentId === stuck ? Promise.reject(new Error('it takes no signals')) : look(address, signal);
  await oneTurn();
  const woken = new Set(runs.looks.map(({ payment: { paymentId } }) => paymentId));
  expect(woken).toEqual(new Set(others.map(({ id }) => id)));
});

it('are asked for no more of a Temporal that is away', async () => {
  for (const other of await Promise.all(Array.from({ length: 5 }, () => aPayment(store.db))))
    await recordOutcome(store.db, aRecord(other), TELLS);
  await makeOld();
  let asked = 0;
  runs.look = () => {
    asked += 1;
    return Promise.reject(new Error('nobody there'));
  };
  await expect(oneTurn()).rejects.toThrow('nobody there');
  expect(asked).toBe(3);
});

it('are given up after thirty days, whether there is an address or not', async () => {
  await store.db
    .update(outbox)
    .set({ createdAt: sql`now() - interval '31 days'` })
    .where(eq(outbox.effectId, effectId));
  await afterMinutes(1, false);
  expect(await readUpdate(store.db, effectId)).toMatchObject({ state: 'gave_up' });
});
