import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { startForwarder } from '../../src/background/forwarder.ts';
import { wakeUnwatched } from '../../src/background/recover.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { payments, timeline } from '../../src/store/schema/order-tables.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { RunsUnavailable } from '../../src/temporal/run-calls.ts';
import { aDelivery, aPayment } from '../support/builders.ts';
import { fakeMoney } from '../support/fake-money.ts';
import { fakeRuns, type FakeRuns } from '../support/fake-runs.ts';
import { NotedFirstAttempts } from '../support/first-attempts.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { until } from '../support/until.ts';

describe('the forwarder', () => {
  let store: TestStore;
  let runs: FakeRuns;
  let firstAttempts: NotedFirstAttempts;
  let payment: PaymentRow;
  let stop: () => Promise<void> = () => Promise.resolve();
  beforeAll(async () => {
    store = await openTestStore();
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    await store.db.delete(deliveries);
    runs = fakeRuns(store.db);
    firstAttempts = new NotedFirstAttempts();
    payment = await aPayment(store.db);
  });
  afterEach(() => stop());

  const start = () => {
    const log = createLog('silent', 'test');
    stop = startForwarder({
      db: store.db,
      runs,
      firstAttempts,
      money: fakeMoney(runs),
      log,
      retentionMs: { deliveries: 86_400_000 },
      pollIntervalMs: 3_600_000,
      tells: true,
      livemode: () => false,
      version: '0.1.0',
    });
  };
  const left = async (eventId: string, seconds = 5) => {
    const { id } = await logDelivery(store.db, aDelivery(payment, { eventId }));
    const receivedAt = sql`now() - ${seconds} * interval '1 second'`;
    await store.db.update(deliveries).set({ receivedAt }).where(eq(deliveries.id, id));
  };
  const stateOf = async (eventId: string) =>
    (await store.db.select().from(deliveries).where(eq(deliveries.eventId, eventId)))[0]?.state;

  it('signals a delivery that was only stored, once', async () => {
    await left('stored');
    start();
    await until('it is signalled', async () => (await stateOf('stored')) === 'signalled');
    expect(runs.callbacks).toMatchObject([
      { payment: { paymentId: payment.id, n: 1, gateway: 'dintero' }, signal: { eventId: 'stored' } },
    ]);
  });

  it('has updates sent that no other process sends, one turn after another', async () => {
    start();
    await until('they are taken up', () => firstAttempts.takenUp > 1);
  });

  it('is not blocked by a run that accepts no signals', async () => {
    const reachable = runs.callback.bind(runs);
    runs.callback = (address, signal) =>
      signal.eventId === 'stuck'
        ? Promise.reject(new RunsUnavailable('10,000 signals'))
        : reachable(address, signal);
    await left('stuck', 9);
    await left('behind', 5);
    start();
    await until('the one behind is signalled', async () => (await stateOf('behind')) === 'signalled');
    expect(await stateOf('stuck')).toBe('received');
  });

  it('passes by a signal that gets no answer', async () => {
    const reachable = runs.callback.bind(runs);
    // On a slow machine it is asked again after ten seconds.
    const answers: (() => void)[] = [];
    runs.callback = (address, signal) =>
      signal.eventId === 'silent'
        ? new Promise((resolve) => answers.push(resolve))
        : reachable(address, signal);
    await left('silent', 9);
    for (const n of [1, 2, 3, 4, 5]) await left(`behind-${n}`);
    start();
    await until('those behind are signalled', () => runs.callbacks.length === 5);
    runs.callback = reachable;
    for (const answer of answers) answer();
  });

  it('continues when Temporal is back', async () => {
    runs.temporal = 'down';
    await left('later');
    start();
    await until('it was tried', async () => {
      const [row] = await store.db.select().from(deliveries);
      return row?.claimedAt !== null;
    });
    runs.temporal = 'well';
    await store.db.update(deliveries).set({ claimedAt: null });
    await until('it is signalled', async () => (await stateOf('later')) === 'signalled');
  });

  it('does not signal refused or ignored deliveries', async () => {
    await logDelivery(store.db, aDelivery(null, { ignoredBecause: 'ping', eventId: 'ping' }));
    await left('ours');
    start();
    await until('ours is signalled', async () => (await stateOf('ours')) === 'signalled');
    expect(runs.callbacks.map(({ signal }) => signal.eventId)).toEqual(['ours']);
  });

  it('finishes its current work before it stops', async () => {
    let [isAsked, answer]: [boolean, () => void] = [false, () => undefined];
    runs.callback = () => {
      isAsked = true;
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    await left('begun');
    start();
    await until('the workflow is being told', () => isAsked);
    const stopped = stop();
    answer();
    await stopped;
    expect(await stateOf('begun')).toBe('signalled');
  });

  it('wakes an expired payment whose run never started, and no other', async () => {
    /** A payment with a lifetime of `lifetime` minutes that expired some minutes ago. */
    const ended = async (lifetime: number, ago: number) => {
      const payment = await aPayment(store.db);
      const expiresAt = new Date(Date.now() - ago * 60_000);
      const createdAt = new Date(expiresAt.getTime() - lifetime * 60_000);
      await store.db.update(payments).set({ createdAt, expiresAt }).where(eq(payments.id, payment.id));
      return payment;
    };
    const over = await ended(240, 31);
    const justOver = await ended(240, 29);
    const settled = await ended(240, 31);
    const [short, justShort] = [await ended(4, 3), await ended(4, 1)];
    await store.db.update(payments).set({ status: 'EXPIRED' }).where(eq(payments.id, settled.id));
    await wakeUnwatched({
      db: store.db,
      runs,
      log: createLog('silent', 'test'),
      pollIntervalMs: 3_600_000,
    });
    const woken = runs.looks.map((look) => look.payment.paymentId);
    expect(woken).toEqual(expect.arrayContaining([over.id, short.id]));
    for (const { id } of [justOver, justShort]) expect(woken).not.toContain(id);
    expect(woken).not.toContain(settled.id);
    expect(runs.looks[0]?.signal.why).toBe('unwatched');
  });

  it.each([
    ['a hold', { status: 'ON_HOLD' }, 90],
    ['a late hold in REVIEW', { status: 'REVIEW', reviewCode: 'late_hold' }, 90],
    ['a review', { status: 'REVIEW', reviewCode: 'amount_mismatch' }, 180],
    [
      'a paid payment with a review mark',
      { status: 'AUTHORIZED', reviewCode: 'unclear', reviewMark: 'unclear: why' },
      180,
    ],
  ] as const)(
    'wakes %s that was not read for three of its intervals, and no other',
    async (_, fields, minutes) => {
      const readAgo = async (ago: number | null, changes: Partial<PaymentRow> = fields) => {
        const { id } = await aPayment(store.db);
        await store.db.update(payments).set(changes).where(eq(payments.id, id));
        const read = { paymentId: id, kind: 'poll', text: 'time for a poll look' } as const;
        const at = sql`now() - ${ago} * interval '1 minute'`;
        if (ago !== null) await store.db.insert(timeline).values({ ...read, at });
        return id;
      };
      const forgotten = [await readAgo(minutes + 1), await readAgo(null)];
      const others = [
        await readAgo(minutes - 1),
        await readAgo(minutes + 1, { status: 'AUTHORIZED' }),
        await readAgo(minutes + 1, { status: 'EXPIRED' }),
      ];
      const log = createLog('silent', 'test');
      await wakeUnwatched({ db: store.db, runs, log, pollIntervalMs: 30 * 60_000 });
      const woken = runs.looks.map((look) => look.payment.paymentId);
      expect(woken).toEqual(expect.arrayContaining(forgotten));
      for (const id of others) expect(woken).not.toContain(id);
    },
  );
});
