import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { GatewayRejected } from '../../../../src/gateways/gateway-errors.ts';
import type { AccountEvent, EventsPage } from '../../../../src/gateways/gateway.ts';
import { AMOUNT, CUSTOMER, DAY_MS, type Bench } from '../bench.ts';

const LONGEST_CURSOR = 512;
/** Times at a PSP may be whole seconds. */
const TICK_MS = 1_100;

/** Only of gateways with a list of the events that they send. */
export function promisesOfEvents(bench: Bench): void {
  const aroundNow = () => ({ since: new Date(Date.now() - DAY_MS), until: new Date(Date.now() + 60_000) });

  async function eventsWithin(times: {
    readonly since: Date;
    readonly until: Date;
  }): Promise<AccountEvent[]> {
    const events: AccountEvent[] = [];
    const cursors = new Set<string | null>();
    let cursor: string | null = null;
    do {
      expect(cursors.has(cursor)).toBe(false);
      cursors.add(cursor);
      const page: EventsPage | undefined = await bench.gateway.listEvents?.({ ...times, cursor });
      events.push(...(page?.rows ?? []));
      cursor = page?.next ?? null;
      expect(cursor?.length ?? 0).toBeLessThanOrEqual(LONGEST_CURSOR);
      for (const personal of [...Object.values(CUSTOMER), ...bench.stand.credentials])
        expect(cursor ?? '').not.toContain(personal);
    } while (cursor !== null);
    return events;
  }

  describe('remembers its events:', () => {
    it('its traits say whether it lists them', () => {
      const { traits } = bench.gateway;
      expect(traits.eventHistoryMs > 0).toBe(bench.gateway.listEvents !== undefined);
    });

    it('each callback about a payment that it has sent, as its verification reads it', async () => {
      if (bench.gateway.listEvents === undefined) return;
      const { transaction, ...opened } = await bench.captured();
      await bench.stand.move(transaction.transactionId, 'refund', 2_000);
      const received = await bench.received(opened);
      const strangers = (await bench.stand.strangers()).flatMap((request) => bench.deliveries(request));
      const listed = await eventsWithin(aroundNow());
      const messages = received
        .filter(({ kind }) => kind === 'payment')
        .map(({ eventId, contentHash, key, isKeyless, claim, kind }) => ({
          eventId,
          contentHash,
          key,
          ...(isKeyless && { isKeyless }),
          claim,
          kind,
        }));
      const byId = new Map(listed.map((event) => [event.eventId, event]));
      const both = messages.filter(({ eventId }) => byId.has(eventId));
      expect(both.length).toBeGreaterThan(2);
      for (const message of both) {
        const event = byId.get(message.eventId);
        expect(event).toEqual({ ...message, createdAt: expect.any(Date) });
        expect(Math.abs((event?.createdAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
      }
      // A PSP may send more types than we subscribe to; each fact that they tell is listed.
      const facts = new Set(listed.map(({ contentHash }) => contentHash));
      expect(messages.filter(({ contentHash }) => !facts.has(contentHash))).toEqual([]);
      // Nothing that is listed looks more like ours than the callback about it.
      for (const { eventId, key, isKeyless } of strangers)
        for (const event of listed.filter((one) => one.eventId === eventId))
          expect([event.key, event.isKeyless]).toEqual([key, isKeyless]);
    });

    it('only those between two times, and refuses a cursor that it has not given', async () => {
      if (bench.gateway.listEvents === undefined) return;
      await bench.paid();
      await sleep(TICK_MS);
      const since = new Date();
      await sleep(TICK_MS);
      const { transaction } = await bench.paid();
      const isOfLater = ({ claim }: AccountEvent) => claim.transactionId === transaction.transactionId;
      const until = new Date(Date.now() + 60_000);
      const [all, later] = [await eventsWithin(aroundNow()), await eventsWithin({ since, until })];
      expect(later.some(isOfLater)).toBe(true);
      expect(later.length).toBeLessThan(all.length);
      expect((await eventsWithin({ ...aroundNow(), until: since })).some(isOfLater)).toBe(false);
      await expect(bench.gateway.listEvents({ ...aroundNow(), cursor: 'no-cursor' })).rejects.toBeInstanceOf(
        GatewayRejected,
      );
    });

    it('more than a page, each once', async () => {
      if (bench.gateway.listEvents === undefined) return;
      const { transaction } = await bench.captured({ money: { amountMinor: AMOUNT, currency: 'NOK' } });
      await bench.stand.silence();
      for (let moved = 0; moved < bench.stand.moreThanAPage; moved += 1)
        await bench.stand.move(transaction.transactionId, 'refund', 100);
      const ids = (await eventsWithin(aroundNow())).map(({ eventId }) => eventId);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length).toBeGreaterThan(bench.stand.moreThanAPage);
    });
  });
}
