import { describe, expect, it } from '@jest/globals';
import { tellsNews } from '../../../../src/domain/callback.ts';
import type { OperationKind } from '../../../../src/domain/operation.ts';
import type { Delivery, RawRequest } from '../../../../src/gateways/verification.ts';
import { AMOUNT, isAbout, provedBy, type Bench, type Paid } from '../bench.ts';

export function promisesOfCallbacks(bench: Bench): void {
  const aboutPayments = (deliveries: readonly Delivery[]) =>
    deliveries.filter(({ kind }) => kind !== 'other' && kind !== 'ping');

  /** Does something at the PSP, and returns the deliveries that it has led to. */
  async function toldBy(paid: Paid, act: () => Promise<void>): Promise<readonly Delivery[]> {
    const before = await bench.stand.callbacks(paid.sessionId);
    await act();
    const after = await bench.stand.callbacks(paid.sessionId);
    return aboutPayments(after.slice(before.length).flatMap((request) => bench.deliveries(request)));
  }

  describe('calls us:', () => {
    it('every delivery about a payment names it, is proved by its signature, and has an id of its own', async () => {
      const payments = [await bench.paid(), await bench.paid()] as const;
      const deliveries = await bench.received(...payments);
      const told = aboutPayments(deliveries);
      for (const delivery of told) {
        expect(delivery.kind).toBe('payment');
        expect(payments.filter((paid) => isAbout(delivery, paid))).toHaveLength(1);
        expect(delivery.ageSeconds).toBeLessThan(60);
      }
      for (const paid of payments) expect(told.some((delivery) => isAbout(delivery, paid))).toBe(true);
      const ids = deliveries.map(({ eventId }) => eventId);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('a delivery that has our key has all of it', async () => {
      const paid = await bench.paid();
      const { paymentId, orderReference, n } = paid.request;
      for (const { key } of await bench.received(paid))
        if (key !== null) expect(key).toEqual({ paymentId, orderReference, n });
    });

    it('deliveries about two payments, and about two facts of one, have different contents', async () => {
      const [one, other] = [await bench.paid(), await bench.paid()];
      const contents = async (paid: Paid) =>
        new Set(aboutPayments(await bench.received(paid)).map(({ contentHash }) => contentHash));
      const [ofOne, ofOther] = [await contents(one), await contents(other)];
      expect([...ofOne].filter((content) => ofOther.has(content))).toEqual([]);
      const told = await toldBy(one, () =>
        bench.stand.move(one.transaction.transactionId, 'capture', AMOUNT),
      );
      expect(told.some(({ contentHash }) => !ofOne.has(contentHash))).toBe(true);
    });

    it('a copy is the same delivery, and nothing in it tells news once it is read', async () => {
      const paid = await bench.paid();
      for (const each of await bench.stand.callbacks(paid.sessionId)) {
        const copy = bench.deliveries({ ...each, receivedAt: new Date() });
        for (const [at, delivery] of bench.deliveries(each).entries()) {
          expect(copy[at]).toMatchObject({ eventId: delivery.eventId, contentHash: delivery.contentHash });
          const { claim, kind } = delivery;
          if (kind !== 'payment' || claim.transactionId === undefined) continue;
          expect({ claim, isNews: tellsNews(claim, provedBy(paid.transaction)) }).toEqual({
            claim,
            isNews: false,
          });
        }
      }
    });

    it.each(['capture', 'refund', 'void'] as const)(
      'a %s by hand is told, about the payment that it belongs to, as news until it is read',
      async (kind: OperationKind) => {
        const paid = kind === 'refund' ? await bench.captured() : await bench.paid();
        const { transactionId } = paid.transaction;
        const { voids } = bench.gateway.rulesFor(paid.transaction);
        if (kind === 'void' && (voids === 'never' || voids === 'lapses')) return;
        const told = await toldBy(paid, () => bench.stand.move(transactionId, kind, AMOUNT));
        const isNewsAfter = (proved: Parameters<typeof tellsNews>[1]) =>
          told.filter(({ claim }) => tellsNews(claim, proved)).length;
        for (const delivery of told) expect(isAbout(delivery, paid)).toBe(true);
        if (bench.gateway.traits.notifies === 'session')
          expect(told.some(({ key }) => key !== null)).toBe(true);
        expect(isNewsAfter(provedBy(paid.transaction))).toBeGreaterThan(0);
        expect(isNewsAfter(provedBy(await bench.shown(paid.sessionId)))).toBe(0);
      },
    );

    it('a hold and its end are two facts', async () => {
      const { request, sessionId } = await bench.opened();
      await bench.stand.act(sessionId, 'hold');
      const held = { request, sessionId, transaction: await bench.shown(sessionId) };
      const before = aboutPayments(await bench.received(held)).map(({ contentHash }) => contentHash);
      const told = await toldBy(held, () => bench.stand.decide(sessionId, 'paid'));
      for (const delivery of told) expect(isAbout(delivery, held)).toBe(true);
      expect(told.some(({ contentHash }) => !before.includes(contentHash))).toBe(true);
    });

    it('a dispute is told about the payment that it belongs to', async () => {
      const paid = await bench.captured();
      const disputed = bench.stand.dispute(paid.transaction.transactionId);
      if (disputed === null) return;
      await disputed;
      const told = aboutPayments(await bench.received(paid)).at(-1) as Delivery;
      expect(isAbout(told, paid)).toBe(true);
      expect(tellsNews(told.claim, provedBy(paid.transaction))).toBe(true);
      expect(tellsNews(told.claim, provedBy(await bench.shown(paid.sessionId)))).toBe(false);
    });

    it('what another paidonce or other software does on the account is not ours', async () => {
      const { neighbour } = bench.stand;
      const { sessionId } = await neighbour.createSession(bench.request());
      await bench.stand.act(sessionId, 'pay');
      const ofNeighbour = await bench.stand.callbacks(sessionId);
      expect(ofNeighbour.length).toBeGreaterThan(0);
      for (const each of [...ofNeighbour, ...(await bench.stand.strangers())]) {
        const verification = bench.gateway.verify(each);
        // Where an id of the PSP decides, the store does not know it.
        if ('deliveries' in verification)
          expect(verification.deliveries.map(({ key }) => key)).toEqual(
            verification.deliveries.map(() => null),
          );
      }
    });

    it('other business of the account is other, also of a type that is new', async () => {
      for (const each of await bench.stand.otherBusiness()) {
        for (const { kind, key, isKeyless = false } of bench.deliveries(each)) {
          expect(key).toBeNull();
          expect(['other', 'ping']).toContain(kind);
          expect(isKeyless).toBe(false);
        }
      }
    });

    it('an unknown status in a callback is evidence, and no error', async () => {
      const paid = await bench.paid();
      for (const each of await bench.stand.callbacks(paid.sessionId)) {
        const changed = bench.stand.withUnknownStatus(each);
        if (changed === null) continue;
        for (const { claim, kind } of bench.deliveries(changed)) {
          expect(['payment', 'unclear', 'other']).toContain(kind);
          expect(claim.error).toBeUndefined();
          if (kind === 'payment') expect(tellsNews(claim, provedBy(paid.transaction))).toBe(true);
        }
      }
    });

    it('several in one request are as many deliveries, and one that means nothing spoils no other', async () => {
      const [one, other] = [await bench.callback(), await bench.callback()];
      const odd = bench.stand.unclear()?.slice(0, 1) ?? [];
      const batch = bench.stand.batched([one, ...odd, other]);
      if (batch === null) return;
      const idsOf = (each: RawRequest) => bench.deliveries(each).map(({ eventId, kind }) => [kind, eventId]);
      expect(idsOf(batch)).toEqual(expect.arrayContaining([...idsOf(one), ...idsOf(other)]));
      expect(bench.deliveries(batch).filter(({ kind }) => kind === 'unclear')).toHaveLength(odd.length);
      const again = bench.stand.batched([other, one]);
      if (again !== null) expect(idsOf(batch)).toEqual(expect.arrayContaining(idsOf(again)));
    });
  });
}
