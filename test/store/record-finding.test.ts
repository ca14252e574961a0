import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asc, eq } from 'drizzle-orm';
import { decide } from '../../src/domain/decide.ts';
import type { Decision } from '../../src/domain/finding.ts';
import type { PaymentSnapshot, PaymentStatus } from '../../src/domain/payment.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { claimPayment } from '../../src/store/claim-payment.ts';
import { findOrder, findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { orders } from '../../src/store/schema/order-tables.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import { useDecision, writeDecision } from '../../src/store/decisions.ts';
import { readUpdate } from '../../src/store/outbox.ts';
import type { Db } from '../../src/store/open.ts';
import {
  aDecision,
  aDelivery,
  aNewPayment,
  aFinding,
  aPayment,
  aRecord,
  aTransaction,
  handled,
  TELLS,
} from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { listDeliveries } from '../../src/store/lists.ts';

describe.each(STORES)('findings recorded in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  const updatesOf = (orderReference: string) =>
    store.db
      .select()
      .from(outbox)
      .where(eq(outbox.orderReference, orderReference))
      .orderBy(asc(outbox.sequence));

  it("keep a person's acceptance, also from a look that does not know it", async () => {
    const payment = await aPayment(store.db);
    const found = { money: { amountMinor: 7_000, currency: 'SEK' }, reference: 'theirs' };
    const differing = aTransaction(payment, found);
    const review = aFinding('REVIEW', { review: 'reference_mismatch' });
    const seen = (changes: Partial<Transaction>) =>
      aRecord(payment, { finding: review, transaction: { ...differing, ...changes } });
    const first = await recordFinding(store.db, seen({}), TELLS);
    expect(first.payment).toMatchObject({ status: 'REVIEW', reviewCode: 'reference_mismatch' });
    expect(first.payment).not.toHaveProperty('accepted');
    const accepted = aFinding('AUTHORIZED', { pays: true, decision: 'accept' });
    const noteKey = await aDecision(store.db, payment, 'accept');
    const decided = aRecord(payment, { finding: accepted, transaction: differing, noteKey });
    expect(await recordFinding(store.db, decided, TELLS)).toMatchObject({
      payment: { status: 'AUTHORIZED', accepted: found },
    });
    expect(await findPayment(store.db, payment.id)).toMatchObject({
      acceptedAmount: 7_000,
      acceptedCurrency: 'SEK',
      acceptedReference: 'theirs',
    });
    const later = {
      updatedAt: '2026-11-21T13:00:00.000Z',
      status: 'CAPTURED',
      capturedMinor: 7_000,
    } as const;
    // The look decides under the lock, so it sees an acceptance that came after its beginning.
    const looked = { ...seen(later), decide: decideOn({ ...differing, ...later }) };
    const kept = await recordFinding(store.db, looked, TELLS);
    expect(kept).toMatchObject({ payment: { status: 'CAPTURED', accepted: found }, orderStatus: 'PAID' });
    const [, , update] = await updatesOf(payment.orderReference);
    expect(JSON.parse(update?.body ?? '')).toMatchObject({
      type: 'order.captured',
      data: {
        amount: 72200,
        currency: 'NOK',
        accepted: { amount: 7_000, currency: 'SEK' },
        capturedAmount: 7_000,
      },
    });
    const other = {
      ...later,
      updatedAt: '2026-11-21T14:00:00.000Z',
      capturedMinor: 7_001,
      money: { amountMinor: 7_001, currency: 'SEK' },
    };
    const differs = { ...seen(other), decide: decideOn({ ...differing, ...other }) };
    expect(await recordFinding(store.db, differs, TELLS)).toMatchObject({
      payment: { status: 'REVIEW', reviewCode: 'amount_mismatch' },
      orderStatus: 'PAID',
    });
  });

  it('pay the order, and write the update and the decision in one transaction', async () => {
    const payment = await aPayment(store.db);
    const transaction = aTransaction(payment, { paymentMethod: 'vipps' });
    const recorded = await recordFinding(store.db, aRecord(payment, { transaction }), TELLS);
    const effect = `${payment.orderReference}/order.paid`;
    const { payment: snapshot, row, ...others } = recorded;
    expect(snapshot).toMatchObject({
      status: 'AUTHORIZED',
      reason: null,
      reviewCode: null,
      reviewMark: null,
    });
    const updatedAt = expect.any(Date);
    expect({ ...row, updatedAt }).toEqual({ ...(await findPayment(store.db, payment.id)), updatedAt });
    expect(others).toEqual({
      decision: { kind: 'find', finding: { ...aFinding('AUTHORIZED', { pays: true }), transaction } },
      orderStatus: 'PAID',
      isChange: true,
      paysNow: true,
      isRepeated: false,
      effects: [effect],
      next: [],
    });
    const order = await findOrder(store.db, payment.orderReference);
    expect(order?.order).toMatchObject({ status: 'PAID', paidPaymentId: payment.id, sequence: 1 });
    const [update] = await updatesOf(payment.orderReference);
    expect(update).toMatchObject({ effectId: effect, sequence: 1, state: 'pending', type: 'order.paid' });
    expect(JSON.parse(update?.body ?? '')).toMatchObject({
      type: 'order.paid',
      apiVersion: '2026-11-01',
      data: {
        orderReference: payment.orderReference,
        orderStatus: 'PAID',
        sequence: 1,
        paymentId: payment.id,
        gateway: 'dintero',
        livemode: false,
        transactionId: transaction.transactionId,
        status: 'AUTHORIZED',
        amount: 72200,
        currency: 'NOK',
        authorizedAmount: 72200,
        capturedAmount: 0,
        refundedAmount: 0,
        paidAt: order?.order.paidAt?.toISOString(),
        paymentMethod: 'vipps',
      },
    });
  });

  it('change nothing when a try that was believed dead ends after newer findings', async () => {
    const payment = await aPayment(store.db);
    const onHold = aTransaction(payment, { status: 'ON_HOLD', authorized: false });
    const held = aRecord(payment, { transaction: onHold, decide: decideOn(onHold) });
    await recordFinding(store.db, held, TELLS);
    await recordFinding(store.db, aRecord(payment, { transaction: aTransaction(payment) }), TELLS);
    const before = await everythingAbout(store.db, payment);
    const late = await recordFinding(store.db, held, TELLS);
    expect(late).toMatchObject({ payment: { status: 'AUTHORIZED' }, orderStatus: 'PAID', paysNow: false });
    expect(await everythingAbout(store.db, payment)).toEqual(before);
  });

  it("delete the customer's data of a payment that never had a session", async () => {
    const request = { lines: [], language: 'no', customer: { email: 'anna@example.org' } };
    const payment = await aPayment(store.db, { request });
    await recordFinding(store.db, aRecord(payment, { finding: aFinding('FAILED') }), TELLS);
    expect((await findPayment(store.db, payment.id))?.request).toEqual({ lines: [], language: 'no' });
  });

  it('change nothing when the same record is repeated', async () => {
    const payment = await aPayment(store.db);
    const notes = [{ kind: 'read', text: 'Dintero says AUTHORIZED' } as const];
    const record = aRecord(payment, { transaction: aTransaction(payment), notes });
    await recordFinding(store.db, record, TELLS);
    const before = await everythingAbout(store.db, payment);
    const again = await recordFinding(store.db, record, TELLS);
    expect(again).toMatchObject({
      payment: { status: 'AUTHORIZED' },
      orderStatus: 'PAID',
      isChange: false,
      paysNow: false,
      isRepeated: true,
      effects: [],
    });
    expect(await everythingAbout(store.db, payment)).toEqual(before);
  });

  it('announce a review, a hold and a failure each time they happen', async () => {
    const payment = await aPayment(store.db);
    const review = aFinding('REVIEW', { review: 'unclear', reason: 'unclear: the transaction is UNKNOWN' });
    const failed = aFinding('FAILED');
    const findings = [aFinding('ON_HOLD'), review, aFinding('ON_HOLD'), review, failed, review, failed];
    for (const finding of findings)
      await recordFinding(store.db, aRecord(payment, { finding, transaction: aTransaction(payment) }), TELLS);
    const updates = await updatesOf(payment.orderReference);
    const [pending, inReview] = ['order.payment_pending', 'order.review'];
    const over = 'order.payment_failed';
    const told = [pending, inReview, pending, inReview, over, inReview, over];
    expect(updates.map(({ type }) => type)).toEqual(told);
    expect(updates.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const order = await findOrder(store.db, payment.orderReference);
    expect(order?.order).toMatchObject({ status: 'PAYMENT_FAILED', sequence: 7 });
  });

  it.each([
    ['VOIDED', aFinding('VOIDED', { pays: true })],
    ['REFUNDED', aFinding('REFUNDED', { pays: true })],
    ['REVIEW', aFinding('REVIEW', { review: 'amount_mismatch' })],
    ['ON_HOLD', aFinding('ON_HOLD')],
    ['EXPIRED', aFinding('EXPIRED', { closedBy: 'expiry' })],
  ] as const)('leave no gap in the sequence when %s is recorded twice', async (status, finding) => {
    const payment = await aPayment(store.db);
    const moved = status === 'REFUNDED' ? payment.amount : 0;
    const transaction = aTransaction(payment, { capturedMinor: moved, refundedMinor: moved });
    const record = aRecord(payment, { finding, transaction });
    for (let times = 0; times < 3; times += 1) await recordFinding(store.db, record, TELLS);
    const sequences = (await updatesOf(payment.orderReference)).map(({ sequence }) => sequence);
    const order = await findOrder(store.db, payment.orderReference);
    expect(sequences).toEqual(sequences.map((_unused, index) => index + 1));
    expect(order?.order.sequence).toBe(sequences.length);
  });

  it('write no line of the timeline twice, for any finding of a retry', async () => {
    const payment = await aPayment(store.db);
    const record = aRecord(payment, {
      finding: aFinding('VOIDED', { pays: true }),
      notes: [{ kind: 'read', text: 'Dintero says AUTHORIZATION_VOIDED' }],
    });
    await recordFinding(store.db, record, TELLS);
    const first = await readTimeline(store.db, payment.id);
    await recordFinding(store.db, record, TELLS);
    expect(await readTimeline(store.db, payment.id)).toEqual(first);
    expect(first.map(({ kind }) => kind)).toEqual(['read', 'decision', 'update', 'update']);
  });

  it('pay once under 20 parallel records of two payments of one order', async () => {
    const [first, second] = await twoPayments(store.db);
    const records = Array.from({ length: 20 }, (_, index) =>
      recordFinding(
        store.db,
        aRecord(index % 2 === 0 ? first : second, { key: `run-${index % 2}-${index}` }),
        TELLS,
      ),
    );
    const recorded = await Promise.all(records);
    expect(recorded.filter(({ paysNow }) => paysNow)).toHaveLength(1);
    const found = await findOrder(store.db, first.orderReference);
    expect(found?.order.status).toBe('PAID');
    const statuses = found?.payments.map(({ status, reason }) => `${status} ${reason}`).sort();
    expect(statuses).toEqual(['AUTHORIZED null', 'AUTHORIZED order_already_paid']);
    const updates = await updatesOf(first.orderReference);
    expect(updates.filter(({ type }) => type === 'order.paid')).toHaveLength(1);
    expect(updates.map(({ sequence }) => sequence)).toEqual(updates.map((_unused, index) => index + 1));
    expect(new Set(updates.map(({ effectId }) => effectId)).size).toBe(updates.length);
  });

  it('pay nothing when the order has another amount by now', async () => {
    const payment = await aPayment(store.db);
    await store.db.update(orders).set({ amount: 1 }).where(eq(orders.reference, payment.orderReference));
    const recorded = await recordFinding(store.db, aRecord(payment), TELLS);
    const review = { status: 'REVIEW', reason: 'order_changed', reviewCode: 'order_changed' };
    expect(recorded).toMatchObject({ payment: review, paysNow: false });
  });

  it('request a give-back of money that comes after the merchant cancelled, and the order stays unpaid', async () => {
    const payment = await aPayment(store.db);
    const cancelled = aFinding('CANCELLED', { closedBy: 'merchant' });
    await recordFinding(store.db, aRecord(payment, { finding: cancelled }), TELLS);
    const late = await recordFinding(store.db, aRecord(payment, { key: 'b' }), TELLS);
    expect(late).toMatchObject({
      payment: { status: 'AUTHORIZED', reason: 'late_money', mustGiveBack: true },
      orderStatus: 'CANCELLED',
      paysNow: false,
      next: ['give_back'],
    });
    expect((await findOrder(store.db, payment.orderReference))?.order.paidAt).toBeNull();
  });

  it('let a success after a failure pay an order that is still unpaid', async () => {
    const payment = await aPayment(store.db);
    await recordFinding(store.db, aRecord(payment, { finding: aFinding('FAILED') }), TELLS);
    const later = await recordFinding(store.db, aRecord(payment, { key: 'b' }), TELLS);
    expect(later).toMatchObject({ paysNow: true, orderStatus: 'PAID' });
  });

  it('keep the updates and send none where no endpoint is set', async () => {
    const payment = await aPayment(store.db);
    const recorded = await recordFinding(store.db, aRecord(payment), { ...TELLS, tells: false });
    expect(recorded.effects).toEqual([]);
    expect((await updatesOf(payment.orderReference)).map(({ state }) => state)).toEqual(['off']);
  });

  it('return no updates of an earlier record', async () => {
    const payment = await aPayment(store.db);
    await recordFinding(store.db, aRecord(payment), TELLS);
    const nothing = await recordFinding(store.db, aRecord(payment, { finding: null, key: 'b' }), TELLS);
    expect(nothing.effects).toEqual([]);
  });

  it('depend on the recorded state, not on the state before the gateway was asked', async () => {
    const payment = await aPayment(store.db);
    const transaction = aTransaction(payment);
    const seen: PaymentStatus[] = [];
    const look = aRecord(payment, {
      decide: (now) => {
        seen.push(now.status);
        return now.status === 'PENDING'
          ? { kind: 'find', finding: aFinding('EXPIRED', { closedBy: 'expiry' }) }
          : { kind: 'keep' };
      },
    });
    await recordFinding(store.db, aRecord(payment, { transaction }), TELLS);
    const late = await recordFinding(store.db, look, TELLS);
    expect(seen).toEqual(['AUTHORIZED']);
    expect(late).toMatchObject({ decision: { kind: 'keep' }, payment: { status: 'AUTHORIZED' } });
  });

  it("contain no acceptance without a person's note", async () => {
    const payment = await aPayment(store.db);
    await recordFinding(store.db, aRecord(payment, { finding: aFinding('REVIEW') }), TELLS);
    const accept = aFinding('AUTHORIZED', { pays: true, decision: 'accept' });
    const before = await everythingAbout(store.db, payment);
    for (const noteKey of [undefined, 'decision-made-up']) {
      const record = aRecord(payment, { finding: accept, ...(noteKey !== undefined && { noteKey }) });
      expect(await recordFinding(store.db, record, TELLS)).toMatchObject({
        decision: { kind: 'refuse', reason: expect.stringContaining('no operator has decided that') },
        payment: { status: 'REVIEW' },
      });
    }
    expect(await everythingAbout(store.db, payment)).toEqual(before);
  });

  it('mark the deliveries of a look as handled also when the look changed nothing', async () => {
    const payment = await aPayment(store.db);
    const delivery = aDelivery(payment);
    await logDelivery(store.db, delivery);
    await recordFinding(
      store.db,
      aRecord(payment, { finding: null, deliveries: [handled(delivery)] }),
      TELLS,
    );
    const { rows } = await listDeliveries(store.db, { payment: payment.id, limit: 10 });
    expect(rows).toMatchObject([{ state: 'handled', eventId: delivery.eventId }]);
  });

  it('write nothing at all when one part of them fails', async () => {
    const payment = await aPayment(store.db);
    const notes = [{ kind: 'read', text: 'a', at: 'not a time' } as const];
    await expect(recordFinding(store.db, aRecord(payment, { notes }), TELLS)).rejects.toThrow();
    expect((await findPayment(store.db, payment.id))?.status).toBe('PENDING');
    expect(await updatesOf(payment.orderReference)).toEqual([]);
  });

  describe('of a session that is closed for another one', () => {
    const replaced = async (): Promise<PaymentRow> => {
      const payment = await aPayment(store.db);
      const data = { decision: 'cancel', replaces: true } as const;
      const noteKey = await writeDecision(store.db, payment.id, { text: 'another session', data });
      await useDecision(store.db, payment.id, { noteKey, decision: 'cancel', by: 'cancel' });
      const finding = aFinding('CANCELLED', { closedBy: 'merchant' });
      await recordFinding(store.db, aRecord(payment, { finding, key: 'closed' }), TELLS);
      return payment;
    };
    const next = ({ orderReference }: PaymentRow) =>
      claimPayment(store.db, aNewPayment({ orderReference, money: { amountMinor: 1, currency: 'NOK' } }));

    it('are not announced where the next session follows, and the order waits for it', async () => {
      const payment = await replaced();
      expect(await next(payment)).toMatchObject({ kind: 'created', payment: { n: 2 } });
      expect(await updatesOf(payment.orderReference)).toMatchObject([{ state: 'superseded', attempts: 0 }]);
      const found = await findOrder(store.db, payment.orderReference);
      expect(found?.order.status).toBe('AWAITING_PAYMENT');
    });

    it("are announced a minute later where no session follows, since the order can't be paid", async () => {
      const payment = await replaced();
      const [update] = await updatesOf(payment.orderReference);
      expect(update).toMatchObject({ type: 'order.payment_cancelled', state: 'pending' });
      const { waitMs = 0 } = (await readUpdate(store.db, update?.effectId ?? '')) ?? {};
      expect(waitMs).toBeGreaterThan(50_000);
      expect(waitMs).toBeLessThanOrEqual(60_000);
      expect((await findOrder(store.db, payment.orderReference))?.order.status).toBe('CANCELLED');
    });

    it('do not change the announcements of other ends', async () => {
      const payment = await aPayment(store.db);
      const finding = aFinding('CANCELLED', { closedBy: 'merchant' });
      await recordFinding(store.db, aRecord(payment, { finding, key: 'closed' }), TELLS);
      await next(payment);
      expect(await updatesOf(payment.orderReference)).toMatchObject([{ state: 'pending' }]);
    });
  });

  it('are refused for an unknown payment', async () => {
    const payment = { ...(await aPayment(store.db)), id: 'pay_none' };
    await expect(recordFinding(store.db, aRecord(payment), TELLS)).rejects.toThrow(
      'there is no payment pay_none',
    );
  });
});

/** Like a look. */
function decideOn(transaction: Transaction): (payment: PaymentSnapshot) => Decision {
  const watch = { now: Date.now(), unclearSince: null };
  return (payment) =>
    // Opened before the store gave it a session. The other compared values are those that a person may have
    // accepted.
    decide({ ...payment, sessionId: transaction.sessionId }, { kind: 'transaction', transaction }, watch);
}

/** Two payments of one order. The first failed and may still be paid. */
async function twoPayments(db: Db): Promise<[PaymentRow, PaymentRow]> {
  const first = await aPayment(db);
  await recordFinding(db, aRecord(first, { finding: aFinding('FAILED'), key: 'failed' }), TELLS);
  const claim = await claimPayment(db, {
    gateway: first.gateway,
    orderReference: first.orderReference,
    money: { amountMinor: first.amount, currency: first.currency },
    expiresAt: new Date(Date.now() + 1_000),
    capture: 'manual',
    request: { lines: [] },
    metadata: {},
  });
  if (claim.kind !== 'created') throw new Error(claim.kind);
  return [first, claim.payment];
}

async function everythingAbout(db: Db, payment: PaymentRow): Promise<object> {
  const [row, found, story] = [
    await findPayment(db, payment.id),
    await findOrder(db, payment.orderReference),
    await readTimeline(db, payment.id),
  ];
  const updates = await db.select().from(outbox).where(eq(outbox.orderReference, payment.orderReference));
  const { updatedAt: _payment, ...paymentRow } = row as PaymentRow;
  const { updatedAt: _order, ...order } = found?.order ?? {};
  return { paymentRow, order, story, updates };
}
