/** Contract §3: money in REVIEW that a person gives back. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { claimGiveBack } from '../../../src/store/claim-give-back.ts';
import { listOperations } from '../../../src/store/operations.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { findPayment, type PaymentRow } from '../../../src/store/payments.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { RunEnded, RunsUnavailable } from '../../../src/temporal/run-calls.ts';
import { aDecision, aFinding, aPayment, aRecord, TELLS } from '../../support/builders.ts';
import { KEY_NAME } from '../../support/api.ts';
import { useTestApi } from '../../support/door.ts';
import { becomes } from '../../support/paid-payment.ts';

const WHO = { decision: 'give_back', actor: 'kari', reason: 'paid twice' };

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

  it('is 409 outside REVIEW, and starts no run', async () => {
    const payment = await aPayment(at.store.db);
    await becomes(at.store.db, payment, 'AUTHORIZED');
    expect(await ask(payment)).toMatchObject({ status: 409, json: { code: 'not_in_review' } });
    expect(at.api.money.asked).toEqual([]);
  });
});
