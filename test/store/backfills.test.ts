/** Backfilled rows of the delivery log: none of them ever stands in the way of the delivery itself. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { writeBackfilled, type BackfilledEvent } from '../../src/store/backfilled.ts';
import {
  beginBackfill,
  countBackfilled,
  countRunningBackfills,
  dropBackfill,
  endBackfill,
  findBackfill,
  pageOfBackfills,
  pruneBackfills,
  type NewBackfill,
} from '../../src/store/backfills.ts';
import { claimUnsignalled, countReceipt, markHandled, pruneDeliveries } from '../../src/store/deliveries.ts';
import { findHeard } from '../../src/store/heard-callbacks.ts';
import { listDeliveries } from '../../src/store/lists.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { newId } from '../../src/store/new-ids.ts';
import type { Db } from '../../src/store/open.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { placeParked } from '../../src/store/parked.ts';
import { search } from '../../src/store/search.ts';
import { readFigures, stampGateway } from '../../src/store/store-health.ts';
import { backfills } from '../../src/store/schema/backfill-table.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import { ACCOUNT, aDelivery, aPayment, handled, keyOf } from '../support/builders.ts';
import { openTestPostgres, STORES, type TestStore } from '../support/store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BACKFILL = { id: newId('bkf'), gateway: 'dintero' };

/** The event of a delivery, as the gateway lists it. */
function eventOf(
  payment: PaymentRow,
  { eventId, contentHash, claim }: ReturnType<typeof aDelivery>,
): BackfilledEvent {
  const createdAt = new Date(Date.now() - HOUR_MS);
  return { eventId, contentHash, claim, key: keyOf(payment), createdAt };
}

const shown = async (db: Db, payment: PaymentRow) =>
  (await listDeliveries(db, { payment: payment.id, limit: 10 })).rows.map(({ outcome }) => outcome);

