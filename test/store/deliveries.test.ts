import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import {
  claimUnsignalled,
  logRefused,
  markForeign,
  markHandled,
  markSignalled,
  pruneDeliveries,
} from '../../src/store/deliveries.ts';
import { tellsNews } from '../../src/domain/callback.ts';
import { PAYMENT_STATUSES } from '../../src/domain/payment.ts';
import { asksForLook, logDelivery } from '../../src/store/log-delivery.ts';
import { claimOperation } from '../../src/store/operations.ts';
import { markSending } from '../../src/store/operation-attempts.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import {
  ACCOUNT,
  aDelivery,
  aFinding,
  aPayment,
  aRecord,
  aTransaction,
  handled,
  keyOf,
  TELLS,
} from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

const DAY_MS = 86_400_000;

describe.each(STORES)('the delivery log in $name', ({ open }) => {
  let store: TestStore;
  let payment: PaymentRow;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    await store.db.delete(deliveries);
    payment = await aPayment(store.db);
  });

  const all = () => store.db.select().from(deliveries).orderBy(deliveries.receivedAt);
  const settle = (paid: PaymentRow, ...done: ReturnType<typeof aDelivery>[]) =>
    recordFinding(store.db, aRecord(paid, { deliveries: done.map(handled) }), TELLS);
  const age = (id: string, interval: string) =>
    store.db
      .update(deliveries)
      .set({ receivedAt: sql`now() - ${interval}::interval` })
      .where(eq(deliveries.id, id));

  it('accepts one of ten parallel identical deliveries and counts the others', async () => {
    const delivery = aDelivery(payment);
    const words = await Promise.all(Array.from({ length: 10 }, () => logDelivery(store.db, delivery)));
    expect(words.filter(({ result }) => result === 'accepted')).toHaveLength(1);
    expect(words.filter(({ result }) => result === 'duplicate')).toHaveLength(9);
    expect(await all()).toMatchObject([{ receipts: 10, outcome: 'accepted', state: 'received' }]);
  });

  it('keeps the bytes of a delivery', async () => {
    const body = Buffer.from([0, 255, 254, 10, 13, 92]);
    const target = "/callbacks/dintero?a=%00&b=é'";
    await logDelivery(store.db, aDelivery(payment, { body, target, method: 'POST' }));
    const [row] = await all();
    expect(row?.body.equals(body)).toBe(true);
    expect(row).toMatchObject({ target, method: 'POST', headers: { host: 'pay.example' } });
  });

  it('requires a signal for a repeated delivery until the run was signalled', async () => {
    const delivery = aDelivery(payment);
    const first = await logDelivery(store.db, delivery);
    expect(await logDelivery(store.db, delivery)).toMatchObject({
      id: first.id,
      result: 'duplicate',
      toSignal: true,
    });
    await markSignalled(store.db, [first.id]);
    expect(await logDelivery(store.db, delivery)).toMatchObject({
      id: first.id,
      result: 'duplicate',
      toSignal: false,
    });
  });

  it('treats the same content as a duplicate once the payment is settled', async () => {
    const first = aDelivery(payment);
    await logDelivery(store.db, first);
    await settle(payment, first);
    const again = await logDelivery(store.db, aDelivery(payment));
    expect(again).toMatchObject({ result: 'duplicate', toSignal: false });
    expect(await all()).toHaveLength(2);
  });

  describe('for a payment whose money is proved', () => {
    const pay = async (changes: Partial<Parameters<typeof aTransaction>[1]> = {}) => {
      const transaction = aTransaction(payment, changes);
      await recordFinding(store.db, aRecord(payment, { transaction }), TELLS);
      return { transactionId: transaction.transactionId };
    };

    it('records a delivery without news in the log and in the timeline, and requires no signal', async () => {
      const claim = await pay();
      const word = await logDelivery(store.db, aDelivery(payment, { claim }));
      expect(word).toMatchObject({ result: 'accepted', toSignal: false });
      expect(await all()).toMatchObject([
        { outcome: 'accepted', state: 'handled', handledAt: expect.any(Date) },
      ]);
      const notes = (await readTimeline(store.db, payment.id)).filter(({ kind }) => kind === 'delivery');
      expect(notes).toMatchObject([{ data: claim }]);
    });

    it.each([
      ['a later event', { event: 'CAPTURE' }],
      ['an error', { error: 'failed' }],
      ['another transaction', { transactionId: `${ACCOUNT}.other` }],
    ])('requires a signal for %s', async (_, more) => {
      const claim = { ...(await pay()), ...more };
      expect(await logDelivery(store.db, aDelivery(payment, { claim }))).toMatchObject({ toSignal: true });
    });

    describe('about an event of money', () => {
      const REF = 'e1/CAPTURE';
      const claimOf = (eventRef: string) => ({
        transactionId: aTransaction(payment).transactionId,
        event: 'CAPTURE',
        eventRef,
      });
      const log = (eventRef: string) =>
        logDelivery(store.db, aDelivery(payment, { claim: claimOf(eventRef), contentHash: eventRef }));

      async function sendCapture(): Promise<void> {
        const { operation } = await claimOperation(store.db, {
          paymentId: payment.id,
          kind: 'capture',
          reference: 'c1',
          bodyHash: '',
          wanted: null,
          finalCapture: false,
          cause: 'merchant',
        });
        await markSending(store.db, operation.id, payment.amount);
      }

      const recordCapture = () => {
        const operations = [
          { kind: 'capture', reference: 'c1', amountMinor: payment.amount, state: 'done' },
        ] as const;
        const capturedMinor = payment.amount;
        const transaction = aTransaction(payment, {
          status: 'CAPTURED',
          capturedMinor,
          operations,
          knownEvents: [REF],
        });
        const finding = aFinding('CAPTURED', { pays: true });
        return recordFinding(store.db, aRecord(payment, { finding, transaction }), TELLS);
      };

      it('requires no signal once a recorded read has shown the event, and a look for any other event', async () => {
        await pay();
        await recordCapture();
        expect(await log(REF)).toMatchObject({ result: 'accepted', toSignal: false, mayBeEcho: false });
        expect(await log('e2/CAPTURE')).toMatchObject({ toSignal: true, mayBeEcho: false });
        expect(await log('e1/REFUND')).toMatchObject({ toSignal: true });
      });

      it('waits for the record of an operation under way, which answers its echo and nothing else', async () => {
        await pay();
        expect(await log('e0/CAPTURE')).toMatchObject({ toSignal: true, mayBeEcho: false });
        await sendCapture();
        const [echo, other] = [await log(REF), await log('e2/CAPTURE')];
        expect(echo).toMatchObject({ toSignal: true, mayBeEcho: true });
        expect(await asksForLook(store.db, echo.id, payment.id)).toBe(true);
        await recordCapture();
        expect(await asksForLook(store.db, echo.id, payment.id)).toBe(false);
        expect(await asksForLook(store.db, other.id, payment.id)).toBe(true);
      });

      it('leaves it to the forwarder where its process did not come back to it', async () => {
        await pay();
        await sendCapture();
        const { id } = await log(REF);
        await age(id, '3 seconds');
        expect(await claimUnsignalled(store.db, 10)).toMatchObject([{ id }]);
      });

      it('decides in the store as in the domain', async () => {
        const claims = [
          {},
          { event: 'CAPTURE' },
          { event: 'CAPTURE', eventRef: REF },
          { event: 'CAPTURE', eventRef: 'e9/CAPTURE' },
          { event: 'CAPTURE', eventRef: REF, error: 'failed' },
          { error: 'failed' },
        ].flatMap((claim) => [{ ...claim, transactionId: 't1' }, { ...claim, transactionId: 't2' }, claim]);
        for (const status of PAYMENT_STATUSES)
          for (const capture of ['manual', 'auto'] as const)
            for (const knownEvents of [[], [REF, '2/CAPTURE']]) {
              const row = { status, capture, knownEvents, transactionId: 't1' };
              await store.db.update(payments).set(row).where(eq(payments.id, payment.id));
              for (const claim of claims) {
                const contentHash = `${Math.random()}`;
                const { toSignal } = await logDelivery(store.db, aDelivery(payment, { claim, contentHash }));
                expect({ ...row, claim, toSignal }).toEqual({
                  ...row,
                  claim,
                  toSignal: tellsNews(claim, row),
                });
              }
            }
      }, 60_000);
    });

    it('answers deliveries that arrived while the payment was being proved, together with the money', async () => {
      const claim = { transactionId: aTransaction(payment).transactionId };
      const [early, capture] = [
        aDelivery(payment, { claim }),
        aDelivery(payment, { claim: { ...claim, event: 'CAPTURE' } }),
      ];
      await logDelivery(store.db, early);
      await logDelivery(store.db, capture);
      await pay();
      const states = (await all()).map(({ eventId, state }) => [eventId, state]);
      expect(Object.fromEntries(states)).toEqual({
        [early.eventId]: 'handled',
        [capture.eventId]: 'received',
      });
    });
  });

  it('does not match a delivery of a lost payment to another payment of the same number', async () => {
    const lost = { ...keyOf(payment), paymentId: 'pay_lost' };
    const word = await logDelivery(store.db, aDelivery(payment, { key: lost }));
    expect(word).toMatchObject({ result: 'ignored', toSignal: false });
    expect(await all()).toMatchObject([{ state: 'handled', reason: expect.stringContaining(payment.id) }]);
  });

  it('treats the same content as new while the payment is open, since it may be the one that says AUTHORIZED', async () => {
    const first = aDelivery(payment);
    await logDelivery(store.db, first);
    await recordFinding(store.db, aRecord(payment, { finding: null, deliveries: [handled(first)] }), TELLS);
    expect(await logDelivery(store.db, aDelivery(payment))).toMatchObject({
      result: 'accepted',
      toSignal: true,
    });
  });

  it('treats the same content as new while the first delivery of it is not handled yet', async () => {
    await logDelivery(store.db, aDelivery(payment));
    await settle(payment);
    expect(await logDelivery(store.db, aDelivery(payment))).toMatchObject({ result: 'accepted' });
  });

  it('treats other content for a settled payment as new', async () => {
    const first = aDelivery(payment);
    await logDelivery(store.db, first);
    await settle(payment, first);
    const other = aDelivery(payment, { contentHash: 'something else' });
    expect(await logDelivery(store.db, other)).toMatchObject({ result: 'accepted', toSignal: true });
  });

  it('does not mix up the same content of another payment', async () => {
    const first = aDelivery(payment);
    await logDelivery(store.db, first);
    await settle(payment, first);
    const other = await aPayment(store.db);
    expect(await logDelivery(store.db, aDelivery(other))).toMatchObject({ result: 'accepted' });
  });

  it('stores ignored deliveries and never requires a signal for them', async () => {
    const foreign = aDelivery(null, { ignoredBecause: 'foreign' });
    expect(await logDelivery(store.db, foreign)).toMatchObject({ result: 'ignored', toSignal: false });
    expect(await logDelivery(store.db, foreign)).toMatchObject({ result: 'ignored', toSignal: false });
    expect(await claimUnsignalled(store.db, 10)).toEqual([]);
  });

  it('gives no key to a refused delivery, so that the genuine one is still new', async () => {
    const genuine = aDelivery(payment);
    const { eventId: _id, contentHash: _hash, ...forged } = genuine;
    await logRefused(store.db, { ...forged, reason: 'wrong_signature' });
    await logRefused(store.db, { ...forged, reason: 'wrong_signature' });
    expect(await logDelivery(store.db, genuine)).toMatchObject({ result: 'accepted', toSignal: true });
    expect((await all()).map(({ outcome, eventId }) => [outcome, eventId])).toEqual([
      ['refused', null],
      ['refused', null],
      ['accepted', genuine.eventId],
    ]);
  });

  it('writes a missing row when the run has handled a delivery', async () => {
    const unseen = aDelivery(payment);
    await markHandled(store.db, payment, [handled(unseen)]);
    expect(await all()).toMatchObject([{ eventId: unseen.eventId, state: 'handled', paymentId: payment.id }]);
    expect(await logDelivery(store.db, unseen)).toMatchObject({ result: 'duplicate', toSignal: false });
  });

  it('accepts the same delivery twice in one look', async () => {
    const twice = handled(aDelivery(payment));
    await markHandled(store.db, payment, [twice, twice]);
    expect(await all()).toHaveLength(1);
  });

  it('marks a delivery that turned out to be foreign as ignored', async () => {
    const delivery = aDelivery(payment);
    await logDelivery(store.db, delivery);
    await markForeign(store.db, 'dintero', [delivery.eventId], 'no payment of ours');
    expect(await all()).toMatchObject([
      { outcome: 'ignored', state: 'handled', reason: 'no payment of ours' },
    ]);
    expect(await logDelivery(store.db, delivery)).toMatchObject({ result: 'ignored', toSignal: false });
  });

  it('does not change a handled delivery back to signalled', async () => {
    const delivery = aDelivery(payment);
    const { id } = await logDelivery(store.db, delivery);
    await markHandled(store.db, payment, [handled(delivery)]);
    await markSignalled(store.db, [id]);
    expect(await all()).toMatchObject([{ state: 'handled' }]);
  });

  it('gives each row to one of two forwarders', async () => {
    for (let index = 0; index < 30; index += 1)
      await age((await logDelivery(store.db, aDelivery(payment))).id, '5 s');
    const claims = await Promise.all(Array.from({ length: 4 }, () => claimUnsignalled(store.db, 10)));
    const ids = claims.flat().map(({ id }) => id);
    expect(ids).toHaveLength(30);
    expect(new Set(ids).size).toBe(30);
  });

  it('leaves a fresh delivery to its own request, and gives a taken one out again after 10 s', async () => {
    const { id } = await logDelivery(store.db, aDelivery(payment));
    expect(await claimUnsignalled(store.db, 10)).toEqual([]);
    await age(id, '3 s');
    expect(await claimUnsignalled(store.db, 10)).toHaveLength(1);
    expect(await claimUnsignalled(store.db, 10)).toEqual([]);
    await store.db.update(deliveries).set({ claimedAt: sql`now() - interval '11 s'` });
    expect(await claimUnsignalled(store.db, 10)).toHaveLength(1);
    await markSignalled(store.db, [id]);
    await store.db.update(deliveries).set({ claimedAt: null });
    expect(await claimUnsignalled(store.db, 10)).toEqual([]);
  });

  it('gives a signalled delivery that no run has handled out again every hour, after those without a signal', async () => {
    const [lost, fresh, handledLong] = await Promise.all(
      [1, 2, 3].map(() => logDelivery(store.db, aDelivery(payment))),
    );
    await markSignalled(store.db, [String(lost?.id), String(handledLong?.id)]);
    await store.db
      .update(deliveries)
      .set({ state: 'handled' })
      .where(eq(deliveries.id, String(handledLong?.id)));
    await age(String(lost?.id), '14 minutes');
    expect(await claimUnsignalled(store.db, 10)).toEqual([]);
    await age(String(lost?.id), '16 minutes');
    await age(String(handledLong?.id), '16 minutes');
    await age(String(fresh?.id), '3 s');
    expect(await claimUnsignalled(store.db, 1)).toMatchObject([{ id: fresh?.id }]);
    expect(await claimUnsignalled(store.db, 10)).toMatchObject([{ id: lost?.id }]);
    expect(await claimUnsignalled(store.db, 10)).toEqual([]);
    await store.db.update(deliveries).set({ claimedAt: sql`now() - interval '61 minutes'` });
    await markSignalled(store.db, [String(fresh?.id)]);
    expect(await claimUnsignalled(store.db, 10)).toMatchObject([{ id: lost?.id }]);
  });

  it('gives a delivery that no run handles out less and less often, since the run keeps every signal', async () => {
    const { id } = await logDelivery(store.db, aDelivery(payment));
    await markSignalled(store.db, [id]);
    // No step may come near a limit, since the clock runs on while this takes seconds.
    await age(id, '17 minutes 30 seconds');
    const times: number[] = [];
    for (let minute = 15; minute < 24 * 60; minute += 5) {
      if ((await claimUnsignalled(store.db, 10)).length > 0) times.push(minute);
      const older = sql`interval '5 minutes'`;
      await store.db.update(deliveries).set({
        receivedAt: sql`${deliveries.receivedAt} - ${older}`,
        claimedAt: sql`${deliveries.claimedAt} - ${older}`,
      });
    }
    expect(times).toEqual([15, 75, 155, 315, 635, 1275]);
  });

  it('deletes refused deliveries after a week and handled ones after the retention, but none that waits', async () => {
    const [old, young, waiting] = [aDelivery(payment), aDelivery(payment), aDelivery(payment)];
    for (const delivery of [old, young, waiting]) await logDelivery(store.db, delivery);
    await markHandled(store.db, payment, [handled(old), handled(young)]);
    const { eventId: _id, contentHash: _hash, ...refused } = aDelivery(payment);
    await logRefused(store.db, { ...refused, reason: 'no_signature' });
    await store.db
      .update(deliveries)
      .set({ receivedAt: sql`now() - interval '8 days'` })
      .where(sql`event_id is distinct from ${young.eventId}`);
    await pruneDeliveries(store.db, 30 * DAY_MS);
    expect(await all()).toHaveLength(3);
    await pruneDeliveries(store.db, 2 * DAY_MS);
    const left = new Set((await all()).map(({ eventId }) => eventId));
    expect(left).toEqual(new Set([young.eventId, waiting.eventId]));
  });

  it('deletes batch after batch, and says whether there may be more', async () => {
    await store.db
      .execute(sql`insert into deliveries (id, gateway, outcome, method, target, headers, body, received_at)
      select 'dlv_old_' || i, 'dintero', 'refused', 'GET', '/', '{}', '', now() - interval '8 days' from generate_series(1, 1001) i`);
    expect(await pruneDeliveries(store.db, 30 * DAY_MS)).toBe(true);
    expect(await pruneDeliveries(store.db, 30 * DAY_MS)).toBe(false);
    expect(await all()).toEqual([]);
  });

  it('deletes refused deliveries beyond a maximum, the oldest first', async () => {
    await store.db.delete(deliveries);
    const refused = {
      gateway: 'dintero',
      outcome: 'refused',
      method: 'GET',
      target: '/',
      headers: {},
      body: Buffer.alloc(0),
    } as const;
    const at = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    await store.db
      .insert(deliveries)
      .values(
        [1, 2, 3, 4, 5].map((minutes) => ({ ...refused, id: `dlv_${minutes}`, receivedAt: at(minutes) })),
      );
    await store.db
      .insert(deliveries)
      .values({ ...refused, id: 'dlv_ours', outcome: 'ignored', receivedAt: at(60) });
    await pruneDeliveries(store.db, 30 * DAY_MS, 3);
    const left = await store.db.select({ id: deliveries.id }).from(deliveries);
    expect(left.map(({ id }) => id).toSorted()).toEqual(['dlv_1', 'dlv_2', 'dlv_3', 'dlv_ours']);
  });
});
