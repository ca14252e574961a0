import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../../src/domain/decide.ts';
import { GatewayUnavailable, KeySpent } from '../../../../src/gateways/gateway-errors.ts';
import { aWatch } from '../../../support/domain-arbitraries.ts';
import { AMOUNT, CURRENCY, CUSTOMER, money, type Bench } from '../bench.ts';

const MINUTE_MS = 60_000;

export function promisesOfSessions(bench: Bench): void {
  const aMinuteAgo = () => new Date(Date.now() - MINUTE_MS);
  const hasKeys = (): boolean => bench.gateway.traits.keys.openMs > 0;

  describe('opens a session', () => {
    it('with an address for the payer, and shows it as open', async () => {
      const session = await bench.gateway.createSession(bench.request());
      expect(session.checkoutUrl).toMatch(/^https?:\/\//);
      expect(await bench.read(session.sessionId)).toMatchObject({ kind: 'session', state: 'open' });
    });

    it('that sends the payer back to us with the key of the payment', async () => {
      const { request, sessionId } = await bench.opened();
      const { pathname, searchParams } = new URL((await bench.stand.session(sessionId)).returnUrl);
      expect(pathname).toMatch(new RegExp(`/return/${bench.gateway.id}$`));
      expect(searchParams.get('payment')).toBe(request.paymentId);
      expect(searchParams.get('k')).toBe(request.returnKey);
    });

    it('of an order with lines, for a payer that we know', async () => {
      const { sessionId } = await bench.opened({
        lines: [
          {
            id: 'chair',
            lineId: '1',
            description: 'Chair',
            amountMinor: AMOUNT - 7_200,
            quantity: 2,
            vat: 25,
          },
          { id: 'freight', lineId: '2', description: 'Freight', amountMinor: 7_200, quantity: 1 },
        ],
        customer: CUSTOMER,
        language: 'no',
      });
      expect(await bench.stand.session(sessionId)).toMatchObject({
        amount: AMOUNT / 100,
        currency: CURRENCY,
      });
      await bench.stand.act(sessionId, 'pay');
      expect(await bench.shown(sessionId)).toMatchObject({ status: 'AUTHORIZED', capturableMinor: AMOUNT });
    });

    it('that ends when it was asked to, and shows when', async () => {
      const { request, sessionId } = await bench.opened();
      const { expiresAt } = await bench.stand.session(sessionId);
      const distanceMs = Math.abs(expiresAt.getTime() - request.expiresAt.getTime());
      expect(distanceMs).toBeLessThanOrEqual(MINUTE_MS);
      const found = await bench.gateway.readSession(sessionId);
      if (typeof found === 'string') throw new Error(found);
      expect(found.expiresAt ?? expiresAt).toEqual(expiresAt);
    });

    it.each(['shortestMs', 'longestMs'] as const)('for a time that it takes: %s', async (end) => {
      // A busy machine may need a while to send it.
      const lifetimeMs = Math.max(MINUTE_MS, bench.gateway.traits.lifetime[end]);
      const { sessionId } = await bench.opened({ expiresAt: new Date(Date.now() + lifetimeMs) });
      expect(await bench.read(sessionId)).toMatchObject({ kind: 'session', state: 'open' });
    });

    it('that names its payment when it is read and when it is searched', async () => {
      const { request, sessionId } = await bench.opened();
      const { paymentId, orderReference, n, money: asked } = request;
      const key = { paymentId, orderReference, n };
      const found = { sessionId, key, reference: orderReference, money: asked, live: true };
      expect(await bench.gateway.readSession(sessionId)).toMatchObject(found);
      expect(await bench.gateway.findSessions(request, aMinuteAgo())).toMatchObject([found]);
      const other = { ...request, paymentId: 'pay_other' };
      expect(await bench.gateway.findSessions(other, aMinuteAgo())).toEqual([]);
    });

    it('once for one key, where it takes keys', async () => {
      if (!hasKeys()) return;
      const request = bench.request();
      const first = await bench.gateway.createSession(request);
      expect(await bench.gateway.createSession(request)).toEqual(first);
      const changed = { ...request, money: money(AMOUNT + 100, CURRENCY) };
      await expect(bench.gateway.createSession(changed)).rejects.toThrow(KeySpent);
      expect(await bench.gateway.findSessions(request, aMinuteAgo())).toHaveLength(1);
    });

    it('that is found after its answer was lost', async () => {
      const request = bench.request();
      await bench.stand.trouble('open', 'lost_after');
      await expect(bench.gateway.createSession(request)).rejects.toThrow(GatewayUnavailable);
      const [found, ...others] = await bench.gateway.findSessions(request, aMinuteAgo());
      expect(others).toEqual([]);
      const again = await bench.gateway.createSession(request).catch((error: unknown) => error);
      // A refusal would end the payment, although its session is there.
      if (again instanceof Error) expect(again).toBeInstanceOf(KeySpent);
      else if (hasKeys()) expect(again).toMatchObject({ sessionId: found?.sessionId });
      else expect(again).toMatchObject({ sessionId: expect.any(String) });
    });

    it('that can be closed once, and then takes no money: the payment is cancelled', async () => {
      const opened = await bench.opened();
      const { sessionId } = opened;
      expect(await bench.gateway.cancelSession(sessionId)).toBe('cancelled');
      const reading = await bench.read(sessionId);
      expect(reading).toMatchObject({ kind: 'session', state: expect.stringMatching(/cancelled|expired/) });
      const decision = decide(bench.snapshot(opened), reading, aWatch({ closing: 'merchant' }));
      expect(decision).toMatchObject({ kind: 'find', finding: { status: 'CANCELLED', pays: false } });
      expect(await bench.gateway.readSession(sessionId)).toMatchObject({ live: false });
    });

    it('that is not closed over money: it is refused, or what was authorized is voided', async () => {
      const { sessionId } = await bench.paid();
      const answer = await bench.gateway.cancelSession(sessionId);
      expect((await bench.shown(sessionId)).status).toBe(answer === 'refused' ? 'AUTHORIZED' : 'VOIDED');
      const captured = await bench.captured();
      expect(await bench.gateway.cancelSession(captured.sessionId)).toBe('refused');
      expect((await bench.shown(captured.sessionId)).capturedMinor).toBe(AMOUNT);
    });
  });

  it('knows nothing of a session that does not exist', async () => {
    const { sessionId } = await bench.opened();
    const other = sessionId.replace(/.{4}$/, 'zzzz');
    expect(['absent', 'foreign']).toContain(await bench.gateway.readSession(other));
    expect((await bench.read(other)).kind).not.toBe('transaction');
  });
}
