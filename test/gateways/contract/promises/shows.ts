import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../../src/domain/decide.ts';
import { impossibleIn, mismatch, type Reading } from '../../../../src/domain/transaction.ts';
import { aWatch } from '../../../support/domain-arbitraries.ts';
import { AMOUNT, CURRENCY, money, type Bench, type Opened } from '../bench.ts';

export function promisesOfReadings(bench: Bench): void {
  const decided = (opened: Opened, reading: Reading, more = {}) =>
    decide(bench.snapshot(opened, more), reading, aWatch());

  describe('shows', () => {
    it('money that fits the payment, which pays it', async () => {
      const paid = await bench.paid();
      const { transaction } = paid;
      expect(mismatch(bench.snapshot(paid), transaction)).toBeNull();
      expect(impossibleIn(transaction)).toBeNull();
      expect(transaction).toMatchObject({
        status: 'AUTHORIZED',
        authorized: true,
        authorizedMinor: AMOUNT,
        capturedMinor: 0,
        capturableMinor: AMOUNT,
      });
      const decision = decided(paid, { kind: 'transaction', transaction });
      expect(decision).toMatchObject({ kind: 'find', finding: { pays: true } });
    });

    it.each([
      ['amount', money(AMOUNT - 2_200, CURRENCY)],
      ['currency', money(AMOUNT, 'SEK')],
    ] as const)('another %s than asked for, which is seen and pays nothing', async (field, wrong) => {
      const opened = await bench.opened();
      const act = bench.stand.payWrongly(opened.sessionId, wrong);
      if (act === null) return;
      await act;
      const transaction = await bench.shown(opened.sessionId);
      expect(mismatch(bench.snapshot(opened), transaction)).toBe(field);
      expect(transaction.money).toEqual(wrong);
      const decision = decided(opened, { kind: 'transaction', transaction });
      expect(decision).toMatchObject({ kind: 'find', finding: { pays: false } });
    });

    it('the same money whether the transaction is named or not, and never that of another session', async () => {
      const [one, other] = [await bench.paid(), await bench.paid()];
      const { transactionId } = one.transaction;
      expect(await bench.read(one.sessionId, transactionId)).toMatchObject({
        transaction: { transactionId },
      });
      const foreign = await bench.read(one.sessionId, other.transaction.transactionId);
      expect(foreign.kind === 'transaction' && foreign.transaction.transactionId !== transactionId).toBe(
        false,
      );
    });

    it('captured money where the payment asks for that', async () => {
      const { transaction } = await bench.paid({ capture: 'auto' });
      expect(transaction.authorized).toBe(true);
      // We capture by ourselves where the gateway does not.
      expect([0, AMOUNT]).toContain(transaction.capturedMinor);
    });

    it('no money where an attempt has failed or the payer has left', async () => {
      for (const act of ['fail', 'leave'] as const) {
        const { sessionId } = await bench.opened();
        await bench.stand.act(sessionId, act);
        const reading = await bench.read(sessionId);
        if (reading.kind === 'transaction')
          expect(reading.transaction).toMatchObject({ authorized: false, capturedMinor: 0 });
        else expect(reading.kind).toBe('session');
      }
    });

    it('money after a failed attempt, where the payer may try again', async () => {
      const opened = await bench.opened();
      await bench.stand.act(opened.sessionId, 'fail');
      const reading = await bench.read(opened.sessionId);
      const isTakenAgain = await bench.stand.act(opened.sessionId, 'pay').then(
        () => true,
        () => false,
      );
      if (!isTakenAgain) return;
      expect(reading).toMatchObject({ kind: 'session', state: 'open' });
      expect(decided(opened, reading)).toMatchObject({ kind: 'wait' });
      const transaction = await bench.shown(opened.sessionId);
      expect(transaction).toMatchObject({ status: 'AUTHORIZED', capturableMinor: AMOUNT });
    });

    it('a hold, and how it ends', async () => {
      for (const outcome of ['paid', 'failed'] as const) {
        const opened = await bench.opened();
        const { sessionId } = opened;
        await bench.stand.act(sessionId, 'hold');
        expect(await bench.shown(sessionId)).toMatchObject({ status: 'ON_HOLD', authorized: false });
        await bench.stand.decide(sessionId, outcome);
        const reading = await bench.read(sessionId);
        // The payer may try again: then the failure is no transaction, and the hold is over.
        if (outcome === 'failed' && reading.kind === 'session') continue;
        const transaction = await bench.shown(sessionId);
        expect(transaction.authorized).toBe(outcome === 'paid');
        const decision = decided(opened, { kind: 'transaction', transaction }, { status: 'ON_HOLD' });
        expect(decision).toMatchObject({ kind: 'find', finding: { pays: outcome === 'paid' } });
      }
    });

    it.each(['pay', 'hold'] as const)(
      'a status that it does not know as unclear, and neither as paid nor as failed: after %s',
      async (act) => {
        const opened = await bench.opened();
        await bench.stand.act(opened.sessionId, act);
        await bench.stand.showUnknownStatus(opened.sessionId);
        const reading = await bench.read(opened.sessionId);
        if (reading.kind === 'transaction') expect(reading.transaction.status).toBe('UNCLEAR');
        else expect(reading.kind).toBe('unreadable');
        expect(decided(opened, reading)).toMatchObject({ kind: 'unclear' });
      },
    );

    it("what the merchant did in the PSP's own back office", async () => {
      const { sessionId, transaction } = await bench.paid();
      await bench.stand.move(transaction.transactionId, 'capture', AMOUNT);
      expect(await bench.shown(sessionId)).toMatchObject({
        status: 'CAPTURED',
        capturedMinor: AMOUNT,
        capturableMinor: 0,
      });
      await bench.stand.move(transaction.transactionId, 'refund', 2_200);
      expect(await bench.shown(sessionId)).toMatchObject({
        status: 'PARTIALLY_REFUNDED',
        refundedMinor: 2_200,
      });
    });

    it('what the bank of the payer asks back, beside the status', async () => {
      const { sessionId, transaction } = await bench.captured();
      const dispute = bench.stand.dispute(transaction.transactionId);
      if (dispute === null) return;
      await dispute;
      expect(await bench.shown(sessionId)).toMatchObject({
        status: 'CAPTURED',
        disputes: [{ state: 'open', amountMinor: AMOUNT }],
      });
    });
  });
}
