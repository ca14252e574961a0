import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { readUpdate, supersede } from '../../src/store/outbox.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import {
  claimAttempt,
  finishAttempt,
  pageOfAttempts,
  type AttemptEnd,
  type ClaimedAttempt,
} from '../../src/store/update-attempts.ts';
import { aFinding, aPayment, aRecord, TELLS } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

const A_MINUTE_MS = 60_000;
const HEARD: AttemptEnd = { state: 'delivered', lastAnswer: '204', retryAfterMs: 1_000 };
const NOT_HEARD: AttemptEnd = { state: 'pending', lastAnswer: '500', retryAfterMs: 1_000 };

describe.each(STORES)('attempts to send an update in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  async function anUpdate(): Promise<string> {
    const payment = await aPayment(store.db);
    const { effects } = await recordFinding(store.db, aRecord(payment), TELLS);
    return effects[0] ?? '';
  }

  const claim = (effectId: string, forMs = A_MINUTE_MS, teller: string | null = null) =>
    claimAttempt(store.db, effectId, forMs, teller);

  const finish = (claimed: ClaimedAttempt | null, end: AttemptEnd, status = Number(end.lastAnswer)) =>
    finishAttempt(
      store.db,
      claimed ?? { effectId: '', attempts: 0 },
      { status, error: null, ms: 12, answer: 'ok' },
      end,
    );

  const makeDue = (effectId: string) =>
    store.db
      .update(outbox)
      .set({ nextAttemptAt: sql`now()` })
      .where(eq(outbox.effectId, effectId));

  it('are claimed by one of several parallel callers', async () => {
    const effectId = await anUpdate();
    const claims = await Promise.all(Array.from({ length: 10 }, () => claim(effectId)));
    expect(claims.filter((one) => one !== null)).toMatchObject([{ effectId, attempts: 1 }]);
    expect(await readUpdate(store.db, effectId)).toMatchObject({ attempts: 1 });
  });

  it('are exclusive until the claim is released or expires', async () => {
    const effectId = await anUpdate();
    const first = await claim(effectId);
    expect(await claim(effectId)).toBeNull();
    const { waitMs } = (await readUpdate(store.db, effectId)) ?? { waitMs: 0 };
    expect(waitMs).toBeGreaterThan(A_MINUTE_MS - 10_000);
    await finish(first, NOT_HEARD);
    await makeDue(effectId);
    expect(await readUpdate(store.db, effectId)).toMatchObject({ waitMs: 0 });
    expect(await claim(effectId, 0)).toMatchObject({ attempts: 2 });
    expect(await claim(effectId)).toMatchObject({ attempts: 3 });
  });

  it('are not made before they are due', async () => {
    const effectId = await anUpdate();
    await finish(await claim(effectId), { ...NOT_HEARD, retryAfterMs: A_MINUTE_MS });
    expect(await claim(effectId)).toBeNull();
    const { waitMs } = (await readUpdate(store.db, effectId)) ?? { waitMs: 0 };
    expect(waitMs).toBeGreaterThan(A_MINUTE_MS - 10_000);
    expect(waitMs).toBeLessThanOrEqual(A_MINUTE_MS);
  });

  it('are not made for a passing state once the order has moved on, nor before the first attempt at an earlier update', async () => {
    const payment = await aPayment(store.db);
    const declined = await recordFinding(store.db, aRecord(payment, { finding: aFinding('FAILED') }), TELLS);
    const paid = await recordFinding(store.db, aRecord(payment, { key: 'b' }), TELLS);
    const [first = '', second = ''] = [...declined.effects, ...paid.effects];
    expect(await claim(first)).toBeNull();
    expect(await claim(second)).toBeNull();
    await supersede(store.db, first);
    expect(await claim(second)).toMatchObject({ effectId: second, type: 'order.paid', attempts: 1 });
  });

  it('belong to the run that sends the update, and are counted again from one in another run', async () => {
    const effectId = await anUpdate();
    const tries = async (teller: string | null) => {
      await finish(await claim(effectId, A_MINUTE_MS, teller), { ...NOT_HEARD, retryAfterMs: 0 });
      const update = await readUpdate(store.db, effectId);
      return [update?.teller, update?.tries, update?.attempts];
    };
    // First by the process that recorded it, then by the run that retries it, then by a run that was woken
    // for it.
    expect(await tries(null)).toEqual([null, 1, 1]);
    expect(await tries('run-1')).toEqual(['run-1', 2, 2]);
    expect(await tries('run-1')).toEqual(['run-1', 3, 3]);
    expect(await tries('run-2')).toEqual(['run-2', 1, 4]);
    expect(await tries('run-2')).toEqual(['run-2', 2, 5]);
  });

  it('end with the acknowledged one, and are counted', async () => {
    const effectId = await anUpdate();
    await finish(await claim(effectId), { ...NOT_HEARD, retryAfterMs: 0 });
    await finish(await claim(effectId), HEARD);
    expect(await claim(effectId)).toBeNull();
    expect(await readUpdate(store.db, effectId)).toMatchObject({
      state: 'delivered',
      attempts: 2,
      lastAnswer: '204',
    });
  });

  it('do not release a later claim when their own has expired, and count where they were acknowledged', async () => {
    const effectId = await anUpdate();
    const slow = await claim(effectId, 0);
    const next = await claim(effectId);
    await finish(slow, NOT_HEARD);
    expect(await claim(effectId)).toBeNull();
    await finish(slow, HEARD);
    await finish(next, NOT_HEARD);
    expect(await readUpdate(store.db, effectId)).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  it('are kept with their results, also one that a killed process has begun', async () => {
    const effectId = await anUpdate();
    await finish(await claim(effectId), { ...NOT_HEARD, retryAfterMs: 0 });
    await claim(effectId, 0);
    await finish(await claim(effectId), HEARD);
    const { rows, hasMore } = await pageOfAttempts(store.db, effectId, { limit: 2 });
    expect(rows).toMatchObject([
      { n: 3, status: 204, ms: 12, answer: 'ok' },
      { n: 2, status: null, ms: null, answer: null, error: null },
    ]);
    expect(hasMore).toBe(true);
    const older = await pageOfAttempts(store.db, effectId, { limit: 2, cursor: 2 });
    expect(older).toMatchObject({ rows: [{ n: 1, status: 500 }], hasMore: false });
  });
});
