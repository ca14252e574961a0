/** A standby, or a server during a failover: it answers, but nothing can be written. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isStoreUnavailable } from '../../src/store/errors.ts';
import { ping } from '../../src/store/store-health.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { aPayment } from '../support/builders.ts';
import { openTestPostgres, type TestStore } from '../support/store.ts';

describe('a PostgreSQL that is read-only', () => {
  let [primary, standby] = [] as unknown as [TestStore, Store];
  beforeAll(async () => {
    primary = await openTestPostgres();
    const url = new URL(primary.databaseUrl ?? '');
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    standby = await openStore({ databaseUrl: url.href, dataDir: '' });
  }, 180_000);
  afterAll(async () => {
    await standby.close();
    await primary.close();
  });

  it('answers writers 503, to be retried', async () => {
    const failure = await aPayment(standby.db).catch((error: unknown) => error);
    expect(isStoreUnavailable(failure)).toBe(true);
  });

  it('is not ready as a store', async () => {
    await expect(ping(standby.db)).rejects.toThrow(/read-only/);
    await ping(primary.db);
  });
});
