/**
 * RETENTION_TIMELINE and RETENTION_UPDATES: texts are deleted, and the data that ensures that things happen
 * once is kept.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { prune } from '../../src/background/prune.ts';
import { beginAudit, answerAudit } from '../../src/store/audit.ts';
import { useDecision, writeDecision } from '../../src/store/decisions.ts';
import { claimOperation } from '../../src/store/operations.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { payments, timeline } from '../../src/store/schema/order-tables.ts';
import { audit } from '../../src/store/schema/audit-table.ts';
import { operations } from '../../src/store/schema/operation-table.ts';
import { outbox, updateAttempts } from '../../src/store/schema/update-tables.ts';
import { retentionLeft, retentionMarks } from '../../src/store/schema/retention-tables.ts';
import { forgetSlice, type Retained } from '../../src/store/retention.ts';
import { findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import { aFinding, aPayment, aRecord, attempted, TELLS } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

const DAY_MS = 86_400_000;
const OLD = 30 * DAY_MS;

describe.each(STORES)('data that is older than its retention, in $name,', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    const tables: PgTable[] = [payments, timeline, outbox, updateAttempts, operations, audit];
    for (const table of [...tables, retentionMarks, retentionLeft]) await store.db.delete(table);
  });

  const forget = async (what: Retained, ms = 7 * DAY_MS) => {
    while (await forgetSlice(store.db, what, ms));
  };
  const paid = async (): Promise<PaymentRow> => {
    const payment = await aPayment(store.db);
    const claim = { eventId: 'event-1', transactionId: 'T12345678.t' };
    const note = { kind: 'delivery', text: 'verified callback: error=card of Ada', data: claim } as const;
    const error = { ...note, data: { ...claim, error: 'card of Ada' } };
    await recordFinding(store.db, aRecord(payment, { notes: [error] }), TELLS);
    return payment;
  };
  const age = (table: typeof timeline | typeof audit, ms = OLD) =>
    store.db.update(table).set({ at: sql`now() - ${ms} * interval '1 millisecond'` });
  const ageUpdates = (ms = OLD) =>
    store.db.update(outbox).set({ createdAt: sql`now() - ${ms} * interval '1 millisecond'` });
  const oldId = (prefix: string, n: number) =>
    `${prefix}_${(Date.now() - OLD).toString(16).padStart(12, '0')}000000000000000${n}`;

  it('loses the texts of its timeline, and keeps ids, sums, statuses and keys', async () => {
    const payment = await paid();
    const before = await readTimeline(store.db, payment.id);
    await age(timeline);
    await forget('timeline');
    const after = await readTimeline(store.db, payment.id);
    expect(after.map(({ text }) => text)).toEqual(before.map(() => ''));
    expect(after.map(({ id, kind, key }) => [id, kind, key])).toEqual(
      before.map(({ id, kind, key }) => [id, kind, key]),
    );
    expect(after.map(({ data }) => data)).toEqual([
      { eventId: 'event-1', transactionId: 'T12345678.t' },
      { from: 'PENDING', to: 'AUTHORIZED' },
      {},
    ]);
  });

  it('still prevents repetitions: the same record again changes nothing', async () => {
    const payment = await aPayment(store.db);
    const record = aRecord(payment, { notes: [{ kind: 'read', text: 'dintero says AUTHORIZED' }] });
    await recordFinding(store.db, record, TELLS);
    await age(timeline);
    await ageUpdates();
    await store.db.update(outbox).set({ state: 'delivered' });
    await forget('timeline');
    await forget('updates');
    const before = await readTimeline(store.db, payment.id);
    expect(await recordFinding(store.db, record, TELLS)).toMatchObject({ isChange: false, paysNow: false });
    expect(await readTimeline(store.db, payment.id)).toEqual(before);
    expect(await store.db.select().from(outbox)).toHaveLength(1);
  });

  it('keeps whether a decision was used, and deletes who decided and why', async () => {
    const payment = await paid();
    const data = { decision: 'cancel', actor: 'ada', key: 'backoffice', reason: 'she asked' } as const;
    const noteKey = await writeDecision(store.db, payment.id, { text: 'ada asked to cancel', data });
    const use = (by: string) => useDecision(store.db, payment.id, { noteKey, decision: 'cancel', by });
    expect(await use('run-1')).toBe(true);
    await age(timeline);
    await forget('timeline');
    const [note] = await store.db.select().from(timeline).where(eq(timeline.key, noteKey));
    expect(note?.data).toEqual({ decision: 'cancel', usedBy: 'run-1' });
    expect([await use('run-1'), await use('run-2')]).toEqual([true, false]);
  });

  it('is kept until it is old enough, also behind older data', async () => {
    const payment = await paid();
    await age(timeline);
    const young = await paid();
    await forget('timeline');
    const texts = async ({ id }: PaymentRow) => (await readTimeline(store.db, id)).map(({ text }) => text);
    expect((await texts(payment)).join('')).toBe('');
    expect((await texts(young)).every((text) => text !== '')).toBe(true);
    await age(timeline);
    await forget('timeline');
    expect((await texts(young)).join('')).toBe('');
  });

  it('is deleted also behind a line whose time is far ahead', async () => {
    const payment = await paid();
    await age(timeline);
    const [first] = await readTimeline(store.db, payment.id);
    await store.db
      .update(timeline)
      .set({ at: new Date('2999-01-01') })
      .where(eq(timeline.id, first?.id ?? 0));
    await forget('timeline');
    expect((await readTimeline(store.db, payment.id)).map(({ text }) => text).join('')).toBe('');
  });

  it.each([
    ['is open', { status: 'ON_HOLD' }],
    ['is in REVIEW', { status: 'REVIEW' }],
    ['has a review mark', { reviewMark: 'unclear' }],
  ] as const)(
    'keeps its texts while a payment of the order %s, and loses them once it has ended',
    async (_, change) => {
      const [{ id }, other] = [await paid(), await paid()];
      const before = await findPayment(store.db, id);
      await store.db.update(payments).set(change).where(eq(payments.id, id));
      await age(timeline);
      const texts = async (of = id) => (await readTimeline(store.db, of)).map(({ text }) => text);
      await forget('timeline');
      expect((await texts()).every((text) => text !== '')).toBe(true);
      expect((await texts(other.id)).join('')).toBe('');
      await store.db
        .update(payments)
        .set(before ?? {})
        .where(eq(payments.id, id));
      await forget('timeline');
      expect((await texts()).join('')).toBe('');
      expect(await store.db.select().from(retentionLeft)).toEqual([]);
    },
  );

  it('keeps its texts while money of the payment is being moved', async () => {
    const [{ id }, other] = [await paid(), await paid()];
    const wanted = {
      paymentId: id,
      bodyHash: 'x',
      wanted: 1,
      finalCapture: false,
      cause: 'merchant',
    } as const;
    await claimOperation(store.db, { ...wanted, kind: 'capture', reference: 'c1' });
    await age(timeline);
    // One stretch, before the rows that were left out are checked again.
    const isWithin = async () => (await store.db.select().from(retentionMarks))[0]?.mark === null;
    do await forgetSlice(store.db, 'timeline', 7 * DAY_MS);
    while (await isWithin());
    expect(await store.db.select().from(retentionLeft)).toEqual([{ what: 'timeline', id }]);
    const texts = async (of = id) => (await readTimeline(store.db, of)).map(({ text }) => text);
    await forget('timeline');
    expect((await texts()).every((text) => text !== '')).toBe(true);
    expect((await texts(other.id)).join('')).toBe('');
    await store.db.update(operations).set({ state: 'done' });
    await forget('timeline');
    expect((await texts()).join('')).toBe('');
  });

  it('loses the bodies and answers of updates, and keeps statuses, counts and times', async () => {
    await paid();
    const [update] = await store.db.select().from(outbox);
    await attempted(store.db, update?.effectId ?? '', { state: 'pending', answer: 'nothing: ECONNREFUSED' });
    await attempted(store.db, update?.effectId ?? '', { state: 'delivered', answer: '204' });
    await store.db.update(updateAttempts).set({ answer: 'thank you, Ada', error: 'nothing: ECONNREFUSED' });
    const [before] = await store.db.select().from(outbox);
    await ageUpdates();
    await forget('updates');
    const [after] = await store.db.select().from(outbox);
    expect(after).toEqual({ ...before, body: '', createdAt: expect.any(Date) });
    expect(await store.db.select().from(updateAttempts)).toMatchObject([
      { n: 1, status: null, ms: 5, error: null, answer: null },
      { n: 2, status: 204, ms: 5, error: null, answer: null },
    ]);
  });

  it('keeps the body of an update that is pending, and loses it once it was given up', async () => {
    await paid();
    await ageUpdates();
    await forget('updates');
    const bodies = async () => (await store.db.select().from(outbox)).map(({ body }) => body);
    expect(await bodies()).toEqual([expect.stringContaining('order.paid')]);
    await store.db.update(outbox).set({ state: 'gave_up', lastAnswer: 'nothing: ECONNREFUSED' });
    await forget('updates');
    expect(await bodies()).toEqual(['']);
    expect(await store.db.select().from(outbox)).toMatchObject([{ lastAnswer: null }]);
    expect(await store.db.select().from(retentionLeft)).toEqual([]);
  });

  it('loses the inputs and answers of captures that have ended, and addresses and reasons in the audit', async () => {
    const { id: paymentId } = await paid();
    const words = { reason: 'for Ada', detail: 'card of Ada refused', code: 'declined', bodyHash: 'h' };
    const row = { paymentId, kind: 'capture', cause: 'merchant', amount: 100, ...words } as const;
    await store.db.insert(operations).values([
      { ...row, id: oldId('op', 1), reference: 'c1', state: 'failed' },
      { ...row, id: oldId('op', 2), reference: 'c2', state: 'unknown' },
    ]);
    const call = { key: 'shop', address: '192.0.2.1', requestId: 'r', what: 'capture', paymentId } as const;
    const auditId = await beginAudit(store.db, call);
    const asked = { amount: 100, reference: 'c1', reason: 'for Ada' };
    await answerAudit(store.db, auditId, { actor: 'ada', asked, status: 200, code: null });
    await store.db.update(audit).set({ id: oldId('aud', 1) });
    await beginAudit(store.db, call);
    for (const what of ['operations', 'audit'] as const) await forget(what);
    const found = await store.db.select().from(operations).orderBy(operations.id);
    expect(found).toMatchObject([
      { reason: null, detail: null, code: 'declined', bodyHash: 'h', amount: 100 },
      { reason: 'for Ada', detail: 'card of Ada refused' },
    ]);
    expect(await store.db.select().from(audit).orderBy(audit.id)).toMatchObject([
      { address: '', actor: 'ada', asked: { amount: 100, reference: 'c1' }, status: 200 },
      { address: '192.0.2.1' },
    ]);
    await store.db.update(operations).set({ state: 'done' });
    await forget('operations');
    expect(await store.db.select().from(operations).orderBy(operations.id)).toMatchObject([
      {},
      { reason: null },
    ]);
  });

  it('stays for ever where no retention is set, and is deleted by the forwarder where one is', async () => {
    const payment = await paid();
    await age(timeline);
    await ageUpdates();
    await store.db.update(outbox).set({ state: 'delivered' });
    const stopping = new AbortController().signal;
    const left = async () => [
      ...(await readTimeline(store.db, payment.id)).map(({ text }) => text),
      ...(await store.db.select().from(outbox)).map(({ body }) => body),
    ];
    const before = await left();
    await prune({ db: store.db, stopping, retentionMs: { deliveries: DAY_MS } });
    expect(await left()).toEqual(before);
    await prune({ db: store.db, stopping, retentionMs: { deliveries: DAY_MS, timeline: 7 * DAY_MS } });
    expect((await left()).filter((text) => text !== '')).toEqual([expect.stringContaining('order.paid')]);
    await prune({ db: store.db, stopping, retentionMs: { deliveries: DAY_MS, updates: 7 * DAY_MS } });
    expect((await left()).join('')).toBe('');
  }, 30_000);

  it('is deleted completely, by one of several processes at a time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, paid));
    await age(timeline);
    const stopping = new AbortController().signal;
    const retentionMs = { deliveries: DAY_MS, timeline: 7 * DAY_MS };
    await Promise.all([1, 2, 3].map(() => prune({ db: store.db, stopping, retentionMs })));
    for (const { id } of all)
      expect((await readTimeline(store.db, id)).map(({ text }) => text).join('')).toBe('');
  }, 30_000);

  it('includes data of payments that ended without money', async () => {
    const payment = await aPayment(store.db);
    await recordFinding(store.db, aRecord(payment, { finding: aFinding('EXPIRED') }), TELLS);
    await age(timeline);
    await forget('timeline');
    expect((await readTimeline(store.db, payment.id)).map(({ text }) => text).join('')).toBe('');
  });
});
