import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asc, eq } from 'drizzle-orm';
import type { Transaction } from '../../src/domain/transaction.ts';
import { recordOutcome } from '../../src/store/outcomes.ts';
import { claimPayment } from '../../src/store/claim-payment.ts';
import { findOrder, findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { orders, outbox } from '../../src/store/schema.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import { useDecision, writeDecision } from '../../src/store/decisions.ts';
import { readUpdate } from '../../src/store/outbox.ts';
import type { Db } from '../../src/store/open.ts';
import {
  aDecision,
  aDelivery,
  aNewPayment,
  anOutcome,
  aPayment,
  aRecord,
  aTransaction,
  handled,
  TELLS,
} from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { listDeliveries } from '../../src/store/lists.ts';

describe.each(STORES)('outcomes in $name', ({ open }) => {
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

  it('keeps what a person has accepted, also from a look that has not heard of it', async () => {
    const payment = await aPayment(store.db);
    const found = { money: { amountMinor: 7_000, currency: 'SEK' }, reference: 'theirs' };
    const differing = aTransaction(payment, found);
    const review = anOutcome('REVIEW', { reason: 'reference_mismatch' });
    const seen = (changes: Partial<Transaction>) => {
      const { capturedMinor = 0 } = changes;
      const outcome = { ...review, capturedMinor };
      return aRecord(payment, { outcome, transaction: { ...differing, ...changes } });
    };
    const first = await recordOutcome(store.db, seen({}), TELLS);
    expect(first).toMatchObject({ status: 'REVIEW' });
    expect(first).not.toHaveProperty('accepted');
    const accepted = anOutcome('AUTHORIZED', { pays: true, accept: true });
    const noteKey = await aDecision(store.db, payment, 'accept');
    const decided = aRecord(payment, { outcome: accepted, transaction: differing, noteKey });
    expect(await recordOutcome(store.db, decided, TELLS)).toMatchObject({
      status: 'AUTHORIZED',
      accepted: found,
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
    const kept = await recordOutcome(store.db, seen(later), TELLS);
    expect(kept).toMatchObject({ status: 'CAPTURED', orderStatus: 'PAID', accepted: found });
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
      money: { amountMinor: 1, currency: 'SEK' },
    };
    expect(await recordOutcome(store.db, seen(other), TELLS)).toMatchObject({
      status: 'REVIEW',
      orderStatus: 'PAID',
    });
  });

  it('pays the order, writes the update and the decision in one go', async () => {
    const payment = await aPayment(store.db);
    const transaction = aTransaction(payment, { paymentMethod: 'vipps' });
    const recorded = await recordOutcome(store.db, aRecord(payment, { transaction }), TELLS);
    const effect = `${payment.orderReference}/order.paid`;
    expect(recorded).toEqual({
      status: 'AUTHORIZED',
      reason: null,
      mark: null,
      orderStatus: 'PAID',
      isChange: true,
      paysNow: true,
      untold: [effect],
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

  it('changes nothing when a try that was believed dead ends after what was settled since', async () => {
    const payment = await aPayment(store.db);
    const held = aRecord(payment, {
      outcome: anOutcome('ON_HOLD'),
      transaction: aTransaction(payment, { status: 'ON_HOLD', authorized: false }),
    });
    await recordOutcome(store.db, held, TELLS);
    await recordOutcome(store.db, aRecord(payment, { transaction: aTransaction(payment) }), TELLS);
    const before = await everythingAbout(store.db, payment);
    const late = await recordOutcome(store.db, held, TELLS);
    expect(late).toMatchObject({ status: 'AUTHORIZED', orderStatus: 'PAID', paysNow: false });
    expect(await everythingAbout(store.db, payment)).toEqual(before);
  });

  it('forgets the customer of a payment that never had a session', async () => {
    const request = { lines: [], language: 'no', customer: { email: 'anna@example.org' } };
    const payment = await aPayment(store.db, { request });
    await recordOutcome(store.db, aRecord(payment, { outcome: anOutcome('FAILED') }), TELLS);
    expect((await findPayment(store.db, payment.id))?.request).toEqual({ lines: [], language: 'no' });
  });

  it('changes nothing when the same record comes again', async () => {
    const payment = await aPayment(store.db);
    const notes = [{ kind: 'read', text: 'Dintero says AUTHORIZED' } as const];
    const record = aRecord(payment, { transaction: aTransaction(payment), notes });
    await recordOutcome(store.db, record, TELLS);
    const before = await everythingAbout(store.db, payment);
    const again = await recordOutcome(store.db, record, TELLS);
    expect(again).toMatchObject({
      status: 'AUTHORIZED',
      orderStatus: 'PAID',
      isChange: false,
      paysNow: false,
    });
    expect(await everythingAbout(store.db, payment)).toEqual(before);
  });

  it('tells the merchant of a review, a hold and a failure as often as they come', async () => {
    const payment = await aPayment(store.db);
    const review = anOutcome('REVIEW', { reason: 'unclear: the transaction is UNKNOWN' });
    const failed = anOutcome('FAILED');
    const outcomes = [anOutcome('ON_HOLD'), review, anOutcome('ON_HOLD'), review, failed, review, failed];
    for (const outcome of outcomes)
      await recordOutcome(store.db, aRecord(payment, { outcome, transaction: aTransaction(payment) }), TELLS);
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
    ['VOIDED', anOutcome('VOIDED', { pays: true })],
    ['REFUNDED', anOutcome('REFUNDED', { pays: true, capturedMinor: 72200, refundedMinor: 72200 })],
    ['REVIEW', anOutcome('REVIEW', { reason: 'amount_mismatch' })],
    ['ON_HOLD', anOutcome('ON_HOLD')],
    ['EXPIRED', anOutcome('EXPIRED', { closedBy: 'expiry' })],
  ] as const)('leaves no gap in the sequence when %s is recorded twice', async (_, outcome) => {
    const payment = await aPayment(store.db);
    const { capturedMinor, refundedMinor } = outcome;
    const transaction = aTransaction(payment, { capturedMinor, refundedMinor });
    const record = aRecord(payment, { outcome, transaction });
    for (let times = 0; times < 3; times += 1) await recordOutcome(store.db, record, TELLS);
    const sequences = (await updatesOf(payment.orderReference)).map(({ sequence }) => sequence);
    const order = await findOrder(store.db, payment.orderReference);
    expect(sequences).toEqual(sequences.map((_unused, index) => index + 1));
    expect(order?.order.sequence).toBe(sequences.length);
  });

  it('writes no line of the timeline twice, whatever a retry finds', async () => {
    const payment = await aPayment(store.db);
    const record = aRecord(payment, {
      outcome: anOutcome('VOIDED', { pays: true }),
      notes: [{ kind: 'read', text: 'Dintero says AUTHORIZATION_VOIDED' }],
    });
    await recordOutcome(store.db, record, TELLS);
    const first = await readTimeline(store.db, payment.id);
    await recordOutcome(store.db, record, TELLS);
    expect(await readTimeline(store.db, payment.id)).toEqual(first);
    expect(first.map(({ kind }) => kind)).toEqual(['read', 'decision', 'update', 'update']);
  });

  it('pays once under 20 parallel records of two payments of one order', async () => {
    const [first, second] = await twoPayments(store.db);
    const records = Array.from({ length: 20 }, (_, index) =>
      recordOutcome(
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

  it('pays nothing when the order has another amount by now', async () => {
    const payment = await aPayment(store.db);
    await store.db.update(orders).set({ amount: 1 }).where(eq(orders.reference, payment.orderReference));
    const recorded = await recordOutcome(store.db, aRecord(payment), TELLS);
    expect(recorded).toMatchObject({ status: 'REVIEW', reason: 'order_changed', paysNow: false });
  });

  it('asks for money that comes after the merchant cancelled to be given back, and the order stays unpaid', async () => {
    const payment = await aPayment(store.db);
    const cancelled = anOutcome('CANCELLED', { closedBy: 'merchant' });
    await recordOutcome(store.db, aRecord(payment, { outcome: cancelled }), TELLS);
    const late = await recordOutcome(store.db, aRecord(payment, { key: 'b' }), TELLS);
    expect(late).toMatchObject({
      status: 'AUTHORIZED',
      reason: 'late_money',
      orderStatus: 'CANCELLED',
      paysNow: false,
      next: ['give_back'],
    });
    expect((await findOrder(store.db, payment.orderReference))?.order.paidAt).toBeNull();
  });

  it('lets a success after a failure pay the order that is still unpaid', async () => {
    const payment = await aPayment(store.db);
    await recordOutcome(store.db, aRecord(payment, { outcome: anOutcome('FAILED') }), TELLS);
    const later = await recordOutcome(store.db, aRecord(payment, { key: 'b' }), TELLS);
    expect(later).toMatchObject({ paysNow: true, orderStatus: 'PAID' });
  });

  it('keeps the updates but tells nobody where no endpoint is set', async () => {
    const payment = await aPayment(store.db);
    const recorded = await recordOutcome(store.db, aRecord(payment), { ...TELLS, tells: false });
    expect(recorded.untold).toEqual([]);
    expect((await updatesOf(payment.orderReference)).map(({ state }) => state)).toEqual(['off']);
  });

  it('names what was left untold by an earlier run', async () => {
    const payment = await aPayment(store.db);
    await recordOutcome(store.db, aRecord(payment), TELLS);
    const nothing = await recordOutcome(store.db, aRecord(payment, { outcome: null, key: 'b' }), TELLS);
    expect(nothing.untold).toEqual([`${payment.orderReference}/order.paid`]);
  });

  it('marks the deliveries of a look as handled even when the look changed nothing', async () => {
    const payment = await aPayment(store.db);
    const delivery = aDelivery(payment);
    await logDelivery(store.db, delivery);
    await recordOutcome(
      store.db,
      aRecord(payment, { outcome: null, deliveries: [handled(delivery)] }),
      TELLS,
    );
    const { rows } = await listDeliveries(store.db, { payment: payment.id, limit: 10 });
    expect(rows).toMatchObject([{ state: 'handled', eventId: delivery.eventId }]);
  });

  it('writes nothing at all when one part of it fails', async () => {
    const payment = await aPayment(store.db);
    const notes = [{ kind: 'read', text: 'a', at: 'not a time' } as const];
    await expect(recordOutcome(store.db, aRecord(payment, { notes }), TELLS)).rejects.toThrow();
    expect((await findPayment(store.db, payment.id))?.status).toBe('PENDING');
    expect(await updatesOf(payment.orderReference)).toEqual([]);
  });

  describe('of a session that is closed for another one', () => {
    const replaced = async (): Promise<PaymentRow> => {
      const payment = await aPayment(store.db);
      const data = { decision: 'cancel', replaces: true } as const;
      const noteKey = await writeDecision(store.db, payment.id, { text: 'another session', data });
      await useDecision(store.db, payment.id, { noteKey, decision: 'cancel', by: 'cancel' });
      const outcome = anOutcome('CANCELLED', { closedBy: 'merchant' });
      await recordOutcome(store.db, aRecord(payment, { outcome, key: 'closed' }), TELLS);
      return payment;
    };
    const next = ({ orderReference }: PaymentRow) =>
      claimPayment(store.db, aNewPayment({ orderReference, money: { amountMinor: 1, currency: 'NOK' } }));

    it('tells nothing where the other one follows, and the order waits for that', async () => {
      const payment = await replaced();
      expect(await next(payment)).toMatchObject({ kind: 'created', payment: { n: 2 } });
      expect(await updatesOf(payment.orderReference)).toMatchObject([{ state: 'superseded', attempts: 0 }]);
      const found = await findOrder(store.db, payment.orderReference);
      expect(found?.order.status).toBe('AWAITING_PAYMENT');
    });

    it('tells a minute later where none follows: nobody can pay the order', async () => {
      const payment = await replaced();
      const [update] = await updatesOf(payment.orderReference);
      expect(update).toMatchObject({ type: 'order.payment_cancelled', state: 'pending' });
      const { waitMs = 0 } = (await readUpdate(store.db, update?.effectId ?? '')) ?? {};
      expect(waitMs).toBeGreaterThan(50_000);
      expect(waitMs).toBeLessThanOrEqual(60_000);
      expect((await findOrder(store.db, payment.orderReference))?.order.status).toBe('CANCELLED');
    });

    it('leaves alone what is told of other ends', async () => {
      const payment = await aPayment(store.db);
      const outcome = anOutcome('CANCELLED', { closedBy: 'merchant' });
      await recordOutcome(store.db, aRecord(payment, { outcome, key: 'closed' }), TELLS);
      await next(payment);
      expect(await updatesOf(payment.orderReference)).toMatchObject([{ state: 'pending' }]);
    });
  });

  it('refuses to record for a payment that does not exist', async () => {
    const payment = { ...(await aPayment(store.db)), id: 'pay_none' };
    await expect(recordOutcome(store.db, aRecord(payment), TELLS)).rejects.toThrow(
      'there is no payment pay_none',
    );
  });
});

/** Two payments of one order, of which the first failed and may still be paid. */
async function twoPayments(db: Db): Promise<[PaymentRow, PaymentRow]> {
  const first = await aPayment(db);
  await recordOutcome(db, aRecord(first, { outcome: anOutcome('FAILED'), key: 'failed' }), TELLS);
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
