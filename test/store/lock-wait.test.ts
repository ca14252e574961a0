import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { rows } from '../../src/store/open.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { orders, payments } from '../../src/store/schema/order-tables.ts';
import { aFinding, aNewPayment, aPayment, aRecord, TELLS } from '../support/builders.ts';
import { openTestPostgres, type TestStore } from '../support/store.ts';
import { until } from '../support/until.ts';

describe('a finding that waits for the lock of its order', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestPostgres();
  }, 180_000);
  afterAll(() => store.close());

  it('sees the changes of the other payment while it waited', async () => {
    const wanted = aNewPayment();
    const first = await aPayment(store.db, wanted);
    await recordFinding(store.db, aRecord(first, { finding: aFinding('FAILED') }), TELLS);
    const second = await aPayment(store.db, wanted);

    let waiting: ReturnType<typeof recordFinding> | undefined;
    await store.db.transaction(async (tx) => {
      await tx.select().from(orders).where(eq(orders.reference, wanted.orderReference)).for('update');
      waiting = recordFinding(
        store.db,
        aRecord(first, { finding: aFinding('ON_HOLD'), key: 'waits' }),
        TELLS,
      );
      await until('the record waits for the lock', async () => (await waitingForLocks()) > 0);
      await tx.update(payments).set({ status: 'DECLINED' }).where(eq(payments.id, second.id));
    });

    expect(await waiting).toMatchObject({ payment: { status: 'ON_HOLD' }, orderStatus: 'PAYMENT_PENDING' });
  });

  async function waitingForLocks(): Promise<number> {
    const [row] = await rows<{ count: number }>(
      store.db,
      sql`select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return row?.count ?? 0;
  }
});
