import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { openStore, rows, type Store } from '../../src/store/open.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

describe('migrations', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  }, 180_000);
  afterAll(() => server.stop());

  const tablesOf = async (store: Store) =>
    (
      await rows<{ name: string }>(
        store.db,
        sql`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
      )
    ).map(({ name }) => name);
  const TABLES = ['deliveries', 'gateways', 'orders', 'outbox', 'payments', 'timeline'];

  it('change nothing the second time, in the embedded store', async () => {
    const store = await openStore({ dataDir: 'memory://' });
    await store.migrate();
    await store.migrate();
    expect(await tablesOf(store)).toEqual(expect.arrayContaining(TABLES));
    await store.close();
  }, 30_000);

  it('run once when five processes start at the same moment, in PostgreSQL', async () => {
    const databaseUrl = await server.createDatabase();
    const stores = await Promise.all(
      Array.from({ length: 5 }, () => openStore({ databaseUrl, dataDir: '' })),
    );
    await Promise.all(stores.map((store) => store.migrate()));
    await stores[0]?.migrate();
    expect(await tablesOf(stores[0] as Store)).toEqual(expect.arrayContaining(TABLES));
    const applied = await rows<{ count: number }>(
      (stores[0] as Store).db,
      sql`select count(distinct hash)::int as count, count(*)::int as all from drizzle.__drizzle_migrations`,
    );
    expect(applied[0]).toEqual({ count: expect.any(Number), all: applied[0]?.count });
    await Promise.all(stores.map((store) => store.close()));
  });
});
