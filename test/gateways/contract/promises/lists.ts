import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type {
  AccountPayment,
  ListedTransaction,
  Listing,
  PaymentsPage,
} from '../../../../src/gateways/gateway.ts';
import { AMOUNT, CUSTOMER, DAY_MS, type Bench, type Opened, type Paid } from '../bench.ts';

const LONGEST_CURSOR = 512;
/** Times at a PSP may be whole seconds. */
const TICK_MS = 1_100;
const AT_ONCE = 10;
const HOUR_MS = 3_600_000;

interface Row extends ListedTransaction {
  readonly listing: Listing;
}

export function promisesOfListings(bench: Bench): void {
  /** All rows of a listing, page by page. */
  async function rowsOf(listing: Listing, since: Date): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const cursors = new Set<string | null>();
    let cursor: string | null = null;
    do {
      expect(cursors.has(cursor)).toBe(false);
      cursors.add(cursor);
      const page = await bench.gateway.listPage({ listing: listing.name, since, cursor });
      rows.push(...page.rows.map((row) => ({ ...row, listing })));
      cursor = page.next;
      if (cursor !== null) expectGoodCursor(cursor);
    } while (cursor !== null);
    return rows;
  }

  async function paymentsWithin(times: { since: Date; until: Date }): Promise<AccountPayment[]> {
    const rows: AccountPayment[] = [];
    let cursor: string | null = null;
    do {
      const page: PaymentsPage | undefined = await bench.gateway.listPayments?.({ ...times, cursor });
      rows.push(...(page?.rows ?? []));
      cursor = page?.next ?? null;
    } while (cursor !== null);
    return rows;
  }

  const allRows = async (since: Date, every?: Listing['every']): Promise<readonly Row[]> => {
    const listings = bench.gateway.listings.filter((one) => every === undefined || one.every === every);
    return (await Promise.all(listings.map((listing) => rowsOf(listing, since)))).flat();
  };
  const isOf =
    ({ transaction, sessionId }: Paid) =>
    (row: Row) =>
      row.transactionId === transaction.transactionId && (row.sessionId ?? sessionId) === sessionId;

  /** More payments than a page has, of one order: searches by the order find them all. */
  async function many(): Promise<readonly Opened[]> {
    await bench.stand.silence();
    const opened: Opened[] = [];
    while (opened.length < bench.stand.moreThanAPage) {
      const some = Array.from({ length: AT_ONCE }, (_, at) =>
        bench.opened({ orderReference: 'order-of-many', n: opened.length + at + 1, customer: CUSTOMER }),
      );
      opened.push(...(await Promise.all(some)));
    }
    return opened;
  }

  describe('lists', () => {
    it('every new payment at every sweep, with its status', async () => {
      const [held, captured] = [await bench.paid(), await bench.paid()];
      await bench.stand.move(captured.transaction.transactionId, 'capture', AMOUNT);
      const rows = await allRows(new Date(Date.now() - DAY_MS), 'sweep');
      expect(rows.filter(isOf(held))).toMatchObject([{ status: 'AUTHORIZED', money: held.request.money }]);
      expect(rows.filter(isOf(captured))).toMatchObject([{ status: 'CAPTURED', money: held.request.money }]);
    });

    it('all payments of its account, with the order that each names and the money that is left of it', async () => {
      if (bench.gateway.listPayments === undefined) return expect(bench.stand.gateway.id).toBe('simulator');
      const paid = await bench.paid();
      const { transactionId } = paid.transaction;
      await bench.stand.move(transactionId, 'capture', AMOUNT);
      await bench.stand.move(transactionId, 'refund', 2_000);
      const hour = { since: new Date(Date.now() - HOUR_MS), until: new Date(Date.now() + HOUR_MS) };
      const [first, ...more] = (await paymentsWithin(hour)).filter(
        (row) => row.transactionId === transactionId,
      );
      const counting = [first, ...more].filter((row) => row?.isAddition !== true);
      expect(counting).toMatchObject([{ money: paid.request.money, keptMinor: AMOUNT - 2_000 }]);
      expect(first?.references).toContain(paid.request.orderReference);
      const before = { since: new Date(Date.now() - 2 * HOUR_MS), until: new Date(Date.now() - HOUR_MS) };
      expect(await paymentsWithin(before)).toEqual([]);
    });

    it('the payment that a row belongs to, where a row shows that', async () => {
      const { transaction, sessionId, request } = await bench.paid();
      const { paymentId, orderReference, n } = request;
      const isIts = ({ transactionId, sessionId: its }: Row) =>
        transactionId === transaction.transactionId && (its ?? sessionId) === sessionId;
      const shown = (await allRows(new Date(Date.now() - DAY_MS), 'sweep')).filter(isIts);
      expect(shown).toHaveLength(1);
      for (const { key } of shown) expect([undefined, { paymentId, orderReference, n }]).toContainEqual(key);
    });

    it('no older payment less where it is asked for an end', async () => {
      const paid = await bench.paid();
      const [listing] = bench.gateway.listings.filter(({ every }) => every === 'sweep');
      const since = new Date(Date.now() - DAY_MS);
      const until = new Date(Date.now() + 60_000);
      const rows: ListedTransaction[] = [];
      let cursor: string | null = null;
      do {
        const page = await bench.gateway.listPage({ listing: listing?.name ?? '', since, until, cursor });
        rows.push(...page.rows);
        cursor = page.next;
      } while (cursor !== null);
      expect(rows.some(({ transactionId }) => transactionId === paid.transaction.transactionId)).toBe(true);
    });

    it('more than a page, none left out, by short cursors that name nobody; a read finds each row', async () => {
      const opened = await many();
      for (let at = 0; at < opened.length; at += AT_ONCE)
        await Promise.all(
          opened.slice(at, at + AT_ONCE).map(({ sessionId }) => bench.stand.act(sessionId, 'pay')),
        );
      const aMinuteAgo = new Date(Date.now() - 60_000);
      for (const { request, sessionId } of [opened.at(0), opened.at(-1)] as Opened[])
        expect(await bench.gateway.findSessions(request, aMinuteAgo)).toMatchObject([{ sessionId }]);
      const rows = await allRows(new Date(Date.now() - DAY_MS), 'sweep');
      const listed = rows.map(({ sessionId }) => sessionId);
      // A page may repeat some rows of the one before.
      expect(listed.length).toBeLessThan(1.5 * opened.length);
      expect(new Set(listed)).toEqual(new Set(opened.map(({ sessionId }) => sessionId)));
      for (const { sessionId, transactionId } of [rows.at(0), rows.at(-1)] as Row[]) {
        const reading = await bench.read(sessionId ?? '', transactionId);
        expect(reading).toMatchObject({ kind: 'transaction', transaction: { transactionId } });
      }
    });

    it('nothing from before the time that it is asked for', async () => {
      const paid = await bench.captured();
      const later = new Date(Date.now() + 3_600_000);
      expect((await allRows(later)).filter(isOf(paid))).toEqual([]);
    });

    it('an older payment that has changed since', async () => {
      const [captured, refunded, voided] = [await bench.paid(), await bench.captured(), await bench.paid()];
      const held = await bench.opened();
      await bench.stand.act(held.sessionId, 'hold');
      const onHold = { ...held, transaction: await bench.shown(held.sessionId) };
      await sleep(TICK_MS);
      const since = new Date();
      await bench.stand.move(captured.transaction.transactionId, 'capture', AMOUNT);
      await bench.stand.move(refunded.transaction.transactionId, 'refund', 2_200);
      const { voids } = bench.gateway.rulesFor(voided.transaction);
      const canVoid = voids !== 'never' && voids !== 'lapses';
      if (canVoid) await bench.stand.move(voided.transaction.transactionId, 'void', AMOUNT);
      await bench.stand.decide(onHold.sessionId, 'paid');
      const rows = await allRows(since);
      for (const paid of [captured, refunded, onHold, ...(canVoid ? [voided] : [])]) {
        const { status, refundedMinor } = await bench.shown(paid.sessionId);
        const told = rows.filter(isOf(paid));
        // What only a read can tell is UNCLEAR.
        expect(told.some((row) => row.status === status || row.status === 'UNCLEAR')).toBe(true);
        for (const row of told)
          if (row.refundedMinor !== undefined) expect(row.refundedMinor).toBe(refundedMinor);
      }
    });

    it('a status that it does not know never as a failure', async () => {
      const paid = await bench.paid();
      await bench.stand.showUnknownStatus(paid.sessionId);
      for (const { status } of (await allRows(new Date(Date.now() - DAY_MS))).filter(isOf(paid)))
        expect(['UNCLEAR', 'INITIATED', 'AUTHORIZED']).toContain(status);
    });
  });

  function expectGoodCursor(cursor: string): void {
    expect(cursor.length).toBeLessThanOrEqual(LONGEST_CURSOR);
    for (const personal of [...Object.values(CUSTOMER), ...bench.stand.credentials])
      expect(cursor).not.toContain(personal);
  }
}
