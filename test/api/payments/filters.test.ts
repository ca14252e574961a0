/** `GET /v1/payments`: what the list shows beside each payment, and its filters. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { and, eq } from 'drizzle-orm';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { claimOperation } from '../../../src/store/operations.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { outbox } from '../../../src/store/schema/update-tables.ts';
import { API_KEY } from '../../support/api.ts';
import { aFinding, aPayment, aRecord, attempted, TELLS } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';

const HOUR_MS = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe('the list of payments', () => {
  const at = useTestApi();
  const named: Record<string, PaymentRow> = {};

  const change = (payment: PaymentRow, changes: Partial<PaymentRow>) =>
    at.store.db.update(payments).set(changes).where(eq(payments.id, payment.id));
  const told = async (payment: PaymentRow, state: 'delivered' | 'gave_up' | 'off') => {
    const effectId = `${payment.orderReference}/order.paid`;
    if (state === 'off') await at.store.db.update(outbox).set({ state }).where(eq(outbox.effectId, effectId));
    else await attempted(at.store.db, effectId, { state, answer: state === 'delivered' ? '204' : '500' });
  };

  beforeAll(async () => {
    const { db } = at.store;
    const metadata = { cart: 'c1', note: 'a=b' };
    named['held'] = await aPaidPayment(db, 'AUTHORIZED', { opened: { metadata } });
    await change(named['held'], { paymentMethod: 'payex.creditcard' });
    await told(named['held'], 'delivered');
    named['captured'] = await aPaidPayment(db, 'CAPTURED', { sums: { capturedMinor: 72200 } });
    await claimOperation(db, {
      paymentId: named['captured'].id,
      kind: 'refund',
      reference: 'r1',
      bodyHash: 'h',
      wanted: 100,
      finalCapture: false,
      cause: 'merchant',
    });
    await told(named['captured'], 'gave_up');
    const sums = { capturedMinor: 72200, refundedMinor: 100 };
    named['refunded'] = await aPaidPayment(db, 'PARTIALLY_REFUNDED', { sums });
    await change(named['refunded'], {
      disputes: [{ disputeId: 'd1', state: 'open', amountMinor: 100 }],
      currency: 'SEK',
    });
    await told(named['refunded'], 'off');
    named['declined'] = await aPayment(db, { money: { amountMinor: 500, currency: 'NOK' } });
    const finding = aFinding('DECLINED', { reason: 'card: expired' });
    await recordFinding(db, aRecord(named['declined'], { finding }), TELLS);
    named['open'] = await aPayment(db);
    await change(named['open'], {
      surplus: [{ transactionId: 't2', status: 'AUTHORIZED', handling: 'review' }] as never,
    });
  });

  const list = (query: string) => at.api.send('GET', `/v1/payments?${query}`, { key: API_KEY });
  const found = async (query: string): Promise<string[]> => {
    const { status, json } = await list(query);
    expect([query, status]).toEqual([query, 200]);
    const nameOf = (id: string) => Object.entries(named).find(([, one]) => one.id === id)?.[0] ?? id;
    return json.data.map(({ id }: { id: string }) => nameOf(id)).toReversed();
  };

  it('shows the order, the number of the payment, and whether the merchant has heard', async () => {
    const { json } = await list('limit=100');
    const shown = json.data.map(({ n, orderStatus, heard, newestUpdate }: Record<string, unknown>) => ({
      n,
      orderStatus,
      heard,
      state: (newestUpdate as { state: string } | null)?.state,
    }));
    expect(shown.toReversed()).toEqual([
      { n: 1, orderStatus: 'PAID', heard: 'yes', state: 'delivered' },
      { n: 1, orderStatus: 'PAID', heard: 'no', state: expect.any(String) },
      { n: 1, orderStatus: 'PAID', heard: expect.any(String), state: expect.any(String) },
      { n: 1, orderStatus: 'PAYMENT_FAILED', heard: 'no', state: 'pending' },
      { n: 1, orderStatus: 'AWAITING_PAYMENT', heard: null, state: undefined },
    ]);
  });

  it.each([
    ['status=AUTHORIZED', ['held']],
    ['status=AUTHORIZED,DECLINED', ['held', 'declined']],
    ['status=AUTHORIZED&status=DECLINED', ['held', 'declined']],
    ['orderStatus=PAYMENT_FAILED', ['declined']],
    ['orderStatus=AWAITING_PAYMENT', ['open']],
    ['amountFrom=400&amountTo=500', ['declined']],
    ['amountFrom=501', ['held', 'captured', 'refunded', 'open']],
    ['amountTo=100000&currency=SEK', ['refunded']],
    ['method=payex.creditcard', ['held']],
    ['method=none', []],
    ['reason=card', ['declined']],
    ['reason=card:%20expired', ['declined']],
    ['reason=car', []],
    ['heard=yes', ['held']],
    ['refunded=true', ['refunded']],
    ['capturable=true', ['held']],
    ['openOperation=true', ['captured']],
    ['surplus=true', ['open']],
    ['dispute=open', ['refunded']],
    ['dispute=won', []],
    [`metadata=cart=c1&createdAfter=${ago(HOUR_MS)}`, ['held']],
    [`metadata=note%3Da%3Db&createdAfter=${ago(HOUR_MS)}`, ['held']],
    [`metadata=cart=c2&createdAfter=${ago(HOUR_MS)}`, []],
    [`createdBefore=${ago(-HOUR_MS)}`, ['held', 'captured', 'refunded', 'declined', 'open']],
    [`createdBefore=${ago(2 * HOUR_MS)}`, []],
    [`status=AUTHORIZED&amountFrom=1&heard=yes&orderStatus=PAID`, ['held']],
  ])('finds by %s', async (query, expected) => {
    expect(await found(query)).toEqual(expected);
  });

  it('finds those of whose state the merchant has not heard, or is told nothing', async () => {
    expect(await found('heard=no')).toEqual(expect.arrayContaining(['captured', 'declined']));
    expect(await found('heard=no')).not.toContain('held');
    const { id, orderReference } = named['refunded'] as PaymentRow;
    await at.store.db.update(outbox).set({ state: 'off' }).where(eq(outbox.paymentId, id));
    expect(await found('heard=off')).toEqual(['refunded']);
    // Only the newest update of an order counts: the first one of this order was given up.
    const ofCaptured = eq(outbox.paymentId, named['captured']?.id ?? '');
    await at.store.db
      .update(outbox)
      .set({ state: 'delivered' })
      .where(and(ofCaptured, eq(outbox.type, 'order.captured')));
    expect(await found('heard=no')).toEqual(['declined']);
    expect(await found('heard=yes')).toEqual(['held', 'captured']);
    expect(await found(`heard=no&order=${orderReference}`)).toEqual([]);
  });

  it.each([
    ['an unknown status', 'status=PAID', '/status'],
    ['an empty one', 'status=', '/status'],
    ['a currency alone', 'currency=NOK', '/currency'],
    ['no ISO currency', 'amountFrom=1&currency=XYZ', '/currency'],
    ['a negative amount', 'amountFrom=-1', '/amountFrom'],
    ['metadata without a time', 'metadata=cart=c1', '/metadata'],
    ['metadata without a value', `metadata=cart&createdAfter=${ago(HOUR_MS)}`, '/metadata'],
    ['an unknown filter', 'refunds=true', '/refunds'],
  ])('refuses %s with 422 and a pointer', async (_, query, pointer) => {
    const answer = await list(query);
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request', errors: [{ pointer }] } });
  });
});
