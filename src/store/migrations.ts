/**
 * Brings the schema up to date. A statement of a migration waits briefly for its lock and then gives way, so
 * that no callback waits behind it. An index of a table that is in use is built while others write
 * (CONCURRENTLY).
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMigrationFiles, type MigrationMeta } from 'drizzle-orm/migrator';
import pg from 'pg';
import { PACKAGE_FOLDER } from '../lib/package-folder.ts';
import { rootOf } from '../lib/root-of.ts';

/** Where `migrations/` is. */
export const FOLDER = join(PACKAGE_FOLDER, 'migrations');

/** A number that no other program uses as an advisory lock in the same database. */
const MIGRATION_LOCK = 7_201_001;

/**
 * In milliseconds. A migration may take minutes, but connecting or getting the lock may not. `give`: how long
 * a statement that blocks others waits for its own lock at a time.
 */
export const MIGRATION_LIMITS = { answer: 5_000, lock: 60_000, statement: 5 * 60_000, give: 1_000 };

type Limits = typeof MIGRATION_LIMITS;

const LOCK_NOT_AVAILABLE = '55P03';
const ASKED_AGAIN_AFTER_MS = 250;

/** The database is not up to date. The message says why and what to do. */
export class MigrationFailed extends Error {
  override readonly name = 'MigrationFailed';
}

/** What both stores have in common: one connection that runs statements one after the other. */
export interface Session {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/**
 * Brings a PostgreSQL database up to date, one process at a time.
 * @throws MigrationFailed. Its message says what it waited for, within the limits
 */
export async function migratePostgres(connectionString: string, limits = MIGRATION_LIMITS): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: limits.answer });
  client.on('error', () => undefined);
  let isConnected = false;
  try {
    await client.connect();
    isConnected = true;
    await takeLock(client, limits);
    for (const migration of await pendingOf(client)) await applyGivingWay(client, migration, limits);
  } catch (error) {
    throw new MigrationFailed(`migrating the database: ${wordsFor(error, limits, isConnected)}`, {
      cause: error,
    });
  } finally {
    await client.end();
  }
}

/** Brings an embedded store up to date. No other process uses it, so there is no one to give way to. */
export async function migrateEmbedded(session: Session): Promise<void> {
  for (const migration of await pendingOf(session))
    await inTransaction(session, migration, (statement) => statement.replace(/ CONCURRENTLY /i, ' '));
}

/** Polls for the lock: a statement that waits for it would block an index that is built concurrently. */
async function takeLock(client: pg.Client, { lock, answer }: Limits): Promise<void> {
  const text = `select pg_try_advisory_lock(${MIGRATION_LOCK}) as taken`;
  for (const deadline = Date.now() + lock; ; await sleep(ASKED_AGAIN_AFTER_MS)) {
    const { rows } = await client.query<{ taken: boolean }>({
      text,
      query_timeout: answer,
    } as pg.QueryConfig);
    if (rows[0]?.taken === true) return;
    if (Date.now() >= deadline)
      throw Object.assign(new Error('the lock is taken'), { code: LOCK_NOT_AVAILABLE });
  }
}

async function pendingOf(session: Session): Promise<MigrationMeta[]> {
  await session.query('create schema if not exists drizzle');
  await session.query(
    'create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
  );
  const { rows } = await session.query(
    'select max(created_at)::float8 as last from drizzle.__drizzle_migrations',
  );
  const { last } = rows[0] as { last: number | null };
  return readMigrationFiles({ migrationsFolder: FOLDER }).filter(
    ({ folderMillis }) => folderMillis > (last ?? 0),
  );
}

async function applyGivingWay(client: pg.Client, migration: MigrationMeta, limits: Limits): Promise<void> {
  if (migration.sql.every(isAside)) {
    // However long it takes, it blocks no other statement.
    const session = await limited(client, { lock: limits.lock, statement: 0, answer: limits.answer });
    for (const statement of migration.sql) await buildAside(session, statement);
    await record(session, migration);
    return;
  }
  const session = await limited(client, { ...limits, lock: limits.give });
  for (const deadline = Date.now() + limits.lock; ; await sleep(ASKED_AGAIN_AFTER_MS)) {
    try {
      return await inTransaction(session, migration);
    } catch (error) {
      const isHeldUp = (error as { code?: string }).code === LOCK_NOT_AVAILABLE;
      if (!isHeldUp || Date.now() >= deadline) throw error;
    }
  }
}

/**
 * The client with limits for each statement: the server's own, and ours in case the server is gone. 0 means
 * none.
 */
async function limited(
  client: pg.Client,
  { lock, statement, answer }: Omit<Limits, 'give'>,
): Promise<Session> {
  await client.query(`set lock_timeout = ${lock}; set statement_timeout = ${statement}`);
  const limit = statement === 0 ? {} : { query_timeout: statement + answer };
  return {
    query: (text, values) => client.query({ text, ...(values && { values }), ...limit } as pg.QueryConfig),
  };
}

async function inTransaction(
  session: Session,
  migration: MigrationMeta,
  adapt = (statement: string): string => statement,
): Promise<void> {
  await session.query('begin');
  try {
    for (const statement of migration.sql) await session.query(adapt(statement));
    await record(session, migration);
    await session.query('commit');
  } catch (error) {
    await session.query('rollback');
    throw error;
  }
}

function isAside(statement: string): boolean {
  return /^\s*(create|drop)\s+(unique\s+)?index\s+concurrently\s/i.test(statement);
}

/**
 * A concurrent build is not rolled back when the connection breaks. A half-built index is dropped and built
 * again, a complete one is kept.
 */
async function buildAside(session: Session, statement: string): Promise<void> {
  const [, name] = /create\s+(?:unique\s+)?index\s+concurrently\s+"(\w+)"/i.exec(statement) ?? [];
  if (name === undefined) return void (await session.query(statement));
  const { rows } = await session.query(
    'select indisvalid as whole from pg_index where indexrelid = to_regclass($1)',
    [`"${name}"`],
  );
  const { whole } = (rows[0] ?? {}) as { whole?: boolean };
  if (whole === true) return;
  if (whole === false) await session.query(`drop index concurrently "${name}"`);
  await session.query(statement);
}

async function record(session: Session, { hash, folderMillis }: MigrationMeta): Promise<void> {
  await session.query('insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)', [
    hash,
    folderMillis,
  ]);
}

function wordsFor(error: unknown, { lock }: Limits, isConnected: boolean): string {
  const { code, message } = error as { code?: string; message: string };
  if (code === LOCK_NOT_AVAILABLE)
    return (
      `other sessions have held its locks for ${lock / 1_000} s; if that is not another process that migrates, ` +
      `see pg_locks (advisory ${MIGRATION_LOCK}) and pg_stat_activity`
    );
  if (/timeout expired|Query read timeout/.test(message))
    return 'the server accepted the connection and then did not answer; check that it is PostgreSQL and is not overloaded or frozen';
  return isConnected
    ? rootOf(error)
    : `${rootOf(error)}; check that the server is up and that DATABASE_URL is right`;
}
