import { openStore, type Store } from '../../src/store/open.ts';
import { startPostgres } from './postgres.ts';

export interface TestStore extends Store {
  /** Set where other connections, or other processes, can open the same store. */
  readonly databaseUrl?: string;
}

/** The two stores that keep one contract. */
export const STORES = [
  { name: 'the embedded store', open: openTestStore },
  { name: 'PostgreSQL', open: openTestPostgres },
] as const;

/** An embedded store in memory, migrated. */
export async function openTestStore(): Promise<TestStore> {
  const store = await openStore({ dataDir: 'memory://' });
  await store.migrate();
  return store;
}

/** A PostgreSQL database of its own, migrated; closing it takes the database, and a server started for it, away. */
export async function openTestPostgres(): Promise<TestStore> {
  const server = await startPostgres();
  const databaseUrl = await server.createDatabase();
  const store = await openStore({ databaseUrl, dataDir: '' });
  await store.migrate();
  return {
    ...store,
    databaseUrl,
    async close() {
      await store.close();
      await server.stop();
    },
  };
}
