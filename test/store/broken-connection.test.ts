/** A PostgreSQL server that restarts: pending statements fail, and no process dies. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { isStoreUnavailable } from '../../src/store/errors.ts';
import { ping } from '../../src/store/store-health.ts';
import { rows, type Db } from '../../src/store/open.ts';
import { openTestPostgres, type TestStore } from '../support/store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestPostgres();
}, 180_000);
afterAll(() => store.close());

async function backendOf(db: Db): Promise<number> {
  const [row] = await rows<{ pid: number }>(db, sql`select pg_backend_pid() as pid`);
  return row?.pid ?? 0;
}

it('the pool outlives a connection that breaks between two statements of a transaction', async () => {
  const broken = store.db.transaction(async (tx) => {
    const pid = await backendOf(tx);
    await rows(store.db, sql`select pg_terminate_backend(${pid}::integer)`);
    // The end of the connection is a second error beside the statement's. Without a listener it would end the
    // process.
    await ping(tx);
  });
  const error: unknown = await broken.catch((thrown: unknown) => thrown);
  expect(isStoreUnavailable(error)).toBe(true);
  await ping(store.db);
});
