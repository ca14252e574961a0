/** Contract §3: money in REVIEW that a person gives back. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import type { Surplus } from '../../../src/domain/surplus.ts';
import { claimGiveBack } from '../../../src/store/claim-give-back.ts';
import { listOperations } from '../../../src/store/operations.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { findPayment, type PaymentRow } from '../../../src/store/payments.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { RunEnded, RunsUnavailable } from '../../../src/temporal/run-calls.ts';
import { aDecision, aFinding, aPayment, aRecord, TELLS } from '../../support/builders.ts';
import { API_KEY, KEY_NAME } from '../../support/api.ts';
import { useTestApi } from '../../support/door.ts';
import { becomes } from '../../support/paid-payment.ts';

const WHO = { decision: 'give_back', actor: 'kari', reason: 'paid twice' };

const OTHER: Surplus = {
  transactionId: 'T12345678.other',
  status: 'CAPTURED',
  authorizedMinor: 72_200,
  capturedMinor: 72_200,
  refundedMinor: 0,
  shown: {},
  handling: 'review',
};

describe('giving money in REVIEW back', () => {
  const at = useTestApi();

  beforeEach(() => {
    at.api.money.asked.length = 0;
    at.api.money.onGiveBack = () => Promise.resolve();
  });

  const inReview = async (): Promise<PaymentRow> => {
    const payment = await aPayment(at.store.db);
    const finding = aFinding('REVIEW', { review: 'late_money' });
    await recordFinding(at.store.db, aRecord(payment, { finding }), TELLS);
    return (await findPayment(at.store.db, payment.id)) as PaymentRow;
  };

  const ask = ({ id }: PaymentRow) => at.api.post(`/v1/payments/${id}/resolve`, WHO);

  const begin = async (payment: PaymentRow): Promise<void> => {
    const noteKey = await aDecision(at.store.db, payment, 'give_back');
    await claimGiveBack(at.store.db, payment.id, { kind: 'void', cause: 'operator', noteKey });
  };

  it.each(['VOIDED', 'REFUNDED'] as const)(
    'is 200 once it is %s, with the person and the reason in the timeline',
    async (status) => {
      const payment = await inReview();
      at.api.money.onGiveBack = () => becomes(at.store.db, payment, status).then(() => undefined);
      expect(await ask(payment)).toMatchObject({ status: 200, json: { id: payment.id, status } });
      expect(at.api.money.asked).toEqual(['operator']);
      const notes = (await readTimeline(at.store.db, payment.id)).filter(({ kind }) => kind === 'operator');
      expect(notes).toMatchObject([
        {
          text: `kari (key ${KEY_NAME}) asked to give the money back: paid twice`,
          data: { ...WHO, key: KEY_NAME },
        },
      ]);
    },
  );

  it('is 202 while it is under way', async () => {
    const payment = await inReview();
    at.api.money.onGiveBack = () => begin(payment);
    expect(await ask(payment)).toMatchObject({ status: 202, json: { status: 'REVIEW' } });
    expect(await listOperations(at.store.db, payment.id)).toHaveLength(1);
  });

  it('is 409 where the money could not be given back', async () => {
    const payment = await inReview();
    at.api.money.onGiveBack = async () => {
      const finding = aFinding('REVIEW', { review: 'give_back_failed' });
      await recordFinding(at.store.db, aRecord(payment, { finding }), TELLS);
    };
    const answer = await ask(payment);
    expect(answer).toMatchObject({ status: 409, json: { code: 'give_back_failed' } });
    expect(answer.json.detail).toContain('(give_back_failed)');
  });

  it.each([
    ['does not answer in time', new RunsUnavailable('no answer')],
    ['ended under it', new RunEnded('the run ended')],
  ])('is 202 where its run %s, since the run keeps the request', async (_, error) => {
    const payment = await inReview();
    at.api.money.onGiveBack = () => Promise.reject(error);
    expect(await ask(payment)).toMatchObject({ status: 202 });
    expect(at.api.money.asked).toEqual(['operator', 'operator']);
  });

  it("is 503 where Temporal can't take the request", async () => {
    const payment = await inReview();
    at.api.runs.temporal = 'down';
    expect(await ask(payment)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  describe('of surplus', () => {
    const marked = async (): Promise<PaymentRow> => {
      const payment = await becomes(at.store.db, await aPayment(at.store.db), 'AUTHORIZED');
      const mark = { reviewCode: 'surplus_money', reviewMark: 'surplus_money: …', surplus: [OTHER] } as const;
      await at.store.db.update(payments).set(mark).where(eq(payments.id, payment.id));
      return (await findPayment(at.store.db, payment.id)) as PaymentRow;
    };
    const handled = (payment: PaymentRow, handling: Surplus['handling']) => {
      const mark = handling === 'none' ? { reviewCode: null, reviewMark: null } : {};
      const surplus = [{ ...OTHER, handling }];
      return at.store.db
        .update(payments)
        .set({ ...mark, surplus })
        .where(eq(payments.id, payment.id));
    };
    const decisions = async ({ id }: PaymentRow) =>
      (await readTimeline(at.store.db, id)).flatMap(({ kind, text, data }) =>
        kind === 'operator' ? [[text, data['decision']]] : [],
      );

    it('is a decision about the surplus alone, and is 200 once it is back', async () => {
      const payment = await marked();
      at.api.money.onGiveBack = async () => void (await handled(payment, 'none'));
      expect(await ask(payment)).toMatchObject({
        status: 200,
        json: { status: 'AUTHORIZED', reviewMark: null },
      });
      const text = `kari (key ${KEY_NAME}) asked to give the surplus back: paid twice`;
      expect(await decisions(payment)).toEqual([[text, 'give_back_surplus']]);
    });

    it('is such a decision also where the payment itself is in REVIEW', async () => {
      const payment = await inReview();
      await handled(payment, 'review');
      at.api.money.onGiveBack = async () => void (await handled(payment, 'none'));
      expect(await ask(payment)).toMatchObject({ status: 200, json: { status: 'REVIEW' } });
      expect(await decisions(payment)).toMatchObject([[expect.any(String), 'give_back_surplus']]);
      // Nothing of it is left: this one is about the payment's own money.
      at.api.money.onGiveBack = () => becomes(at.store.db, payment, 'VOIDED').then(() => undefined);
      expect(await ask(payment)).toMatchObject({ status: 200 });
      expect((await decisions(payment))[1]).toMatchObject([expect.any(String), 'give_back']);
    });

    it('is 409 where it could not be given back, and 202 while it is under way', async () => {
      const payment = await marked();
      at.api.money.onGiveBack = async () => void (await handled(payment, 'stuck'));
      expect(await ask(payment)).toMatchObject({ status: 409, json: { code: 'give_back_failed' } });
      at.api.money.onGiveBack = async () => {
        const noteKey = await aDecision(at.store.db, payment, 'give_back_surplus');
        const { transactionId } = OTHER;
        await claimGiveBack(at.store.db, payment.id, {
          kind: 'refund',
          cause: 'operator',
          noteKey,
          transactionId,
        });
      };
      expect(await ask(payment)).toMatchObject({ status: 202 });
      const { json } = await at.api.send('GET', `/v1/payments/${payment.id}/operations`, { key: API_KEY });
      expect(json.data).toMatchObject([{ kind: 'refund', transactionId: OTHER.transactionId }]);
    });

    it('is shown with its sums, can be dismissed by itself, and can not be accepted', async () => {
      const payment = await marked();
      const { transactionId, status } = OTHER;
      const sums = { authorizedAmount: 72_200, capturedAmount: 72_200, refundedAmount: 0 };
      expect(await at.api.send('GET', `/v1/payments/${payment.id}`, { key: API_KEY })).toMatchObject({
        json: { surplus: [{ transactionId, status, ...sums }] },
      });
      const accepted = await at.api.post(`/v1/payments/${payment.id}/resolve`, {
        ...WHO,
        decision: 'accept',
      });
      expect(accepted).toMatchObject({ status: 409, json: { code: 'not_in_review' } });
      expect(accepted.json.detail).toContain('given back or dismissed');
      await at.api.post(`/v1/payments/${payment.id}/resolve`, { ...WHO, decision: 'dismiss' });
      expect(await decisions(payment)).toMatchObject([[expect.any(String), 'dismiss_surplus']]);
    });
  });

  it('is 409 outside REVIEW, and starts no run', async () => {
    const payment = await aPayment(at.store.db);
    await becomes(at.store.db, payment, 'AUTHORIZED');
    expect(await ask(payment)).toMatchObject({ status: 409, json: { code: 'not_in_review' } });
    expect(at.api.money.asked).toEqual([]);
  });
});
