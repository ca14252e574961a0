/**
 * Captures, refunds and voids that are not allowed: a problem with a stable code and a pointer, nothing is
 * recorded, and the gateway is not called.
 */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { listOperations } from '../../../src/store/operations.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { API_KEY } from '../../support/api.ts';
import { aFinding, aPayment, aRecord, TELLS } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment, becomes } from '../../support/paid-payment.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';

const LINES = [
  { id: 'chair', lineId: '1', description: 'Chair', quantity: 2, amountMinor: 80_000 },
  { id: 'card', lineId: '2', description: 'Gift card', quantity: 1, amountMinor: -7_800 },
];

describe('an operation is refused', () => {
  const at = useTestApi();
  beforeEach(() => void (at.api.money.asked.length = 0));

  const ask = (payment: PaymentRow, kind: string, body: unknown, headers: Record<string, string> = {}) =>
    at.api.post(`/v1/payments/${payment.id}/${kind}`, body, { headers });

  const expectNothing = async (payment: PaymentRow): Promise<void> => {
    expect(await listOperations(at.store.db, payment.id)).toEqual([]);
    expect(at.api.money.asked).toEqual([]);
  };

  const reference = 'parcel-1';
  const lines = (...items: object[]) => ({ reference, items });

  it.each([
    ['capture', { reference, amount: 0 }, '/amount'],
    ['capture', { reference, amount: -1 }, '/amount'],
    ['capture', { reference, amount: 0.5 }, '/amount'],
    ['capture', { reference, amount: 2_147_483_648 }, '/amount'],
    ['capture', { reference, amount: '100' }, '/amount'],
    ['capture', { reference, amount: null }, '/amount'],
    ['capture', { reference, amount: [100] }, '/amount'],
    ['refund', { reference, amount: 0 }, '/amount'],
    ['refund', { reference, amount: 99.99 }, '/amount'],
    ['capture', { reference, amount: 100, currency: 'SEK' }, '/currency'],
    ['refund', { reference, amount: 100, currency: 'NOK' }, '/currency'],
    ['void', { amount: 100 }, '/amount'],
    ['void', { items: [] }, '/items'],
    ['capture', { reference, reason: 1 }, '/reason'],
    ['refund', { reference, finalCapture: true }, '/finalCapture'],
    ['void', { finalCapture: true }, '/finalCapture'],
    ['capture', { reference, finalCapture: 'yes' }, '/finalCapture'],
    ['refund', { reference, reason: 'a'.repeat(201) }, '/reason'],
    ['refund', { reference, reason: '' }, '/reason'],
    ['refund', { reference, reason: 'a\u0000b' }, '/reason'],
    ['void', { reason: 1 }, '/reason'],
    ['capture', {}, '/reference'],
    ['refund', { amount: 100 }, '/reference'],
    ['capture', { reference: '' }, '/reference'],
    ['capture', { reference: 'a/b' }, '/reference'],
    ['capture', { reference: 'a'.repeat(65) }, '/reference'],
    ['capture', { reference: 7 }, '/reference'],
    ['capture', { reference: 'auto-capture' }, '/reference'],
    ['refund', { reference: 'give-back-1' }, '/reference'],
    ['void', { reference: 'give-back-1' }, '/reference'],
    ['capture', lines(), '/items'],
    ['capture', { reference, items: {} }, '/items'],
    ['capture', lines({ lineId: '9', amount: 100 }), '/items/0/lineId'],
    ['refund', lines({ lineId: '9', amount: 100 }), '/items/0/lineId'],
    ['capture', lines({ lineId: '1', amount: 1 }, { lineId: '1', amount: 2 }), '/items/1/lineId'],
    ['capture', lines({ lineId: '1', amount: 80_001 }), '/items/0/amount'],
    ['capture', lines({ lineId: '1', amount: 9_000 }, { lineId: '2', amount: -7_801 }), '/items/1/amount'],
    ['capture', lines({ lineId: '1', amount: 1 }, { lineId: '2', amount: 1 }), '/items/1/amount'],
    ['capture', lines({ lineId: '1', amount: 0.5 }), '/items/0/amount'],
    ['capture', lines({ lineId: '1', amount: 1, quantity: 3 }), '/items/0/quantity'],
    ['capture', lines({ lineId: '1', amount: 1, quantity: 0 }), '/items/0/quantity'],
    ['capture', lines({ lineId: '1', amount: 1, vat: 25 }), '/items/0/vat'],
    ['capture', lines({ lineId: '1' }), '/items/0/amount'],
    ['capture', { ...lines({ lineId: '1', amount: 100 }), amount: 99 }, '/items'],
    ['refund', { ...lines({ lineId: '1', amount: 100 }), amount: 101 }, '/items'],
    ['capture', lines({ lineId: '2', amount: -100 }), '/items'],
    ['capture', lines({ lineId: '1', amount: 0 }), '/items'],
  ] as const)('with 422 and a pointer: %s %j', async (kind, body, pointer) => {
    const request = { lines: LINES };
    const payment = await aPaidPayment(at.store.db, 'AUTHORIZED', { opened: { request } });
    const answer = await ask(payment, kind, body);
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } });
    expect((answer.json.errors as { pointer: string }[]).map((error) => error.pointer)).toContain(pointer);
    await expectNothing(payment);
  });

  it.each(['capture', 'refund'])('with 400 where a %s has no body', async (kind) => {
    const payment = await aPaidPayment(at.store.db);
    for (const body of ['', '{', '[', 'null,'])
      expect(await ask(payment, kind, body, { 'idempotency-key': 'k' })).toMatchObject({
        status: 400,
        json: { code: 'invalid_json' },
      });
    await expectNothing(payment);
  });

  it('with 422 where the Idempotency-Key differs from the reference, or there is no reference at all', async () => {
    const payment = await aPaidPayment(at.store.db);
    const errors = [{ pointer: '/reference' }];
    for (const [body, key] of [
      [{ reference: 'a' }, 'b'],
      [{}, 'a/b'],
      [{}, ''],
      [{}, 'auto-capture'],
      [{ reference: 'a' }, 'a, a'],
    ] as const)
      expect(await ask(payment, 'capture', body, { 'idempotency-key': key })).toMatchObject({
        status: 422,
        json: { errors },
      });
    await expectNothing(payment);
  });

  it.each([
    ['capture', { reference, amount: 72_201 }, 'AUTHORIZED', {}, 'amount_too_large'],
    ['capture', { reference, amount: 100 }, 'VOIDED', { capturableMinor: 0 }, 'operation_not_possible'],
    ['capture', { reference }, 'CAPTURED', { capturedMinor: 72_200 }, 'operation_not_possible'],
    [
      'capture',
      { reference, amount: 301 },
      'PARTIALLY_CAPTURED',
      { capturedMinor: 71_900 },
      'amount_too_large',
    ],
    ['refund', { reference }, 'AUTHORIZED', {}, 'operation_not_possible'],
    ['refund', { reference, amount: 100 }, 'VOIDED', { capturableMinor: 0 }, 'operation_not_possible'],
    ['refund', { reference, amount: 101 }, 'PARTIALLY_CAPTURED', { capturedMinor: 100 }, 'amount_too_large'],
    [
      'refund',
      { reference, amount: 100 },
      'REFUNDED',
      { capturedMinor: 72_200, refundedMinor: 72_200 },
      'operation_not_possible',
    ],
    ['void', {}, 'CAPTURED', { capturedMinor: 72_200 }, 'operation_not_possible'],
    ['void', {}, 'VOIDED', { capturableMinor: 0 }, 'operation_not_possible'],
  ] as const)('with 409: %s %j of a payment that is %s', async (kind, body, status, sums, code) => {
    const payment = await aPaidPayment(at.store.db, status, { sums });
    expect(await ask(payment, kind, body)).toMatchObject({ status: 409, json: { code } });
    await expectNothing(payment);
  });

  it.each(['capture', 'refund', 'void'])('with 409: a %s where nothing was paid', async (kind) => {
    const payment = await aPayment(at.store.db);
    const answer = await ask(payment, kind, { reference });
    expect(answer).toMatchObject({ status: 409, json: { code: 'payment_not_paid' } });
    await expectNothing(payment);
  });

  it('with 409: on late money, although the money exists', async () => {
    const { db } = at.store;
    const payment = await aPayment(db);
    const closed = aFinding('CANCELLED', { closedBy: 'merchant' });
    await recordFinding(db, aRecord(payment, { finding: closed }), TELLS);
    expect((await becomes(db, payment, 'AUTHORIZED')).status).toBe('AUTHORIZED');
    expect(await ask(payment, 'capture', { reference })).toMatchObject({
      status: 409,
      json: { code: 'payment_not_paid' },
    });
    await expectNothing(payment);
  });

  it.each(['capture', 'refund', 'void'])('with 409: a %s while a person has to decide', async (kind) => {
    const payment = await aPaidPayment(at.store.db);
    const finding = aFinding('REVIEW', { review: 'contradiction' });
    await recordFinding(at.store.db, aRecord(payment, { finding }), TELLS);
    expect(await ask(payment, kind, { reference })).toMatchObject({
      status: 409,
      json: { code: 'payment_in_review' },
    });
    await expectNothing(payment);
  });

  it.each(['capture', 'refund', 'void'])('with 404: a %s of an unknown payment', async (kind) => {
    for (const id of ['pay_none', '%00', 'a'.repeat(300)])
      expect(await at.api.post(`/v1/payments/${id}/${kind}`, { reference })).toMatchObject({
        status: 404,
        json: { code: 'not_found' },
      });
  });

  it('with 401 before its body is parsed', async () => {
    const payment = await aPaidPayment(at.store.db);
    const sent = { key: null, body: '{' };
    expect(await at.api.send('POST', `/v1/payments/${payment.id}/capture`, sent)).toMatchObject({
      status: 401,
    });
  });

  it('with 415 as a form', async () => {
    const payment = await aPaidPayment(at.store.db);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await ask(payment, 'capture', 'amount=100', headers)).toMatchObject({ status: 415 });
    await expectNothing(payment);
  });

  it.each([
    ['operations/none', 404],
    ['operations/%00', 404],
    ['operations/a%2Fb', 404],
    ['operations/none?kind=chargeback', 422],
    ['operations/none?kind=capture&kind=refund', 422],
    ['operations?limit=0', 422],
    ['operations?cursor=op_%00', 422],
    ['operations?cursor=zzz', 422],
    ['operations?nonsense=1', 422],
  ])('to be shown: %s', async (path, status) => {
    const payment = await aPaidPayment(at.store.db);
    const answer = await at.api.send('GET', `/v1/payments/${payment.id}/${path}`, { key: API_KEY });
    expect(answer.status).toBe(status);
  });
});
