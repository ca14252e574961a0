import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { rootOf } from '../telemetry/root-of.ts';

/** Where `migrations/` is, from `src/store` and from `dist/store` alike. */
export const MIGRATIONS = { migrationsFolder: join(import.meta.dirname, '..', '..', 'migrations') };

/** Any number that nobody else uses as an advisory lock on the same database. */
const MIGRATION_LOCK = 7_201_001;

/** In milliseconds. A migration may well take minutes; to say anything at all, or to be let in, may not. */
export const MIGRATION_LIMITS = { answer: 5_000, lock: 60_000, statement: 5 * 60_000 };

const LOCK_NOT_AVAILABLE = '55P03';

/** The database is not up to date; the message says why, to whoever can mend that. */
export class MigrationFailed extends Error {
  override readonly name = 'MigrationFailed';
}

/** Brings a PostgreSQL database up to date, one process at a time. @throws MigrationFailed saying what it waited for, within the limits */
export async function migratePostgres(connectionString: string, limits = MIGRATION_LIMITS): Promise<void> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: limits.answer,
    lock_timeout: limits.lock,
    statement_timeout: limits.statement,
    // For a server that is not there to keep its own limits any more.
    query_timeout: limits.statement + limits.answer,
  });
  client.on('error', () => undefined);
  let isConnected = false;
  try {
    await client.connect();
    isConnected = true;
    await takeLock(client, limits);
    await migrate(drizzle(client), MIGRATIONS);
  } catch (error) {
    throw new MigrationFailed(`migrating the database: ${wordsFor(error, limits, isConnected)}`, {
      cause: error,
    });
  } finally {
    await client.end();
  }
}

async function takeLock(client: pg.Client, { lock, answer }: typeof MIGRATION_LIMITS): Promise<void> {
  const text = `select pg_advisory_lock(${MIGRATION_LOCK})`;
  await client.query({ text, query_timeout: lock + answer } as pg.QueryConfig);
}

function wordsFor(error: unknown, { lock }: typeof MIGRATION_LIMITS, isConnected: boolean): string {
  const { code, message } = error as { code?: string; message: string };
  if (code === LOCK_NOT_AVAILABLE)
    return (
      `others have held its locks for ${lock / 1_000} s; if that is not another process that migrates, ` +
      `see pg_locks (advisory ${MIGRATION_LOCK}) and pg_stat_activity`
    );
  if (/timeout expired|Query read timeout/.test(message))
    return 'the server took the connection and then did not answer; is it PostgreSQL, and not overloaded or frozen?';
  return isConnected ? rootOf(error) : `${rootOf(error)}; is it up, and DATABASE_URL right?`;
}