describe.each(STORES)('a backfill in $name', ({ open }) => {
  let store: TestStore;
  let payment: PaymentRow;
  beforeAll(async () => {
    store = await open();
    await stampGateway(store.db, { gateway: 'dintero', account: ACCOUNT, mode: 'test' });
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    await store.db.delete(deliveries);
    await store.db.delete(backfills);
    payment = await aPayment(store.db);
  });

  const write = (events: readonly BackfilledEvent[], id = BACKFILL.id) =>
    writeBackfilled(store.db, { ...BACKFILL, id }, events);

  it('writes an event once, with its time, without an event id of its own and without an effect', async () => {
    const event = eventOf(payment, aDelivery(payment, { claim: { event: 'paid', transactionId: 't1' } }));
    expect(await write([event, event])).toBe(1);
    // The same page again, as after a lost answer.
    expect(await write([event])).toBe(1);
    expect(await write([event], newId('bkf'))).toBe(0);
    const all = await store.db.select().from(deliveries);
    expect(all).toMatchObject([
      {
        eventId: null,
        backfilledEventId: event.eventId,
        backfillId: BACKFILL.id,
        contentHash: event.contentHash,
        paymentId: payment.id,
        orderReference: payment.orderReference,
        n: payment.n,
        outcome: 'backfilled',
        state: 'handled',
        reason: expect.stringContaining('never received'),
        claim: event.claim,
        headers: {},
        receipts: 0,
        secret: null,
        receivedAt: event.createdAt,
        handledAt: null,
      },
    ]);
    expect(all[0]?.body).toHaveLength(0);
    await placeParked(store.db);
    expect(await claimUnsignalled(store.db, 10)).toEqual([]);
    expect((await readFigures(store.db)).unhandledOldest).toBe(0);
    expect(await readTimeline(store.db, payment.id)).toEqual([]);
    const period = { from: new Date(Date.now() - DAY_MS), to: new Date() };
    expect((await findHeard(store.db, 'dintero', period, 10)).heard).toBe(0);
    expect((await search(store.db, event.eventId)).hits).toMatchObject([
      { kind: 'delivery', by: 'event', paymentId: payment.id, status: 'backfilled' },
    ]);
  });

  it('stands in the list where its delivery would, newest first', async () => {
    const [old, older] = [aDelivery(payment), aDelivery(payment)];
    await logDelivery(store.db, aDelivery(payment));
    await write([
      { ...eventOf(payment, older), createdAt: new Date(Date.now() - DAY_MS) },
      eventOf(payment, old),
    ]);
    const { rows } = await listDeliveries(store.db, { payment: payment.id, limit: 10 });
    expect(rows.map((row) => row.backfilledEventId)).toEqual([null, old.eventId, older.eventId]);
    const only = await listDeliveries(store.db, { outcome: 'backfilled', limit: 10 });
    expect(only.rows).toHaveLength(2);
  });

  it('writes no event that was received, accepted or ignored', async () => {
    const [accepted, ignored] = [aDelivery(payment), aDelivery(payment, { ignoredBecause: 'other' })];
    for (const delivery of [accepted, ignored]) await logDelivery(store.db, delivery);
    expect(await write([eventOf(payment, accepted), eventOf(payment, ignored)])).toBe(0);
    expect(await shown(store.db, payment)).toHaveLength(2);
  });

  it('gives its place to the delivery, which is accepted and signalled like any other', async () => {
    const delivery = aDelivery(payment);
    await write([eventOf(payment, delivery)]);
    const answer = await logDelivery(store.db, delivery);
    expect(answer).toMatchObject({ result: 'accepted', toSignal: true });
    expect(await logDelivery(store.db, delivery)).toMatchObject({ id: answer.id, result: 'duplicate' });
    expect(await shown(store.db, payment)).toEqual(['accepted']);
    expect((await search(store.db, delivery.eventId)).hits).toMatchObject([{ id: answer.id }]);
    expect(await write([eventOf(payment, delivery)], newId('bkf'))).toBe(0);
  });

  it('gives its place to a delivery that only Temporal kept', async () => {
    const delivery = aDelivery(payment);
    await write([eventOf(payment, delivery)]);
    await markHandled(store.db, payment, [handled(delivery)]);
    expect(await shown(store.db, payment)).toEqual(['accepted']);
  });

  it('makes no delivery a duplicate, by content or as a copy of it', async () => {
    const delivery = aDelivery(payment);
    await write([eventOf(payment, delivery)]);
    const { gateway, contentHash, key } = delivery;
    expect(await countReceipt(store.db, gateway, { contentHash, key })).toBe(false);
    const other = aDelivery(payment);
    expect(await logDelivery(store.db, other)).toMatchObject({ result: 'accepted', toSignal: true });
    expect(await shown(store.db, payment)).toEqual(['accepted', 'backfilled']);
  });

  it('is kept as long as other deliveries, by the time of its event', async () => {
    await write([
      { ...eventOf(payment, aDelivery(payment)), createdAt: new Date(Date.now() - 3 * DAY_MS) },
      eventOf(payment, aDelivery(payment)),
    ]);
    await pruneDeliveries(store.db, 2 * DAY_MS);
    expect(await shown(store.db, payment)).toEqual(['backfilled']);
  });

  describe('as a row', () => {
    const begin = (changes: Partial<NewBackfill> = {}) =>
      beginBackfill(store.db, {
        id: newId('bkf'),
        gateway: 'dintero',
        since: new Date(Date.now() - DAY_MS),
        until: new Date(),
        limits: ['too old'],
        askedBy: 'ada',
        ...changes,
      });
    const counts = { read: 6, written: 1, known: 2, foreign: 3 };

    it('shows its counts so far, and ends once', async () => {
      const { id } = await begin();
      await begin({ gateway: 'other' });
      expect(await countRunningBackfills(store.db, 'dintero')).toBe(1);
      await countBackfilled(store.db, id, counts);
      expect(await findBackfill(store.db, id)).toMatchObject({
        state: 'running',
        finishedAt: null,
        ...counts,
      });
      await endBackfill(store.db, id, null);
      expect(await countRunningBackfills(store.db, 'dintero')).toBe(0);
      await endBackfill(store.db, id, 'too late');
      await countBackfilled(store.db, id, { ...counts, read: 7 });
      expect(await findBackfill(store.db, id)).toMatchObject({
        state: 'complete',
        failure: null,
        finishedAt: expect.any(Date),
        limits: ['too old'],
        ...counts,
      });
    });

    it('is listed newest first, pruned after 90 days, and failed where its run is lost', async () => {
      const [old, lost, other] = [
        await begin({ id: `bkf_${'0'.repeat(28)}` }),
        await begin(),
        await begin({ gateway: 'other' }),
      ];
      const ids = async (filter: object = {}) =>
        (await pageOfBackfills(store.db, { limit: 10, ...filter })).rows.map(({ id }) => id);
      const newestFirst = [old, lost, other]
        .map(({ id }) => id)
        .toSorted()
        .toReversed();
      expect(await ids()).toEqual(newestFirst);
      expect(await ids({ cursor: newestFirst[1] })).toEqual(newestFirst.slice(2));
      expect(await ids({ gateway: 'other', state: 'running' })).toEqual([other.id]);
      await dropBackfill(store.db, other.id);
      const age = (id: string, days: number) =>
        store.db
          .update(backfills)
          .set({ startedAt: sql`now() - ${days} * interval '1 day'` })
          .where(eq(backfills.id, id));
      await age(old.id, 91);
      await age(lost.id, 3);
      await pruneBackfills(store.db);
      expect(await pageOfBackfills(store.db, { limit: 10 })).toMatchObject({
        rows: [{ id: lost.id, state: 'failed', failure: expect.stringContaining('never ended') }],
      });
    });
  });
});

