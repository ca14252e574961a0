/** A database that was not migrated yet: an API may be called a moment before. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isStoreUnavailable } from '../../src/store/errors.ts';
import { ping } from '../../src/store/store-health.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { findOrder } from '../../src/store/payments.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;
let store: Store;

beforeAll(async () => {
  postgres = await startPostgres();
  store = await openStore({ databaseUrl: await postgres.createDatabase(), dataDir: '' });
}, 60_000);

afterAll(async () => {
  await store.close();
  await postgres.stop();
});

it('a database without tables is unavailable until it is migrated', async () => {
  const error = await findOrder(store.db, '1001').catch((thrown: unknown) => thrown);
  expect(isStoreUnavailable(error)).toBe(true);
  await expect(ping(store.db)).rejects.toThrow();
  await store.migrate();
  await ping(store.db);
  expect(await findOrder(store.db, '1001')).toBeNull();
});
