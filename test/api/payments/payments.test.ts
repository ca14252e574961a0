/** Contract §3: the merchant's API. */
import { describe, expect, it } from '@jest/globals';
import type { PaymentStatus } from '../../../src/domain/payment.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { findPayment, type PaymentRow } from '../../../src/store/payments.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { RunEnded, RunsUnavailable } from '../../../src/temporal/run-calls.ts';
import { anOrderBody, API_KEY, SECOND_KEY } from '../../support/api.ts';
import { aFinding, aPayment, aRecord, aReference, aTransaction, TELLS } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { until } from '../../support/until.ts';

describe("the merchant's API", () => {
  const at = useTestApi({ TEMPORAL_UI_URL: 'https://temporal.example/' });

  const become = async (id: string, status: PaymentStatus, more = {}): Promise<void> => {
    const payment = (await findPayment(at.store.db, id)) as PaymentRow;
    const finding = aFinding(status, { pays: status === 'AUTHORIZED', ...more });
    await recordFinding(at.store.db, aRecord(payment, { finding, key: `to-${status}` }), TELLS);
  };

  describe('opening a payment', () => {
    it('is 201 with everything that the shop needs to redirect the payer', async () => {
      const reference = aReference();
      const body = anOrderBody(reference, {
        metadata: { cart: 'c1' },
        returnUrl: 'https://shop.example/thanks',
      });
      const answer = await at.api.post('/v1/payments', body);
      expect(answer.status).toBe(201);
      expect(answer.json).toMatchObject({
        id: expect.stringMatching(/^pay_/),
        status: 'PENDING',
        gateway: 'dintero',
        orderReference: reference,
        amount: 72200,
        currency: 'NOK',
        sessionId: expect.stringMatching(/^T12345678\./),
        checkoutUrl: expect.stringMatching(/^https:/),
        expiresAt: expect.stringMatching(/Z$/),
        createdAt: expect.stringMatching(/Z$/),
        transactionId: null,
        metadata: { cart: 'c1' },
        workflow: {
          workflowId: `payment/${reference}/1`,
          runId: 'run-1',
          url: `https://temporal.example/namespaces/default/workflows/payment%2F${reference}%2F1`,
        },
      });
      expect(answer.text).not.toMatch(/returnKey|customer/);
    });

    it('is 200 with the same session the second time, for any number of parallel requests', async () => {
      const body = anOrderBody(aReference());
      const answers = await Promise.all(Array.from({ length: 50 }, () => at.api.post('/v1/payments', body)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
      for (const field of ['id', 'sessionId', 'checkoutUrl'])
        expect(new Set(answers.map(({ json }) => json[field] as string)).size).toBe(1);
    });

    it.each(['FAILED', 'DECLINED', 'CANCELLED', 'EXPIRED'] as const)(
      'is 201 again after one that was %s',
      async (status) => {
        const body = anOrderBody(aReference());
        const first = await at.api.post('/v1/payments', body);
        await become(first.json.id, status);
        const second = await at.api.post('/v1/payments', body);
        expect(second.status).toBe(201);
        expect(second.json.workflow.workflowId).toMatch(/\/2$/);
      },
    );

    it.each([
      ['amount', { order: { amount: 1 } }],
      ['currency', { order: { currency: 'SEK' } }],
    ])('is 409 when the open payment has another %s', async (_, { order }) => {
      const reference = aReference();
      await at.api.post('/v1/payments', anOrderBody(reference));
      const body = { order: { reference, amount: 72200, currency: 'NOK', ...order } };
      expect(await at.api.post('/v1/payments', body)).toMatchObject({
        status: 409,
        json: { code: 'order_mismatch' },
      });
    });

    it('cancels the open session first with "replace", then is 201', async () => {
      const reference = aReference();
      const first = await at.api.post('/v1/payments', anOrderBody(reference));
      at.api.runs.answers.cancel = async ({ paymentId }) => {
        await become(paymentId, 'CANCELLED', { closedBy: 'merchant' });
        return { kind: 'cancelled' };
      };
      const order = { reference, amount: 500, currency: 'NOK' };
      const second = await at.api.post('/v1/payments', { order, replace: true });
      expect(second).toMatchObject({ status: 201, json: { amount: 500, status: 'PENDING' } });
      const kept = await at.api.send('GET', `/v1/payments/${first.json.id}`, { key: API_KEY });
      expect(kept.json.status).toBe('CANCELLED');
    });

    it('lets one of several parallel replacements have its session, and refuses the others', async () => {
      const reference = aReference();
      await at.api.post('/v1/payments', anOrderBody(reference));
      let asked = 0;
      at.api.runs.answers.cancel = async ({ paymentId }) => {
        asked += 1;
        await until('all have seen the first one', () => asked >= 4);
        await become(paymentId, 'CANCELLED', { closedBy: 'merchant' });
        return { kind: 'cancelled' };
      };
      const replaceBy = (amount: number) =>
        at.api.post('/v1/payments', { order: { reference, amount, currency: 'NOK' }, replace: true });
      const answers = await Promise.all([200, 300, 400, 500].map(replaceBy));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409]);
      const winner = answers.find(({ status }) => status === 201)?.json;
      const kept = await at.api.send('GET', `/v1/payments/${winner.id}`, { key: API_KEY });
      expect(kept.json).toMatchObject({ status: 'PENDING', amount: winner.amount });
      const refused = answers.filter(({ json }) => json.code === 'order_mismatch');
      expect(refused).toHaveLength(3);
    });

    it('is 409 for another amount while the payment is on hold, and does not offer to replace it', async () => {
      const reference = aReference();
      const first = await at.api.post('/v1/payments', anOrderBody(reference));
      await become(first.json.id, 'ON_HOLD');
      const order = { reference, amount: 500, currency: 'NOK' };
      const { status, json } = await at.api.post('/v1/payments', { order });
      expect({ status, code: json.code }).toEqual({ status: 409, code: 'order_mismatch' });
      expect(json.detail).toContain('on hold');
      expect(json.detail).not.toContain('replace');
    });

    it('accepts a payment that is captured at once', async () => {
      const answer = await at.api.post('/v1/payments', anOrderBody(aReference(), { capture: 'auto' }));
      expect(answer).toMatchObject({ status: 201, json: { capture: 'auto' } });
      expect((await findPayment(at.store.db, answer.json.id))?.capture).toBe('auto');
    });

    it('is 409 with "replace" when the open session was just paid', async () => {
      const reference = aReference();
      await at.api.post('/v1/payments', anOrderBody(reference));
      at.api.runs.answers.cancel = () => Promise.resolve({ kind: 'not_open', status: 'AUTHORIZED' });
      const body = { order: { reference, amount: 500, currency: 'NOK' }, replace: true };
      expect(await at.api.post('/v1/payments', body)).toMatchObject({
        status: 409,
        json: { code: 'already_paid' },
      });
    });

    it('is 200 without a checkout address while the payment is on hold', async () => {
      const body = anOrderBody(aReference());
      const first = await at.api.post('/v1/payments', body);
      await become(first.json.id, 'ON_HOLD');
      const second = await at.api.post('/v1/payments', body);
      expect(second).toMatchObject({
        status: 200,
        json: { id: first.json.id, status: 'ON_HOLD', checkoutUrl: null },
      });
    });

    it('is 409 while a payment is in REVIEW', async () => {
      const body = anOrderBody(aReference());
      const first = await at.api.post('/v1/payments', body);
      await become(first.json.id, 'REVIEW', { review: 'amount_mismatch' });
      expect(await at.api.post('/v1/payments', body)).toMatchObject({
        status: 409,
        json: { code: 'payment_in_review' },
      });
    });

    it.each(['AUTHORIZED', 'VOIDED', 'REFUNDED'] as const)(
      'is 409 for an order that was paid and is %s now',
      async (status) => {
        const body = anOrderBody(aReference());
        const first = await at.api.post('/v1/payments', body);
        await become(first.json.id, 'AUTHORIZED');
        if (status !== 'AUTHORIZED') await become(first.json.id, status);
        expect(await at.api.post('/v1/payments', body)).toMatchObject({
          status: 409,
          json: { code: 'order_already_paid' },
        });
      },
    );

    it('is 502 when the gateway refuses', async () => {
      at.api.runs.answers.open = () => Promise.resolve({ kind: 'rejected', reason: 'no such profile' });
      const answer = await at.api.post('/v1/payments', anOrderBody(aReference()));
      expect(answer).toMatchObject({ status: 502, json: { code: 'gateway_rejected' } });
      expect(answer.json.detail).toContain('no such profile');
    });

    it('starts again from the order when the run ended during the call', async () => {
      let tries = 0;
      const { open: usual } = at.api.runs.answers;
      at.api.runs.answers.open = async (payment) => {
        tries += 1;
        if (tries === 1) throw new RunEnded('the run ended');
        return usual(payment);
      };
      expect(await at.api.post('/v1/payments', anOrderBody(aReference()))).toMatchObject({ status: 201 });
      expect(tries).toBe(2);
    });

    it('opens the next payment when the open one was settled in the meantime', async () => {
      const { open: usual } = at.api.runs.answers;
      at.api.runs.answers.open = async (payment) => {
        if (payment.n > 1) return usual(payment);
        await become(payment.paymentId, 'DECLINED');
        return { kind: 'not_open', status: 'DECLINED' };
      };
      const answer = await at.api.post('/v1/payments', anOrderBody(aReference()));
      expect(answer).toMatchObject({ status: 201, json: { status: 'PENDING' } });
      expect(answer.json.workflow.workflowId).toMatch(/\/2$/);
    });

    it('is 503 when the order keeps changing, and says that nothing is done twice', async () => {
      at.api.runs.answers.open = () => Promise.reject(new RunEnded('the run ended'));
      const answer = await at.api.post('/v1/payments', anOrderBody(aReference()));
      expect(answer).toMatchObject({
        status: 503,
        json: { code: 'unavailable' },
        headers: { 'retry-after': '1' },
      });
    });

    it('is 503 without Temporal, and the same payment once Temporal is back', async () => {
      const { open: usual } = at.api.runs.answers;
      const body = anOrderBody(aReference());
      at.api.runs.answers.open = () => Promise.reject(new RunsUnavailable('no worker'));
      expect(await at.api.post('/v1/payments', body)).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
      });
      at.api.runs.answers.open = usual;
      const back = await at.api.post('/v1/payments', body);
      expect(back).toMatchObject({ status: 200, json: { status: 'PENDING' } });
      expect(back.json.workflow.workflowId).toMatch(/\/1$/);
    });

    it('is 503 without the store', async () => {
      at.api.troubles.mood = 'down';
      expect(await at.api.post('/v1/payments', anOrderBody(aReference()))).toMatchObject({ status: 503 });
    });
  });

  describe('reading', () => {
    it('shows a payment with its timeline', async () => {
      const { json } = await at.api.post('/v1/payments', anOrderBody(aReference()));
      await become(json.id, 'AUTHORIZED');
      const answer = await at.api.send('GET', `/v1/payments/${json.id}`, { key: API_KEY });
      expect(answer).toMatchObject({
        status: 200,
        json: { id: json.id, status: 'AUTHORIZED', reason: null },
      });
      const kinds = (answer.json.timeline as { kind: string }[]).map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['operation', 'decision', 'update']));
      expect(answer.json.timeline[0]).toEqual({
        at: expect.stringMatching(/Z$/),
        kind: 'operation',
        text: expect.any(String),
        data: expect.any(Object),
      });
    });

    it('shows an order with its payments, newest first', async () => {
      const reference = aReference();
      const first = await at.api.post('/v1/payments', anOrderBody(reference));
      await become(first.json.id, 'DECLINED');
      const second = await at.api.post('/v1/payments', anOrderBody(reference));
      await become(second.json.id, 'AUTHORIZED');
      const answer = await at.api.send('GET', `/v1/orders/${reference}`, { key: API_KEY });
      expect(answer.json).toEqual({
        reference,
        status: 'PAID',
        amount: 72200,
        currency: 'NOK',
        paidAt: expect.stringMatching(/Z$/),
        transactionId: null,
        payments: [second.json.id, first.json.id],
      });
    });

    it.each([
      '/v1/payments/pay_none',
      '/v1/payments/%00',
      "/v1/payments/'or'1",
      `/v1/payments/${'a'.repeat(300)}`,
      '/v1/orders/none',
      '/v1/orders/%00',
      '/v1/orders/a%2Fb',
      '/v1/orders/%E0%A4%A',
      '/v1/nothing',
      '/nothing',
    ])('answers 404 as a problem for %s', async (target) => {
      const answer = await at.api.send('GET', target, { key: API_KEY });
      expect(answer).toMatchObject({ status: 404, json: { code: 'not_found', status: 404 } });
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    });

    it('lists payments newest first, page by page', async () => {
      const reference = aReference();
      for (let index = 0; index < 3; index += 1) {
        const { json } = await at.api.post('/v1/payments', anOrderBody(reference));
        await become(json.id, 'DECLINED');
      }
      const first = await at.api.send('GET', `/v1/payments?order=${reference}&limit=2`, { key: API_KEY });
      expect(first.json).toMatchObject({ hasMore: true, nextCursor: first.json.data[1].id });
      const next = `/v1/payments?order=${reference}&limit=2&cursor=${first.json.nextCursor}`;
      const second = await at.api.send('GET', next, { key: API_KEY });
      expect(second.json).toMatchObject({ hasMore: false, nextCursor: null });
      expect(second.json.data).toHaveLength(1);
    });

    it('finds payments whose authorization lapses before a time, and shows when', async () => {
      const reference = aReference();
      const { json } = await at.api.post('/v1/payments', anOrderBody(reference));
      const payment = (await findPayment(at.store.db, json.id)) as PaymentRow;
      const authorizationExpiresAt = '2026-11-28T12:00:00.000Z';
      const transaction = aTransaction(payment, { authorizationExpiresAt });
      await recordFinding(at.store.db, aRecord(payment, { transaction }), TELLS);
      const ask = async (time: string): Promise<unknown> => {
        const target = `/v1/payments?order=${reference}&expiringBefore=${time}`;
        return (await at.api.send('GET', target, { key: API_KEY })).json.data;
      };
      expect(await ask('2026-11-29T00:00:00Z')).toMatchObject([{ id: json.id, authorizationExpiresAt }]);
      expect(await ask('2026-11-28T00:00:00Z')).toEqual([]);
    });

    it.each([
      ['limit=0', '/limit'],
      ['limit=101', '/limit'],
      ['limit=abc', '/limit'],
      ['limit=', '/limit'],
      ['limit=1&limit=2', '/limit'],
      ['status=PAID', '/status'],
      ['order=a/b', '/order'],
      ['createdAfter=yesterday', '/createdAfter'],
      ['createdAfter=0000-01-01T00:00:00Z', '/createdAfter'],
      ['cursor=pay_%00', '/cursor'],
      ['cursor=dlv_1', '/cursor'],
      ['gateway=%00', '/gateway'],
      ['nonsense=1', '/nonsense'],
    ])('refuses the query %s with 422', async (query, pointer) => {
      const answer = await at.api.send('GET', `/v1/payments?${query}`, { key: API_KEY });
      expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request', errors: [{ pointer }] } });
      expect(answer.json).toMatchObject({ errors: [{ detail: expect.not.stringMatching(/Invalid|Too /) }] });
    });

    it.each(['payment=%00', 'gateway=%00', 'cursor=dlv_%00', 'cursor=zzz', 'outcome=lost'])(
      'refuses the deliveries %s with 422',
      async (query) => {
        expect(await at.api.send('GET', `/v1/deliveries?${query}`, { key: API_KEY })).toMatchObject({
          status: 422,
        });
      },
    );
  });

  describe('closing and resolving', () => {
    it.each([
      [{ kind: 'not_open', status: 'AUTHORIZED' }, 'already_paid'],
      [{ kind: 'refused', status: 'CAPTURED' }, 'already_paid'],
      [{ kind: 'refused', status: 'PENDING' }, 'not_cancellable'],
      [{ kind: 'not_open', status: 'EXPIRED' }, 'not_cancellable'],
    ] as const)('a cancel that is answered %j is 409 %s', async (result, code) => {
      const payment = await aPayment(at.store.db);
      at.api.runs.answers.cancel = () => Promise.resolve(result);
      const answer = await at.api.post(`/v1/payments/${payment.id}/cancel`, '', { headers: {} });
      expect(answer).toMatchObject({ status: 409, json: { code } });
    });

    it('a cancel with an unknown field is 422 for every payment', async () => {
      const payment = await aPayment(at.store.db);
      at.api.runs.answers.cancel = () => Promise.resolve({ kind: 'not_open', status: 'AUTHORIZED' });
      const answer = await at.api.post(`/v1/payments/${payment.id}/cancel`, { why: 'x' });
      expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer: '/why' }] } });
    });

    it('a cancel is 200 with the payment in its new state', async () => {
      const payment = await aPayment(at.store.db);
      at.api.runs.answers.cancel = async ({ paymentId }) => {
        await become(paymentId, 'CANCELLED', { closedBy: 'merchant' });
        return { kind: 'cancelled' };
      };
      const answer = await at.api.send('POST', `/v1/payments/${payment.id}/cancel`, { key: API_KEY });
      expect(answer).toMatchObject({ status: 200, json: { id: payment.id, status: 'CANCELLED' } });
    });

    it('a decision is refused unless the payment is in REVIEW', async () => {
      const payment = await aPayment(at.store.db);
      const body = { decision: 'accept', actor: 'kari', reason: 'checked' };
      const answer = await at.api.post(`/v1/payments/${payment.id}/resolve`, body);
      expect(answer).toMatchObject({ status: 409, json: { code: 'not_in_review' } });
      expect(await readTimeline(at.store.db, payment.id)).toEqual([]);
    });

    it('a settled payment with a review mark is listed beside those in REVIEW, and can only be dismissed', async () => {
      const payment = await aPayment(at.store.db);
      await become(payment.id, 'AUTHORIZED');
      const mark = { review: 'unclear', reason: 'unclear: the transaction is UNKNOWN' } as const;
      const finding = aFinding('AUTHORIZED', mark);
      await recordFinding(at.store.db, aRecord(payment, { finding }), TELLS);
      const reviewed = await at.api.send('GET', '/v1/payments?review=true&limit=100', { key: API_KEY });
      expect(reviewed.json.data).toContainEqual(
        expect.objectContaining({ id: payment.id, status: 'AUTHORIZED', reviewMark: mark.reason }),
      );
      const path = `/v1/payments/${payment.id}/resolve`;
      const asked = { actor: 'kari', reason: 'x' };
      for (const decision of ['accept', 'give_back'])
        expect(await at.api.post(path, { ...asked, decision })).toMatchObject({
          status: 409,
          json: { code: 'not_in_review', detail: expect.stringContaining('can only be dismissed') },
        });
      expect(await at.api.post(path, { ...asked, decision: 'dismiss' })).toMatchObject({ status: 200 });
      expect(await at.api.send('GET', '/v1/payments?review=false', { key: API_KEY })).toMatchObject({
        status: 422,
      });
    });

    it('a decision is recorded with the person and the reason', async () => {
      const payment = await aPayment(at.store.db);
      await become(payment.id, 'REVIEW', { review: 'late_money' });
      const body = { decision: 'accept', actor: 'kari', reason: 'called the payer' };
      expect(await at.api.post(`/v1/payments/${payment.id}/resolve`, body)).toMatchObject({ status: 200 });
      const notes = (await readTimeline(at.store.db, payment.id)).filter(({ kind }) => kind === 'operator');
      expect(notes).toMatchObject([{ data: body }]);
    });

    it("a decision that can't be carried out is 409", async () => {
      const payment = await aPayment(at.store.db);
      await become(payment.id, 'REVIEW', { review: 'late_money' });
      at.api.runs.answers.resolve = () => Promise.resolve({ kind: 'refused', reason: 'nothing to accept' });
      const body = { decision: 'accept', actor: 'kari', reason: 'x' };
      const answer = await at.api.post(`/v1/payments/${payment.id}/resolve`, body);
      expect(answer).toMatchObject({ status: 409, json: { code: 'not_acceptable' } });
    });

    it.each([
      [{ decision: 'keep', actor: 'kari', reason: 'x' }, '/decision'],
      [{ decision: 'accept', actor: 'kari' }, '/reason'],
      [{ decision: 'accept', actor: '', reason: 'x' }, '/actor'],
      [{ decision: 'accept', actor: 'kari', reason: 'x', amount: 1 }, '/amount'],
    ])('a decision %j is 422', async (body, pointer) => {
      const payment = await aPayment(at.store.db);
      await become(payment.id, 'REVIEW', { review: 'late_money' });
      const answer = await at.api.post(`/v1/payments/${payment.id}/resolve`, body);
      expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer }] } });
    });
  });

  describe('keys', () => {
    it.each([
      ['no key', {}],
      ['a wrong key', { authorization: 'Bearer test_key_0123456789abcdef99' }],
      ['a key that only begins like a right one', { authorization: `Bearer ${API_KEY.slice(0, -1)}` }],
      ['another scheme', { authorization: `Basic ${API_KEY}` }],
      ['an empty one', { authorization: 'Bearer ' }],
      ['two keys', { authorization: `Bearer ${API_KEY} ${SECOND_KEY}` }],
      ['the list of keys', { authorization: `Bearer ${API_KEY},${SECOND_KEY}` }],
    ])('%s is 401', async (_, headers) => {
      const answer = await at.api.send('GET', '/v1/payments', { headers });
      expect(answer).toMatchObject({ status: 401, json: { code: 'unauthorized' } });
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.text).not.toContain('test_key');
    });

    it.each([API_KEY, SECOND_KEY])('each of several is accepted', async (key) => {
      expect(await at.api.send('GET', '/v1/payments', { key })).toMatchObject({ status: 200 });
    });

    it.each([
      '/V1/payments',
      '/v1/Payments',
      '/V1/Payments/',
      '/v1/payments/',
      '/v1',
      '/V1',
      '//v1/payments',
      '/v1//payments',
      '/%76%31/payments',
    ])('are required at each address that shows anything, and at no other: %s', async (target) => {
      const { status } = await at.api.send('GET', target);
      expect([401, 404]).toContain(status);
    });

    it('are checked before the body is parsed', async () => {
      expect(await at.api.post('/v1/payments', 'nonsense', { key: null })).toMatchObject({ status: 401 });
    });
  });
});
