/** `GET /v1/stats`: what happened, by time. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Triggers } from '../../../src/domain/trigger.ts';
import { foundBy } from '../../../src/domain/found-by.ts';
import { logRefused } from '../../../src/store/deliveries.ts';
import { logDelivery } from '../../../src/store/log-delivery.ts';
import { openStore, rows, type Db, type Store } from '../../../src/store/open.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { queueAgain } from '../../../src/store/redelivery.ts';
import { deliveries } from '../../../src/store/schema/delivery-table.ts';
import { orders, payments } from '../../../src/store/schema/order-tables.ts';
import { outbox } from '../../../src/store/schema/update-tables.ts';
import { stampGateway } from '../../../src/store/store-health.ts';
import { noteRunning } from '../../../src/store/stats/marks.ts';
import { rollUpHours } from '../../../src/store/stats/roll-up.ts';
import { claimAttempt, finishAttempt } from '../../../src/store/update-attempts.ts';
import { API_KEY, startTestApi, type Answer, type TestApi } from '../../support/api.ts';
import { aDelivery, aFinding, aPayment, aRecord, aTransaction, TELLS } from '../../support/builders.ts';
import { STORES, type TestStore } from '../../support/store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FOR_EVER = 400 * DAY_MS;

/** More than seven days ago, at midnight UTC. Nearly everything in these tests happens on that day. */
const DAYS = 8;
const DAY = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - DAYS * DAY_MS);
const at = (hours: number): Date => new Date(DAY.getTime() + hours * HOUR_MS);

