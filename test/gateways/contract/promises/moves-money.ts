import { describe, expect, it } from '@jest/globals';
import { leftFor } from '../../../../src/domain/operation.ts';
import { impossibleIn } from '../../../../src/domain/transaction.ts';
import { GatewayUnavailable } from '../../../../src/gateways/gateway-errors.ts';
import { AMOUNT, traced, type Bench } from '../bench.ts';

export function promisesOfMoney(bench: Bench): void {
  const refundKeyMs = (): number => bench.gateway.traits.keys.operateMs.refund;

  describe('moves money:', () => {
    it('a capture of all, and a refund in parts, each shown with its reference', async () => {
      const { sessionId, transaction } = await bench.paid();
      const capture = bench.operation(transaction, 'capture');
      const captured = await bench.moved(sessionId, capture);
      expect(captured).toMatchObject({ status: 'CAPTURED', capturedMinor: AMOUNT, capturableMinor: 0 });
      expect(traced(capture, captured)).toBe('done');
      const part = bench.operation(captured, 'refund', 2_200);
      const partly = await bench.moved(sessionId, part);
      expect(partly).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedMinor: 2_200 });
      expect(traced(part, partly)).toBe('done');
      const rest = bench.operation(partly, 'refund', leftFor('refund', partly));
      const whole = await bench.moved(sessionId, rest);
      expect(whole).toMatchObject({ status: 'REFUNDED', refundedMinor: AMOUNT });
      expect([capture, part, rest].map((one) => traced(one, whole))).toEqual(['done', 'done', 'done']);
      expect(impossibleIn(whole)).toBeNull();
    });

    it('a part, as its rules allow it', async () => {
      const { sessionId, transaction } = await bench.paid();
      const { captures } = bench.gateway.rulesFor(transaction);
      const capture = {
        ...bench.operation(transaction, 'capture', 20_000),
        finalCapture: captures === 'once',
      };
      if (captures === 'whole') {
        expect((await bench.gateway.operate(capture)).kind).toBe('declined');
        expect((await bench.shown(sessionId)).capturedMinor).toBe(0);
        return;
      }
      const captured = await bench.moved(sessionId, capture);
      expect(captured).toMatchObject({
        capturedMinor: 20_000,
        refundedMinor: 0,
        capturableMinor: captures === 'once' ? 0 : AMOUNT - 20_000,
      });
      expect(captured.status).toMatch(/CAPTURED/);
      expect(traced(capture, captured)).toBe('done');
      expect(impossibleIn(captured)).toBeNull();
      if (captures !== 'many') return;
      const rest = bench.operation(captured, 'capture');
      const whole = await bench.moved(sessionId, rest);
      expect(whole).toMatchObject({ status: 'CAPTURED', capturedMinor: AMOUNT, capturableMinor: 0 });
      expect([capture, rest].map((one) => traced(one, whole))).toEqual(['done', 'done']);
    });

    it('a void, once', async () => {
      const { sessionId, transaction } = await bench.paid();
      const { voids } = bench.gateway.rulesFor(transaction);
      const request = bench.operation(transaction, 'void');
      if (voids === 'never' || voids === 'lapses') {
        expect((await bench.gateway.operate(request)).kind).toBe('declined');
        expect((await bench.shown(sessionId)).status).toBe('AUTHORIZED');
        return;
      }
      const voided = await bench.moved(sessionId, request);
      expect(voided).toMatchObject({
        status: 'VOIDED',
        capturableMinor: 0,
        capturedMinor: 0,
        refundedMinor: 0,
      });
      expect(traced(request, voided)).toBe('done');
      const again = await bench.gateway.operate(bench.operation(voided, 'void', AMOUNT));
      expect(again.kind).toBe('declined');
    });

    it('not more than there is', async () => {
      const { sessionId, transaction } = await bench.paid();
      const tooMuch = bench.operation(transaction, 'capture', AMOUNT + 100);
      expect((await bench.gateway.operate(tooMuch)).kind).toBe('declined');
      expect((await bench.gateway.operate(bench.operation(transaction, 'refund', 100))).kind).toBe(
        'declined',
      );
      expect(await bench.shown(sessionId)).toMatchObject({
        status: 'AUTHORIZED',
        capturedMinor: 0,
        refundedMinor: 0,
      });
    });

    it.each(['done', 'failed'] as const)(
      'a refund that the PSP decides later is pending, and then %s',
      async (outcome) => {
        const { sessionId, transaction } = await bench.captured();
        const held = bench.stand.holdRefunds();
        if (held === null) return;
        await held;
        const refund = bench.operation(transaction, 'refund', 2_200);
        const answer = await bench.gateway.operate(refund);
        expect(answer.kind).toBe('answered');
        const answered = answer.kind === 'answered' ? answer.transaction : undefined;
        if (answered !== undefined) expect(traced(refund, answered)).not.toBe('done');
        const waiting = await bench.shown(sessionId);
        expect(traced(refund, waiting)).toBe('pending');
        expect(waiting).toMatchObject({ status: 'CAPTURED', refundedMinor: 0 });

        await bench.stand.endRefund(transaction.transactionId, outcome);
        const ended = await bench.shown(sessionId);
        expect(traced(refund, ended)).toBe(outcome);
        expect(ended.refundedMinor).toBe(outcome === 'done' ? 2_200 : 0);
        expect(ended.status).toBe(outcome === 'done' ? 'PARTIALLY_REFUNDED' : 'CAPTURED');
      },
    );

    it('once for one key, where it takes keys', async () => {
      const { sessionId, transaction } = await bench.captured();
      if (refundKeyMs() === 0) return;
      const refund = bench.operation(transaction, 'refund', 1_000);
      await bench.gateway.operate(refund);
      await bench.gateway.operate(refund);
      expect((await bench.settled(sessionId, refund)).refundedMinor).toBe(1_000);
      const other = await bench.gateway.operate({ ...refund, amountMinor: 2_000 });
      expect(other).toMatchObject({ kind: 'lost', isKeySpent: true });
      expect((await bench.shown(sessionId)).refundedMinor).toBe(1_000);
    });

    it('a capture and a void once too, where they may be sent again', async () => {
      for (const kind of ['capture', 'void'] as const) {
        const { sessionId, transaction } = await bench.paid();
        if (bench.gateway.traits.keys.operateMs[kind] === 0) continue;
        const request = bench.operation(transaction, kind);
        await bench.stand.trouble('operate', 'lost_after');
        expect((await bench.gateway.operate(request)).kind).toBe('lost');
        // Where no key but its nature makes it one effect, the second is refused.
        expect((await bench.gateway.operate(request)).kind).toMatch(/^(?:answered|declined)$/);
        const shown = await bench.shown(sessionId);
        expect(traced(request, shown)).toBe('done');
        expect(shown).toMatchObject({ capturedMinor: kind === 'capture' ? AMOUNT : 0, capturableMinor: 0 });
      }
    });

    it.each(['lost_before', 'lost_after'] as const)(
      'a refund whose answer is %s the effect is found by a read',
      async (trouble) => {
        const { sessionId, transaction } = await bench.captured();
        await bench.stand.trouble('operate', trouble);
        const refund = bench.operation(transaction, 'refund', 1_000);
        expect(await bench.gateway.operate(refund)).toMatchObject({ kind: 'lost' });
        const isDone = trouble === 'lost_after';
        const shown = await bench.settled(sessionId, refund);
        expect(traced(refund, shown)).toBe(isDone ? 'done' : 'absent');
        if (refundKeyMs() === 0) return;
        expect((await bench.moved(sessionId, refund)).refundedMinor).toBe(1_000);
      },
    );

    it('never, where the request did not leave', async () => {
      const { sessionId, transaction } = await bench.captured();
      await bench.stand.trouble('operate', 'unreachable');
      const refund = bench.operation(transaction, 'refund', 1_000);
      await expect(bench.gateway.operate(refund)).rejects.toThrow(GatewayUnavailable);
      expect((await bench.shown(sessionId)).refundedMinor).toBe(0);
    });

    it('never with a reference of another one', async () => {
      const { sessionId, transaction } = await bench.captured();
      await bench.stand.move(transaction.transactionId, 'refund', 500);
      const ours = bench.operation(transaction, 'refund', 500);
      expect(traced(ours, await bench.shown(sessionId))).toBe('absent');
    });
  });
}
