/** Rules that exist in the domain and in SQL: both must give the same result for generated rows. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, inArray, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { tellsNews, type Claim } from '../../src/domain/callback.ts';
import {
  type CaptureMode,
  graceOf,
  isSettled,
  LONGEST_GRACE_MS,
  PAYMENT_STATUSES,
  readEvery,
  REVIEW_CODES,
  type PaymentStatus,
  type ReviewCode,
} from '../../src/domain/payment.ts';
import { logDelivery, markAnswered } from '../../src/store/log-delivery.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { payments, timeline } from '../../src/store/schema/order-tables.ts';
import { findUnwatched } from '../../src/store/sweeps.ts';
import { aDelivery, aPayment } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Every combination of one value of each. */
function product<Values extends Record<string, readonly unknown[]>>(
  values: Values,
): { [Name in keyof Values]: Values[Name][number] }[] {
  let all: Record<string, unknown>[] = [{}];
  for (const [name, some] of Object.entries(values))
    all = all.flatMap((one) => some.map((value) => ({ ...one, [name]: value })));
  return all as { [Name in keyof Values]: Values[Name][number] }[];
}

const PROVED = product<{
  status: readonly PaymentStatus[];
  transactionId: readonly (string | null)[];
  capture: readonly CaptureMode[];
  knownEvents: readonly string[][];
}>({
  status: PAYMENT_STATUSES,
  transactionId: [null, 'T.1'],
  capture: ['manual', 'auto'],
  knownEvents: [[], ['e1']],
});
const CLAIMS: readonly Claim[] = product({
  transactionId: [undefined, 'T.1', 'T.2'],
  event: [undefined, 'CAPTURE'],
  eventRef: [undefined, 'e1', 'e2'],
  error: [undefined, 'no cover'],
}).map((claim) => Object.fromEntries(Object.entries(claim).filter(([, value]) => value !== undefined)));

