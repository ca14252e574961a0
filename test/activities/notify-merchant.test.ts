/**
 * The meaning of an attempt for a run: the activity ends with it, or fails so that it is retried when the
 * next attempt is due.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { sql } from 'drizzle-orm';
import { createUpdateActivities } from '../../src/activities/notify-merchant.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { readUpdate } from '../../src/store/outbox.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { claimAttempt } from '../../src/store/update-attempts.ts';
import { anActivityRun } from '../support/activity.ts';
import { aPayment, aRecord, TELLS } from '../support/builders.ts';
import { startShop, type Shop } from '../support/shop.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

describe('the activity that notifies the merchant for a run', () => {
  let store: TestStore;
  let shop: Shop;
  let effectId: string;
  beforeAll(async () => {
    [store, shop] = [await openTestStore(), await startShop()];
  }, 180_000);
  afterAll(async () => {
    await store.close();
    await shop.close();
  });
  beforeEach(async () => {
    shop.received.length = 0;
    shop.answer = (response) => response.writeHead(500).end();
    const { effects } = await recordFinding(store.db, aRecord(await aPayment(store.db)), TELLS);
    effectId = effects[0] ?? '';
  });

  const notify = (id = effectId, toldSince = Date.now()): Promise<unknown> => {
    const endpoint = { url: shop.url, timeoutMs: 1_000, secrets: [] };
    const activities = createUpdateActivities({ db: store.db, endpoint });
    return anActivityRun(1, toldSince).run(() => activities.notifyMerchant(id));
  };

  async function failureOf(running: Promise<unknown>): Promise<ApplicationFailure> {
    const failure = await running.then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ApplicationFailure);
    return failure as ApplicationFailure;
  }

  it('ends with the result of the attempt', async () => {
    shop.answer = (response) => response.writeHead(204).end();
    expect(await notify()).toBe('delivered');
    expect(await notify()).toBe('delivered');
    expect(await notify('none')).toBe('off');
    expect(shop.received).toHaveLength(1);
  });

  it('fails, to be retried after the planned delay, where the merchant did not acknowledge the update', async () => {
    const failure = await failureOf(notify());
    expect(failure).toMatchObject({ type: 'MERCHANT_UNREACHED', nextRetryDelay: 1_000, nonRetryable: false });
    expect(failure.message).toBe("order.paid: the merchant's endpoint answered 500");
    await store.db.update(outbox).set({ tries: 3, nextAttemptAt: sql`now()` });
    expect(await failureOf(notify())).toMatchObject({ nextRetryDelay: 60_000 });
  });

  it('fails, to be retried at another time where the update is due later', async () => {
    await claimAttempt(store.db, effectId, 7_000);
    const { type, nextRetryDelay, nonRetryable } = await failureOf(notify());
    expect([type, nonRetryable]).toEqual(['NOT_ITS_TURN', false]);
    expect(nextRetryDelay).toBeGreaterThan(5_000);
    expect(nextRetryDelay).toBeLessThanOrEqual(7_000);
    expect(shop.received).toEqual([]);
  });

  it('continues with the delays after a failed first attempt, and owns the update from then on', async () => {
    await claimAttempt(store.db, effectId, 0);
    await failureOf(notify());
    // The first attempt was made by the process that had recorded the update.
    expect(await readUpdate(store.db, effectId)).toMatchObject({ attempts: 2, tries: 2 });
    expect((await readUpdate(store.db, effectId))?.teller).toEqual(expect.any(String));
  });

  it('retries for three more days for a run that was woken late', async () => {
    const days20 = { createdAt: sql`now() - interval '20 days'`, nextAttemptAt: sql`now()` };
    await store.db.update(outbox).set(days20);
    await failureOf(notify(effectId, Date.now() - 71 * 3_600_000));
    await store.db.update(outbox).set({ nextAttemptAt: sql`now()` });
    expect(await notify(effectId, Date.now() - 73 * 3_600_000)).toBe('gave_up');
  });
});