describe.each(STORES)('GET /v1/stats on $name', ({ open }) => {
  let store: TestStore;
  let api: TestApi;
  let db: Db;
  beforeAll(async () => {
    store = await open();
    api = await startTestApi(store);
    db = store.db;
    await stampGateway(db, { gateway: 'dintero', account: 'T12345678', mode: 'test' });
    await stampGateway(db, { gateway: 'stripe', account: 'acct_1', mode: 'test' });
    await aDay(db);
  }, 180_000);
  afterAll(async () => {
    await api.stop();
    await store.close();
  });

  const ask = (query: Record<string, string>): Promise<Answer> =>
    api.send('GET', `/v1/stats?${new URLSearchParams(query)}`, { key: API_KEY });
  const between = (from: number, to: number, more: Record<string, string> = {}) =>
    ask({ from: at(from).toISOString(), to: at(to).toISOString(), ...more });
  const theDay = async (more: Record<string, string> = {}) => (await between(0, 24, more)).json;

  it('counts everything in the bucket in which it happened', async () => {
    const { data, totals, ...rest } = await theDay({ bucket: '1h' });
    expect(rest).toMatchObject({
      from: at(0).toISOString(),
      to: at(24).toISOString(),
      bucket: '1h',
      gateway: null,
    });
    expect(data).toHaveLength(24);
    expect(data[1]).toEqual({
      at: at(1).toISOString(),
      opened: 8,
      outcomes: NO_OUTCOMES,
      foundBy: NOT_FOUND,
      heard: NOT_HEARD,
      deliveries: NO_DELIVERIES,
      updates: NO_UPDATES,
      money: [],
    });
    expect(data[2]).toMatchObject({
      opened: 0,
      outcomes: { ...NO_OUTCOMES, paid: 3, declined: 2, failed: 1, cancelled: 1, expired: 1, review: 1 },
      foundBy: { ...NOT_FOUND, callback: 1, sweep: 1, unknown: 1 },
    });
    expect(data[2].money).toEqual([
      { ...NO_MONEY, currency: 'EUR', authorized: 500 },
      { ...NO_MONEY, currency: 'NOK', authorized: 3 * 72_200 },
    ]);
    expect(data[3].money).toEqual([
      { ...NO_MONEY, currency: 'NOK', captured: 72_200, voided: 72_200, givenBack: 72_200 },
    ]);
    expect(data[4].money).toEqual([{ ...NO_MONEY, currency: 'NOK', refunded: 2_200 }]);
    expect(totals.outcomes).toEqual(data[2].outcomes);
    expect(totals.money).toEqual([
      { ...NO_MONEY, currency: 'EUR', authorized: 500 },
      {
        currency: 'NOK',
        authorized: 3 * 72_200,
        captured: 72_200,
        refunded: 2_200,
        voided: 72_200,
        givenBack: 72_200,
      },
    ]);
  });

  it('counts callbacks by their outcome, repetitions too, and refused ones by their reason', async () => {
    const { data, totals } = await theDay({ bucket: '1h' });
    const expected = {
      accepted: 1,
      duplicate: 2,
      ignored: 1,
      refused: 3,
      refusedBecause: { wrong_signature: 2, no_signature: 1 },
    };
    expect(data[5].deliveries).toEqual(expected);
    expect(totals.deliveries).toEqual(expected);
  });

  it('counts attempts by their answer, and how long the shop took to hear of a paid order', async () => {
    const { data } = await theDay({ bucket: '1h' });
    expect(data[6].updates).toEqual({
      acknowledged: 2,
      failed4xx: 1,
      failed5xx: 1,
      failedOther: 1,
      noAnswer: 1,
      gaveUp: 1,
    });
    // Four hours and half a second after it was recorded as paid.
    expect(data[6].heard).toEqual({
      count: 1,
      p50: 14_000,
      p95: 16_000,
      histogram: [{ upTo: 16_000, count: 1 }],
    });
    // An update that is sent again was heard before.
    expect(data[7].updates).toMatchObject({ acknowledged: 1 });
    expect(data[7].heard).toEqual(NOT_HEARD);
  });

  it('has the methods that paid and were captured, and the reasons for declines, most frequent first', async () => {
    const { methods, declineReasons } = await theDay();
    expect(methods).toEqual([
      { method: 'a.card', paid: 2, captured: 1 },
      { method: null, paid: 1, captured: 0 },
    ]);
    expect(declineReasons).toEqual([
      { outcome: 'declined', reason: 'insufficient funds', count: 2 },
      { outcome: 'failed', reason: null, count: 1 },
    ]);
  });

  it('shows authorizations that lapse by day and currency, as they are now', async () => {
    const soon = new Date(Date.now() + 3 * DAY_MS);
    const { id } = await theFirst(db, 'AUTHORIZED');
    await db.update(payments).set({ authorizationExpiresAt: soon, captured: 200 }).where(eq(payments.id, id));
    const { lapsing } = await theDay();
    const [{ currency, authorized }] = (await db.select().from(payments).where(eq(payments.id, id))) as [
      PaymentRow,
    ];
    const day = soon.toISOString().slice(0, 10);
    expect(lapsing).toEqual([{ day, currency, count: 1, amount: authorized - 200 }]);
    expect((await theDay({ gateway: 'none' })).lapsing).toEqual([]);
    await db.update(payments).set({ authorizationExpiresAt: null, captured: 0 }).where(eq(payments.id, id));
  });

  it('marks other versions, times without any process, and other secrets', async () => {
    await db.execute(sql`delete from service_runs`);
    const run = (version: string, since: number, until: number) =>
      db.execute(
        sql`insert into service_runs values (${version}, ${at(since).toISOString()}, ${at(until).toISOString()})`,
      );
    await run('0.1.0', -48, 8);
    await run('0.2.0', 8, 9);
    await run('0.2.0', 10, 12);
    const { marks } = await theDay();
    expect(marks).toEqual([
      { at: at(5).toISOString(), until: null, kind: 'secret', detail: 'dintero second-secret' },
      { at: at(8).toISOString(), until: null, kind: 'version', detail: '0.2.0' },
      { at: at(9).toISOString(), until: at(10).toISOString(), kind: 'down', detail: null },
    ]);
    await noteRunning(db, '0.2.0');
    await noteRunning(db, '0.2.0');
    const again = await rows<{ count: number }>(db, sql`select count(*)::int as count from service_runs`);
    expect(again).toEqual([{ count: 4 }]);
  });

  it('is aligned to UTC and widened to whole buckets, also where clocks change', async () => {
    const { json } = await ask({ from: '2026-10-24T22:03:00Z', to: '2026-10-26T00:00:01Z', bucket: '1d' });
    expect(json.data.map(({ at: begins }: { at: string }) => begins.slice(0, 16))).toEqual([
      '2026-10-24T00:00',
      '2026-10-25T00:00',
      '2026-10-26T00:00',
    ]);
    expect(json).toMatchObject({ from: '2026-10-24T00:00:00.000Z', to: '2026-10-27T00:00:00.000Z' });
    const { json: hours } = await ask({
      from: '2026-10-25T00:59:00Z',
      to: '2026-10-25T02:00:00Z',
      bucket: '1h',
    });
    expect(hours.data).toHaveLength(2);
    expect((await between(2.5, 2.6)).json.totals.outcomes.paid).toBe(3);
    expect((await between(2.6, 2.7)).json.totals.outcomes.paid).toBe(0);
    expect((await between(2.4, 2.5)).json.totals.outcomes.paid).toBe(0);
  });

  it('is of the last 24 hours without a period, and has a readable number of buckets', async () => {
    const { json } = await ask({});
    expect(json.bucket).toBe('5m');
    expect(json.data.length).toBeGreaterThanOrEqual(288);
    expect(json.data.length).toBeLessThanOrEqual(289);
    expect(Date.parse(json.to)).toBeGreaterThanOrEqual(Date.now() - 1_000);
    expect((await between(0, 7 * 24)).json.bucket).toBe('1h');
    expect((await between(0, 30 * 24)).json.bucket).toBe('1d');
    expect((await between(24, 48)).json.totals).toEqual(NOTHING);
  });

  it('is of one gateway on request', async () => {
    const stripe = await theDay({ gateway: 'stripe' });
    expect(stripe).toMatchObject({ gateway: 'stripe', totals: { opened: 1, outcomes: { paid: 1 } } });
    expect(stripe.totals.money).toEqual([{ ...NO_MONEY, currency: 'EUR', authorized: 500 }]);
    expect(stripe.totals.updates).toMatchObject({ acknowledged: 0, gaveUp: 0 });
    const dintero = await theDay({ gateway: 'dintero' });
    expect(dintero.totals).toMatchObject({ opened: 8, outcomes: { paid: 2 }, heard: { count: 1 } });
    expect(dintero.totals.updates).toMatchObject({ acknowledged: 3, gaveUp: 1 });
    expect((await theDay({ gateway: 'none' })).totals).toEqual(NOTHING);
  });

  it.each([
    [
      'more than 2000 buckets',
      { bucket: '5m', from: '2026-01-01T00:00:00Z' },
      '/bucket',
      /larger buckets \(1h or 1d\)/,
    ],
    [
      'more than 2000 days',
      { from: '2001-01-01T00:00:00Z' },
      '/from',
      /buckets of 1d.*ask for a shorter period/,
    ],
    [
      'an end before its beginning',
      { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' },
      '/from',
      /before/,
    ],
    [
      'an empty period',
      { from: '2026-01-02T00:00:00Z', to: '2026-01-02T00:00:00Z' },
      '/from',
      /before the end/,
    ],
    ['another bucket', { bucket: '2h' }, '/bucket', /./],
    ['a time of another zone', { from: '2026-01-02T00:00:00+01:00' }, '/from', /UTC/],
    ['another field', { limit: '3' }, '', /./],
  ])('refuses %s with 422, and says what to do', async (_, query, pointer, words) => {
    const { status, json } = await ask({ to: '2026-02-01T00:00:00Z', ...query });
    expect({ status, code: json.code }).toEqual({ status: 422, code: 'invalid_request' });
    expect(json.errors[0].pointer).toMatch(pointer);
    expect(json.errors[0].detail).toMatch(words);
  });

  it('requires a key', async () => {
    expect((await api.send('GET', '/v1/stats')).status).toBe(401);
  });

  describe('rolled up', () => {
    const MONTH = { from: DAY.toISOString(), to: at(DAYS * 24).toISOString() };
    const days = async (more: Record<string, string> = {}) => {
      const { data, totals, methods, declineReasons } = (await ask({ ...MONTH, bucket: '1d', ...more })).json;
      return { data, totals, methods, declineReasons };
    };
    const counted = () =>
      rows<{ hours: number; missing: number; counts: number }>(
        db,
        sql`select count(*)::int as hours, (extract(epoch from max(hour) - min(hour)) / 3600 + 1 - count(*))::int as missing,
          (select count(*)::int from stats_counts) as counts from stats_hours`,
      );
    /** Every hour that is due, by several processes at once. */
    async function rollUpAll(processes: readonly Pick<Store, 'db'>[]): Promise<void> {
      await Promise.all(
        processes.map(async (one) => {
          while (await rollUpHours(one.db, FOR_EVER));
        }),
      );
    }

    it('says the same as the rows, and is the same however often it is done', async () => {
      const others =
        store.databaseUrl === undefined
          ? []
          : [await openStore({ databaseUrl: store.databaseUrl, dataDir: '' })];
      await db.execute(sql`delete from service_runs`);
      await noteRunning(db, '0.1.0');
      const [before, ofStripe] = [await days(), await days({ gateway: 'stripe' })];
      expect(before.totals.outcomes.paid).toBe(3);
      await rollUpAll([store, store, ...others]);
      // A process may have found the lock taken and ended before the last hour.
      await rollUpAll([store]);
      const [first] = await counted();
      expect(first).toMatchObject({ missing: 0 });
      expect(first?.hours).toBeGreaterThanOrEqual(DAYS * 24);
      expect([await days(), await days({ gateway: 'stripe' })]).toEqual([before, ofStripe]);
      await rollUpAll([store, ...others]);
      expect(await counted()).toMatchObject([{ missing: 0, counts: first?.counts }]);
      for (const other of others) await other.close();
    });

    it('is read where the period is long, and stays when rows are deleted', async () => {
      const before = await days();
      const kept = await db.select().from(deliveries);
      await db.delete(deliveries);
      expect((await days()).totals.deliveries).toEqual(before.totals.deliveries);
      expect((await theDay()).totals.deliveries).toEqual(NO_DELIVERIES);
      await db.insert(deliveries).values(kept);
      expect(await theDay({ bucket: '1h' })).toMatchObject({ totals: before.totals });
    });

    it('counts what is not rolled up yet from the rows', async () => {
      const before = await days();
      await db.execute(sql`delete from stats_hours where hour >= ${at(3).toISOString()}`);
      await db.execute(sql`delete from stats_counts where hour >= ${at(3).toISOString()}`);
      expect(await days()).toEqual(before);
      await rollUpAll([store]);
      expect(await days()).toEqual(before);
    });

    it('counts an hour again, for a fact that comes late, while its deliveries are there', async () => {
      const late = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 5 * HOUR_MS);
      const ofLate = async (): Promise<number> => {
        const [found] = await rows<{ count: number }>(
          db,
          sql`select coalesce(sum(count), 0)::int as count from stats_counts where kind = 'opened' and hour = ${late.toISOString()}`,
        );
        return found?.count ?? 0;
      };
      const ids: string[] = [];
      const openedLate = async (): Promise<void> => {
        const { id } = await aPayment(db);
        await db
          .update(payments)
          .set({ createdAt: new Date(late.getTime() + 1) })
          .where(eq(payments.id, id));
        ids.push(id);
      };
      const countedSoon = (): Promise<unknown> => {
        const soonAfter = new Date(late.getTime() + HOUR_MS + 120_000).toISOString();
        return db.execute(
          sql`update stats_hours set counted_at = ${soonAfter} where hour = ${late.toISOString()}`,
        );
      };
      await openedLate();
      await rollUpAll([store]);
      expect(await ofLate()).toBe(0);
      await countedSoon();
      while (await rollUpHours(db, HOUR_MS));
      expect(await ofLate()).toBe(0);
      await rollUpAll([store]);
      expect(await ofLate()).toBe(1);
      await openedLate();
      await countedSoon();
      await rollUpAll([store]);
      expect(await ofLate()).toBe(2);
      // From 00:00 to 05:00 UTC that hour is on a day that the other tests read, so it is counted once more without them.
      await db.delete(payments).where(inArray(payments.id, ids));
      await countedSoon();
      await rollUpAll([store]);
      expect(await ofLate()).toBe(0);
    });

    it('fills in the findings of an older version, which wrote none', async () => {
      const before = await days();
      await db.execute(sql`truncate findings, stats_hours, stats_counts`);
      await db.execute(sql`update outbox set heard_at = null, heard_after_ms = null, finished_at = ${at(6.5).toISOString()}
        where effect_id like '%/order.paid' and state = 'delivered'`);
      expect((await days()).totals.outcomes).toEqual(NO_OUTCOMES);
      await rollUpAll([store]);
      const after = await days();
      const { paid } = before.totals.outcomes;
      expect(after.totals).toEqual({
        ...before.totals,
        foundBy: { ...NOT_FOUND, unknown: paid },
        money: expect.anything(),
      });
      expect(after.totals.money).toMatchObject([
        { currency: 'EUR', authorized: 500 },
        { currency: 'NOK', authorized: 3 * 72_200 },
      ]);
      expect(after.declineReasons).toEqual(before.declineReasons);
    });
  });

  it('counts the payments in each status as it is now, and what happened in the last hour', async () => {
    const { json } = await api.send('GET', '/v1/stats/states', { key: API_KEY });
    const counts = Object.fromEntries(
      json.data.map(({ status, count }: { status: string; count: number }) => [status, count]),
    );
    const stored = await rows<{ status: string; count: number }>(
      db,
      sql`select status, count(*)::int as count from payments group by status`,
    );
    expect(Object.entries(counts).filter(([, count]) => count !== 0)).toHaveLength(stored.length);
    for (const { status, count } of stored) expect(counts[status]).toBe(count);
    const before = json.lastHour;
    const payment = await aPayment(db);
    await recordFinding(db, aRecord(payment, { transaction: aTransaction(payment) }), TELLS);
    const after = await api.send('GET', '/v1/stats/states', { key: API_KEY });
    expect(after.json.lastHour).toEqual({ ...before, opened: before.opened + 1, paid: before.paid + 1 });
  });
});

