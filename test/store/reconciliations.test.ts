import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import type { Holding } from '../../src/domain/reconcile.ts';
import { newId } from '../../src/store/new-ids.ts';
import { claimOperation } from '../../src/store/operations.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import {
  countExpectedLooks,
  differing,
  doubtfulOrders,
  findPayments,
  moneyOfOrders,
  movingMoney,
  unlistedPayments,
  writeCompared,
  writeComparedAgain,
  writeDuplicates,
  type ComparedRow,
} from '../../src/store/reconciled.ts';
import {
  beginReconciliation,
  countRunningReconciliations,
  completeReconciliation,
  dropReconciliation,
  failReconciliation,
  findReconciliation,
  knownForeign,
  lastReconciliations,
  pageOfDifferences,
  pageOfReconciliations,
  pruneReconciliations,
  rememberForeign,
  type NewReconciliation,
} from '../../src/store/reconciliations.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { payments, timeline } from '../../src/store/schema/order-tables.ts';
import {
  foreignSessions,
  reconciliationRows,
  reconciliations,
} from '../../src/store/schema/reconciliation-tables.ts';
import { markWoken, takeForWaking } from '../../src/store/wakes.ts';
import { aPayment, aRecord, aTransaction, TELLS } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

const DAY_MS = 24 * 3_600_000;

