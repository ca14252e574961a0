/** `GET /v1/search?q=`: any id leads to the order. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { logDelivery } from '../../../src/store/log-delivery.ts';
import { stampGateway } from '../../../src/store/store-health.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { rememberReference } from '../../../src/store/second-reference.ts';
import { claimOperation } from '../../../src/store/operations.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import type { Hit } from '../../../src/store/search.ts';
import { findPayment, recordOpened, type PaymentRow } from '../../../src/store/payments.ts';
import { API_KEY, type Answer } from '../../support/api.ts';
import { aDelivery, aPayment, aRecord, aTransaction, TELLS } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';

const SESSION = 'T12345678.session-1';
const TRANSACTION = 'T12345678.transaction-1';
const SURPLUS = 'T12345678.transaction-2';

describe('GET /v1/search', () => {
  const at = useTestApi();
  let payment: PaymentRow;
  let deliveryId: string;
  let operationId: string;

  beforeAll(async () => {
    const { db } = at.store;
    await stampGateway(db, { gateway: 'dintero', account: 'T12345678', mode: 'test' });
    const money = { amountMinor: 29_990, currency: 'NOK' };
    const claimed = await aPayment(db, { orderReference: 'order-1', money });
    await rememberReference(db, claimed.id, { before: undefined, after: 'invoice-78' });
    const surplus = [
      {
        transactionId: SURPLUS,
        status: 'AUTHORIZED' as const,
        authorizedMinor: 72_200,
        capturedMinor: 0,
        refundedMinor: 0,
        shown: {},
        handling: 'review' as const,
      },
    ];
    await db.update(payments).set({ surplus }).where(eq(payments.id, claimed.id));
    await recordOpened(db, claimed.id, { sessionId: SESSION, checkoutUrl: 'u', runId: 'r', text: 'opened' });
    const transaction = aTransaction(claimed, { transactionId: TRANSACTION, sessionId: SESSION });
    await recordFinding(db, aRecord(claimed, { transaction }), TELLS);
    payment = (await findPayment(db, claimed.id)) as PaymentRow;
    deliveryId = (await logDelivery(db, aDelivery(payment, { eventId: 'ev/1 a' }))).id;
    const wanted = { paymentId: payment.id, bodyHash: 'h', wanted: 4_000, finalCapture: false } as const;
    const asked = { ...wanted, kind: 'capture', reference: 'parcel-1', cause: 'merchant' } as const;
    operationId = (await claimOperation(db, asked)).operation.id;
    for (let n = 0; n < 22; n += 1) {
      const other = await aPayment(db, { money: { amountMinor: 500, currency: n === 0 ? 'JPY' : 'NOK' } });
      await claimOperation(db, { ...asked, paymentId: other.id, reference: 'many' });
    }
  });

  const ask = (q: string): Promise<Answer> =>
    at.api.send('GET', `/v1/search?q=${encodeURIComponent(q)}`, { key: API_KEY });
  const ids = async (q: string) => (await found(q)).map(({ id }) => id);
  const found = async (q: string) => (await ask(q)).json.data as Record<string, unknown>[];

  const TABLE: readonly (readonly [string, () => string, Partial<Hit> & { id?: never }, () => string])[] = [
    [
      'the order, by its reference',
      () => 'order-1',
      { kind: 'order', by: 'reference', paymentId: null },
      () => 'order-1',
    ],
    ['a payment, by its id', () => payment.id, { kind: 'payment', by: 'id' }, () => payment.id],
    ['a payment, by its session', () => SESSION, { kind: 'payment', by: 'session' }, () => payment.id],
    [
      'a payment, by its transaction',
      () => TRANSACTION,
      { kind: 'payment', by: 'transaction' },
      () => payment.id,
    ],
    [
      'a payment, by its workflow',
      () => 'payment/order-1/1',
      { kind: 'payment', by: 'workflow' },
      () => payment.id,
    ],
    [
      'a payment, by its money workflow',
      () => `money/${payment.id}`,
      { kind: 'payment', by: 'workflow' },
      () => payment.id,
    ],
    [
      'a payment, by its second reference',
      () => 'invoice-78',
      { kind: 'payment', by: 'merchantReference2' },
      () => payment.id,
    ],
    [
      'a payment, by a further transaction of its session',
      () => SURPLUS,
      { kind: 'payment', by: 'surplus' },
      () => payment.id,
    ],
    ['a payment, by its amount', () => '299.90', { kind: 'payment', by: 'amount' }, () => payment.id],
    [
      'a payment, by amount and currency',
      () => '299.90 NOK',
      { kind: 'payment', by: 'amount' },
      () => payment.id,
    ],
    ['a delivery, by its id', () => deliveryId, { kind: 'delivery', by: 'id' }, () => deliveryId],
    ['a delivery, by its event', () => 'ev/1 a', { kind: 'delivery', by: 'event' }, () => deliveryId],
    ['an operation, by its id', () => operationId, { kind: 'operation', by: 'id' }, () => operationId],
    [
      'an operation, by its reference',
      () => 'parcel-1',
      { kind: 'operation', by: 'reference' },
      () => operationId,
    ],
    [
      'an update, by its webhook id',
      () => 'order-1/order.paid',
      { kind: 'update', by: 'id' },
      () => 'order-1/order.paid',
    ],
  ];

  it.each(TABLE)('finds %s', async (_, q, wanted, id) => {
    const expected = { orderReference: 'order-1', paymentId: payment.id, ...wanted, id: id() };
    expect(await found(q())).toMatchObject([expected]);
  });

  it('shows the status and the amount of each result', async () => {
    expect(await found('order-1')).toEqual([
      {
        kind: 'order',
        by: 'reference',
        id: 'order-1',
        orderReference: 'order-1',
        paymentId: null,
        status: 'PAID',
        amount: 29_990,
        currency: 'NOK',
        createdAt: expect.any(String),
        matched: 'order-1',
      },
    ]);
    expect(await found('parcel-1')).toMatchObject([{ status: 'pending', amount: 4_000, currency: 'NOK' }]);
    expect(await found(deliveryId)).toMatchObject([{ status: 'accepted', amount: null, currency: null }]);
    expect(await found('order-1/order.paid')).toMatchObject([{ status: 'pending', amount: null }]);
  });

  it('finds a callback without an order', async () => {
    const { id } = await logDelivery(at.store.db, aDelivery(null, { ignoredBecause: 'foreign' }));
    expect(await found(id)).toMatchObject([
      { kind: 'delivery', id, orderReference: null, paymentId: null, status: 'ignored' },
    ]);
  });

  it('finds an amount with its currency, and not a bare number', async () => {
    expect(await found('500 JPY')).toHaveLength(1);
    expect(await found('5.00 NOK')).toHaveLength(20);
    expect(await found('5.00 JPY')).toEqual([]);
    expect(await found('500')).toEqual([]);
    expect(await found('299.9')).toEqual([]);
    for (const written of ['299.90 nok', '299,90 NOK', 'NOK 299.90', 'NOK299.90'])
      expect([written, await ids(written)]).toEqual([written, await ids('299.90 NOK')]);
    expect(await found('299.90 NOK')).toHaveLength(1);
    expect(await ids('5 NOK')).toEqual(await ids('5.00 NOK'));
    expect(await found('NOK 299.90 NOK')).toEqual([]);
    expect(await found('99999999999999.00')).toEqual([]);
  });

  it('shows the newest twenty, and says that there are more', async () => {
    const { json } = await ask('many');
    expect(json).toMatchObject({ hasMore: true });
    const ids = (json.data as { id: string }[]).map(({ id }) => id);
    expect(ids).toHaveLength(20);
    expect(ids).toEqual(ids.toSorted().toReversed());
    expect((await ask('order-1')).json.hasMore).toBe(false);
  });

  it('finds several ids, and says which matched', async () => {
    const hits = await found(` order-1, ${deliveryId};${TRANSACTION} none `);
    expect(hits.map(({ kind, by, matched }) => [kind, by, matched])).toEqual([
      ['order', 'reference', 'order-1'],
      ['payment', 'transaction', TRANSACTION],
      ['delivery', 'id', deliveryId],
    ]);
  });

  it('takes large and small letters for the same where nothing is written so', async () => {
    expect(await ids('ORDER-1')).toEqual(['order-1']);
    expect(await ids('Invoice-78')).toEqual([payment.id]);
    expect(await ids(payment.id.toUpperCase())).toEqual([payment.id]);
    const other = await aPayment(at.store.db, { orderReference: 'ORDER-1' });
    expect(await ids('ORDER-1')).toEqual([other.orderReference]);
    expect(await ids('order-1')).toEqual(['order-1']);
  });

  it('is an empty list for an unknown id and for the beginning of an id', async () => {
    for (const q of [
      'order',
      'order-12',
      'pay_',
      "1001' or '1",
      '%',
      'payment/order-1/2',
      'payment/order-1/1x',
      '/',
    ])
      expect(await ask(q)).toMatchObject({ status: 200, json: { data: [], hasMore: false } });
  });

  it.each([
    ['none', '/v1/search'],
    ['an empty one', '/v1/search?q='],
    ['a long one', `/v1/search?q=${'x'.repeat(1_001)}`],
    ['one with a control character', '/v1/search?q=a%00b'],
    ['one with a line of its own', '/v1/search?q=a%0Ab'],
    ['two', '/v1/search?q=a&q=b'],
    ['another parameter', '/v1/search?q=a&limit=3'],
  ])('refuses %s with 422 and a pointer', async (_, target) => {
    const answer = await at.api.send('GET', target, { key: API_KEY });
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } });
    expect(answer.json.errors[0].pointer).toMatch(/^\/(q|limit)?$/);
  });

  it('requires a key', async () => {
    expect((await at.api.send('GET', '/v1/search?q=order-1')).status).toBe(401);
  });
});
