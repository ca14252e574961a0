/** Contract §3: captures, refunds and voids over HTTP; the run is simulated. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import type { OperationKind } from '../../../src/domain/operation.ts';
import { claimOperation, findOperation, listOperations } from '../../../src/store/operations.ts';
import { markSending, markUnknown } from '../../../src/store/operation-attempts.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { RunEnded, RunsUnavailable } from '../../../src/temporal/run-calls.ts';
import { API_KEY, KEY_NAME, type Answer } from '../../support/api.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment, becomes, fails } from '../../support/paid-payment.ts';

describe('an operation', () => {
  const at = useTestApi();

  beforeEach(() => {
    at.api.money.asked.length = 0;
    at.api.money.onCarryOut = () => Promise.resolve();
  });

  const ask = (payment: PaymentRow, kind: string, body: unknown, headers: Record<string, string> = {}) =>
    at.api.post(`/v1/payments/${payment.id}/${kind}`, body, { headers });

  const get = (payment: PaymentRow, path: string): Promise<Answer> =>
    at.api.send('GET', `/v1/payments/${payment.id}/${path}`, { key: API_KEY });

  /** The run finds the operation done at the gateway. */
  const succeeds = (payment: PaymentRow, kind: OperationKind, reference: string): void => {
    at.api.money.onCarryOut = async (operationId) => {
      const row = await findOperation(at.store.db, payment.id, reference, kind);
      const amountMinor = row?.wanted ?? payment.amount;
      await markSending(at.store.db, operationId, amountMinor);
      const sums = {
        capture: { capturedMinor: amountMinor },
        refund: { capturedMinor: payment.captured, refundedMinor: amountMinor },
        void: { capturableMinor: 0 },
      }[kind];
      const isAll = amountMinor === payment.amount;
      const status = (
        {
          capture: isAll ? 'CAPTURED' : 'PARTIALLY_CAPTURED',
          refund: isAll ? 'REFUNDED' : 'PARTIALLY_REFUNDED',
          void: 'VOIDED',
        } as const
      )[kind];
      const shown = {
        kind,
        reference: kind === 'void' ? null : reference,
        amountMinor,
        state: 'done',
      } as const;
      await becomes(at.store.db, payment, status, sums, [shown]);
    };
  };

  it('is shown in words in the timeline while it is under way', async () => {
    const payment = await aPaidPayment(at.store.db);
    await ask(payment, 'capture', { reference: 'c1', amount: 4_000 });
    const story = async () => {
      const { json } = await at.api.send('GET', `/v1/payments/${payment.id}`, { key: API_KEY });
      return (json.timeline as { kind: string; text: string }[]).map(({ text }) => text);
    };
    expect(await story()).toContain('capture c1 of 40.00 NOK was requested and not sent yet');
    const operation = await findOperation(at.store.db, payment.id, 'c1');
    await markSending(at.store.db, operation?.id ?? '', 4_000);
    await markUnknown(at.store.db, operation?.id ?? '');
    expect((await story()).join()).toContain('its response was lost');
  });

  it('is 200 with the operation and the payment in its new state', async () => {
    const payment = await aPaidPayment(at.store.db);
    succeeds(payment, 'capture', 'parcel-1');
    const answer = await ask(payment, 'capture', { amount: 20_000, reference: 'parcel-1' });
    expect(answer.status).toBe(200);
    const { payment: shown, ...operation } = answer.json;
    expect(operation).toEqual({
      id: expect.stringMatching(/^op_/),
      key: KEY_NAME,
      kind: 'capture',
      reference: 'parcel-1',
      transactionId: shown.transactionId,
      status: 'done',
      amount: 20_000,
      currency: 'NOK',
      finalCapture: false,
      cause: 'merchant',
      createdAt: expect.stringMatching(/Z$/),
      finishedAt: expect.stringMatching(/Z$/),
    });
    expect(shown).toMatchObject({
      id: payment.id,
      status: 'PARTIALLY_CAPTURED',
      authorizedAmount: 72_200,
      capturedAmount: 20_000,
      refundedAmount: 0,
    });
    expect(shown).not.toHaveProperty('timeline');
  });

  it.each([
    ['capture', 'AUTHORIZED', {}, { reference: 'all' }, 'CAPTURED'],
    ['refund', 'CAPTURED', { capturedMinor: 72_200 }, { reference: 'all', reason: 'broken' }, 'REFUNDED'],
    ['void', 'AUTHORIZED', {}, '', 'VOIDED'],
    ['void', 'AUTHORIZED', {}, { reference: 'all', reason: 'sold out' }, 'VOIDED'],
  ] as const)(
    'without an amount takes all that is left: %s in status %s',
    async (kind, before, sums, body, after) => {
      const payment = await aPaidPayment(at.store.db, before, { sums });
      succeeds(payment, kind, body === '' ? 'void' : body.reference);
      const reason = typeof body === 'object' && 'reason' in body ? { reason: body.reason } : {};
      expect(await ask(payment, kind, body)).toMatchObject({
        status: 200,
        json: { kind, status: 'done', amount: 72_200, ...reason, payment: { status: after, reason: null } },
      });
    },
  );

  it('has the same answer when it is repeated and is carried out once, also when it would be impossible by now', async () => {
    const payment = await aPaidPayment(at.store.db);
    succeeds(payment, 'capture', 'all');
    const first = await ask(payment, 'capture', { reference: 'all', finalCapture: true });
    const again = await ask(payment, 'capture', '{"finalCapture":true, "reference":"all"}');
    expect(first.status).toBe(200);
    expect([again.status, again.json]).toEqual([first.status, first.json]);
    expect(at.api.money.asked).toEqual([first.json.id]);
  });

  it('is carried out once for fifty parallel requests, which get the same answer', async () => {
    const payment = await aPaidPayment(at.store.db);
    succeeds(payment, 'capture', 'all');
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { onCarryOut } = at.api.money;
    at.api.money.onCarryOut = async (operationId) => {
      await gate;
      await onCarryOut(operationId);
    };
    const asked = Array.from({ length: 50 }, () => ask(payment, 'capture', { reference: 'all' }));
    // Once that many later requests are answered, all of these wait.
    for (let index = 0; index < 20; index += 1) await get(payment, 'operations');
    open();
    const answers = await Promise.all(asked);
    expect(new Set(answers.map(({ status, json }) => `${status} ${json.id} ${json.status}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200, json: { status: 'done' } });
    expect(await listOperations(at.store.db, payment.id)).toHaveLength(1);
    expect(at.api.money.asked).toEqual([answers[0]?.json.id]);
  });

  it('takes the Idempotency-Key as the reference, alone or beside the same reference', async () => {
    const payment = await aPaidPayment(at.store.db);
    const headers = { 'idempotency-key': '8e03978e-40d5-43dd-bc93-6894a57f9324' };
    const alone = await ask(payment, 'capture', { amount: 100 }, headers);
    const reference = headers['idempotency-key'];
    const both = await ask(payment, 'capture', { amount: 100, reference }, headers);
    expect(alone).toMatchObject({ status: 202, json: { reference } });
    expect(both.json.id).toBe(alone.json.id);
  });

  it.each([
    ['another amount', { amount: 101, reference: 'r' }],
    ['all that is left', { reference: 'r' }],
    ['another end', { amount: 100, reference: 'r', finalCapture: true }],
    ['lines', { amount: 100, reference: 'r', items: [{ lineId: '1', amount: 100 }] }],
  ])('is 409 where the reference belongs to another request: %s', async (_, body) => {
    const payment = await aPaidPayment(at.store.db);
    await ask(payment, 'capture', { amount: 100, reference: 'r' });
    at.api.money.asked.length = 0;
    expect(await ask(payment, 'capture', body)).toMatchObject({
      status: 409,
      json: { code: 'reference_reused' },
    });
    expect(at.api.money.asked).toEqual([]);
  });

  it('is refused by our own record, and then causes a look, since another client may have captured', async () => {
    at.api.runs.looks.length = 0;
    const payment = await aPaidPayment(at.store.db, 'PARTIALLY_CAPTURED', { sums: { capturedMinor: 500 } });
    const tooMuch = () => ask(payment, 'refund', { amount: 600, reference: 'r' });
    for (let tries = 1; tries <= 5; tries += 1)
      expect(await tooMuch()).toMatchObject({ status: 409, json: { code: 'amount_too_large' } });
    const looked = { payment: { paymentId: payment.id }, signal: { why: 'refused_refund' } };
    expect(at.api.runs.looks).toMatchObject([looked, looked, looked]);
    await becomes(at.store.db, payment, 'CAPTURED', { capturedMinor: payment.amount });
    expect(await tooMuch()).toMatchObject({ status: 202 });
  });

  it('has a reference for each kind: a capture and a refund may share one', async () => {
    const payment = await aPaidPayment(at.store.db, 'PARTIALLY_CAPTURED', { sums: { capturedMinor: 500 } });
    const capture = await ask(payment, 'capture', { amount: 100, reference: 'r' });
    const refund = await ask(payment, 'refund', { amount: 100, reference: 'r' });
    expect([capture.status, refund.status]).toEqual([202, 202]);
    expect((await get(payment, 'operations/r')).json.id).toBe(refund.json.id);
    expect((await get(payment, 'operations/r?kind=capture')).json.id).toBe(capture.json.id);
    expect(await get(payment, 'operations/r?kind=void')).toMatchObject({ status: 404 });
  });

  it('is about lines of the order, and the amount is their sum where none is given', async () => {
    const line = { id: 'a', description: 'A', quantity: 3, amountMinor: 40_000 };
    const lines = [
      { ...line, lineId: '1' },
      { ...line, lineId: '2', amountMinor: 32_200 },
    ];
    const payment = await aPaidPayment(at.store.db, 'AUTHORIZED', { opened: { request: { lines } } });
    const items = [
      { lineId: '2', amount: 30_000 },
      { lineId: '1', amount: 20_000, quantity: 1.5 },
    ];
    const answer = await ask(payment, 'capture', { reference: 'r', items });
    expect(answer).toMatchObject({ status: 202, json: { amount: 50_000 } });
    expect((await findOperation(at.store.db, payment.id, 'r'))?.lines).toEqual([
      { lineId: '2', amountMinor: 30_000 },
      { lineId: '1', amountMinor: 20_000, quantity: 1.5 },
    ]);
    const same = await ask(payment, 'capture', { items: items.toReversed(), amount: 50_000, reference: 'r' });
    expect(same.json.id).toBe(answer.json.id);
  });

  it('takes at most the rest that earlier operations have left of a line', async () => {
    const line = { id: 'a', lineId: '1', description: 'A', quantity: 2, amountMinor: 50_000 };
    const request = { lines: [line, { ...line, lineId: '2', amountMinor: 22_200 }] };
    const payment = await aPaidPayment(at.store.db, 'AUTHORIZED', { opened: { request } });
    const part = (reference: string, amount: number, quantity = 1) =>
      ask(payment, 'capture', { reference, items: [{ lineId: '1', amount, quantity }] });
    expect(await part('p1', 25_000)).toMatchObject({ status: 202 });
    expect(await part('p2', 25_001)).toMatchObject({
      status: 422,
      json: { code: 'invalid_request', errors: [{ pointer: '/items/0/amount' }] },
    });
    expect(await part('p2', 1_000, 2)).toMatchObject({
      json: { errors: [{ pointer: '/items/0/quantity' }] },
    });
    expect(await part('p2', 25_000)).toMatchObject({ status: 202 });
    expect(await part('p1', 25_000)).toMatchObject({ status: 202 });
    expect(await part('p3', 1)).toMatchObject({ status: 422 });
  });

  it('has to name the lines of a part where the payment method needs lines', async () => {
    const line = { id: 'a', lineId: '1', description: 'A', quantity: 2, amountMinor: 72_200 };
    const payment = await aPaidPayment(at.store.db, 'AUTHORIZED', { opened: { request: { lines: [line] } } });
    await at.store.db
      .update(payments)
      .set({ paymentMethod: 'collector.invoice' })
      .where(eq(payments.id, payment.id));
    expect(await ask(payment, 'capture', { reference: 'r', amount: 100 })).toMatchObject({
      status: 422,
      json: { code: 'items_required' },
    });
    expect(await findOperation(at.store.db, payment.id, 'r')).toBeNull();
    const items = [{ lineId: '1', amount: 100 }];
    expect(await ask(payment, 'capture', { reference: 'r', items })).toMatchObject({ status: 202 });
    const whole = await aPaidPayment(at.store.db, 'AUTHORIZED', { opened: { request: { lines: [line] } } });
    expect(await ask(whole, 'capture', { reference: 'r', amount: 72_200 })).toMatchObject({ status: 202 });
  });

  it('may name any line where the order has none', async () => {
    const payment = await aPaidPayment(at.store.db);
    const items = [{ lineId: '1', amount: 100 }];
    expect(await ask(payment, 'capture', { reference: 'r', items })).toMatchObject({ status: 202 });
  });

  describe('that takes long', () => {
    it('is 202, with where and when to look', async () => {
      const payment = await aPaidPayment(at.store.db);
      const answer = await ask(payment, 'capture', { reference: 'r' });
      expect(answer).toMatchObject({
        status: 202,
        headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
        json: { status: 'pending', amount: null, finishedAt: null, payment: { status: 'AUTHORIZED' } },
      });
      const seen = await at.api.send('GET', String(answer.headers.location), { key: API_KEY });
      expect([seen.status, seen.json]).toEqual([200, answer.json]);
      succeeds(payment, 'capture', 'r');
      expect(await ask(payment, 'capture', { reference: 'r' })).toMatchObject({ status: 200 });
      const then = await at.api.send('GET', String(answer.headers.location), { key: API_KEY });
      expect(then.json).toMatchObject({ id: answer.json.id, status: 'done', amount: 72_200 });
    });

    it('is 202 while its result is unknown', async () => {
      const payment = await aPaidPayment(at.store.db);
      at.api.money.onCarryOut = (id) => markUnknown(at.store.db, id);
      expect(await ask(payment, 'capture', { reference: 'r' })).toMatchObject({
        status: 202,
        json: { status: 'unknown' },
      });
    });

    it.each([
      ['does not answer', new RunsUnavailable('no answer')],
      ['ended under it', new RunEnded('the run ended')],
    ])('is 202 where its run %s, since it is recorded', async (_, error) => {
      const payment = await aPaidPayment(at.store.db);
      at.api.money.onCarryOut = () => Promise.reject(error);
      const answer = await ask(payment, 'capture', { reference: 'r' });
      expect(answer).toMatchObject({ status: 202, json: { status: 'pending' } });
      expect(await listOperations(at.store.db, payment.id)).toHaveLength(1);
    });

    it('is 202 without Temporal, 200 once it is back', async () => {
      const payment = await aPaidPayment(at.store.db);
      at.api.runs.temporal = 'down';
      const body = { reference: 'r' };
      const first = await ask(payment, 'capture', body);
      expect(first).toMatchObject({ status: 202, json: { status: 'pending' } });
      at.api.runs.temporal = 'well';
      succeeds(payment, 'capture', 'r');
      expect(await ask(payment, 'capture', body)).toMatchObject({ status: 200, json: { id: first.json.id } });
    });

    it('is 503 without the store, and no run is asked', async () => {
      const payment = await aPaidPayment(at.store.db);
      at.api.troubles.mood = 'down';
      expect(await ask(payment, 'capture', { reference: 'r' })).toMatchObject({ status: 503 });
      expect(at.api.money.asked).toEqual([]);
    });
  });

  describe('that failed', () => {
    it.each([
      ['declined', 402],
      ['amount_too_large', 409],
      ['operation_not_possible', 409],
      ['not_confirmed', 409],
      ['a_code_of_tomorrow', 409],
    ])('is the problem %s, and the same when it is repeated', async (code, status) => {
      const payment = await aPaidPayment(at.store.db);
      const detail = 'the card was stolen';
      at.api.money.onCarryOut = (operationId) => fails(at.store.db, payment, { operationId, code, detail });
      const first = await ask(payment, 'capture', { reference: 'r' }, { 'x-request-id': 'same' });
      const again = await ask(payment, 'capture', { reference: 'r' }, { 'x-request-id': 'same' });
      const known = code === 'a_code_of_tomorrow' ? 'operation_not_possible' : code;
      expect(first).toMatchObject({ status, json: { code: known, detail: expect.stringContaining(detail) } });
      expect([again.status, again.text]).toEqual([first.status, first.text]);
      expect(at.api.money.asked).toHaveLength(1);
      const seen = await get(payment, 'operations/r');
      expect(seen).toMatchObject({ status: 200, json: { status: 'failed', problem: { code, detail } } });
    });

    it("carries the gateway's reason where the gateway declined", async () => {
      const payment = await aPaidPayment(at.store.db);
      at.api.money.onCarryOut = (operationId) =>
        fails(at.store.db, payment, { operationId, code: 'declined', detail: 'AMOUNT_TOO_HIGH' });
      const answer = await ask(payment, 'capture', { reference: 'r' });
      expect(answer).toMatchObject({ status: 402, json: { code: 'declined', reason: 'AMOUNT_TOO_HIGH' } });
    });

    it('may be requested again with another reference', async () => {
      const payment = await aPaidPayment(at.store.db);
      at.api.money.onCarryOut = (operationId) =>
        fails(at.store.db, payment, { operationId, code: 'declined', detail: 'no' });
      await ask(payment, 'capture', { reference: 'r' });
      succeeds(payment, 'capture', 'r-2');
      expect(await ask(payment, 'capture', { reference: 'r-2' })).toMatchObject({ status: 200 });
    });
  });

  it('is listed newest first, beside our own operations, page by page', async () => {
    const payment = await aPaidPayment(at.store.db);
    for (const reference of ['a', 'b', 'c']) await ask(payment, 'capture', { reference, amount: 100 });
    const ours = { kind: 'void', reference: 'give-back-1', cause: 'operator' } as const;
    const whole = { paymentId: payment.id, bodyHash: '', wanted: null, finalCapture: false };
    await claimOperation(at.store.db, { ...ours, ...whole });
    const first = await get(payment, 'operations?limit=3');
    const of = ({ json }: Answer) => (json.data as { reference: string }[]).map(({ reference }) => reference);
    expect(of(first)).toEqual(['give-back-1', 'c', 'b']);
    expect(first.json).toMatchObject({ hasMore: true, nextCursor: first.json.data[2].id });
    const second = await get(payment, `operations?limit=3&cursor=${first.json.nextCursor}`);
    expect(of(second)).toEqual(['a']);
    expect(second.json).toMatchObject({ hasMore: false, nextCursor: null });
    expect(first.json.data[0]).toMatchObject({ kind: 'void', cause: 'operator', currency: 'NOK' });
    expect(await get(payment, 'operations/give-back-1')).toMatchObject({ status: 200 });
  });

  it('is described in the timeline in words for people', async () => {
    const payment = await aPaidPayment(at.store.db);
    succeeds(payment, 'capture', 'parcel-1');
    await ask(payment, 'capture', { amount: 20_000, reference: 'parcel-1' });
    const { json } = await at.api.send('GET', `/v1/payments/${payment.id}`, { key: API_KEY });
    const texts = (json.timeline as { kind: string; text: string }[]).map(
      ({ kind, text }) => `${kind}: ${text}`,
    );
    expect(texts).toEqual(
      expect.arrayContaining([
        'operation: capture parcel-1 of 200.00 NOK done',
        'decision: AUTHORIZED became PARTIALLY_CAPTURED',
        'update: order.captured queued for the merchant',
      ]),
    );
  });
});
