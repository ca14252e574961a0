/** The sweep, with listings like those of a gateway, and a real store. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import {
  createSweepActivities,
  type PageToSweep,
  type PassSoFar,
  type SweepActivities,
  type SweepDependencies,
} from '../../src/activities/sweep-activities.ts';
import type { Gateway, ListedTransaction } from '../../src/gateways/gateway.ts';
import { stampGateway } from '../../src/store/store-health.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { recordOpened, type PaymentRow } from '../../src/store/payments.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { readMarks } from '../../src/store/sweeps.ts';
import { readPasses } from '../../src/store/sweep-passes.ts';
import { takeUnwoken } from '../../src/store/wakes.ts';
import { gateways, sweepMarks } from '../../src/store/schema/gateway-tables.ts';
import { payments, timeline } from '../../src/store/schema/order-tables.ts';
import { wakes } from '../../src/store/schema/wake-table.ts';
import { RunsUnavailable } from '../../src/temporal/run-calls.ts';
import { anActivityRun } from '../support/activity.ts';
import {
  ACCOUNT,
  aDelivery,
  aFinding,
  aPayment,
  aRecord,
  aSessionId,
  aTransaction,
  TELLS,
} from '../support/builders.ts';
import { fakeRuns, type FakeRuns } from '../support/fake-runs.ts';
import { scripted } from '../support/simulation.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { aListed, gatewayListing, type Pages } from '../support/written-listings.ts';

describe('a sweep', () => {
  let store: TestStore;
  let runs: FakeRuns;
  beforeAll(async () => {
    store = await openTestStore();
    await stampGateway(store.db, { gateway: 'dintero', account: ACCOUNT, mode: 'test' });
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    for (const table of [payments, sweepMarks, wakes]) await store.db.delete(table);
    await store.db.update(gateways).set({ callbacksCountedTo: null });
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

  const listed = (sessionId: string, status: ListedTransaction['status'] = 'AUTHORIZED') =>
    aListed(sessionId, { status, createdAt: new Date() });

  interface ListingGateway extends Gateway {
    /** The time from which each listing was read. */
    readonly since: Record<string, Date[]>;
    /** The sessions whose number of callbacks was asked for. */
    readonly asked: string[];
  }

  function aGateway(
    pages: Partial<Record<string, Pages>>,
    {
      fails,
      sent,
      takesMs = 0,
    }: { fails?: { listing: string; page: number }; sent?: () => number; takesMs?: number } = {},
  ): ListingGateway {
    const since: Record<string, Date[]> = {};
    const asked: string[] = [];
    const gateway = gatewayListing({
      pagesOf: (listing) => pages[listing],
      async asked({ listing, since: from }, page) {
        if (takesMs > 0) await sleep(takesMs);
        if (page === 0) (since[listing] ??= []).push(from);
        if (fails?.listing === listing && fails.page === page) throw new Error('the page never came');
      },
    });
    const counting = scripted(gateway, {
      async countMissedCallbacks({ sessionIds }) {
        asked.push(...sessionIds);
        return sessionIds.reduce<number>((sum) => sum + (sent?.() ?? 0), 0);
      },
    });
    return Object.assign(counting, { since, asked });
  }

  const activitiesOf = (gateway: Gateway, more: Partial<SweepDependencies> = {}): SweepActivities =>
    createSweepActivities({ db: store.db, gatewayNamed: () => gateway, runs, ...more });
  const NO_PAGE = { cursor: null, pages: 0, listed: 0, found: 0, foreign: 0 };

  /** Like the workflow; returns the result of each listing. */
  async function sweepAt(
    gateway: Gateway,
    of: 'new' | 'changes' = 'new',
  ): Promise<Record<string, PassSoFar>> {
    const activities = activitiesOf(gateway);
    const { startedAt, listings } = await activities.planSweep({ gateway: 'dintero', of });
    const passes: Record<string, PassSoFar> = {};
    for (const { name: listing, since } of listings) {
      let pass: PassSoFar = NO_PAGE;
      do pass = await sweepPage(activities, { ...pass, gateway: 'dintero', listing, since, startedAt });
      while (pass.cursor !== null);
      passes[listing] = pass;
    }
    return passes;
  }

  function sweepPage(activities: SweepActivities, at: PageToSweep): Promise<PassSoFar> {
    return anActivityRun().run(() => activities.sweepPage(at));
  }

  const sweep = async (created: Pages) => (await sweepAt(aGateway({ created })))['created'];
  const marks = async () =>
    Object.fromEntries((await readMarks(store.db, 'dintero')).map((mark) => [mark.listing, mark]));
  const mark = async (listing = 'created') => (await marks())[listing]?.mark;
  const markAt = (listing: string, at: Date, pages = 1) =>
    store.db.insert(sweepMarks).values({ gateway: 'dintero', listing, mark: at, pages, foreign: 0 });
  const woken = () => runs.looks.map(({ payment }) => payment.paymentId);

  it('wakes the payments whose listing differs, on every page, and counts foreign transactions', async () => {
    const [one, two, quiet] = [await openPayment(), await openPayment(), await openPayment()];
    const result = await sweep([
      [listed(one.sessionId), listed('T12345678.foreign')],
      [],
      [listed(two.sessionId, 'DECLINED'), listed(quiet.sessionId, 'INITIATED'), listed('T12345678.other')],
    ]);
    expect(result).toMatchObject({ pages: 3, listed: 5, found: 2, foreign: 2 });
    expect(woken()).toEqual([one.id, two.id]);
    expect(runs.looks[0]?.signal).toMatchObject({
      why: 'sweep',
      transactionId: `${ACCOUNT}.of-${one.sessionId}`,
    });
  });

  it('wakes no payment whose row agrees with the listing', async () => {
    const payment = await openPayment();
    await recordFinding(store.db, aRecord(payment), TELLS);
    expect(await sweep([[listed(payment.sessionId)]])).toMatchObject({ found: 0 });
  });

  it('wakes a payment that failed or was cancelled and has money now', async () => {
    const payment = await openPayment();
    const finding = aFinding('CANCELLED', { closedBy: 'merchant' });
    await recordFinding(store.db, aRecord(payment, { finding }), TELLS);
    expect(await sweep([[listed(payment.sessionId)]])).toMatchObject({ found: 1 });
    expect(await sweep([[listed(payment.sessionId, 'FAILED')]])).toMatchObject({ found: 0 });
  });

  it('counts a transaction of another session as foreign, and wakes nothing', async () => {
    await openPayment();
    expect(await sweep([[listed('T12345678.foreign')]])).toMatchObject({ found: 0, foreign: 1 });
    expect(woken()).toEqual([]);
  });

  it('moves its mark to its own beginning, after the last page only', async () => {
    const payment = await openPayment();
    const pages = { created: [[listed(payment.sessionId)], []] };
    const failing = aGateway(pages, { fails: { listing: 'created', page: 1 } });
    await expect(sweepAt(failing)).rejects.toThrow('the page never came');
    const passOf = async () => (await readPasses(store.db, 'dintero', new Date(0))).at(-1);
    expect(await passOf()).toMatchObject({ finishedAt: null, failure: 'the page never came' });
    expect(await mark()).toBeUndefined();
    const begun = Date.now();
    await sweepAt(aGateway(pages));
    expect((await mark())?.getTime()).toBeGreaterThanOrEqual(begun);
    expect((await mark())?.getTime()).toBeLessThan(begun + 50);
  });

  it('moves the mark of a listing independently of the other listings', async () => {
    const failing = aGateway({}, { fails: { listing: 'old', page: 0 } });
    await expect(sweepAt(failing, 'changes')).rejects.toThrow('the page never came');
    expect(Object.keys(await marks())).toEqual(['captured']);
  });

  it('pauses after each page for as long as the page took, so that new payments go first', async () => {
    const SLOW_MS = 150;
    const slow = aGateway({ created: [[listed('T1.a')], [listed('T1.b')]] }, { takesMs: SLOW_MS });
    const since = new Date().toISOString();
    const begun = performance.now();
    const first = { ...NO_PAGE, gateway: 'dintero', listing: 'created', since, startedAt: since };
    expect(await sweepPage(activitiesOf(slow), first)).toMatchObject({ cursor: '1' });
    expect(performance.now() - begun).toBeGreaterThan(1.9 * SLOW_MS);
  });

  it('adds up its results, and counts the last page once when it is read again', async () => {
    const [one, two] = [await openPayment(), await openPayment()];
    const activities = activitiesOf(aGateway({ created: [[listed(one.sessionId), listed('T1.foreign')]] }));
    const since = new Date().toISOString();
    const first = { ...NO_PAGE, gateway: 'dintero', listing: 'created', since, startedAt: since };
    await sweepPage(activities, first);
    expect(await sweepPage(activities, first)).toMatchObject({ found: 1 });
    expect(runs.looks).toHaveLength(1);
    expect((await marks())['created']).toMatchObject({ finds: 1, foreign: 1, pages: 1 });
    await sweep([[listed(two.sessionId)]]);
    expect((await marks())['created']).toMatchObject({ finds: 2, foreign: 0 });
  });

  it('wakes at most twenty a second', async () => {
    const open = await Promise.all(Array.from({ length: 15 }, openPayment));
    const begun = performance.now();
    await sweep([open.map(({ sessionId }) => listed(sessionId))]);
    expect(performance.now() - begun).toBeGreaterThan(14 * 48);
    expect(runs.looks).toHaveLength(15);
  });

  it("wakes the other payments when one run can't be reached, and leaves that one to the forwarder", async () => {
    const [stuck, other] = [await openPayment(), await openPayment()];
    const reachable = runs.look.bind(runs);
    runs.look = (payment, signal) =>
      payment.paymentId === stuck.id
        ? Promise.reject(new RunsUnavailable('10,000 signals'))
        : reachable(payment, signal);
    expect(await sweep([[listed(stuck.sessionId), listed(other.sessionId)]])).toMatchObject({ found: 2 });
    expect(woken()).toEqual([other.id]);
    expect(await mark()).toBeDefined();
    expect(await takeUnwoken(store.db, 10)).toEqual([]);
    await store.db.update(wakes).set({ dueAt: sql`due_at - interval '1 minute'` });
    expect(await takeUnwoken(store.db, 10)).toMatchObject([{ why: 'sweep', payment: { id: stuck.id } }]);
    expect(await takeUnwoken(store.db, 10)).toEqual([]);
  });

  it('gives up a page while Temporal is away, and wakes the remaining payments when the page is read again', async () => {
    const open = await Promise.all(Array.from({ length: 5 }, openPayment));
    const page = [open.map(({ sessionId }) => listed(sessionId))];
    const activities = activitiesOf(aGateway({ created: page }));
    const since = new Date().toISOString();
    const first = { ...NO_PAGE, gateway: 'dintero', listing: 'created', since, startedAt: since };
    const reachable = runs.look.bind(runs);
    let [asked, isAway] = [0, true];
    runs.look = (payment, signal) => {
      asked += 1;
      return isAway && asked > 2 ? Promise.reject(new RunsUnavailable('away')) : reachable(payment, signal);
    };
    await expect(sweepPage(activities, first)).rejects.toThrow('away');
    expect([asked, await mark()]).toEqual([5, undefined]);
    isAway = false;
    expect(await sweepPage(activities, first)).toMatchObject({ found: 5 });
    expect(woken()).toEqual(open.map(({ id }) => id));
  });

  it('wakes a payment again for the same reason less and less often, and for a new reason at once', async () => {
    const { id, sessionId } = await openPayment();
    const minutesLater = async (minutes: number) => {
      await store.db.update(wakes).set({ dueAt: sql`due_at - ${minutes} * interval '1 minute'` });
      await sweep([[listed(sessionId)]]);
      return woken().length;
    };
    await sweep([[listed(sessionId)]]);
    const counts: number[] = [];
    for (const minutes of [4, 1, 9, 1, 19, 1]) counts.push(await minutesLater(minutes));
    expect(counts).toEqual([1, 2, 2, 3, 3, 4]);
    await sweep([[listed(sessionId, 'DECLINED')]]);
    expect(woken()).toEqual([id, id, id, id, id]);
  });

  describe('of changes', () => {
    const captured = async (capturedMinor: number) => {
      const payment = await openPayment();
      const { transactionId } = listed(payment.sessionId);
      const shown = { transactionId, status: 'PARTIALLY_CAPTURED', capturedMinor } as const;
      const transaction = aTransaction(payment, shown);
      const finding = aFinding('PARTIALLY_CAPTURED', { pays: true });
      await recordFinding(store.db, aRecord(payment, { finding, transaction }), TELLS);
      return payment;
    };

    it('wakes old payments whose sums have changed while their status has not, and no others', async () => {
      const [more, same, refunded] = [await captured(10_000), await captured(10_000), await captured(10_000)];
      const shown = (payment: { sessionId: string }, sums: object): ListedTransaction => ({
        ...listed(payment.sessionId, 'PARTIALLY_CAPTURED'),
        ...sums,
      });
      const pages = [
        [
          shown(more, { capturedMinor: 20_000, refundedMinor: 0 }),
          shown(same, { capturedMinor: 10_000, refundedMinor: 0 }),
        ],
        [shown(refunded, { refundedMinor: 5_000 }), shown(same, {})],
      ];
      const { captured: pass } = await sweepAt(aGateway({ captured: pages }), 'changes');
      expect(pass).toMatchObject({ pages: 2, listed: 4, found: 2, foreign: 0 });
      expect(woken()).toEqual([more.id, refunded.id]);
    });

    it('wakes a payment once, although several pages and listings show it', async () => {
      const payment = await openPayment();
      const page = [listed(payment.sessionId), listed('T12345678.foreign')];
      const gateway = aGateway({ created: [page], captured: [page, page], old: [page] });
      await sweepAt(gateway);
      await sweepAt(gateway, 'changes');
      expect(woken()).toEqual([payment.id]);
    });

    it('wakes a payment again at once about another change that looks the same', async () => {
      const payment = await openPayment();
      const of = (change: string) =>
        aGateway({ captured: [[{ ...listed(payment.sessionId, 'UNCLEAR'), change }]] });
      for (const change of ['evt_1', 'evt_1', 'evt_2', 'evt_2']) await sweepAt(of(change), 'changes');
      expect(woken()).toEqual([payment.id, payment.id]);
    });

    it('begins ten minutes before the mark of each listing, and of new payments before the oldest open payment too', async () => {
      const at = new Date('2026-11-20T12:34:56Z');
      await markAt('created', at);
      await markAt('captured', new Date(at.getTime() + 3_600_000));
      const payment = await openPayment();
      await store.db.update(payments).set({ createdAt: at }).where(eq(payments.id, payment.id));
      await markAt('old', new Date(at.getTime() + 7_200_000));
      const gateway = aGateway({});
      await sweepAt(gateway);
      await sweepAt(gateway, 'changes');
      expect(gateway.since).toEqual({
        created: [new Date('2026-11-20T12:24:56Z')],
        captured: [new Date('2026-11-20T13:24:56Z')],
        old: [new Date('2026-11-20T14:24:56Z')],
      });
    });

    it('reads every listing while its passes are short, and a long one when it is due', async () => {
      const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000 - 1_000);
      const due = async () => Object.keys(await sweepAt(aGateway({}), 'changes'));
      expect(await due()).toEqual(['captured', 'old']);
      expect(await due()).toEqual(['captured', 'old']);
      const long = async (captured: number, old: number) => {
        await store.db.delete(sweepMarks);
        await markAt('captured', ago(captured), 6);
        await markAt('old', ago(old), 6);
        return due();
      };
      expect(await long(0, 0)).toEqual([]);
      expect(await long(1, 23)).toEqual(['captured']);
      expect(await long(0, 24)).toEqual(['old']);
    });
  });

  it('reads no foreign transaction of a thousand, and wakes the one that is ours', async () => {
    const payment = await openPayment();
    const pages = Array.from({ length: 10 }, (_, page) =>
      Array.from({ length: 100 }, (__, index) => listed(`T12345678.foreign-${page}-${index}`)),
    );
    const result = await sweep([...pages, [listed(payment.sessionId)]]);
    expect(result).toMatchObject({ pages: 11, listed: 1_001, found: 1, foreign: 1_000 });
    expect(woken()).toEqual([payment.id]);
  });

  describe('counts missed callbacks', () => {
    const AN_HOUR = 3_600_000;
    const settled = async (minutesBeforeTheHour: number, status: 'AUTHORIZED' | 'ON_HOLD' = 'AUTHORIZED') => {
      const payment = await openPayment();
      const pays = status === 'AUTHORIZED';
      const record = aRecord(payment, {
        finding: aFinding(status, { pays }),
        transaction: aTransaction(payment, { status }),
      });
      await recordFinding(store.db, record, TELLS);
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
      const activities = activitiesOf(gateway, { onCounted: (_, found) => void counted.push(found) });
      await anActivityRun().run(() => activities.countMissedCallbacks('dintero'));
      return counted;
    };
    const isDue = async () => {
      const plan = await activitiesOf(aGateway({})).planSweep({ gateway: 'dintero', of: 'changes' });
      return plan.countsCallbacks;
    };

    it('once an hour, and asks the gateway only about payments without any callback', async () => {
      const [heard, unheard, held] = [await settled(20), await settled(30), await settled(69, 'ON_HOLD')];
      await settled(5);
      await settled(75);
      const refused = await settled(40);
      await logDelivery(store.db, aDelivery(heard));
      await logDelivery(store.db, aDelivery(heard));
      await logDelivery(store.db, aDelivery(refused, { ignoredBecause: 'unclear' }));
      const gateway = aGateway({}, { sent: () => 1 });
      expect(await isDue()).toBe(true);
      expect(await count(gateway)).toEqual([{ expected: 5, missed: 3 }]);
      expect(gateway.asked.toSorted()).toEqual(
        [unheard.sessionId, held.sessionId, refused.sessionId].toSorted(),
      );
      expect(await isDue()).toBe(false);
      expect(await count(gateway)).toEqual([{ expected: 0, missed: 0 }]);
    });

    it('and counts none where the gateway has sent none', async () => {
      await settled(30);
      expect(await count(aGateway({}))).toEqual([{ expected: 0, missed: 0 }]);
    });

    it('later where the gateway does not answer', async () => {
      await settled(30);
      const silent = () => {
        throw new Error('silent');
      };
      await expect(count(aGateway({}, { sent: silent }))).rejects.toThrow('silent');
      expect(await count(aGateway({}, { sent: () => 2 }))).toEqual([{ expected: 2, missed: 2 }]);
    });

    it('of a hundred sessions at most', async () => {
      for (let index = 0; index < 103; index += 1) await settled(30);
      const gateway = aGateway({}, { sent: () => 1 });
      expect(await count(gateway)).toEqual([{ expected: 100, missed: 100 }]);
      expect(new Set(gateway.asked).size).toBe(100);
    });

    it('of one day at most after a long absence', async () => {
      await settled(30);
      await settled(26 * 60);
      await store.db.update(gateways).set({ callbacksCountedTo: new Date(Date.now() - 50 * AN_HOUR) });
      expect(await count(aGateway({}, { sent: () => 1 }))).toEqual([{ expected: 1, missed: 1 }]);
    });
  });
});
