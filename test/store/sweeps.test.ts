import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { readGateways, stampGateway, WrongAccount } from '../../src/store/store-health.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { recordOpened } from '../../src/store/payments.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { findListed, listingStart, readMarks, recordCompletePass } from '../../src/store/sweeps.ts';
import { aFinding, aPayment, aRecord, aSessionId, TELLS } from '../support/builders.ts';
import { STORES, type TestStore } from '../support/store.ts';

const NOW = new Date('2026-11-21T12:00:00.000Z');

describe.each(STORES)('sweeps and stamps in $name', ({ open }) => {
  let store: TestStore;
  beforeAll(async () => {
    store = await open();
  }, 180_000);
  afterAll(() => store.close());

  it('give the store the account of its first start and refuse any other', async () => {
    const stamp = { gateway: 'dintero', account: 'T12345678', mode: 'test' };
    await stampGateway(store.db, stamp);
    await stampGateway(store.db, stamp);
    await expect(stampGateway(store.db, { ...stamp, account: 'T99999999' })).rejects.toThrow(WrongAccount);
    await expect(stampGateway(store.db, { ...stamp, mode: 'live' })).rejects.toThrow(/T12345678 \(test\)/);
    expect(await readGateways(store.db)).toMatchObject([stamp]);
  });

  it('let one of two accounts mark the store when both start at once', async () => {
    const stamps = ['T1', 'T2', 'T1', 'T2'].map((account) =>
      stampGateway(store.db, { gateway: 'other', account, mode: 'test' }),
    );
    const settled = await Promise.allSettled(stamps);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

  it('begin ten minutes before the mark, and for new payments before the oldest one that is still open', async () => {
    const from = async (isOfNew: boolean) =>
      (await listingStart(store.db, 'dintero', { mark: NOW, isOfNew })).toISOString();
    expect(await from(true)).toBe('2026-11-21T11:50:00.000Z');
    const payment = await aPayment(store.db);
    const createdAt = new Date('2026-11-20T09:00:00.000Z');
    await store.db.update(payments).set({ createdAt }).where(eq(payments.id, payment.id));
    expect(await from(true)).toBe('2026-11-20T08:50:00.000Z');
    expect(await from(false)).toBe('2026-11-21T11:50:00.000Z');
    await recordFinding(store.db, aRecord(payment, { finding: aFinding('DECLINED') }), TELLS);
    expect(await from(true)).toBe('2026-11-21T11:50:00.000Z');
  });

  it('keep a mark for each listing, which never moves back', async () => {
    const pass = { gateway: 'dintero', listing: 'created', startedAt: NOW, pages: 3, found: 2, foreign: 7 };
    await recordCompletePass(store.db, pass);
    await recordCompletePass(store.db, pass);
    await recordCompletePass(store.db, { ...pass, listing: 'captured' });
    const later = new Date(NOW.getTime() + 60_000);
    await recordCompletePass(store.db, { ...pass, startedAt: later, pages: 1, foreign: 0 });
    await recordCompletePass(store.db, { ...pass, pages: 9 });
    const found = await readMarks(store.db, 'dintero');
    expect(found.toSorted((one, other) => other.listing.localeCompare(one.listing))).toMatchObject([
      { listing: 'created', mark: later, pages: 1, foreign: 0, finds: 4 },
      { listing: 'captured', mark: NOW, pages: 3, foreign: 7, finds: 2 },
    ]);
    expect(await readMarks(store.db, 'other')).toEqual([]);
  });

  it('find payments by their sessions, at their own gateway only', async () => {
    const payment = await aPayment(store.db);
    const sessionId = aSessionId();
    await recordOpened(store.db, payment.id, {
      sessionId,
      checkoutUrl: 'https://c.example',
      runId: 'r',
      text: 'x',
    });
    const ids = async (gateway: string, ...sessions: string[]) =>
      (
        await findListed(
          store.db,
          gateway,
          sessions.map((session) => ({ sessionId: session, transactionId: 'tx' })),
        )
      ).map(({ id }) => id);
    expect(await ids('dintero', sessionId, 'T12345678.unknown')).toEqual([payment.id]);
    expect(await ids('stripe', sessionId)).toEqual([]);
    expect(await ids('dintero')).toEqual([]);
  });

  it('find a payment by its transaction where no session is shown', async () => {
    const payment = await aPayment(store.db);
    const transactionId = `tx-${payment.id}`;
    await store.db.update(payments).set({ transactionId }).where(eq(payments.id, payment.id));
    const found = await findListed(store.db, 'dintero', [{ sessionId: null, transactionId }]);
    expect(found.map(({ id }) => id)).toEqual([payment.id]);
    expect(await findListed(store.db, 'dintero', [{ sessionId: null, transactionId: 'tx' }])).toEqual([]);
  });
});
