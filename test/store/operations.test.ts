import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { claimGiveBack } from '../../src/store/claim-give-back.ts';
import { claimOperation, findOperation, type NewOperation } from '../../src/store/operations.ts';
import {
  keepAnswer,
  markNotSent,
  markSending,
  markUnknown,
  readAttempt,
} from '../../src/store/operation-attempts.ts';
import { takeForgotten } from '../../src/store/forgotten-operations.ts';
import type { ShownOperation } from '../../src/domain/operation.ts';
import { findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { operations } from '../../src/store/schema/operation-table.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { aDecision, aFinding, aPayment, aRecord, aTransaction, TELLS } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

describe.each(STORES)('operations in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  const wanted = ({ id }: PaymentRow, changes: Partial<NewOperation> = {}): NewOperation => ({
    paymentId: id,
    kind: 'capture',
    reference: 'c1',
    bodyHash: 'hash',
    wanted: 4_000,
    finalCapture: false,
    cause: 'merchant',
    ...changes,
  });
  const claim = (payment: PaymentRow, changes?: Partial<NewOperation>) =>
    claimOperation(store.db, wanted(payment, changes));
  const age = (id: string, interval: string) => {
    const long = sql`now() - ${interval}::interval`;
    return store.db.update(operations).set({ updatedAt: long, createdAt: long }).where(eq(operations.id, id));
  };
  const forgotten = async (id: string) =>
    (await takeForgotten(store.db, 100)).filter(({ payment }) => payment.id === id);

  it('are recorded once under parallel requests', async () => {
    const payment = await aPayment(store.db);
    const claims = await Promise.all(Array.from({ length: 10 }, () => claim(payment)));
    expect(claims.filter(({ kind }) => kind === 'new')).toHaveLength(1);
    expect(new Set(claims.map(({ operation }) => operation.id)).size).toBe(1);
  });

  it('take the rest of a line once under parallel requests', async () => {
    const line = { id: 'a', lineId: '1', description: 'A', quantity: 2, amountMinor: 50_000 };
    const payment = await aPayment(store.db, { request: { lines: [line] } });
    const lines = [{ lineId: '1', amountMinor: 25_000, quantity: 1 }];
    const claims = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) =>
        claim(payment, { reference: `p${index}`, wanted: 25_000, lines }),
      ),
    );
    const made = claims.filter(({ status }) => status === 'fulfilled');
    const refused = claims.filter(({ status }) => status === 'rejected');
    expect([made.length, refused.length]).toEqual([2, 3]);
    for (const one of refused)
      expect(one).toMatchObject({ reason: { name: 'WrongLines', lines: [{ field: 'amount' }] } });
    // The same request has the same answer, although no money is left by now.
    const again = await claim(payment, {
      reference: (made[0] as { value: { operation: { reference: string } } }).value.operation.reference,
      wanted: 25_000,
      lines,
    });
    expect(again.kind).toBe('known');
  });

  it('are separate for another kind or payment, and refused for another body', async () => {
    const [payment, other] = [await aPayment(store.db), await aPayment(store.db)];
    await claim(payment);
    expect((await claim(payment, { kind: 'refund' })).kind).toBe('new');
    expect((await claim(other)).kind).toBe('new');
    expect((await claim(payment, { bodyHash: 'another' })).kind).toBe('reused');
  });

  it('are marked as sent by one attempt only, until it is certain that nothing was done', async () => {
    const payment = await aPayment(store.db);
    const { id } = (await claim(payment)).operation;
    const marks = await Promise.all(Array.from({ length: 5 }, () => markSending(store.db, id, 4_000)));
    const [marked, ...others] = marks.flatMap((mark) => mark ?? []);
    expect(others).toEqual([]);
    const sentAt = marked?.sentAt as Date;
    await markNotSent(store.db, id, new Date(sentAt.getTime() - 1));
    expect((await readAttempt(store.db, id)).operation).toEqual(marked);
    await markNotSent(store.db, id, sentAt);
    expect(await markSending(store.db, id, 4_000)).not.toBeNull();
  });

  it('stay marked where another attempt has sent them by the same mark', async () => {
    const payment = await aPayment(store.db);
    const { id } = (await claim(payment)).operation;
    const marked = await markSending(store.db, id, 4_000);
    await markUnknown(store.db, id);
    await markNotSent(store.db, id, marked?.sentAt as Date);
    expect((await readAttempt(store.db, id)).operation).toMatchObject({
      state: 'unknown',
      sentAt: marked?.sentAt,
    });
  });

  it('are unknown whatever another attempt was told meanwhile', async () => {
    const payment = await aPayment(store.db);
    const { id } = (await claim(payment)).operation;
    const marked = await markSending(store.db, id, 4_000);
    await keepAnswer(store.db, id, marked?.sentAt as Date, { code: 'busy', detail: '503' });
    await markUnknown(store.db, id);
    expect((await readAttempt(store.db, id)).operation).toMatchObject({ state: 'unknown', code: null });
    await markUnknown(store.db, id, 'key_spent');
    await markUnknown(store.db, id);
    expect((await readAttempt(store.db, id)).operation).toMatchObject({ code: 'key_spent' });
  });

  it('are not marked by an attempt that stood still while money was reserved for another one', async () => {
    const payment = await aPayment(store.db);
    const [slow, quick] = [await claim(payment), await claim(payment, { reference: 'c2' })];
    const at = await readAttempt(store.db, slow.operation.id);
    const mark = (othersSent: string) => markSending(store.db, slow.operation.id, 4_000, { othersSent });
    await markSending(store.db, quick.operation.id, 4_000);
    expect(await mark(at.othersSent)).toBeNull();
    expect(await mark((await readAttempt(store.db, slow.operation.id)).othersSent)).not.toBeNull();
  });

  it('are marked one at a time, where two attempts stood still', async () => {
    const payment = await aPayment(store.db);
    const claims = [await claim(payment), await claim(payment, { reference: 'c2' })];
    const read = await Promise.all(claims.map(({ operation }) => readAttempt(store.db, operation.id)));
    const marks = await Promise.all(
      read.map(({ operation, othersSent }) => markSending(store.db, operation.id, 4_000, { othersSent })),
    );
    expect(marks.filter((mark) => mark !== null)).toHaveLength(1);
  });

  it('end with the transaction that shows them, together with the payment', async () => {
    const payment = await aPayment(store.db);
    await recordFinding(store.db, aRecord(payment, { transaction: aTransaction(payment) }), TELLS);
    const { id } = (await claim(payment)).operation;
    await markSending(store.db, id, 4_000);
    const shown = { kind: 'capture', reference: 'c1', amountMinor: 4_000, state: 'done' } as const;
    const transaction = aTransaction(payment, {
      status: 'PARTIALLY_CAPTURED',
      capturedMinor: 4_000,
      operations: [shown],
      updatedAt: '2026-11-21T12:01:00.000Z',
    });
    const finding = aFinding('PARTIALLY_CAPTURED', { pays: true });
    await recordFinding(store.db, aRecord(payment, { finding, transaction }), TELLS);
    expect(await findOperation(store.db, payment.id, 'c1')).toMatchObject({ state: 'done', amount: 4_000 });
  });

  it('keep their sum reserved for ever unless they failed, since readings may lag', async () => {
    const payment = await aPayment(store.db);
    const [done, failed, next] = [
      (await claim(payment)).operation,
      (await claim(payment, { reference: 'c2' })).operation,
      (await claim(payment, { reference: 'c3' })).operation,
    ];
    await markSending(store.db, done.id, 4_000);
    await markSending(store.db, failed.id, 4_000);
    const shown = { kind: 'capture', amountMinor: 4_000 } as const;
    const transaction = aTransaction(payment, {
      operations: [
        { ...shown, reference: 'c1', state: 'done' },
        { ...shown, reference: 'c2', state: 'failed' },
      ],
    });
    await recordFinding(store.db, aRecord(payment, { finding: null, transaction }), TELLS);
    const { others } = await readAttempt(store.db, next.id);
    expect(others.map(({ id, state, amount }) => ({ id, state, amount }))).toEqual([
      { id: done.id, state: 'done', amount: 4_000 },
    ]);
  });

  it('that were given up are done where the gateway shows them after all', async () => {
    const payment = await aPayment(store.db);
    const { id } = (await claim(payment)).operation;
    await markSending(store.db, id, 4_000);
    await markUnknown(store.db, id);
    const failed = { operationId: id, code: 'not_confirmed', detail: 'nothing shows it' };
    await recordFinding(store.db, aRecord(payment, { finding: null, failed }), TELLS);
    expect(await findOperation(store.db, payment.id, 'c1')).toMatchObject({
      state: 'failed',
      code: 'not_confirmed',
    });
    const shown = { kind: 'capture', reference: 'c1', amountMinor: 4_000, state: 'done' } as const;
    const transaction = aTransaction(payment, { operations: [shown] });
    await recordFinding(store.db, aRecord(payment, { finding: null, transaction }), TELLS);
    expect(await findOperation(store.db, payment.id, 'c1')).toMatchObject({ state: 'done', code: null });
  });

  it('that are voids do not fail because an earlier void has failed', async () => {
    const payment = await aPayment(store.db);
    const failed = { kind: 'void', reference: null, amountMinor: 4_000, state: 'failed' } as const;
    const show = (times: number) => {
      const transaction = aTransaction(payment, { operations: Array.from({ length: times }, () => failed) });
      return recordFinding(store.db, aRecord(payment, { finding: null, transaction }), TELLS);
    };
    const stateOf = async (reference: string) =>
      (await findOperation(store.db, payment.id, reference, 'void'))?.state;
    const first = (await claim(payment, { kind: 'void', reference: 'v1' })).operation;
    await markSending(store.db, first.id, 4_000);
    await show(1);
    expect(await stateOf('v1')).toBe('failed');
    const second = (await claim(payment, { kind: 'void', reference: 'v2' })).operation;
    // The gateway's reading lags: it shows none of them yet.
    expect(await markSending(store.db, second.id, 4_000, { failedVoids: 0 })).toMatchObject({
      failedVoids: 1,
    });
    await show(1);
    expect(await stateOf('v2')).toBe('pending');
    await show(2);
    expect(await stateOf('v2')).toBe('failed');
  });

  it('that are voids do not fail because a void by hand has failed', async () => {
    const payment = await aPayment(store.db);
    const { id } = (await claim(payment, { kind: 'void', reference: 'v1' })).operation;
    expect(await markSending(store.db, id, 4_000, { failedVoids: 1 })).toMatchObject({ failedVoids: 1 });
    const failed = { kind: 'void', reference: null, amountMinor: 4_000, state: 'failed' } as const;
    const show = (operations: ShownOperation[]) =>
      recordFinding(
        store.db,
        aRecord(payment, { finding: null, transaction: aTransaction(payment, { operations }) }),
        TELLS,
      );
    await show([failed]);
    expect((await findOperation(store.db, payment.id, 'v1', 'void'))?.state).toBe('pending');
    await show([failed, { ...failed, state: 'done' }]);
    expect((await findOperation(store.db, payment.id, 'v1', 'void'))?.state).toBe('done');
  });

  it('that the gateway declined are done where the gateway corrects itself', async () => {
    const payment = await aPayment(store.db);
    const { id } = (await claim(payment)).operation;
    await markSending(store.db, id, 4_000);
    const failed = { operationId: id, code: 'declined', detail: 'no cover' };
    await recordFinding(store.db, aRecord(payment, { finding: null, failed }), TELLS);
    const shown = { kind: 'capture', reference: 'c1', amountMinor: 4_000, state: 'done' } as const;
    const transaction = aTransaction(payment, { operations: [shown] });
    await recordFinding(store.db, aRecord(payment, { finding: null, transaction }), TELLS);
    expect(await findOperation(store.db, payment.id, 'c1')).toMatchObject({ state: 'done', code: null });
  });

  it.each([
    ['are done where the gateway corrects itself', { isCorrected: true } as const, [], 'done'],
    ['are not done by a void of another client', {}, [], 'failed'],
    ['are not done by the correction of a later one', { isCorrected: true } as const, ['v2'], 'failed'],
  ])('that are declined voids %s', async (_, correction, later, state) => {
    const payment = await aPayment(store.db);
    for (const reference of ['v1', ...later]) {
      const { id } = (await claim(payment, { kind: 'void', reference })).operation;
      await markSending(store.db, id, 4_000);
      const failed = { operationId: id, code: 'declined', detail: 'no' };
      await recordFinding(store.db, aRecord(payment, { finding: null, failed }), TELLS);
    }
    const shown = {
      kind: 'void',
      reference: null,
      amountMinor: 4_000,
      state: 'done',
      ...correction,
    } as const;
    const transaction = aTransaction(payment, { operations: [shown] });
    await recordFinding(store.db, aRecord(payment, { finding: null, transaction }), TELLS);
    expect((await findOperation(store.db, payment.id, 'v1'))?.state).toBe(state);
  });

  it('that fail with a reading that lags leave the known sums unchanged', async () => {
    const payment = await aPayment(store.db);
    const behind = aTransaction(payment);
    const captured = { status: 'PARTIALLY_CAPTURED', capturedMinor: 4_000 } as const;
    const now = aTransaction(payment, { ...captured, updatedAt: '2026-11-21T12:01:00.000Z' });
    const finding = aFinding('PARTIALLY_CAPTURED', { pays: true });
    await recordFinding(store.db, aRecord(payment, { finding, transaction: now }), TELLS);
    const { id } = (await claim(payment, { reference: 'c2' })).operation;
    const failed = { operationId: id, code: 'declined', detail: 'no cover' };
    await recordFinding(store.db, aRecord(payment, { finding: null, failed, transaction: behind }), TELLS);
    expect(await findPayment(store.db, payment.id)).toMatchObject({
      captured: 4_000,
      transactionUpdatedAt: now.updatedAt,
    });
  });

  it('that failed at the gateway are announced once, for every cause; refused ones are not', async () => {
    const payment = await aPayment(store.db);
    const [first, second] = [await claim(payment), await claim(payment, { reference: 'c2' })];
    const fail = (operationId: string, code: string) => {
      const failed = { operationId, code, detail: 'why' };
      return recordFinding(store.db, aRecord(payment, { finding: null, failed }), TELLS);
    };
    const told = await fail(first.operation.id, 'declined');
    expect(told.effects).toEqual([`${payment.id}/order.capture_failed/c1`]);
    await fail(second.operation.id, 'amount_too_large');
    const again = await fail(first.operation.id, 'declined');
    expect(again.effects).toEqual([]);
  });

  it('that no run carries out are taken up after a minute, and then less and less often', async () => {
    const payment = await aPayment(store.db);
    const { id } = (await claim(payment)).operation;
    expect(await forgotten(payment.id)).toEqual([]);
    await age(id, '61 seconds');
    expect(await forgotten(payment.id)).toMatchObject([{ operation: { id } }]);
    expect(await forgotten(payment.id)).toEqual([]);
  });

  it('that have been sent are left to their run for 90 minutes', async () => {
    const payment = await aPayment(store.db);
    const { id } = (await claim(payment)).operation;
    await markSending(store.db, id, 4_000);
    await age(id, '89 minutes');
    expect(await forgotten(payment.id)).toEqual([]);
    await age(id, '91 minutes');
    expect(await forgotten(payment.id)).toMatchObject([{ operation: { id } }]);
  });

  it('are not needed to find money that should have gone back', async () => {
    const payment = await aPayment(store.db);
    const updatedAt = sql`now() - interval '16 minutes'`;
    const held = { status: 'AUTHORIZED', mustGiveBack: true, updatedAt } as const;
    await store.db.update(payments).set(held).where(eq(payments.id, payment.id));
    expect(await forgotten(payment.id)).toMatchObject([{ operation: null }]);
    expect(await forgotten(payment.id)).toEqual([]);
  });

  it('are not searched for where an operator has dismissed the money', async () => {
    const payment = await aPayment(store.db);
    const transaction = aTransaction(payment);
    const review = aFinding('REVIEW', { review: 'amount_mismatch' });
    await recordFinding(store.db, aRecord(payment, { finding: review, transaction }), TELLS);
    const dismiss = aFinding('AUTHORIZED', { decision: 'dismiss' });
    const noteKey = await aDecision(store.db, payment, 'dismiss');
    await recordFinding(store.db, aRecord(payment, { finding: dismiss, transaction, noteKey }), TELLS);
    const long = { updatedAt: sql`now() - interval '16 minutes'` };
    await store.db.update(payments).set(long).where(eq(payments.id, payment.id));
    expect(await findPayment(store.db, payment.id)).toMatchObject({ status: 'AUTHORIZED', dismissed: true });
    expect(await forgotten(payment.id)).toEqual([]);
  });

  it('that give money back are made one after another', async () => {
    const payment = await aPayment(store.db);
    const plan = { kind: 'void', cause: 'late_money' } as const;
    expect(await claimGiveBack(store.db, payment.id, plan)).toBeNull();
    await store.db.update(payments).set({ mustGiveBack: true }).where(eq(payments.id, payment.id));
    const first = await claimGiveBack(store.db, payment.id, plan);
    expect(first).toMatchObject({ reference: 'give-back-1' });
    expect(await claimGiveBack(store.db, payment.id, plan)).toEqual(first);
    await store.db.update(operations).set({ state: 'done' }).where(eq(operations.paymentId, payment.id));
    const second = await claimGiveBack(store.db, payment.id, { ...plan, kind: 'refund' });
    expect(second).toMatchObject({ reference: 'give-back-2', kind: 'refund' });
  });

  it('that failed in a review do not allow a give-back of money that was accepted later', async () => {
    const payment = await aPayment(store.db);
    const transaction = aTransaction(payment);
    const review = aFinding('REVIEW', { review: 'amount_mismatch' });
    await recordFinding(store.db, aRecord(payment, { finding: review, transaction }), TELLS);
    const plan = {
      kind: 'void',
      cause: 'operator',
      noteKey: await aDecision(store.db, payment, 'give_back'),
    } as const;
    const first = await claimGiveBack(store.db, payment.id, plan);
    const failed = { operationId: first?.id ?? '', code: 'declined', detail: 'not now' };
    await recordFinding(store.db, aRecord(payment, { finding: null, failed }), TELLS);
    const accept = aFinding('AUTHORIZED', { pays: true, decision: 'accept' });
    const noteKey = await aDecision(store.db, payment, 'accept');
    const decided = aRecord(payment, { finding: accept, transaction, noteKey });
    const accepted = await recordFinding(store.db, decided, TELLS);
    expect(accepted).toMatchObject({ paysNow: true });
    expect(await claimGiveBack(store.db, payment.id, plan)).toBeNull();
  });
});
