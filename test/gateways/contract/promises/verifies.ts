import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RawRequest } from '../../../../src/gateways/verification.ts';
import type { Bench } from '../bench.ts';

export function promisesOfVerification(bench: Bench): void {
  describe('verifies:', () => {
    it('a changed, unsigned or wrongly signed callback is refused', async () => {
      const { sessionId } = await bench.paid();
      for (const callback of await bench.stand.callbacks(sessionId)) {
        const forgeries = bench.stand.forgeries(callback);
        expect(forgeries.length).toBeGreaterThanOrEqual(3);
        for (const forged of forgeries)
          expect(['refused', 'malformed']).toContain(bench.gateway.verify(forged).outcome);
        expect(bench.gateway.verify(callback).outcome).toBe('verified');
      }
    });

    it('a refused callback has a clue why, and one that verifies has none', async () => {
      const { sessionId } = await bench.paid();
      for (const callback of await bench.stand.callbacks(sessionId)) {
        expect(bench.gateway.explainRefusal(callback, [])).toEqual([]);
        const refused = bench.stand
          .forgeries(callback)
          .filter((forged) => bench.gateway.verify(forged).outcome === 'refused');
        for (const forged of refused) {
          const clues = bench.gateway.explainRefusal(forged, []);
          expect(clues.length).toBeGreaterThan(0);
          for (const secret of bench.stand.secrets.flat())
            expect(JSON.stringify(clues)).not.toContain(secret);
        }
      }
    });

    it('an old one, and one from the future, are stale', async () => {
      const { sessionId } = await bench.paid();
      for (const callback of await bench.stand.callbacks(sessionId)) {
        const outcomes = [-280, -320, 320].flatMap((seconds) => {
          const signed = bench.stand.signedAt(callback, seconds);
          return signed === null ? [] : [bench.gateway.verify(signed).outcome];
        });
        if (outcomes.length > 0) expect(outcomes).toEqual(['verified', 'stale', 'stale']);
      }
    });

    it('whatever is sent, the verification and the explanation never throw', async () => {
      const callback = await bench.callback();
      const headers = fc.dictionary(
        fc.constantFrom(...Object.keys(callback.headers)),
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('t=1,v1=')),
      );
      const odd = fc.record({
        target: fc.oneof(fc.string(), fc.constant(callback.target)),
        body: fc.oneof(fc.uint8Array(), fc.json()).map((bytes) => Buffer.from(bytes)),
        headers,
      });
      const outcomeOf = (request: RawRequest | null) =>
        request === null ? 'no time' : bench.gateway.verify(request).outcome;
      fc.assert(
        fc.property(odd, (parts) => {
          const signed = { ...callback, ...parts, headers: { ...callback.headers, ...parts.headers } };
          const again = bench.stand.signedAt({ ...callback, body: parts.body }, 0);
          for (const request of [{ ...callback, ...parts }, signed, again]) {
            expect(typeof outcomeOf(request)).toBe('string');
            if (request !== null) expect(bench.gateway.explainRefusal(request, [])).toBeInstanceOf(Array);
          }
        }),
        { numRuns: 300 },
      );
    });

    it('what is signed and not understood is unclear, and is nothing else', () => {
      for (const each of bench.stand.unclear() ?? []) {
        const deliveries = bench.deliveries(each);
        expect(deliveries.map(({ kind, key }) => [kind, key])).toEqual(
          deliveries.map(() => ['unclear', null]),
        );
      }
    });
  });
}