const NO_OUTCOMES = { paid: 0, declined: 0, failed: 0, cancelled: 0, expired: 0, review: 0 };
const NOT_FOUND = { callback: 0, refusedCallback: 0, return: 0, poll: 0, sweep: 0, operator: 0, unknown: 0 };
const NOT_HEARD = { count: 0, p50: null, p95: null, histogram: [] };
const NO_DELIVERIES = { accepted: 0, duplicate: 0, ignored: 0, refused: 0, refusedBecause: {} };
const NO_UPDATES = {
  acknowledged: 0,
  failed4xx: 0,
  failed5xx: 0,
  failedOther: 0,
  noAnswer: 0,
  gaveUp: 0,
};
const NO_MONEY = { authorized: 0, captured: 0, refunded: 0, voided: 0, givenBack: 0 };
const NOTHING = {
  opened: 0,
  outcomes: NO_OUTCOMES,
  foundBy: NOT_FOUND,
  heard: NOT_HEARD,
  deliveries: NO_DELIVERIES,
  updates: NO_UPDATES,
  money: [],
};

const TRIGGERS: Triggers = { callbacks: [], pokes: [], requests: [], timer: null, expiry: null };

/** A day on which everything happens, each kind in an hour of its own. */
async function aDay(db: Db): Promise<void> {
  const seen = new Set<string>();
  const made: PaymentRow[] = [];
  for (let n = 0; n < 8; n += 1) made.push(await aPayment(db));
  const stripe = await aPayment(db, { gateway: 'stripe', money: { amountMinor: 500, currency: 'EUR' } });
  /** Moves everything that was written since the last call to this time. */
  async function happenedAt(hours: number): Promise<void> {
    const time = at(hours).toISOString();
    const moves: [table: string, id: string, columns: readonly string[]][] = [
      ['payments', 'id', ['created_at']],
      ['findings', 'id::text', ['at']],
      ['timeline', 'id::text', ['at']],
      ['deliveries', 'id', ['received_at', 'last_received_at']],
      ['update_attempts', "effect_id || '#' || n", ['at']],
    ];
    for (const [table, id, columns] of moves) {
      const found = await rows<{ id: string }>(db, sql`select ${sql.raw(id)} as id from ${sql.raw(table)}`);
      const fresh = found.map((row) => row.id).filter((one) => !seen.has(`${table}/${one}`));
      for (const one of fresh) seen.add(`${table}/${one}`);
      const set = columns.map((column): SQL => sql`${sql.raw(column)} = ${time}`);
      await db.execute(
        sql`update ${sql.raw(table)} set ${sql.join(set, sql`, `)} where ${sql.raw(id)} = any(${sql.param(fresh)}::text[])`,
      );
    }
    await db
      .update(orders)
      .set({ paidAt: new Date(time) })
      .where(sql`paid_at > ${at(30).toISOString()}`);
  }
  await happenedAt(1);
  await db
    .update(payments)
    .set({ createdAt: at(0.5) })
    .where(eq(payments.id, stripe.id));

  const [card, swept, late, ...others] = made as [PaymentRow, PaymentRow, PaymentRow, ...PaymentRow[]];
  const paid = (payment: PaymentRow, triggers: Partial<Triggers> | null, method?: string) => {
    const transaction = aTransaction(payment, method === undefined ? {} : { paymentMethod: method });
    const by = triggers && { foundBy: foundBy({ ...TRIGGERS, ...triggers }, false) };
    return recordFinding(db, aRecord(payment, { transaction, ...by }), TELLS);
  };
  const callback = { eventId: 'e', contentHash: 'c', claim: {}, receivedAt: at(2).toISOString() };
  await paid(card, { callbacks: [callback] }, 'a.card');
  await paid(swept, { requests: [{ why: 'sweep', at: at(2).toISOString() }] }, 'a.card');
  await paid(stripe, null);
  const ends = (payment: PaymentRow | undefined, ...finding: Parameters<typeof aFinding>) =>
    recordFinding(db, aRecord(payment as PaymentRow, { finding: aFinding(...finding) }), TELLS);
  await ends(others[0], 'DECLINED', { reason: 'insufficient funds' });
  await ends(others[1], 'DECLINED', { reason: 'insufficient funds' });
  await ends(others[2], 'FAILED');
  await ends(others[3], 'EXPIRED', { closedBy: 'expiry' });
  await ends(others[4], 'REVIEW', { review: 'unclear' });
  await ends(late, 'CANCELLED', { closedBy: 'merchant' });
  await paid(late, null, 'a.card');
  await happenedAt(2.5);

  const shows = (payment: PaymentRow, changes: Parameters<typeof aTransaction>[1], times: number) => {
    const updatedAt = new Date(Date.parse('2026-11-21T12:00:00Z') + times * HOUR_MS).toISOString();
    const transaction = aTransaction(payment, { paymentMethod: 'a.card', updatedAt, ...changes });
    const finding = aFinding(transaction.status as 'VOIDED', { pays: true });
    return recordFinding(db, aRecord(payment, { transaction, finding }), TELLS);
  };
  await shows(card, { status: 'CAPTURED', capturedMinor: 72_200, capturableMinor: 0 }, 1);
  await shows(swept, { status: 'VOIDED', capturableMinor: 0 }, 1);
  await shows(late, { status: 'VOIDED', capturableMinor: 0 }, 1);
  await happenedAt(3);
  const part = { capturedMinor: 72_200, refundedMinor: 2_200, capturableMinor: 0 };
  await shows(card, { status: 'PARTIALLY_REFUNDED', ...part }, 2);
  await happenedAt(4);

  const received = aDelivery(card, { eventId: 'one', secret: 'second-secret' });
  await logDelivery(db, received);
  await logDelivery(db, received);
  await logDelivery(db, received);
  await logDelivery(db, aDelivery(null, { ignoredBecause: 'foreign' }));
  for (const reason of ['wrong_signature', 'wrong_signature', 'no_signature']) {
    const { eventId: _, contentHash: __, ...refused } = aDelivery(null);
    await logRefused(db, { ...refused, reason });
  }
  await happenedAt(5);
  await logDelivery(db, aDelivery(null, { ignoredBecause: 'foreign', secret: 'first-secret' }));
  await happenedAt(-2);

  await deliver(db, card, happenedAt);
}

