import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { readStory } from '../../../src/api/payments/read-story.ts';
import { keepUntold, NO_ENDPOINT } from '../../../src/store/untold-updates.ts';
import { listUpdates, type OutboxState } from '../../../src/store/outbox.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { forgetSlice } from '../../../src/store/retention.ts';
import { outbox } from '../../../src/store/schema/update-tables.ts';
import { timeline } from '../../../src/store/schema/order-tables.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { aPayment, aRecord, attempted, TELLS } from '../../support/builders.ts';
import { claimAttempt } from '../../../src/store/update-attempts.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';

const at = {} as { store: TestStore };

beforeAll(async () => {
  at.store = await openTestStore();
}, 180_000);

afterAll(() => at.store.close());

describe('the timeline of a payment', () => {
  it.each([
    ['delivered', '204', 'the merchant acknowledged order.paid (204, 1 attempt)'],
    [
      'pending',
      '500',
      'the merchant has not acknowledged order.paid yet (500, 1 attempt); it is sent again for up to 3 days',
    ],
    ['gone', '410', 'the merchant refused order.paid, which is not sent again (410, 1 attempt)'],
    [
      'gave_up',
      'nothing',
      'the merchant never acknowledged order.paid (nothing, 1 attempt); given up after 3 days',
    ],
    ['superseded', '', 'order.paid not sent: a later update of the order replaces it'],
  ] as const)('ends with the state of an update: %s', async (state, answer, text) => {
    const payment = await paid();
    await attempt(payment, state, answer);
    const story = await readStory(at.store.db, payment);
    expect(story.at(-1)).toMatchObject({ kind: 'update', text, data: { type: 'order.paid', state } });
  });

  it('says when a waiting update is sent again, and gives no time where no endpoint is set', async () => {
    const payment = await paid();
    await attempt(payment, 'pending', '500');
    const [update] = await listUpdates(at.store.db, payment.id);
    const lastOf = async () =>
      (await readStory(at.store.db, payment)).findLast(({ data }) => 'state' in data);
    expect((await lastOf())?.data).toMatchObject({ nextAttemptAt: update?.nextAttemptAt.toISOString() });
    await keepUntold(at.store.db, update?.effectId ?? '');
    expect((await lastOf())?.data).toMatchObject({ state: 'pending', lastAnswer: NO_ENDPOINT });
    expect((await lastOf())?.data).not.toHaveProperty('nextAttemptAt');
  });

  it('says of an update before the first attempt only that it is queued', async () => {
    const payment = await paid();
    const story = await readStory(at.store.db, payment);
    expect(story.map(({ kind }) => kind)).toEqual(['decision', 'update']);
    expect(story.at(-1)?.text).toBe('order.paid queued for the merchant');
  });

  it('says when no process has sent an update that has been due for a minute', async () => {
    const payment = await paid();
    const dueFor = (interval: string) =>
      at.store.db
        .update(outbox)
        .set({ nextAttemptAt: sql`now() - ${interval}::interval` })
        .where(eq(outbox.paymentId, payment.id));
    const last = async () => (await readStory(at.store.db, payment)).at(-1);
    await dueFor('30 seconds');
    expect((await last())?.text).toBe('order.paid queued for the merchant');
    await dueFor('90 seconds');
    expect(await last()).toMatchObject({
      text: 'order.paid is due, and no process has sent it yet',
      data: { type: 'order.paid', state: 'pending', attempts: 0, nextAttemptAt: expect.any(String) },
    });
  });

  it('says that the endpoint is missing where an update was never sent for that', async () => {
    const payment = await paid();
    await keepUntold(at.store.db, `${payment.orderReference}/order.paid`);
    expect((await readStory(at.store.db, payment)).at(-1)?.text).toBe(
      `the merchant has not acknowledged order.paid yet (${NO_ENDPOINT}, 0 attempts); it is sent again for up to 3 days`,
    );
  });

  it('says why an update is not sent', async () => {
    const payment = await paid({ ...TELLS, tells: false });
    const texts = (await readStory(at.store.db, payment)).map(({ text }) => text);
    expect(texts).toContain('order.paid not sent: ORDER_WEBHOOK_URL is not set');
  });

  it('quotes the answer to each failed attempt', async () => {
    const payment = await paid();
    await attempt(payment, 'pending', '500');
    await attempt(payment, 'delivered', '204');
    const story = await readStory(at.store.db, payment);
    expect(story.slice(-2)).toMatchObject([
      {
        kind: 'update',
        text: 'attempt 1 to send order.paid: answered 500 after 5 ms',
        data: { attempt: 1, status: 500 },
      },
      { text: 'the merchant acknowledged order.paid (204, 2 attempts)' },
    ]);
  });

  it("writes amounts in people's form, also those that were recorded in minor units", async () => {
    const payment = await aPayment(at.store.db, { money: { amountMinor: 72_200, currency: 'JPY' } });
    const notes = [
      { kind: 'read', text: 'dintero says CAPTURED, 72200 minor units of NOK for 1001' },
      { kind: 'operation', text: 'capture c1 of 500 minor units done' },
      { kind: 'operator', text: 'ada asked to dismiss: 500 minor units are too few' },
    ] as const;
    await recordFinding(at.store.db, aRecord(payment, { notes }), TELLS);
    const texts = (await readStory(at.store.db, payment)).map(({ text }) => text);
    expect(texts).toEqual(
      expect.arrayContaining([
        'dintero says CAPTURED, 722.00 NOK for 1001',
        'capture c1 of 500 JPY done',
        // Texts from outside stay unchanged.
        'ada asked to dismiss: 500 minor units are too few',
      ]),
    );
  });

  it('writes the amount given back in the currency that the gateway holds', async () => {
    const payment = await aPayment(at.store.db, { money: { amountMinor: 72_200, currency: 'NOK' } });
    const notes = [
      {
        kind: 'read',
        text: 'dintero says AUTHORIZED, 72200 minor units of SEK for 1001',
        data: { amount: 72_200, currency: 'SEK' },
      },
      { kind: 'operation', text: 'void give-back-1 of 72200 minor units done' },
    ] as const;
    await recordFinding(at.store.db, aRecord(payment, { notes }), TELLS);
    const texts = (await readStory(at.store.db, payment)).map(({ text }) => text);
    expect(texts).toContain('void give-back-1 of 722.00 SEK done');
  });

  it('says of an attempt without an answer that it may be under way', async () => {
    const payment = await paid();
    await claimAttempt(at.store.db, `${payment.orderReference}/order.paid`, 4_000);
    const texts = (await readStory(at.store.db, payment)).map(({ text }) => text);
    expect(texts).toContain('attempt 1 to send order.paid: under way, or our process ended during it');
  });

  it('says where texts are older than their retention, and still has the state of an update', async () => {
    const payment = await paid();
    await attempt(payment, 'pending', 'nothing: ECONNREFUSED');
    await attempt(payment, 'gave_up', 'nothing: ECONNREFUSED');
    const { db } = at.store;
    await db.update(timeline).set({ at: new Date('2026-01-01T00:00:00Z') });
    await db.update(outbox).set({ createdAt: new Date('2026-01-01T00:00:00Z') });
    for (const what of ['timeline', 'updates'] as const) while (await forgetSlice(db, what, 7 * 86_400_000));
    const story = await readStory(db, payment);
    expect(story.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'decision: the text was deleted, because it is older than RETENTION_TIMELINE',
      'update: the text was deleted, because it is older than RETENTION_TIMELINE',
      'update: attempt 1 to send order.paid: the response is not known after 5 ms',
      'update: attempt 2 to send order.paid: the response is not known after 5 ms',
      'update: the merchant never acknowledged order.paid (2 attempts); given up after 3 days',
    ]);
    expect(story[0]?.data).toEqual({ from: 'PENDING', to: 'AUTHORIZED' });
  });

  it('is in order of time', async () => {
    const payment = await paid();
    await attempt(payment, 'delivered', '204');
    const times = (await readStory(at.store.db, payment)).map((entry) => entry.at);
    expect(times).toEqual(times.toSorted());
  });
});

async function paid(settings = TELLS): Promise<PaymentRow> {
  const payment = await aPayment(at.store.db);
  await recordFinding(at.store.db, aRecord(payment), settings);
  return payment;
}

async function attempt(payment: PaymentRow, state: OutboxState, answer: string): Promise<void> {
  const updates = await listUpdates(at.store.db, payment.id);
  const update = updates.find((one) => one.state === 'pending');
  await attempted(at.store.db, update?.effectId ?? '', { state, answer });
}
