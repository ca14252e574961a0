/** Surplus in the store: found by its id, given back by itself, and never taken for the payment's own money. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import type { Surplus, SurplusHandling } from '../../src/domain/surplus.ts';
import { claimGiveBack } from '../../src/store/claim-give-back.ts';
import { findKey } from '../../src/store/find-key.ts';
import { takeForgotten } from '../../src/store/forgotten-operations.ts';
import { listDeliveries } from '../../src/store/lists.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { rows } from '../../src/store/open.ts';
import { markSending } from '../../src/store/operation-attempts.ts';
import { claimOperation, lineHistory, listOperations } from '../../src/store/operations.ts';
import { placeParked } from '../../src/store/parked.ts';
import { findPayment, recordOpened, type PaymentRow } from '../../src/store/payments.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { operations } from '../../src/store/schema/operation-table.ts';
import { orders, payments } from '../../src/store/schema/order-tables.ts';
import { search } from '../../src/store/search.ts';
import { hasSurplus } from '../../src/store/surplus-condition.ts';
import { findListed } from '../../src/store/sweeps.ts';
import {
  aDecision,
  aDelivery,
  aFinding,
  aPayment,
  aRecord,
  aSessionId,
  aTransaction,
  keyOf,
  TELLS,
} from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

const anId = () => `T.other-${randomBytes(6).toString('hex')}`;

describe.each(STORES)('surplus in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  const surplus = (handling: SurplusHandling, more: Partial<Surplus> = {}): Surplus => ({
    transactionId: anId(),
    status: 'AUTHORIZED',
    authorizedMinor: 72_200,
    capturedMinor: 0,
    refundedMinor: 0,
    shown: {},
    handling,
    ...more,
  });
  const reread = async ({ id }: PaymentRow) => (await findPayment(store.db, id)) as PaymentRow;
  /** It has paid its order, and has this surplus. */
  async function aPaid(...all: Surplus[]): Promise<PaymentRow> {
    const payment = await aPayment(store.db);
    const opened = { sessionId: aSessionId(), checkoutUrl: 'https://c.example/', text: 'opened' };
    await recordOpened(store.db, payment.id, opened);
    const row = await reread(payment);
    await recordFinding(store.db, aRecord(row, { transaction: aTransaction(row) }), TELLS);
    await store.db.update(payments).set({ surplus: all }).where(eq(payments.id, payment.id));
    return reread(payment);
  }
  const claim = (payment: PaymentRow, transactionId: string) =>
    claimGiveBack(store.db, payment.id, { kind: 'void', cause: 'late_money', transactionId });

  it('is recorded as a finding shows it, beside a payment and an order that stay as they are', async () => {
    const payment = await aPaid();
    const other = aTransaction(payment, { transactionId: anId() });
    const finding = aFinding('AUTHORIZED', { isOfSurplus: true, surplus: [other] });
    const recorded = await recordFinding(store.db, aRecord(payment, { finding }), TELLS);
    expect(recorded).toMatchObject({ isChange: false, paysNow: false, effects: [], next: ['give_back'] });
    const { updatedAt: _, surplus: now, ...row } = await reread(payment);
    const { updatedAt: __, surplus: before, ...then } = payment;
    expect([row, before]).toEqual([then, []]);
    const sums = { authorizedMinor: 72_200, capturedMinor: 0, refundedMinor: 0 };
    expect(now).toMatchObject([{ transactionId: other.transactionId, ...sums, handling: 'give_back' }]);
  });

  it('is found by its transaction, at its own gateway alone', async () => {
    const other = surplus('give_back');
    const { transactionId } = other;
    const payment = await aPaid(surplus('none'), other);
    expect(await findKey(store.db, 'dintero', { transactionId })).toEqual(keyOf(payment));
    expect(await findKey(store.db, 'stripe', { transactionId })).toBeNull();
    expect(await findKey(store.db, 'dintero', { transactionId: anId() })).toBeNull();
    const listed = [
      { sessionId: null, transactionId },
      { sessionId: null, transactionId: anId() },
    ];
    expect(await findListed(store.db, 'dintero', listed)).toMatchObject([{ id: payment.id }]);
    expect((await search(store.db, transactionId)).hits).toMatchObject([{ kind: 'payment', id: payment.id }]);
  });

  it('gets the parked deliveries about it, at its own gateway alone', async () => {
    const other = surplus('give_back');
    const payment = await aPaid(other);
    const about = (transactionId: string, gateway = 'dintero') =>
      logDelivery(store.db, aDelivery(null, { gateway, claim: { transactionId }, isParked: true }));
    await about(other.transactionId);
    await about(payment.transactionId ?? '');
    await about(anId());
    await about(other.transactionId, 'stripe');
    await placeParked(store.db);
    const { rows: placed } = await listDeliveries(store.db, { payment: payment.id, limit: 9 });
    expect(placed).toMatchObject([
      { state: 'received', gateway: 'dintero' },
      { state: 'received', gateway: 'dintero' },
    ]);
  });

  it('is found by an index', async () => {
    const plan = await store.db.transaction(async (tx) => {
      await tx.execute(sql`set local enable_seqscan = off`);
      const wanted = hasSurplus([anId(), anId()]);
      return rows<Record<string, string>>(tx, sql`explain select id from payments where ${wanted}`);
    });
    expect(JSON.stringify(plan)).toContain('payments_surplus');
  });

  it('is given back where its payment has paid the order, with a reference that no other give-back has', async () => {
    const [one, two] = [surplus('give_back'), surplus('give_back')];
    const payment = await aPaid(one, two);
    const first = await claim(payment, one.transactionId);
    expect(first).toMatchObject({ reference: 'give-back-1', transactionId: one.transactionId });
    expect(await claim(payment, one.transactionId)).toEqual(first);
    expect(await claim(payment, two.transactionId)).toMatchObject({ reference: 'give-back-2' });
    expect(await claimGiveBack(store.db, payment.id, { kind: 'void', cause: 'late_money' })).toBeNull();
  });

  it('under parallel requests is given back once', async () => {
    const other = surplus('give_back');
    const payment = await aPaid(other);
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(payment, other.transactionId)));
    expect(new Set(claims.map((operation) => operation?.id)).size).toBe(1);
    expect(await listOperations(store.db, payment.id)).toHaveLength(1);
  });

  it.each(['review', 'stuck', 'dismissed', 'none'] as const)(
    'that is handled as %s does not go back by itself',
    async (handling) => {
      const other = surplus(handling);
      const payment = await aPaid(other);
      expect(await claim(payment, other.transactionId)).toBeNull();
      const noteKey = await aDecision(store.db, payment, 'give_back_surplus');
      const { transactionId } = other;
      const decided = { kind: 'void', cause: 'operator', noteKey, transactionId } as const;
      const isDecided = (await claimGiveBack(store.db, payment.id, decided)) !== null;
      expect(isDecided).toBe(handling === 'review' || handling === 'stuck');
    },
  );

  it('is never a transaction that is not recorded, or that counts for the payment', async () => {
    const payment = await aPaid();
    const own = payment.transactionId as string;
    expect(await claim(payment, anId())).toBeNull();
    expect(await claim(payment, own)).toBeNull();
    const wrong = [surplus('give_back', { transactionId: own })];
    await store.db.update(payments).set({ surplus: wrong }).where(eq(payments.id, payment.id));
    expect(await claim(payment, own)).toBeNull();
  });

  it("does not open the way to the payment's own money for an operator", async () => {
    const other = surplus('review');
    const payment = await aPaid(other);
    await store.db
      .update(orders)
      .set({ paidAt: sql`now() - interval '1 hour'` })
      .where(eq(orders.reference, payment.orderReference));
    const noteKey = await aDecision(store.db, payment, 'give_back_surplus');
    const { transactionId } = other;
    const decided = { kind: 'void', cause: 'operator', noteKey } as const;
    expect(await claimGiveBack(store.db, payment.id, { ...decided, transactionId })).not.toBeNull();
    expect(await claimGiveBack(store.db, payment.id, decided)).toBeNull();
    const ofOwn = await aDecision(store.db, payment, 'give_back');
    expect(await claimGiveBack(store.db, payment.id, { ...decided, noteKey: ofOwn })).toBeNull();
  });

  it('that must go back is taken up again, also where the payment has paid', async () => {
    const [owed, asked] = [await aPaid(surplus('give_back')), await aPaid(surplus('review'))];
    const old = { updatedAt: sql`now() - interval '16 minutes'` };
    for (const { id } of [owed, asked]) await store.db.update(payments).set(old).where(eq(payments.id, id));
    const taken = (await takeForgotten(store.db, 100)).map(({ payment }) => payment.id);
    expect([owed, asked].map(({ id }) => taken.includes(id))).toEqual([true, false]);
    const other = owed.surplus[0] as Surplus;
    const operation = await claim(owed, other.transactionId);
    await store.db.update(payments).set(old).where(eq(payments.id, owed.id));
    const old2 = { ...old, createdAt: sql`now() - interval '16 minutes'` };
    await store.db
      .update(operations)
      .set(old2)
      .where(eq(operations.id, operation?.id ?? ''));
    const again = (await takeForgotten(store.db, 100)).filter(({ payment }) => payment.id === owed.id);
    expect(again).toMatchObject([{ operation: { transactionId: other.transactionId } }]);
  });

  it("is counted apart: a failed void of the payment's own money says nothing about it", async () => {
    const other = surplus('give_back');
    const payment = await aPaid(other);
    const wanted = {
      paymentId: payment.id,
      kind: 'void',
      reference: 'v1',
      bodyHash: 'v1',
      wanted: null,
    } as const;
    const { operation: own } = await claimOperation(store.db, {
      ...wanted,
      finalCapture: false,
      cause: 'merchant',
    });
    await markSending(store.db, own.id, 72_200);
    await store.db
      .update(operations)
      .set({ state: 'failed', code: 'declined' })
      .where(eq(operations.id, own.id));
    const operation = await claim(payment, other.transactionId);
    expect(await markSending(store.db, operation?.id ?? '', 72_200)).toMatchObject({ failedVoids: 0 });
  });

  it("is seen to be voided after all, although a void of the payment's own money was sent since", async () => {
    const other = surplus('give_back');
    const payment = await aPaid(other);
    const operation = await claim(payment, other.transactionId);
    const id = operation?.id ?? '';
    const declined = { state: 'failed', code: 'declined', sentAt: sql`now() - interval '1 minute'` } as const;
    await store.db.update(operations).set(declined).where(eq(operations.id, id));
    const wanted = {
      paymentId: payment.id,
      kind: 'void',
      reference: 'v1',
      bodyHash: 'v1',
      wanted: null,
    } as const;
    const own = await claimOperation(store.db, { ...wanted, finalCapture: false, cause: 'merchant' });
    await markSending(store.db, own.operation.id, 72_200);
    const done = {
      kind: 'void',
      reference: null,
      amountMinor: 72_200,
      state: 'done',
      isCorrected: true,
    } as const;
    const shown = { transactionId: other.transactionId, status: 'VOIDED', operations: [done] } as const;
    const finding = aFinding('AUTHORIZED', { isOfSurplus: true, surplus: [aTransaction(payment, shown)] });
    await recordFinding(store.db, aRecord(payment, { finding }), TELLS);
    const states = (await listOperations(store.db, payment.id)).map(({ reference, state }) => [
      reference,
      state,
    ]);
    expect(Object.fromEntries(states)).toEqual({ 'give-back-1': 'done', v1: 'pending' });
  });

  it('has lines of its own', async () => {
    const payment = await aPaid();
    const one = (transactionId: string | null) => ({
      transactionId,
      kind: 'refund',
      state: 'done',
      lines: [],
      sentLines: null,
    });
    const all = [one(null), one('T.other')] as never[];
    expect(lineHistory(payment, all).operations).toHaveLength(1);
    expect(lineHistory(payment, all, 'T.other').operations).toHaveLength(1);
  });
});
