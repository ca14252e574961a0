/** The first attempts of a process, against a real endpoint and a real store. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import type { PaymentAddress } from '../../src/domain/payment.ts';
import { readUpdate } from '../../src/store/outbox.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { claimAttempt } from '../../src/store/update-attempts.ts';
import { FirstAttempts, type FirstAttemptTools } from '../../src/updates/first-attempts.ts';
import { aFinding, aPayment, aRecord, keyOf, TELLS } from '../support/builders.ts';
import { startShop, type Shop } from '../support/shop.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { until } from '../support/until.ts';

describe('the first attempts of a process', () => {
  let store: TestStore;
  let shop: Shop;
  let firstAttempts: FirstAttempts;
  const handedOver: { payment: PaymentAddress; effectId: string }[] = [];
  const warnings: unknown[] = [];
  beforeAll(async () => {
    [store, shop] = [await openTestStore(), await startShop()];
  }, 180_000);
  afterAll(async () => {
    await store.close();
    await shop.close();
  });
  beforeEach(async () => {
    await store.db.delete(outbox);
    handedOver.length = warnings.length = shop.received.length = 0;
    shop.answer = (response) => response.writeHead(204).end();
    firstAttempts = aProcess();
  });

  const aProcess = (changes: Partial<FirstAttemptTools> = {}): FirstAttempts =>
    new FirstAttempts({
      db: store.db,
      endpoint: { url: shop.url, timeoutMs: 10_000, secrets: [] },
      slots: 3,
      log: { warn: (about: unknown) => void warnings.push(about) },
      handOver: (payment, effectId) => Promise.resolve(void handedOver.push({ payment, effectId })),
      ...changes,
    });

  /** A payment that failed and then paid; its updates are committed and not sent yet. */
  async function committed(): Promise<{ payment: PaymentRow; order: string; failed: string; paid: string }> {
    const payment = await aPayment(store.db);
    const failure = aRecord(payment, { finding: aFinding('FAILED') });
    const first = await recordFinding(store.db, failure, TELLS);
    const second = await recordFinding(store.db, aRecord(payment), TELLS);
    const [failed, paid] = [...first.effects, ...second.effects] as [string, string];
    return { payment, order: payment.orderReference, failed, paid };
  }

  /** A paid order, and its one update. */
  async function aPaid(): Promise<{ payment: PaymentRow; order: string; paid: string }> {
    const payment = await aPayment(store.db);
    const { effects } = await recordFinding(store.db, aRecord(payment), TELLS);
    return { payment, order: payment.orderReference, paid: effects[0] ?? '' };
  }

  const due = (effectId: string, interval: string) =>
    store.db
      .update(outbox)
      .set({ nextAttemptAt: sql`now() + ${interval}::interval` })
      .where(eq(outbox.effectId, effectId));

  const sent = () => shop.received.map(({ headers }) => headers['webhook-id']);

  /** Holds every answer back until it is called. */
  function holdAnswers(): () => void {
    const held: ServerResponse[] = [];
    shop.answer = (response) => held.push(response);
    return () => {
      shop.answer = (response) => response.writeHead(204).end();
      for (const response of held.splice(0)) response.writeHead(204).end();
    };
  }

  it('are made at once, and leave no work to a run', async () => {
    const { order, paid } = await aPaid();
    firstAttempts.tell(order, [paid]);
    await firstAttempts.whenIdle();
    expect(sent()).toEqual([paid]);
    expect(await readUpdate(store.db, paid)).toMatchObject({ state: 'delivered', attempts: 1, teller: null });
    expect(handedOver).toEqual([]);
  });

  it('are handed over to the run once where the shop refused, and the run continues a second later', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    const { payment, order, paid } = await aPaid();
    firstAttempts.tell(order, [paid]);
    await firstAttempts.whenIdle();
    const address = { ...keyOf(payment), gateway: payment.gateway };
    expect(handedOver).toEqual([{ payment: address, effectId: paid }]);
    const update = await readUpdate(store.db, paid);
    expect(update).toMatchObject({ state: 'pending', attempts: 1, teller: null, claimedUntil: null });
    const { attemptedAt, nextAttemptAt } = update ?? {};
    expect(Number(nextAttemptAt) - Number(attemptedAt)).toBe(1_000);
    // From now on it belongs to the run, no matter how late it is.
    await due(paid, '-50 seconds');
    const other = aProcess();
    await other.tellUntold();
    await other.whenIdle();
    expect(sent()).toEqual([paid]);
  });

  it('are skipped and handed over where every slot is taken, and delay no other order', async () => {
    const answer = holdAnswers();
    firstAttempts = aProcess({ slots: 2 });
    const [slow, slower, third] = [await aPaid(), await aPaid(), await aPaid()];
    for (const { order, paid } of [slow, slower, third]) firstAttempts.tell(order, [paid]);
    await until('it is handed over', () => handedOver.length === 1);
    expect(handedOver).toMatchObject([{ effectId: third.paid }]);
    await until('two are under way', () => shop.received.length === 2);
    expect(await readUpdate(store.db, third.paid)).toMatchObject({ attempts: 0, attemptedAt: null });
    // While there is no slot, nothing is taken up either.
    await due(third.paid, '-2 seconds');
    await firstAttempts.tellUntold();
    answer();
    await firstAttempts.whenIdle();
    expect(handedOver).toHaveLength(1);
    expect(new Set(sent())).toEqual(new Set([slow.paid, slower.paid]));
    const next = await aPaid();
    const free = aProcess({ slots: 1 });
    free.tell(next.order, [next.paid]);
    await free.whenIdle();
    expect(sent()).toContain(next.paid);
  });

  it('are made for the updates of an order in their order, one after another', async () => {
    const payment = await aPayment(store.db);
    const paid = (await recordFinding(store.db, aRecord(payment), TELLS)).effects[0] ?? '';
    const answer = holdAnswers();
    firstAttempts.tell(payment.orderReference, [paid]);
    const voided = aRecord(payment, { finding: aFinding('VOIDED', { pays: true }) });
    const { effects } = await recordFinding(store.db, voided, TELLS);
    firstAttempts.tell(payment.orderReference, effects);
    await until('the first is under way', () => shop.received.length === 1);
    // Another order does not wait for it.
    const other = await aPaid();
    firstAttempts.tell(other.order, [other.paid]);
    await until('the other order is told', () => shop.received.length === 2);
    expect(sent()).toEqual([paid, other.paid]);
    answer();
    await firstAttempts.whenIdle();
    expect(sent()).toEqual([paid, other.paid, ...effects]);
    expect(handedOver).toEqual([]);
  });

  it('continue with the next update of an order after a failed one', async () => {
    const payment = await aPayment(store.db);
    const voided = aRecord(payment, { finding: aFinding('VOIDED', { pays: true }) });
    const { effects } = await recordFinding(store.db, voided, TELLS);
    expect(effects).toHaveLength(2);
    shop.answer = (response) => response.writeHead(shop.received.length === 1 ? 500 : 204).end();
    firstAttempts.tell(payment.orderReference, effects);
    await firstAttempts.whenIdle();
    expect(sent()).toEqual(effects);
    expect(handedOver).toMatchObject([{ effectId: effects[0] }]);
  });

  it('are made by another process where their own has died, a second after the commit', async () => {
    const { paid } = await aPaid();
    const committedAt = performance.now();
    await firstAttempts.tellUntold();
    await until('another process tells it', async () => {
      await firstAttempts.tellUntold();
      return shop.received.length > 0;
    });
    expect(performance.now() - committedAt).toBeGreaterThan(900);
    await firstAttempts.whenIdle();
    expect(sent()).toEqual([paid]);
    expect(await readUpdate(store.db, paid)).toMatchObject({ state: 'delivered' });
  });

  it('are made for the remaining updates of an order in the order of their events', async () => {
    const { failed, paid } = await committed();
    // The later update had begun before, and waited for the order's lock.
    await due(failed, '-2 seconds');
    await due(paid, '-3 seconds');
    await firstAttempts.tellUntold();
    await firstAttempts.whenIdle();
    expect(sent()).toEqual([paid]);
    expect(await readUpdate(store.db, failed)).toMatchObject({ state: 'superseded' });
  });

  it('are not made for an update that another process has claimed, until its claim expires', async () => {
    const { paid } = await aPaid();
    await claimAttempt(store.db, paid, 60_000);
    await due(paid, '-10 seconds');
    await firstAttempts.tellUntold();
    const expired = aProcess();
    await firstAttempts.whenIdle();
    expect([sent(), handedOver]).toEqual([[], []]);
    await store.db.update(outbox).set({ claimedUntil: sql`now() - interval '1 second'` });
    await expired.tellUntold();
    await expired.whenIdle();
    expect(sent()).toEqual([paid]);
  });

  it('are not made for a deferred update before it is due, by any process', async () => {
    const { order, paid } = await aPaid();
    await due(paid, '60 seconds');
    firstAttempts.tell(order, [paid]);
    await firstAttempts.tellUntold();
    await firstAttempts.whenIdle();
    expect([sent(), handedOver]).toEqual([[], []]);
    await due(paid, '-2 seconds');
    const later = aProcess();
    await later.tellUntold();
    await later.whenIdle();
    expect(sent()).toEqual([paid]);
  });

  it('leave the update in the store where no run can be called, and log that', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    const { order, paid } = await aPaid();
    const alone = aProcess({ handOver: () => Promise.reject(new Error('Temporal is away')) });
    alone.tell(order, [paid]);
    await alone.whenIdle();
    expect(warnings).toEqual([{ order, reason: 'Error: Temporal is away' }]);
    expect(await readUpdate(store.db, paid)).toMatchObject({ state: 'pending', attempts: 1 });
  });

  it('are not made by a process without an endpoint', async () => {
    const { order, paid } = await aPaid();
    const mute = aProcess({ endpoint: null });
    mute.tell(order, [paid]);
    await due(paid, '-2 seconds');
    await mute.tellUntold();
    await mute.whenIdle();
    expect(handedOver).toEqual([]);
    expect(await readUpdate(store.db, paid)).toMatchObject({ attempts: 0, lastAnswer: null });
  });

  it('end before the process does, and no new ones begin', async () => {
    const answer = holdAnswers();
    const [first, second] = [await aPaid(), await aPaid()];
    firstAttempts.tell(first.order, [first.paid]);
    await until('it is under way', () => shop.received.length === 1);
    let hasStopped = false;
    const stopped = firstAttempts.stop().then(() => (hasStopped = true));
    firstAttempts.tell(second.order, [second.paid]);
    await due(second.paid, '-2 seconds');
    await firstAttempts.tellUntold();
    expect(hasStopped).toBe(false);
    answer();
    await stopped;
    expect(await readUpdate(store.db, first.paid)).toMatchObject({ state: 'delivered' });
    expect(sent()).toEqual([first.paid]);
    expect(handedOver).toEqual([]);
  });

  it('of an order with several updates end with the one under way', async () => {
    const answer = holdAnswers();
    const payment = await aPayment(store.db);
    const voided = aRecord(payment, { finding: aFinding('VOIDED', { pays: true }) });
    const { effects } = await recordFinding(store.db, voided, TELLS);
    const [paid = '', later = ''] = effects;
    firstAttempts.tell(payment.orderReference, effects);
    await until('it is under way', () => shop.received.length === 1);
    const stopped = firstAttempts.stop();
    answer();
    await stopped;
    expect(sent()).toEqual([paid]);
    expect(await readUpdate(store.db, later)).toMatchObject({ state: 'pending', attempts: 0 });
  });
});
