import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { announceExpiring, findExpiring } from '../../src/store/expiring-authorizations.ts';
import { claimOperation } from '../../src/store/operations.ts';
import { listUpdates, readUpdate } from '../../src/store/outbox.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { findOrder, type PaymentRow } from '../../src/store/payments.ts';
import { orders, payments } from '../../src/store/schema/order-tables.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import { aNewPayment, aFinding, aPayment, aRecord, aTransaction, TELLS } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

const HOUR = 3_600_000;
const LIVE = { livemode: () => true };

describe.each(STORES)('authorizations that lapse, in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    await store.db.delete(payments);
    await store.db.delete(orders);
    await store.db.delete(outbox);
  });

  const lapsing = async (
    inHours: number,
    status: 'AUTHORIZED' | 'PARTIALLY_CAPTURED' = 'AUTHORIZED',
    order: Parameters<typeof aPayment>[1] = {},
  ) => {
    const payment = await aPayment(store.db, order);
    const capturedMinor = status === 'AUTHORIZED' ? 0 : 10_000;
    const transaction = aTransaction(payment, { status, capturedMinor });
    const finding = aFinding(status, { pays: true });
    await recordFinding(store.db, aRecord(payment, { finding, transaction }), TELLS);
    return setDeadline(payment, inHours);
  };
  const setDeadline = async (payment: PaymentRow, inHours: number): Promise<PaymentRow> => {
    const authorizationExpiresAt = new Date(Date.now() + inHours * HOUR);
    await store.db.update(payments).set({ authorizationExpiresAt }).where(eq(payments.id, payment.id));
    return { ...payment, authorizationExpiresAt };
  };
  const expiring = async () => (await findExpiring(store.db, 100)).map(({ id }) => id);
  const deadlineOf = ({ authorizationExpiresAt }: PaymentRow) =>
    authorizationExpiresAt?.toISOString().slice(0, 10) ?? '';

  it('are found 48 hours ahead, the most urgent first, authorized or captured in part', async () => {
    const later = await lapsing(47);
    const soon = await lapsing(2, 'PARTIALLY_CAPTURED');
    const over = await lapsing(-1);
    await lapsing(49);
    expect(await expiring()).toEqual([over.id, soon.id, later.id]);
  });

  it('is announced to no shop for an order of golive in test mode', async () => {
    const payment = await lapsing(24, 'AUTHORIZED', { orderReference: 'golive-1' });
    expect(await announceExpiring(store.db, payment, { livemode: () => false })).toBeNull();
    expect((await listUpdates(store.db, payment.id)).map(({ state }) => state)).toEqual(['off', 'off']);
  });

  it('are announced once, with the next sequence of the order, the sum and the time', async () => {
    const payment = await lapsing(20);
    const effect = await announceExpiring(store.db, payment, LIVE);
    expect(effect).toBe(`${payment.id}/order.authorization_expiring/${deadlineOf(payment)}`);
    const updates = await listUpdates(store.db, payment.id);
    expect(updates.map(({ sequence, type }) => [sequence, type])).toEqual([
      [1, 'order.paid'],
      [2, 'order.authorization_expiring'],
    ]);
    expect(JSON.parse(updates[1]?.body ?? '')).toMatchObject({
      type: 'order.authorization_expiring',
      data: {
        orderStatus: 'PAID',
        sequence: 2,
        status: 'AUTHORIZED',
        livemode: true,
        authorizationExpiresAt: payment.authorizationExpiresAt?.toISOString(),
      },
    });
    expect((await findOrder(store.db, payment.orderReference))?.order).toMatchObject({
      sequence: 2,
      status: 'PAID',
    });
    expect((await readTimeline(store.db, payment.id)).at(-1)).toMatchObject({
      kind: 'update',
      text: expect.stringMatching(/^722\.00 NOK is authorized and not captured/),
    });
    expect(await expiring()).toEqual([]);
    expect(await announceExpiring(store.db, payment, LIVE)).toBeNull();
  });

  it('are announced by one of many parallel processes', async () => {
    const payment = await lapsing(20);
    const tries = await Promise.all(
      Array.from({ length: 10 }, () => announceExpiring(store.db, payment, LIVE)),
    );
    expect(tries.filter((effect) => effect !== null)).toHaveLength(1);
    expect((await findOrder(store.db, payment.orderReference))?.order.sequence).toBe(2);
  });

  it('are announced again where the deadline has moved to another day', async () => {
    const payment = await lapsing(2);
    await announceExpiring(store.db, payment, LIVE);
    const moved = await setDeadline(payment, 40);
    expect(await announceExpiring(store.db, moved, LIVE)).toContain(deadlineOf(moved));
  });

  it('are not announced where the money is captured, is being given back, or has not paid the order', async () => {
    const captured = await lapsing(20);
    await store.db.update(payments).set({ status: 'CAPTURED' }).where(eq(payments.id, captured.id));
    const voided = await lapsing(20);
    await claimOperation(store.db, {
      paymentId: voided.id,
      kind: 'void',
      reference: 'void',
      bodyHash: 'x',
      wanted: null,
      finalCapture: false,
      cause: 'merchant',
    });
    const late = await setDeadline(await aPayment(store.db, aNewPayment()), 20);
    await store.db.update(payments).set({ status: 'AUTHORIZED' }).where(eq(payments.id, late.id));
    expect(await expiring()).toEqual([]);
    for (const payment of [captured, voided, late])
      expect(await announceExpiring(store.db, payment, LIVE)).toBeNull();
  });

  it('are superseded by their end, not by a capture of a part or a failed one', async () => {
    const payment = await lapsing(20);
    const effect = (await announceExpiring(store.db, payment, LIVE)) ?? '';
    const isOver = async () => (await readUpdate(store.db, effect))?.hasLater;
    const change = (set: Partial<PaymentRow>) =>
      store.db.update(payments).set(set).where(eq(payments.id, payment.id));
    expect(await isOver()).toBe(false);
    const [first] = await listUpdates(store.db, payment.id);
    await store.db
      .insert(outbox)
      .values({ ...first!, effectId: 'later', sequence: 3, type: 'order.captured' });
    await change({ status: 'PARTIALLY_CAPTURED' });
    expect(await isOver()).toBe(false);
    await change({ status: 'CAPTURED', authorizationExpiresAt: null });
    expect(await isOver()).toBe(true);
    await change({ status: 'AUTHORIZED', authorizationExpiresAt: new Date(Date.now() + 100 * HOUR) });
    expect(await isOver()).toBe(true);
  });
});
