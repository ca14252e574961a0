/** Contract §3: `PATCH /v1/payments/{id}`, the only field that can be changed later. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { GatewayRejected, GatewayUnavailable } from '../../../src/gateways/gateway-errors.ts';
import { findPayment, type PaymentRow } from '../../../src/store/payments.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { API_KEY } from '../../support/api.ts';
import { aPayment } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';
import { until } from '../../support/until.ts';

describe('changing merchantReference2', () => {
  const at = useTestApi();
  afterEach(() => void jest.restoreAllMocks());

  const gateway = (answer: () => Promise<void>) =>
    jest.spyOn(at.api.service.gateways.named('dintero'), 'updateReference').mockImplementation(answer);

  const patch = ({ id }: PaymentRow, body: unknown) =>
    at.api.send('PATCH', `/v1/payments/${id}`, {
      key: API_KEY,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('is 200 once the gateway has it, and is kept with the payment and in its timeline', async () => {
    const opened = { request: { lines: [], merchantReference2: 'old', language: 'no' } };
    const payment = await aPaidPayment(at.store.db, 'AUTHORIZED', { opened });
    const calls = gateway(() => Promise.resolve());
    const merchantReference2 = `in'voice "7", blå`;
    expect(await patch(payment, { merchantReference2 })).toMatchObject({
      status: 200,
      json: { id: payment.id, merchantReference2 },
    });
    expect(calls.mock.calls).toEqual([[payment.transactionId, merchantReference2]]);
    expect((await findPayment(at.store.db, payment.id))?.request).toEqual({
      lines: [],
      language: 'no',
      merchantReference2,
    });
    const notes = await readTimeline(at.store.db, payment.id);
    expect(notes.at(-1)).toMatchObject({ kind: 'operation', data: { merchantReference2 } });
  });

  it('is 409 before there is a transaction, and the gateway is not asked', async () => {
    const payment = await aPayment(at.store.db);
    const calls = gateway(() => Promise.resolve());
    expect(await patch(payment, { merchantReference2: 'x' })).toMatchObject({
      status: 409,
      json: { code: 'no_transaction' },
    });
    expect(calls).not.toHaveBeenCalled();
  });

  it.each([
    [
      '503 where the gateway is silent',
      new GatewayUnavailable('no', { kind: 'silent' }),
      503,
      'unavailable',
      '1',
    ],
    [
      '503 with its own Retry-After where the gateway wants fewer',
      new GatewayUnavailable('no', { kind: 'rate_limited', retryAfterMs: 6_500 }),
      503,
      'unavailable',
      '7',
    ],
    ['502 where the gateway refuses', new GatewayRejected('too long'), 502, 'gateway_rejected', undefined],
  ])('is %s, and nothing is stored', async (_, error, status, code, retryAfter) => {
    const payment = await aPaidPayment(at.store.db);
    gateway(() => Promise.reject(error));
    const answer = await patch(payment, { merchantReference2: 'x' });
    expect(answer).toMatchObject({ status, json: { code } });
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect((await findPayment(at.store.db, payment.id))?.request.merchantReference2).toBeUndefined();
  });

  it.each([
    [{}, '/merchantReference2'],
    [{ merchantReference2: '' }, '/merchantReference2'],
    [{ merchantReference2: null }, '/merchantReference2'],
    [{ merchantReference2: 'a'.repeat(201) }, '/merchantReference2'],
    [{ merchantReference2: 'a\nb' }, '/merchantReference2'],
    [{ merchantReference2: 'x', amount: 1 }, '/amount'],
  ])('is 422 for %j', async (body, pointer) => {
    const payment = await aPaidPayment(at.store.db);
    const calls = gateway(() => Promise.resolve());
    expect(await patch(payment, body)).toMatchObject({ status: 422, json: { errors: [{ pointer }] } });
    expect(calls).not.toHaveBeenCalled();
  });

  it('by two requests at once leaves the same value here and at the gateway', async () => {
    const payment = await aPaidPayment(at.store.db);
    let [written, answerSlow]: [string, () => void] = ['', () => undefined];
    const update = jest.spyOn(at.api.service.gateways.named('dintero'), 'updateReference');
    update.mockImplementationOnce((_, reference) => {
      written = reference;
      return new Promise((resolve) => {
        answerSlow = resolve;
      });
    });
    update.mockImplementation((_, reference) => {
      written = reference;
      return Promise.resolve();
    });
    const slow = patch(payment, { merchantReference2: 'slow' });
    await until('the first is written', () => written === 'slow');
    expect(await patch(payment, { merchantReference2: 'quick' })).toMatchObject({
      status: 200,
      json: { merchantReference2: 'quick' },
    });
    answerSlow();
    expect(await slow).toMatchObject({ status: 200, json: { merchantReference2: 'slow' } });
    expect(written).toBe('slow');
    expect((await findPayment(at.store.db, payment.id))?.request.merchantReference2).toBe('slow');
  });

  it('is 404 for an unknown payment', async () => {
    const nobody = { id: 'pay_none' } as PaymentRow;
    expect(await patch(nobody, { merchantReference2: 'x' })).toMatchObject({ status: 404 });
  });
});
