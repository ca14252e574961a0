import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { claimPayment } from '../../src/store/claim-payment.ts';
import {
  adoptPayment,
  findByReturnKey,
  findOrder,
  findPayment,
  recordOpened,
  type AdoptedPayment,
  type PaymentRow,
} from '../../src/store/payments.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { orders, payments } from '../../src/store/schema/order-tables.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import {
  aNewPayment,
  aFinding,
  aPayment,
  aRecord,
  aReference,
  aSessionId,
  TELLS,
} from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

describe.each(STORES)('payments in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  it('give one payment to 50 parallel claims, and the order one row', async () => {
    const wanted = aNewPayment();
    const claims = await Promise.all(Array.from({ length: 50 }, () => claimPayment(store.db, wanted)));
    const kinds = claims.map(({ kind }) => kind);
    const ids = new Set(claims.map((claim) => ('payment' in claim ? claim.payment.id : claim.kind)));
    expect(kinds.filter((kind) => kind === 'created')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'open')).toHaveLength(49);
    expect(ids.size).toBe(1);
    expect((await findOrder(store.db, wanted.orderReference))?.payments).toHaveLength(1);
  });

  it('give one payment to 50 parallel claims for two different amounts', async () => {
    const wanted = aNewPayment();
    const other = { ...wanted, money: { amountMinor: 1, currency: 'NOK' } };
    const claims = await Promise.all(
      Array.from({ length: 50 }, (_, index) => claimPayment(store.db, index % 2 === 0 ? wanted : other)),
    );
    const count = (kind: string) => claims.filter((claim) => claim.kind === kind).length;
    expect([count('created'), count('open'), count('differs')]).toEqual([1, 24, 25]);
  });

  it.each([
    ['amount', { money: { amountMinor: 72201, currency: 'NOK' } }],
    ['currency', { money: { amountMinor: 72200, currency: 'SEK' } }],
    ['gateway', { gateway: 'stripe' }],
  ])('report that the open payment differs in its %s', async (_, change) => {
    const wanted = aNewPayment();
    const { id } = await aPayment(store.db, wanted);
    expect(await claimPayment(store.db, { ...wanted, ...change })).toMatchObject({
      kind: 'differs',
      payment: { id },
    });
  });

  it('ignore another return URL and other metadata', async () => {
    const wanted = aNewPayment({ returnUrl: 'https://shop.example/a' });
    await aPayment(store.db, wanted);
    const again = { ...wanted, returnUrl: 'https://shop.example/b', metadata: { cart: '2' } };
    expect((await claimPayment(store.db, again)).kind).toBe('open');
  });

  it('get payment n + 1 once the last one is over, and the order takes the new amount', async () => {
    const wanted = aNewPayment();
    const first = await aPayment(store.db, wanted);
    await recordFinding(store.db, aRecord(first, { finding: aFinding('DECLINED') }), TELLS);
    const second = await claimPayment(store.db, { ...wanted, money: { amountMinor: 500, currency: 'SEK' } });
    expect(second).toMatchObject({ kind: 'created', payment: { n: 2, amount: 500, currency: 'SEK' } });
    expect((await findOrder(store.db, wanted.orderReference))?.order).toMatchObject({
      amount: 500,
      currency: 'SEK',
      latestN: 2,
      status: 'AWAITING_PAYMENT',
    });
  });

  it('return the payment that is on hold', async () => {
    const wanted = aNewPayment();
    const first = await aPayment(store.db, wanted);
    await recordFinding(store.db, aRecord(first, { finding: aFinding('ON_HOLD') }), TELLS);
    expect(await claimPayment(store.db, wanted)).toMatchObject({
      kind: 'open',
      payment: { id: first.id, status: 'ON_HOLD' },
    });
  });

  it('are not created while another one is in REVIEW', async () => {
    const wanted = aNewPayment();
    const first = await aPayment(store.db, wanted);
    const finding = aFinding('REVIEW', { review: 'amount_mismatch' });
    await recordFinding(store.db, aRecord(first, { finding }), TELLS);
    expect(await claimPayment(store.db, wanted)).toEqual({ kind: 'payment_in_review' });
  });

  it.each(['AUTHORIZED', 'VOIDED', 'REFUNDED'] as const)(
    'are not created for an order that was paid and is %s now',
    async (status) => {
      const wanted = aNewPayment();
      const first = await aPayment(store.db, wanted);
      await recordFinding(store.db, aRecord(first), TELLS);
      await recordFinding(
        store.db,
        aRecord(first, { finding: aFinding(status, { pays: true }), key: 'b' }),
        TELLS,
      );
      expect(await claimPayment(store.db, wanted)).toEqual({ kind: 'order_already_paid' });
    },
  );

  it('are limited to one open payment of an order by the database itself', async () => {
    const first = await aPayment(store.db);
    const second = { ...first, id: `${first.id}-2`, n: 2, returnKey: `${first.returnKey}-2` };
    await expect(store.db.insert(payments).values(second)).rejects.toThrow();
  });

  it('have return keys of their own, which are valid at their own gateway only', async () => {
    const [one, two] = [await aPayment(store.db), await aPayment(store.db)];
    expect(one.returnKey).toMatch(/^[\w-]{22}$/);
    expect(one.returnKey).not.toBe(two.returnKey);
    expect((await findByReturnKey(store.db, 'dintero', one.returnKey))?.id).toBe(one.id);
    expect(await findByReturnKey(store.db, 'stripe', one.returnKey)).toBeNull();
  });

  it("delete the customer's data once the session is open, and note the opening once", async () => {
    const request = { lines: [], customer: { email: 'kari@example.com' }, profileId: 'p1' };
    const payment = await aPayment(store.db, { request });
    const sessionId = aSessionId();
    const opened = { sessionId, checkoutUrl: 'https://checkout.example/1', runId: 'run-1', text: 'opened' };
    await recordOpened(store.db, payment.id, opened);
    await recordOpened(store.db, payment.id, opened);
    const row = await findPayment(store.db, payment.id);
    expect(row).toMatchObject({ sessionId, checkoutUrl: 'https://checkout.example/1', runId: 'run-1' });
    expect(row?.request).toEqual({ lines: [], profileId: 'p1', customerHash: expect.any(String) });
    expect(await readTimeline(store.db, payment.id)).toHaveLength(1);
  });

  it('keep the session that was recorded first, for any order of the ends', async () => {
    const payment = await aPayment(store.db);
    const [first, late] = [aSessionId(), aSessionId()];
    const opened = (sessionId: string) =>
      recordOpened(store.db, payment.id, {
        sessionId,
        checkoutUrl: `https://checkout.example/${sessionId}`,
        runId: 'run-1',
        text: 'opened',
      });
    await opened(first);
    const kept = { sessionId: first, checkoutUrl: `https://checkout.example/${first}` };
    expect(await opened(late)).toEqual(kept);
    expect(await findPayment(store.db, payment.id)).toMatchObject(kept);
  });

  describe('adopting a session that names a lost payment', () => {
    const found = (changes: Partial<AdoptedPayment> = {}): AdoptedPayment => ({
      paymentId: `pay_${aReference()}`,
      orderReference: aReference(),
      n: 3,
      gateway: 'dintero',
      money: { amountMinor: 72200, currency: 'NOK' },
      sessionId: aSessionId(),
      checkoutUrl: 'https://checkout.example/1',
      expiresAt: new Date('2026-11-21T16:00:00.000Z'),
      runId: 'run-1',
      ...changes,
    });

    it('writes the order and the payment that were lost', async () => {
      const session = found();
      expect(await adoptPayment(store.db, session)).toMatchObject({
        id: session.paymentId,
        n: 3,
        status: 'PENDING',
      });
      const order = await findOrder(store.db, session.orderReference);
      expect(order).toMatchObject({
        order: { latestN: 3, amount: 72200 },
        payments: [{ id: session.paymentId }],
      });
    });

    it('writes them once for any number of parallel adoptions', async () => {
      const session = found();
      const rows = await Promise.all(Array.from({ length: 10 }, () => adoptPayment(store.db, session)));
      expect(new Set(rows.map((row) => row?.returnKey)).size).toBe(1);
      expect(await readTimeline(store.db, session.paymentId)).toHaveLength(1);
    });

    it('changes nothing for an order whose later payments are known', async () => {
      const wanted = aNewPayment();
      const known = await aPayment(store.db, wanted);
      await recordFinding(store.db, aRecord(known, { finding: aFinding('FAILED') }), TELLS);
      await store.db.update(orders).set({ latestN: 5 }).where(eq(orders.reference, wanted.orderReference));
      await adoptPayment(store.db, found({ orderReference: wanted.orderReference, n: 2 }));
      expect((await findOrder(store.db, wanted.orderReference))?.order.latestN).toBe(5);
    });

    it('leaves an order open for as long as no end of the payment was seen', async () => {
      const known = await aPayment(store.db);
      await recordFinding(store.db, aRecord(known, { finding: aFinding('FAILED') }), TELLS);
      const session = found({ orderReference: known.orderReference, n: 2 });
      const adopted = (await adoptPayment(store.db, session)) as PaymentRow;
      expect(await findOrder(store.db, known.orderReference)).toMatchObject({
        order: { status: 'AWAITING_PAYMENT' },
      });
      await recordFinding(store.db, aRecord(adopted, { finding: aFinding('FAILED') }), TELLS);
      await adoptPayment(store.db, session);
      expect(await findOrder(store.db, known.orderReference)).toMatchObject({
        order: { status: 'PAYMENT_FAILED' },
      });
    });

    it('adopts it for review beside an open payment, so that its money is seen', async () => {
      const open = await aPayment(store.db);
      const session = found({ orderReference: open.orderReference, n: 2 });
      expect(await adoptPayment(store.db, session)).toMatchObject({
        id: session.paymentId,
        status: 'REVIEW',
      });
    });

    it('matches the same request again, with any lines, since the lines are not known here', async () => {
      const session = found();
      await adoptPayment(store.db, session);
      const line = { id: 'a', lineId: '1', description: 'A', quantity: 1, amountMinor: 72200 };
      const { orderReference } = session;
      const again = aNewPayment({ orderReference, request: { lines: [line] } });
      expect(await claimPayment(store.db, again)).toMatchObject({ kind: 'open' });
      const other = { ...again, money: { amountMinor: 1, currency: 'NOK' } };
      expect(await claimPayment(store.db, other)).toMatchObject({ kind: 'differs' });
    });

    it('adopts nothing under the number of another payment', async () => {
      const known = await aPayment(store.db);
      expect(await adoptPayment(store.db, found({ orderReference: known.orderReference, n: 1 }))).toBeNull();
    });
  });
});
