/** A gateway that was removed from the configuration while it has open payments. */
import { describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { checkGateways } from '../../../src/health/store-checks.ts';
import { findPayment, type PaymentRow } from '../../../src/store/payments.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { API_KEY } from '../../support/api.ts';
import { aPayment } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';

describe('a payment of a gateway that is no longer configured', () => {
  const at = useTestApi();

  async function ofAnother(changes: Partial<PaymentRow> = {}): Promise<PaymentRow> {
    const { id } = await aPayment(at.store.db, { gateway: 'elsewhere' });
    await at.store.db
      .update(payments)
      .set({ updatedAt: new Date(), ...changes })
      .where(eq(payments.id, id));
    return (await findPayment(at.store.db, id)) as PaymentRow;
  }

  it.each([
    ['cancel', {}, { status: 'PENDING' }],
    ['capture', { reference: 'r1' }, { status: 'AUTHORIZED', transactionId: 'x' }],
    ['refund', { reference: 'r1' }, { status: 'CAPTURED', transactionId: 'x' }],
    ['void', { reference: 'r1' }, { status: 'AUTHORIZED', transactionId: 'x' }],
    ['resolve', { decision: 'accept', actor: 'ada', reason: 'r' }, { status: 'REVIEW' }],
  ] as const)(
    'answers %s with 503 gateway_not_configured, and changes nothing',
    async (path, body, changes) => {
      const payment = await ofAnother(changes);
      const answer = await at.api.post(`/v1/payments/${payment.id}/${path}`, body);
      expect(answer).toMatchObject({ status: 503, json: { code: 'gateway_not_configured' } });
      expect(answer.json.detail).toContain('elsewhere');
      const shown = await at.api.send('GET', `/v1/payments/${payment.id}`, { key: API_KEY });
      expect(shown).toMatchObject({ status: 200, json: { status: payment.status, timeline: [] } });
    },
  );

  it('answers a change of its reference in the same way', async () => {
    const payment = await ofAnother({ status: 'AUTHORIZED', transactionId: 'x' });
    const answer = await at.api.send('PATCH', `/v1/payments/${payment.id}`, {
      key: API_KEY,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ merchantReference2: 'x' }),
    });
    expect(answer).toMatchObject({ status: 503, json: { code: 'gateway_not_configured' } });
  });

  it('is counted by doctor while it is open, and not afterwards', async () => {
    await ofAnother({ status: 'ON_HOLD' });
    const found = await checkGateways(at.store.db, [{ id: 'dintero' }]);
    expect(found).toMatchObject({
      state: 'fail',
      text: expect.stringMatching(/\d live payments of elsewhere/),
    });
    await at.store.db.update(payments).set({ status: 'EXPIRED' }).where(eq(payments.gateway, 'elsewhere'));
    expect(await checkGateways(at.store.db, [{ id: 'dintero' }])).toMatchObject({ state: 'ok' });
  });
});
