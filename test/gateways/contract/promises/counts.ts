import { describe, expect, it } from '@jest/globals';
import { fractionDigits } from '../../../../src/domain/money.ts';
import type { Traits } from '../../../../src/gateways/traits.ts';
import { AMOUNT, money, traced, type Bench } from '../bench.ts';

/** Without decimals, with three, and two that many PSPs count in another way than ISO 4217. */
const EVERYWHERE: readonly string[] = ['JPY', 'KWD', 'ISK', 'MGA'];

export function promisesOfAmounts(bench: Bench): void {
  describe('counts', () => {
    const currencies = [...EVERYWHERE, ...ofItsOwn(bench.kind.traits)];
    it.each(currencies)('%s as the payer sees it, and in our minor units everywhere', async (currency) => {
      const asked = money(AMOUNT, currency);
      const { request, sessionId } = await bench.opened({ money: asked });
      const atThePsp = await bench.stand.session(sessionId);
      expect(atThePsp.currency).toBe(currency);
      expect(atThePsp.amount).toBeCloseTo(AMOUNT / 10 ** fractionDigits(currency), 6);
      expect(await bench.gateway.readSession(sessionId)).toMatchObject({ money: asked });
      const since = new Date(Date.now() - 60_000);
      expect(await bench.gateway.findSessions(request, since)).toMatchObject([{ money: asked }]);

      await bench.stand.act(sessionId, 'pay');
      const transaction = await bench.shown(sessionId);
      expect(transaction).toMatchObject({ money: asked, authorizedMinor: AMOUNT, capturableMinor: AMOUNT });
      const captured = await bench.moved(sessionId, bench.operation(transaction, 'capture'));
      expect(captured).toMatchObject({ capturedMinor: AMOUNT, capturableMinor: 0 });
      const refund = bench.operation(captured, 'refund', 2_200);
      const refunded = await bench.moved(sessionId, refund);
      expect(refunded).toMatchObject({ refundedMinor: 2_200, capturedMinor: AMOUNT });
      expect(traced(refund, refunded)).toBe('done');
      expect(refunded.operations.at(-1)).toMatchObject({ kind: 'refund', amountMinor: 2_200 });

      for (const { name: listing } of bench.gateway.listings) {
        const { rows } = await bench.gateway.listPage({ listing, since, cursor: null });
        for (const row of rows.filter((one) => one.sessionId === sessionId)) {
          expect(row.money).toEqual(asked);
          expect([0, AMOUNT]).toContain(row.capturedMinor ?? 0);
          expect([0, 2_200]).toContain(row.refundedMinor ?? 0);
        }
      }
    });
  });
}

/** One currency for each way in which the gateway differs from ISO 4217. */
function ofItsOwn({ currencies }: Traits): string[] {
  const ways = Object.entries(currencies).map(
    ([currency, { digits, multipleOf }]) => [`${digits} ${multipleOf}`, currency] as const,
  );
  return [...new Map(ways).values()].filter((currency) => !EVERYWHERE.includes(currency));
}