describe.each(STORES)('a rule in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  const wokenAmong = async (ids: readonly string[], pollIntervalMs: number): Promise<ReadonlySet<string>> => {
    const found = await findUnwatched(store.db, { limit: 10_000, pollIntervalMs });
    return new Set(found.map(({ id }) => id).filter((id) => ids.includes(id)));
  };

  describe('tellsNews', () => {
    it('decides for every claim and every payment whether a delivery has to be looked at when it arrives', async () => {
      const wrong: unknown[] = [];
      // The same statement as below, which the other test runs for all of them.
      for (const proved of PROVED.filter((_, index) => index % 7 === 0)) {
        const payment = await aPayment(store.db);
        await store.db.update(payments).set(proved).where(eq(payments.id, payment.id));
        for (const [index, claim] of CLAIMS.entries()) {
          // Each delivery has another content, since an equal content of a settled payment is a duplicate for
          // every claim.
          const delivery = aDelivery(payment, { claim, contentHash: `${payment.id}-${index}` });
          const { toSignal } = await logDelivery(store.db, delivery);
          if (toSignal !== tellsNews(claim, proved)) wrong.push({ claim, proved, toSignal });
        }
      }
      expect(wrong).toEqual([]);
    }, 240_000);

    it('decides the same for deliveries that arrived before the payment was proved', async () => {
      const wrong: unknown[] = [];
      const payment = await aPayment(store.db);
      for (const [index, claim] of CLAIMS.entries())
        await logDelivery(store.db, aDelivery(payment, { claim, contentHash: `before-${index}` }));
      const ofPayment = eq(deliveries.paymentId, payment.id);
      for (const proved of PROVED) {
        await store.db.update(payments).set(proved).where(eq(payments.id, payment.id));
        await store.db.update(deliveries).set({ state: 'received' }).where(ofPayment);
        await markAnswered(store.db, payment.id);
        for (const { claim, state } of await store.db.select().from(deliveries).where(ofPayment))
          if ((state === 'received') !== tellsNews(claim, proved)) wrong.push({ claim, proved, state });
      }
      expect(wrong).toEqual([]);
    }, 60_000);
  });

  it('isSettled decides for every payment whether the same content again is a duplicate', async () => {
    for (const status of PAYMENT_STATUSES) {
      const payment = await aPayment(store.db);
      await store.db.update(payments).set({ status }).where(eq(payments.id, payment.id));
      await logDelivery(store.db, aDelivery(payment));
      await store.db.update(deliveries).set({ state: 'handled' }).where(eq(deliveries.paymentId, payment.id));
      const again = await logDelivery(store.db, aDelivery(payment));
      expect([status, again.result]).toEqual([status, isSettled(status) ? 'duplicate' : 'accepted']);
    }
  });

  it('graceOf decides when an open session is long over without a run that watches it', async () => {
    const minutes = fc.sample(fc.integer({ min: 1, max: 60 * 24 * 14 }), { numRuns: 60, seed: 7 });
    const lifetimes = [0, 1, 5, 59, 60, 61, 240, ...minutes].map((some) => some * MINUTE_MS);
    // Near enough to both sides of the limit to distinguish them, and far enough that the test's own time
    // does not matter.
    const late = [-60_000, -20_000, 20_000, 60_000];
    const cases = lifetimes.flatMap((lifetimeMs) =>
      late.map((ms) => ({ lifetimeMs, overMs: 2 * graceOf(lifetimeMs) + ms })),
    );
    const made = new Map<string, object>();
    const expected = new Set<string>();
    for (const { lifetimeMs, overMs } of cases) {
      const { id } = await aPayment(store.db);
      const expiresAt = new Date(Date.now() - overMs);
      const createdAt = new Date(expiresAt.getTime() - lifetimeMs);
      await store.db.update(payments).set({ expiresAt, createdAt }).where(eq(payments.id, id));
      made.set(id, { lifetimeMs, overMs });
      if (overMs > 2 * graceOf(lifetimeMs)) expected.add(id);
    }
    const woken = await wokenAmong([...made.keys()], HOUR_MS);
    const wrong = [...made].filter(([id]) => woken.has(id) !== expected.has(id)).map(([, about]) => about);
    expect({ wrong, longest: graceOf(Infinity) }).toEqual({ wrong: [], longest: LONGEST_GRACE_MS });
    // Other tests must not find them again.
    await store.db
      .update(payments)
      .set({ status: 'EXPIRED' })
      .where(inArray(payments.id, [...made.keys()]));
  }, 60_000);

  it('decides whether a payment that waits for a person or a hold was read in time', async () => {
    const codes: readonly (ReviewCode | null)[] = [null, ...REVIEW_CODES];
    const rows = product({ status: PAYMENT_STATUSES, reviewCode: codes, isMarked: [false, true] }).filter(
      isRow,
    );
    const made: { payment: PaymentRow; row: Row }[] = [];
    for (const row of rows) {
      const payment = await aPayment(store.db);
      const { status, reviewCode, isMarked } = row;
      const fields = { status, reviewCode, reviewMark: isMarked ? 'unclear: UNKNOWN' : null };
      await store.db.update(payments).set(fields).where(eq(payments.id, payment.id));
      made.push({ payment, row });
    }
    const ids = made.map(({ payment }) => payment.id);
    for (const pollIntervalMs of [10 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS])
      for (const silentMs of [29, 31, 179, 181, 899, 901].map((some) => some * MINUTE_MS)) {
        await store.db.delete(timeline).where(inArray(timeline.paymentId, ids));
        for (const paymentId of ids) {
          const at = sql`now() - ${silentMs} * interval '1 millisecond'`;
          await store.db.insert(timeline).values({ paymentId, at, kind: 'read', text: 'read', key: 'read' });
        }
        const woken = await wokenAmong(ids, pollIntervalMs);
        const wrong = made.filter(({ payment, row }) => {
          const everyMs = readEvery(row, pollIntervalMs);
          return woken.has(payment.id) !== (everyMs !== null && silentMs > 3 * everyMs);
        });
        expect({ pollIntervalMs, silentMs, wrong: wrong.map(({ row }) => row) }).toEqual({
          pollIntervalMs,
          silentMs,
          wrong: [],
        });
      }
  }, 120_000);
});

interface Row {
  readonly status: PaymentStatus;
  readonly reviewCode: ReviewCode | null;
  readonly isMarked: boolean;
}

/**
 * As `applyFinding` leaves them: a code where a person is asked, in REVIEW or by a mark of a settled payment.
 * An open session did not expire long ago.
 */
function isRow({ status, reviewCode, isMarked }: Row): boolean {
  const isAsked = status === 'REVIEW' || isMarked;
  if (isMarked && !isSettled(status)) return false;
  return (reviewCode !== null) === isAsked;
}