describe.each(STORES)('a reconciliation, in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    for (const table of [reconciliations, reconciliationRows, foreignSessions]) await store.db.delete(table);
  });

  const begin = (changes: Partial<NewReconciliation> = {}) =>
    beginReconciliation(store.db, {
      id: newId('rec'),
      gateway: 'dintero',
      since: new Date(Date.now() - 7 * DAY_MS),
      until: null,
      coverage: 'api',
      askedBy: 'ada',
      ...changes,
    });

  async function aPaid(): Promise<PaymentRow> {
    const payment = await aPayment(store.db);
    await recordFinding(store.db, aRecord(payment, { transaction: aTransaction(payment) }), TELLS);
    return (await findPayments(store.db, [payment.id])).get(payment.id) as PaymentRow;
  }

  const side = { status: 'AUTHORIZED', amount: 72_200, currency: 'NOK' } as const;
  const compared = (key: string, changes: Partial<ComparedRow> = {}): ComparedRow => ({
    key,
    class: 'match',
    orderReference: null,
    paymentId: null,
    sessionId: null,
    transactionId: key,
    here: null,
    there: side,
    explanation: null,
    ...changes,
  });

  it('counts each transaction once, by its newest result, and is complete once', async () => {
    const { id } = await begin();
    await writeCompared(store.db, id, [compared('a'), compared('b', { class: 'mismatch' }), compared('a')]);
    await writeCompared(store.db, id, [
      compared('b'),
      compared('c', { class: 'foreign' }),
      compared('d', { class: 'missing_here' }),
      compared('e', { class: 'missing_there', explanation: 'in_review' }),
    ]);
    await writeComparedAgain(
      store.db,
      { reconciliationId: id, key: 'a' },
      { class: 'match', explanation: null, isRepaired: true },
    );
    await completeReconciliation(store.db, id);
    const result = await findReconciliation(store.db, id);
    expect(result).toMatchObject({
      state: 'complete',
      compared: 4,
      matched: 2,
      repaired: 1,
      foreign: 1,
      drift: {
        mismatch: { found: 0, unexplained: 0 },
        missing_here: { found: 1, unexplained: 1 },
        missing_there: { found: 1, unexplained: 0 },
        duplicate: { found: 0, unexplained: 0 },
      },
    });
    await failReconciliation(store.db, id, 'too late');
    expect(await findReconciliation(store.db, id)).toEqual(result);
  });

  it('lists what differs page by page, and the reconciliations newest first', async () => {
    const [first, second] = [await begin(), await begin({ gateway: 'other' })];
    await writeCompared(store.db, first.id, [
      compared('a', { class: 'mismatch' }),
      compared('b', { class: 'missing_here' }),
      compared('c'),
    ]);
    const page = await pageOfDifferences(store.db, first.id, { limit: 1 });
    expect([page.hasMore, page.rows.map(({ key }) => key)]).toEqual([true, ['a']]);
    const rest = await pageOfDifferences(store.db, first.id, { limit: 5, cursor: 'a' });
    expect([rest.hasMore, rest.rows.map(({ key }) => key)]).toEqual([false, ['b']]);
    const only = await pageOfDifferences(store.db, first.id, { limit: 5, class: 'missing_here' });
    expect(only.rows.map(({ key }) => key)).toEqual(['b']);
    expect((await differing(store.db, first.id, { after: 'a', limit: 5 })).map(({ key }) => key)).toEqual([
      'b',
    ]);
    const ids = async (filter: object) =>
      (await pageOfReconciliations(store.db, { limit: 5, ...filter })).rows.map(({ id }) => id);
    expect(await ids({})).toEqual(
      [second, first]
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect(await ids({ gateway: 'other', state: 'running' })).toEqual([second.id]);
    expect(await ids({ cursor: [first, second].map(({ id }) => id).toSorted()[0] })).toEqual([]);
    const running = () => countRunningReconciliations(store.db, 'other');
    expect(await running()).toBe(1);
    await dropReconciliation(store.db, second.id);
    expect(await running()).toBe(0);
    expect(await findReconciliation(store.db, second.id)).toBeNull();
  });

  it('finds payments with money that no listing has shown', async () => {
    const [seen, unseen, old] = [await aPaid(), await aPaid(), await aPaid()];
    await aPayment(store.db);
    const createdAt = new Date(Date.now() - 8 * DAY_MS);
    await store.db.update(payments).set({ createdAt }).where(eq(payments.id, old.id));
    const at = await begin();
    await writeCompared(store.db, at.id, [compared(seen.transactionId ?? '')]);
    const found = async (changes: object = {}, after = '') =>
      (await unlistedPayments(store.db, { ...at, ...changes }, { after, limit: 100 })).map(({ id }) => id);
    const all = await found();
    expect(all).toContain(unseen.id);
    for (const { id } of [seen, old]) expect(all).not.toContain(id);
    expect(await found({}, unseen.id)).not.toContain(unseen.id);
    expect(await found({ until: new Date(Date.now() - DAY_MS) })).toEqual([]);
    await writeCompared(store.db, at.id, [compared(`payment/${unseen.id}`)]);
    expect(await found()).not.toContain(unseen.id);
  });

  it('waits for looks that it has asked for itself, until one is recorded', async () => {
    const [asked, other] = [await aPaid(), await aPaid()];
    const { id } = await begin();
    const since = new Date(Date.now() + 60_000);
    await takeForWaking(store.db, 'reconciliation', [{ paymentId: asked.id, about: 'x' }], id);
    await markWoken(store.db, 'reconciliation', [asked.id]);
    await takeForWaking(store.db, 'reconciliation', [{ paymentId: other.id, about: 'x' }], 'another');
    const expected = () => countExpectedLooks(store.db, id, [asked.id, other.id], since);
    expect(await expected()).toBe(1);
    await store.db
      .insert(timeline)
      .values({ paymentId: asked.id, kind: 'read', text: '', at: new Date(Date.now() + 120_000) });
    expect(await expected()).toBe(0);
  });

  it('knows which payments have moving money, and which give it back', async () => {
    const [capturing, returning, still] = [await aPaid(), await aPaid(), await aPaid()];
    const wanted = { bodyHash: 'x', wanted: 100, finalCapture: false } as const;
    await claimOperation(store.db, {
      ...wanted,
      paymentId: capturing.id,
      kind: 'capture',
      reference: 'c',
      cause: 'merchant',
    });
    await claimOperation(store.db, {
      ...wanted,
      paymentId: returning.id,
      kind: 'void',
      reference: 'v',
      cause: 'late_money',
    });
    const { any, back } = await movingMoney(store.db, [capturing.id, returning.id, still.id]);
    expect([any, back]).toEqual([new Set([capturing.id, returning.id]), new Set([returning.id])]);
  });

  it('finds the orders that may have money twice, with all that is known of them', async () => {
    const [alone, first, second, lost] = [await aPaid(), await aPaid(), await aPaid(), await aPaid()];
    const same = { orderReference: first.orderReference, n: 2 };
    await store.db.update(payments).set(same).where(eq(payments.id, second.id));
    const { id } = await begin();
    const of = ({ orderReference, transactionId }: PaymentRow) =>
      compared(transactionId ?? '', { orderReference });
    const missing = compared('missing', { class: 'missing_here', orderReference: lost.orderReference });
    await writeCompared(store.db, id, [of(alone), of(first), of(lost), missing]);
    const references = await doubtfulOrders(store.db, id, { after: '', limit: 10 });
    expect(new Set(references)).toEqual(new Set([first.orderReference, lost.orderReference]));
    const found = await moneyOfOrders(store.db, id, references);
    expect(new Set(found.payments.map((one) => one.id))).toEqual(new Set([first.id, second.id, lost.id]));
    expect(found.missing.map(({ key }) => key)).toEqual(['missing']);
    const holding: Holding = { ...side, payment: first.id, transactionId: 'a', explanation: null };
    const duplicate = {
      orderReference: first.orderReference,
      holdings: [holding, holding],
      explanation: null,
    };
    for (let n = 0; n < 2; n += 1) await writeDuplicates(store.db, id, [duplicate]);
    await completeReconciliation(store.db, id);
    expect((await findReconciliation(store.db, id))?.drift?.duplicate).toEqual({ found: 1, unexplained: 1 });
  });

  it('remembers foreign sessions, each once', async () => {
    await rememberForeign(store.db, 'dintero', ['s1', 's2', 's1']);
    await rememberForeign(store.db, 'dintero', ['s1']);
    expect(await knownForeign(store.db, 'dintero', ['s1', 's3'])).toEqual(new Set(['s1']));
    expect(await knownForeign(store.db, 'other', ['s1'])).toEqual(new Set());
  });

  it('gives figures of the last complete one of the usual period up to now', async () => {
    const complete = async (changes: Partial<NewReconciliation>) => {
      const { id } = await begin(changes);
      await completeReconciliation(store.db, id);
    };
    await complete({ since: new Date(Date.now() - DAY_MS) });
    await complete({ until: new Date() });
    await failReconciliation(store.db, (await begin()).id, 'refused');
    expect(await lastReconciliations(store.db)).toEqual([]);
    await complete({});
    await complete({ gateway: 'other', since: new Date(Date.now() - 30 * DAY_MS) });
    expect((await lastReconciliations(store.db)).map(({ gateway }) => gateway)).toEqual(['dintero', 'other']);
  });

  it('is pruned: what matched at its end, all of it after 90 days but the last, and lost ones fail', async () => {
    const [last, old, lost] = [
      await begin(),
      await begin({ id: `rec_${'0'.repeat(28)}` }),
      await begin({ gateway: 'other' }),
    ];
    for (const { id } of [last, old]) {
      await writeCompared(store.db, id, [compared('a'), compared('b', { class: 'mismatch' })]);
      await completeReconciliation(store.db, id);
    }
    await writeCompared(store.db, lost.id, [compared('a')]);
    const aged = { startedAt: sql`started_at - interval '91 days'`, since: sql`since - interval '91 days'` };
    for (const { id } of [old, last])
      await store.db.update(reconciliations).set(aged).where(eq(reconciliations.id, id));
    await rememberForeign(store.db, 'dintero', ['s1']);
    while (await pruneReconciliations(store.db));
    const keys = async (id: string) =>
      (
        await store.db.select().from(reconciliationRows).where(eq(reconciliationRows.reconciliationId, id))
      ).map(({ key }) => key);
    expect([await keys(last.id), await keys(old.id), await keys(lost.id)]).toEqual([['b'], [], ['a']]);
    expect(await findReconciliation(store.db, old.id)).toBeNull();
    expect(await knownForeign(store.db, 'dintero', ['s1'])).toEqual(new Set(['s1']));
    await store.db
      .update(reconciliations)
      .set({ startedAt: sql`started_at - interval '3 days'` })
      .where(eq(reconciliations.id, lost.id));
    await pruneReconciliations(store.db);
    expect(await findReconciliation(store.db, lost.id)).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('never ended'),
    });
  });
});
