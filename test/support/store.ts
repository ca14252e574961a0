import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../../src/store/open.ts';
import { startPostgres } from './postgres.ts';
import { recorded } from './recorded-statements.ts';

export interface TestStore extends Store {
  /** Set where other connections, or other processes, can open the same store. */
  readonly databaseUrl?: string;
}

/** The two stores that keep one contract. */
export const STORES = [
  { name: 'the embedded store', open: openEmbeddedStore },
  { name: 'PostgreSQL', open: openTestPostgres },
] as const;

/**
 * A separate store, migrated; closing it deletes it. Where the run has a PostgreSQL server it is a database there,
 * which costs a fifth of the CPU time of an embedded store. Both keep one contract: test/store.
 */
export function openTestStore(): Promise<TestStore> {
  return process.env['TEST_DATABASE_TEMPLATE'] === undefined ? openEmbeddedStore() : openTestPostgres();
}

/** The same, always embedded. */
export async function openEmbeddedStore(): Promise<TestStore> {
  const dataDir = await mkdtemp(join(tmpdir(), 'paidonce-store-'));
  await copyStoreTemplate(dataDir);
  const store = await openStore({ dataDir });
  await store.migrate();
  return {
    ...store,
    db: recorded(store.db),
    async close() {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Creating an embedded store takes seconds of computing, so `npm test` creates one and names it; without it
 * nothing is copied.
 */
export async function copyStoreTemplate(dataDir: string): Promise<void> {
  const template = process.env['TEST_STORE_TEMPLATE'];
  if (template !== undefined) await cp(template, dataDir, { recursive: true });
}

/**
 * A separate PostgreSQL database, migrated; closing it drops the database, and stops a server that was
 * started for it.
 */
export async function openTestPostgres(): Promise<TestStore> {
  const server = await startPostgres();
  const databaseUrl = await server.createMigratedDatabase();
  const store = await openStore({ databaseUrl, dataDir: '' });
  return {
    ...store,
    db: recorded(store.db),
    databaseUrl,
    async close() {
      await store.close();
      await server.stop();
    },
  };
}
