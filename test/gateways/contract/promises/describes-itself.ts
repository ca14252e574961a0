import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DAY_MS, type Bench } from '../bench.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

export function promisesOfDescription(bench: Bench): void {
  describe('describes itself:', () => {
    it('its traits are possible', () => {
      const { lifetime, keys, currencies } = bench.gateway.traits;
      expect(lifetime.shortestMs).toBeGreaterThan(0);
      expect(lifetime.longestMs).toBeGreaterThan(lifetime.shortestMs);
      for (const ms of [keys.openMs, ...Object.values(keys.operateMs)]) expect(ms).toBeGreaterThanOrEqual(0);
      for (const [currency, { digits = 2, multipleOf = 1 }] of Object.entries(currencies)) {
        expect(currency).toMatch(/^[A-Z]{3}$/);
        expect([0, 1, 2, 3, 4]).toContain(digits);
        expect(multipleOf).toBeGreaterThanOrEqual(1);
      }
    });

    it('shows only fingerprints of its secrets', () => {
      const { gateway, stand } = bench;
      const shown = gateway.secrets.map(({ fingerprints }) => fingerprints.length);
      expect(shown).toEqual(stand.secrets.map((ofKind) => ofKind.length));
      for (const secret of [...stand.secrets.flat(), ...stand.credentials])
        expect(JSON.stringify(gateway.secrets)).not.toContain(secret);
    });

    it('its descriptor has a page, its traits and an account', () => {
      const { gateway, kind } = bench;
      const { descriptor } = kind;
      if (descriptor !== null) {
        const page = readFileSync(join(ROOT, descriptor.page), 'utf8');
        expect(page).toContain(descriptor.name);
        expect(descriptor.traits).toEqual(gateway.traits);
        expect(descriptor.id).toBe(gateway.id);
      }
      expect(gateway.account).not.toBe('');
    });

    it('its credentials, its subscription and the callbacks that it has lost', async () => {
      const { gateway } = bench;
      const { account = gateway.account } = await gateway.checkCredentials();
      expect(account).toBe(gateway.account);
      const subscription = await gateway.findSubscription();
      expect(typeof subscription === 'object' ? 'wrong' : subscription).toMatch(
        /^(?:not_expected|not_shown|there|missing|wrong)$/,
      );
      const { sessionId } = await bench.paid();
      const [from, to] = [new Date(Date.now() - DAY_MS), new Date()];
      const missed = await gateway.countMissedCallbacks({ sessionIds: [sessionId], from, to });
      expect(missed).toBeGreaterThanOrEqual(0);
    });
  });
}
