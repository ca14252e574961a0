/** The sweep, with listings as a gateway gives them and a real store. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import {
  createSweepActivities,
  type SweepDependencies,
  type SweepResult,
} from '../../src/activities/sweep-activities.ts';
import type { Gateway, ListedTransaction } from '../../src/gateways/gateway.ts';
import { readGateway, stampGateway } from '../../src/store/health.ts';
import { recordOutcome } from '../../src/store/outcomes.ts';
import { recordOpened, type PaymentRow } from '../../src/store/payments.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { gateways, payments, timeline } from '../../src/store/schema.ts';
import { RunsUnavailable } from '../../src/temporal/calls.ts';
import { anActivityRun } from '../support/activity.ts';
import {
  ACCOUNT,
  aDelivery,
  anOutcome,
  aPayment,
  aRecord,
  aSessionId,
  aTransaction,
  TELLS,
} from '../support/builders.ts';
import { fakeRuns, type FakeRuns } from '../support/fake-runs.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

describe('a sweep', () => {
  let store: TestStore;
  let runs: FakeRuns;
  beforeAll(async () => {
    store = await openTestStore();
    await stampGateway(store.db, { gateway: 'dintero', account: ACCOUNT, mode: 'test' });
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    await store.db.delete(payments);
    runs = fakeRuns(store.db);
  });

  async function openPayment(): Promise<PaymentRow & { sessionId: string }> {
    const payment = await aPayment(store.db);
    const sessionId = aSessionId();
    await recordOpened(store.db, payment.id, {
      sessionId,
      checkoutUrl: 'https://c.example',
      runId: 'r',
      text: 'x',
    });
    return { ...payment, sessionId };
  }

  const listed = (
    sessionId: string,
    status: ListedTransaction['status'] = 'AUTHORIZED',
  ): ListedTransaction => ({
    transactionId: `${ACCOUNT}.of-${sessionId}`,
    sessionId,
    reference: 'r',
    status,
    money: { amountMinor: 72200, currency: 'NOK' },
    createdAt: new Date(),
  });

  type FakeGateway = Gateway & { since: Record<string, Date[]>; asked: string[] };
  type Pages = readonly (readonly ListedTransaction[])[];

  /** A gateway with these listings and no other call: whoever tries to read a transaction fails. */
  function aGateway(
    created: Pages,
    {
      changed = [],
      failsAtTheEnd,
      sent,
    }: { changed?: Pages; failsAtTheEnd?: 'created' | 'changed'; sent?: () => number } = {},
  ): FakeGateway {
    const since: Record<string, Date[]> = { created: [], changed: [] };
    const list = (name: 'created' | 'changed', pages: Pages) =>
      async function* (from: Date): AsyncGenerator<readonly ListedTransaction[]> {
        since[name]?.push(from);
        yield* pages;
        if (failsAtTheEnd === name) throw new Error('the third page never came');
      };
    const asked: string[] = [];
    const countCallbacksSent = async (sessionId: string): Promise<number> => {
      asked.push(sessionId);
      return sent?.() ?? 0;
    };
    return {
      id: 'dintero',
      since,
      asked,
      listTransactions: list('created', created),
      listChanges: list('changed', changed),
      countCallbacksSent,
    } as unknown as FakeGateway;
  }

  function activitiesOf(gateway: Gateway, more: Partial<SweepDependencies> = {}): () => Promise<SweepResult> {
    const activities = createSweepActivities({ db: store.db, gatewayNamed: () => gateway, runs, ...more });
    return () => anActivityRun().run(() => activities.sweepGateway('dintero'));
  }

  function sweep(created: Pages, given: Parameters<typeof aGateway>[1] = {}): Promise<SweepResult> {
    return activitiesOf(aGateway(created, given))();
  }
  const markAt = (lastCompleteSweep: Date) => store.db.update(gateways).set({ lastCompleteSweep });
  const mark = async () => (await readGateway(store.db, 'dintero'))?.lastCompleteSweep;
  const woken = () => runs.looks.map(({ payment }) => payment.paymentId);

  it('wakes the payments whose listing differs, on whatever page, and counts what is foreign', async () => {
    const [one, two, quiet] = [await openPayment(), await openPayment(), await openPayment()];
    const result = await sweep([
      [listed(one.sessionId), listed('T12345678.foreign')],
      [],
      [listed(two.sessionId, 'DECLINED'), listed(quiet.sessionId, 'INITIATED'), listed('T12345678.other')],
    ]);
    expect(result).toMatchObject({ listed: 5, found: 2, foreign: 2 });
    expect(woken()).toEqual([one.id, two.id]);
    expect(runs.looks[0]?.signal).toMatchObject({
      why: 'sweep',
      transactionId: `${ACCOUNT}.of-${one.sessionId}`,
    });
  });

  it('wakes nobody whose row says the same already', async () => {
    const payment = await openPayment();
    await recordOutcome(store.db, aRecord(payment), TELLS);
    expect(await sweep([[listed(payment.sessionId)]])).toMatchObject({ found: 0 });
  });

  it('wakes a payment that failed, or was cancelled, and has money now', async () => {
    const payment = await openPayment();
    const outcome = anOutcome('CANCELLED', { closedBy: 'merchant' });
    await recordOutcome(store.db, aRecord(payment, { outcome }), TELLS);
    expect(await sweep([[listed(payment.sessionId)]])).toMatchObject({ found: 1 });
    expect(await sweep([[listed(payment.sessionId, 'FAILED')]])).toMatchObject({ found: 0 });
  });

  it('does not take a payment for found by its order number alone', async () => {
    const payment = await openPayment();
    const foreign = { ...listed('T12345678.foreign'), reference: payment.orderReference };
    expect(await sweep([[foreign]])).toMatchObject({ found: 0, foreign: 1 });
    expect(woken()).toEqual([]);
  });

  it('moves its mark to its own beginning, after the last page only', async () => {
    const before = await readGateway(store.db, 'dintero');
    const payment = await openPayment();
    await expect(sweep([[listed(payment.sessionId)], []], { failsAtTheEnd: 'created' })).rejects.toThrow(
      'the third page never came',
    );
    expect((await readGateway(store.db, 'dintero'))?.lastCompleteSweep).toEqual(before?.lastCompleteSweep);
    const begun = Date.now();
    await sweep([[listed(payment.sessionId)]]);
    const mark = (await readGateway(store.db, 'dintero'))?.lastCompleteSweep?.getTime() ?? 0;
    expect(mark).toBeGreaterThanOrEqual(begun);
    expect(mark).toBeLessThan(begun + 50);
  });

  it('wakes at most twenty a second', async () => {
    const open = await Promise.all(Array.from({ length: 15 }, openPayment));
    const begun = performance.now();
    await sweep([open.map(({ sessionId }) => listed(sessionId))]);
    expect(performance.now() - begun).toBeGreaterThan(14 * 48);
    expect(runs.looks).toHaveLength(15);
  });

  it('wakes everybody else when one run can not be reached, and does not move its mark', async () => {
    const [stuck, other] = [await openPayment(), await openPayment()];
    const reachable = runs.look.bind(runs);
    runs.look = (payment, signal) =>
      payment.paymentId === stuck.id
        ? Promise.reject(new RunsUnavailable('10,000 signals'))
        : reachable(payment, signal);
    const before = await readGateway(store.db, 'dintero');
    await expect(sweep([[listed(stuck.sessionId), listed(other.sessionId)]])).rejects.toThrow();
    expect(woken()).toEqual([other.id]);
    expect((await readGateway(store.db, 'dintero'))?.lastCompleteSweep).toEqual(before?.lastCompleteSweep);
  });

  describe('of changes', () => {
    const captured = async (capturedMinor: number) => {
      const payment = await openPayment();
      const transaction = aTransaction(payment, { status: 'PARTIALLY_CAPTURED', capturedMinor });
      const outcome = anOutcome('PARTIALLY_CAPTURED', { pays: true, capturedMinor });
      await recordOutcome(store.db, aRecord(payment, { outcome, transaction }), TELLS);
      return payment;
    };

    it('wakes old payments whose sums have changed without their status, and no other', async () => {
      const [more, same, refunded] = [await captured(10_000), await captured(10_000), await captured(10_000)];
      const shown = (payment: { sessionId: string }, sums: object): ListedTransaction => ({
        ...listed(payment.sessionId, 'PARTIALLY_CAPTURED'),
        ...sums,
      });
      const changed = [
        [
          shown(more, { capturedMinor: 20_000, refundedMinor: 0 }),
          shown(same, { capturedMinor: 10_000, refundedMinor: 0 }),
        ],
        [shown(refunded, { refundedMinor: 5_000 }), shown(same, {})],
      ];
      expect(await sweep([], { changed })).toMatchObject({
        withChanges: true,
        listed: 4,
        found: 2,
        foreign: 0,
      });
      expect(woken()).toEqual([more.id, refunded.id]);
    });

    it('wakes a payment once that both listings show, and counts a foreign one once', async () => {
      const payment = await openPayment();
      const page = [listed(payment.sessionId), listed('T12345678.foreign')];
      expect(await sweep([page], { changed: [page, page] })).toMatchObject({ found: 1, foreign: 1 });
      expect(woken()).toEqual([payment.id]);
    });

    it('does not move the mark when its own last page never came', async () => {
      const before = await mark();
      await expect(sweep([[]], { changed: [[]], failsAtTheEnd: 'changed' })).rejects.toThrow('never came');
      expect(await mark()).toEqual(before);
    });

    it('begins ten minutes before the hour of the last complete sweep', async () => {
      await markAt(new Date('2026-11-20T12:34:56Z'));
      const gateway = aGateway([]);
      await activitiesOf(gateway)();
      expect(gateway.since['changed']).toEqual([new Date('2026-11-20T11:50:00Z')]);
      expect(gateway.since['created']).toEqual([new Date('2026-11-20T12:24:56Z')]);
    });

    it('is left out while it is dear, but for the first sweep of an hour', async () => {
      const gateway = aGateway([], { changed: Array.from({ length: 13 }, () => []) });
      const run = activitiesOf(gateway);
      const now = new Date();
      expect(await run()).toMatchObject({ withChanges: true });
      await markAt(now);
      expect(await run()).toMatchObject({ withChanges: false });
      await markAt(new Date(now.getTime() - 3_600_000));
      expect(await run()).toMatchObject({ withChanges: true });
      expect(gateway.since['changed']).toHaveLength(2);
    });
  });

  it('reads nothing of a thousand foreign transactions, and wakes the one that is ours among them', async () => {
    const payment = await openPayment();
    const pages = Array.from({ length: 10 }, (_, page) =>
      Array.from({ length: 100 }, (__, index) => listed(`T12345678.foreign-${page}-${index}`)),
    );
    const result = await sweep([...pages, [listed(payment.sessionId)]], { changed: pages });
    expect(result).toMatchObject({ listed: 2_001, found: 1, foreign: 1_000 });
    expect(woken()).toEqual([payment.id]);
  });

  describe('counts the callbacks', () => {
    const AN_HOUR = 3_600_000;
    const settled = async (minutesBeforeTheHour: number, status: 'AUTHORIZED' | 'ON_HOLD' = 'AUTHORIZED') => {
      const payment = await openPayment();
      const pays = status === 'AUTHORIZED';
      const record = aRecord(payment, {
        outcome: anOutcome(status, { pays }),
        transaction: aTransaction(payment, { status }),
      });
      await recordOutcome(store.db, record, TELLS);
      const theHour = Date.now() - (Date.now() % AN_HOUR);
      await store.db
        .update(timeline)
        .set({ at: new Date(theHour - minutesBeforeTheHour * 60_000) })
        .where(eq(timeline.paymentId, payment.id));
      await store.db.update(payments).set({ updatedAt: new Date() }).where(eq(payments.id, payment.id));
      return payment;
    };
    const count = async (gateway: Gateway) => {
      const counted: unknown[] = [];
      const failed: unknown[] = [];
      const more = {
        onCounted: (_: string, found: unknown) => void counted.push(found),
        onUncounted: (_: string, error: unknown) => void failed.push(error),
      };
      await activitiesOf(gateway, more)();
      return { counted, failed };
    };

    it('that were sent and never came, once an hour, and asks only about what was never heard of', async () => {
      const [heard, unheard, held] = [await settled(20), await settled(30), await settled(69, 'ON_HOLD')];
      await settled(5);
      await settled(75);
      const refused = await settled(40);
      await logDelivery(store.db, aDelivery(heard));
      await logDelivery(store.db, aDelivery(heard));
      await logDelivery(store.db, aDelivery(refused, { ignoredBecause: 'unclear' }));
      await markAt(new Date(Date.now() - AN_HOUR));
      const gateway = aGateway([], { sent: () => 1 });
      expect((await count(gateway)).counted).toEqual([{ expected: 5, missed: 3 }]);
      expect(gateway.asked.toSorted()).toEqual(
        [unheard.sessionId, held.sessionId, refused.sessionId].toSorted(),
      );
      expect((await count(gateway)).counted).toEqual([]);
    });

    it('none of which is missed where the gateway has sent none', async () => {
      await settled(30);
      await markAt(new Date(Date.now() - AN_HOUR));
      expect((await count(aGateway([]))).counted).toEqual([{ expected: 0, missed: 0 }]);
    });

    it('without failing for it', async () => {
      await settled(30);
      await markAt(new Date(Date.now() - AN_HOUR));
      const gateway = aGateway([], {
        sent: () => {
          throw new Error('silent');
        },
      });
      expect(await count(gateway)).toMatchObject({ counted: [], failed: [{ message: 'silent' }] });
    });
  });
});
