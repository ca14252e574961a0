/**
 * Twenty processes on one store search for the same payments, and a run that waits for a silent gateway keeps
 * every signal in its history.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { abandonedJob, wakeForgotten, wakeUnwoken, wakeUnwatched } from '../../src/background/recover.ts';
import { claimUnsignalled, markSignalled } from '../../src/store/deliveries.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { claimOperation } from '../../src/store/operations.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { orders, payments } from '../../src/store/schema/order-tables.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { RunsUnavailable } from '../../src/temporal/run-calls.ts';
import { aDelivery, aFinding, aPayment, aRecord, attempted, TELLS } from '../support/builders.ts';
import { fakeMoney } from '../support/fake-money.ts';
import { fakeRuns, type FakeRuns } from '../support/fake-runs.ts';
import { NotedFirstAttempts } from '../support/first-attempts.ts';
import { openTestPostgres, type TestStore } from '../support/store.ts';

const PROCESSES = 20;
const TURN_MINUTES = 5;
const HOURS = 8;

let store: TestStore;
let others: Store[];
beforeAll(async () => {
  store = await openTestPostgres();
  const databaseUrl = store.databaseUrl ?? '';
  others = await Promise.all(
    Array.from({ length: PROCESSES }, () => openStore({ databaseUrl, dataDir: '' })),
  );
}, 180_000);
afterAll(async () => {
  for (const one of others) await one.close();
  await store.close();
});

interface Crowd {
  readonly runs: FakeRuns;
  readonly asked: string[];
  /** Why jobs failed. */
  readonly failures: string[];
  /** Every process runs each of its jobs, all at the same time. */
  turn(): Promise<void>;
}

function aCrowd(): Crowd {
  const runs = fakeRuns(store.db);
  const money = fakeMoney(runs);
  const log = createLog('silent', 'test');
  const common = {
    runs,
    firstAttempts: new NotedFirstAttempts(),
    money,
    log,
    retentionMs: { deliveries: 86_400_000 },
    pollIntervalMs: 3_600_000,
    tells: true,
    livemode: () => false,
  };
  const stopping = new AbortController().signal;
  const failures: string[] = [];
  const jobs = others.map(({ db }) => {
    const deps = { ...common, db, stopping };
    const abandoned = abandonedJob(deps);
    return async () => {
      const waiting = await claimUnsignalled(db, 20);
      for (const { eventId } of waiting) money.asked.push(eventId ?? '');
      await markSignalled(
        db,
        waiting.map(({ id }) => id),
      );
      for (const job of [abandoned, wakeUnwatched, wakeForgotten, wakeUnwoken])
        await job(deps).catch((error: unknown) => failures.push(String(error)));
    };
  });
  return {
    runs,
    asked: money.asked,
    failures,
    turn: () => Promise.all(jobs.map((job) => job())).then(() => undefined),
  };
}

/** Time passes: everything in the store gets that much older. */
async function pass(minutes: number): Promise<void> {
  const columns: Readonly<Record<string, readonly string[]>> = {
    payments: ['created_at', 'expires_at', 'updated_at'],
    timeline: ['at'],
    outbox: ['created_at', 'attempted_at', 'next_attempt_at', 'claimed_until'],
    operations: ['created_at', 'updated_at'],
    deliveries: ['received_at', 'claimed_at'],
    wakes: ['due_at'],
  };
  for (const [table, names] of Object.entries(columns)) {
    const older = names.map((name) => `${name} = ${name} - ${minutes} * interval '1 minute'`).join(', ');
    await store.db.execute(sql.raw(`update ${table} set ${older}`));
  }
}

it('one of twenty processes wakes a payment, less and less often while nothing changes', async () => {
  const [over, held, untold, idle, called] = await Promise.all(
    Array.from({ length: 5 }, () => aPayment(store.db)),
  );
  if (!over || !held || !untold || !idle || !called) throw new Error('five payments');
  await store.db.update(payments).set({ status: 'ON_HOLD' }).where(eq(payments.id, held.id));
  const { effects } = await recordFinding(store.db, aRecord(untold), TELLS);
  await attempted(store.db, effects[0] ?? '', { state: 'pending', answer: '500' });
  await recordFinding(store.db, aRecord(idle, { finding: aFinding('AUTHORIZED', { pays: true }) }), TELLS);
  await store.db.update(outbox).set({ state: 'delivered' }).where(eq(outbox.paymentId, idle.id));
  const operation = {
    paymentId: idle.id,
    kind: 'capture',
    reference: 'c',
    bodyHash: '',
    wanted: null,
  } as const;
  await claimOperation(store.db, { ...operation, finalCapture: false, cause: 'merchant' });
  await logDelivery(store.db, aDelivery(called, { eventId: 'callback' }));
  await store.db.update(deliveries).set({ state: 'signalled' });
  const ends = (minutes: number) => ({
    createdAt: sql`now() - ${minutes + 240} * interval '1 minute'`,
    expiresAt: sql`now() - ${minutes} * interval '1 minute'`,
  });
  await store.db.update(payments).set(ends(31)).where(eq(payments.id, over.id));
  await store.db
    .update(payments)
    .set({ expiresAt: sql`now() + interval '7 days'` })
    .where(eq(payments.id, called.id));
  await pass(24 * 60);

  const crowd = aCrowd();
  for (let minute = 0; minute < HOURS * 60; minute += TURN_MINUTES) {
    await crowd.turn();
    await pass(TURN_MINUTES);
  }
  const { looks, told } = crowd.runs;
  const woken = (id: string) => [...looks, ...told].filter(({ payment }) => payment.paymentId === id).length;
  // After 0, 5, 15, 35, 75 minutes, and then every hour; once more where a busy store did not get the record
  // of a waking.
  for (const { id } of [over, held, untold]) {
    expect(woken(id)).toBeGreaterThanOrEqual(11);
    expect(woken(id)).toBeLessThanOrEqual(11 + crowd.failures.length);
  }
  const asked = (what: string) => crowd.asked.filter((one) => one.startsWith(what)).length;
  expect(asked('callback')).toBeLessThanOrEqual(4);
  expect(asked('op_')).toBeLessThanOrEqual(20);
}, 300_000);

it('a payment is found as soon as Temporal is back, after any time', async () => {
  await store.db.delete(payments);
  await store.db.delete(orders);
  const over = await aPayment(store.db);
  const expiresAt = sql`now() - interval '1 day'`;
  await store.db
    .update(payments)
    .set({ expiresAt, createdAt: sql`now() - interval '2 days'` })
    .where(eq(payments.id, over.id));
  const crowd = aCrowd();
  const reachable = crowd.runs.look.bind(crowd.runs);
  let tries = 0;
  crowd.runs.look = () => {
    tries += 1;
    return Promise.reject(new RunsUnavailable('away'));
  };
  for (let minute = 0; minute < 2 * 60; minute += TURN_MINUTES) {
    await crowd.turn();
    await pass(TURN_MINUTES);
  }
  expect(tries).toBeLessThanOrEqual((2 * 2 * 60) / TURN_MINUTES);
  crowd.runs.look = reachable;
  await crowd.turn();
  expect(crowd.runs.looks.map(({ payment }) => payment.paymentId)).toEqual([over.id]);
}, 120_000);