describe('a delivery and a backfill that write at the same moment', () => {
  let store: TestStore;
  let payment: PaymentRow;
  beforeAll(async () => {
    store = await openTestPostgres();
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    payment = await aPayment(store.db);
  });

  it.each(['the delivery', 'the backfill'])(
    'end in the delivery, which is accepted, where %s commits last',
    async (last) => {
      const delivery = aDelivery(payment);
      const works = {
        'the delivery': (db: Db) => logDelivery(db, delivery),
        'the backfill': (db: Db) => writeBackfilled(db, BACKFILL, [eventOf(payment, delivery)]),
      };
      const first = last === 'the delivery' ? 'the backfill' : 'the delivery';
      const done = await store.db.transaction(async (tx) => {
        const unseen = await works[last as keyof typeof works](tx);
        return { [last]: unseen, [first]: await works[first](store.db) };
      });
      // Neither has seen the other.
      expect(done).toEqual({
        'the delivery': expect.objectContaining({ result: 'accepted', toSignal: true }),
        'the backfill': 1,
      });
      expect(await shown(store.db, payment)).toEqual(['accepted']);
    },
  );

  it('end so in any order, for many events at once', async () => {
    const received = Array.from({ length: 60 }, () => aDelivery(payment));
    const events = received.map((delivery) => eventOf(payment, delivery));
    const backfill = async () => {
      for (let at = 0; at < events.length; at += 10)
        await writeBackfilled(store.db, BACKFILL, events.slice(at, at + 10));
    };
    const [answers] = await Promise.all([
      Promise.all(received.map((delivery) => logDelivery(store.db, delivery))),
      backfill(),
      backfill(),
    ]);
    expect(new Set(answers.map(({ result, toSignal }) => `${result} ${toSignal}`))).toEqual(
      new Set(['accepted true']),
    );
    const { rows } = await listDeliveries(store.db, { payment: payment.id, limit: 200 });
    expect(rows).toHaveLength(received.length);
    expect(new Set(rows.map(({ eventId }) => eventId))).toEqual(
      new Set(received.map(({ eventId }) => eventId)),
    );
  });
});
