import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { PGlite } from '@electric-sql/pglite';
import type { sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { ensureDataDirectory } from './data-directory.ts';
import { lockDirectory } from './directory-lock.ts';
import { migrateEmbedded, migratePostgres } from './migrations.ts';
import { databaseOn } from './database.ts';
import { clientsThatReport, type Refusal } from './refusals.ts';
import { traceEmbedded, tracePool } from './traced-statements.ts';

/** Either store, or a transaction on it. */
export type Db = PgDatabase<PgQueryResultHKT>;

export interface Store {
  readonly db: Db;
  readonly kind: 'embedded' | 'postgresql';
  /** The last statement that PostgreSQL refused though it answered. Null where there was none. */
  refused(): Refusal | null;
  /** Brings the schema up to date. Safe to run in several processes at once. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

/**
 * PostgreSQL where a URL is given, else the embedded store in `dataDir` (`memory://`: nothing on disk). `onRefusal` is
 * told of each statement that PostgreSQL refuses.
 * @throws DirectoryInUse where another process has the embedded store
 */
export function openStore(at: {
  databaseUrl?: string | undefined;
  dataDir: string;
  /** Whether the statements are spans of the current trace. */
  isTraced?: boolean;
  onRefusal?: (refusal: Refusal) => void;
}): Promise<Store> {
  const { databaseUrl, dataDir, isTraced = false, onRefusal = () => undefined } = at;
  return databaseUrl === undefined
    ? openEmbedded(dataDir, isTraced)
    : Promise.resolve(openPostgres(databaseUrl, { isTraced, onRefusal }));
}

async function openEmbedded(dataDir: string, isTraced: boolean): Promise<Store> {
  if (dataDir === 'memory://') return embedded(await createPGlite(), isTraced, () => Promise.resolve());
  const folder = join(dataDir, 'store');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unlock = await lockDirectory(folder);
  try {
    await ensureDataDirectory(folder);
    return await embedded(await createPGlite(folder), isTraced, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Loaded only where needed, since it takes longer than everything else of the store. */
async function createPGlite(folder?: string): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite');
  return PGlite.create(folder);
}

async function embedded(client: PGlite, isTraced: boolean, unlock: () => Promise<void>): Promise<Store> {
  const { drizzle } = await import('drizzle-orm/pglite');
  if (isTraced) traceEmbedded(client);
  const db = drizzle(client);
  return {
    db,
    kind: 'embedded',
    refused: () => null,
    migrate: () => migrateEmbedded({ query: (text, values) => client.query(text, values) }),
    async close() {
      await client.close();
      await unlock();
    },
  };
}

function openPostgres(
  connectionString: string,
  { isTraced, onRefusal }: { isTraced: boolean; onRefusal: (refusal: Refusal) => void },
): Store {
  let last: Refusal | null = null;
  const pool = new pg.Pool({
    connectionString,
    Client: clientsThatReport((refusal) => {
      last = refusal;
      onRefusal(refusal);
    }),
    max: 20,
    connectionTimeoutMillis: 2_000,
    statement_timeout: 10_000,
    // The server's limit is no help if nothing arrives from it any more, not even the end of the connection.
    query_timeout: 15_000,
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
  });
  // A broken idle connection must not end the process: the next query opens another one.
  pool.on('error', () => undefined);
  // Neither must a connection that breaks between two statements of a transaction, where the pool does not
  // listen.
  pool.on('connect', (client) => client.on('error', () => undefined));
  if (isTraced) tracePool(pool);
  return {
    db: databaseOn(pool),
    kind: 'postgresql',
    refused: () => last,
    migrate: () => migratePostgres(connectionString),
    close: () => pool.end(),
  };
}

/** The rows of a hand-written statement, the same for both drivers. */
export async function rows<Row>(db: Db, statement: ReturnType<typeof sql>): Promise<Row[]> {
  const result = (await db.execute(statement)) as { rows: Row[] };
  return result.rows;
}