/** The shop refuses, is silent, acknowledges; one update is given up, and one is sent again. */
async function deliver(
  db: Db,
  { orderReference }: PaymentRow,
  happenedAt: (hours: number) => Promise<void>,
): Promise<void> {
  const effectId = `${orderReference}/order.paid`;
  const told = await rows<{ effect: string }>(
    db,
    sql`select effect_id as effect from outbox where order_reference = ${orderReference} order by sequence`,
  );
  const attempt = async (
    effect: string,
    status: number | null,
    state: 'pending' | 'delivered' | 'gave_up',
  ) => {
    const claimed = await claimAttempt(db, effect, 60_000);
    if (claimed === null) throw new Error(`${effect} could not be claimed`);
    const sent = { status, error: status === null ? 'no answer' : null, ms: 500, answer: null };
    await finishAttempt(db, claimed, sent, { state, lastAnswer: String(status), retryAfterMs: 0 });
  };
  for (const status of [500, 404, 302, null]) await attempt(effectId, status, 'pending');
  await attempt(effectId, 204, 'delivered');
  const [, captured, refunded] = told.map(({ effect }) => effect);
  await attempt(captured ?? '', 200, 'delivered');
  await happenedAt(6.5);
  await heardAt(db, effectId, 6.5);
  await db.execute(
    sql`update outbox set state = 'gave_up', finished_at = ${at(6.5).toISOString()} where effect_id = ${refunded}`,
  );
  await queueAgain(db, { effectId, attempts: 5 }, { key: 'k', actor: 'ada', reason: 'a test' });
  await attempt(effectId, 200, 'delivered');
  await happenedAt(7);
}

/** Moves the first acknowledgement to this time. It was recorded with the time since the order was paid. */
async function heardAt(db: Db, effectId: string, hours: number): Promise<void> {
  const [update] = await db.select().from(outbox).where(eq(outbox.effectId, effectId));
  const sincePaid = Date.now() - at(2.5).getTime();
  expect(update?.heardAfterMs).toBeGreaterThan(sincePaid - 60_000);
  expect(update?.heardAfterMs).toBeLessThanOrEqual(sincePaid + 1_000);
  const heardAfterMs = (hours - 2.5) * HOUR_MS + 500;
  await db
    .update(outbox)
    .set({ heardAt: at(hours), heardAfterMs })
    .where(eq(outbox.effectId, effectId));
}

async function theFirst(db: Db, status: PaymentRow['status']): Promise<PaymentRow> {
  const [found] = await db.select().from(payments).where(eq(payments.status, status));
  return found as PaymentRow;
}
