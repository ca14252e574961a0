/** How far a database has been migrated, for processes that use it and do not change it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { FOLDER } from './migrations.ts';
import { rows, type Db } from './open.ts';

/** The database has the schema of an older build. Only `paidonce migrate` changes it. */
export class SchemaTooOld extends Error {
  override readonly name = 'SchemaTooOld';
}

/** How far the database has been migrated, compared with this build. */
export interface SchemaState {
  /** `newer`: migrated by a newer build. This build can use it. */
  readonly state: 'older' | 'current' | 'newer';
  readonly done: number;
  readonly known: number;
}

/** @throws where the database does not answer */
export async function readSchemaState(db: Db): Promise<SchemaState> {
  const { entries } = JSON.parse(readFileSync(join(FOLDER, 'meta', '_journal.json'), 'utf8')) as {
    entries: { when: number }[];
  };
  const known = entries.length;
  const [table] = await rows<{ name: string | null }>(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations')::text as name`,
  );
  if (table?.name == null) return { state: 'older', done: 0, known };
  const [found] = await rows<{ done: number; last: number | null }>(
    db,
    sql`select count(*)::int as done, max(created_at)::float8 as last from drizzle.__drizzle_migrations`,
  );
  const { done = 0, last = null } = found ?? {};
  const newest = entries.at(-1)?.when ?? 0;
  if (last === null || last < newest) return { state: 'older', done, known };
  return { state: last > newest ? 'newer' : 'current', done, known };
}

/** Checked by a process before it uses a database that it does not change. @throws SchemaTooOld */
export async function requireSchema(db: Db): Promise<void> {
  const { state, done, known } = await readSchemaState(db);
  if (state === 'older')
    throw new SchemaTooOld(
      `${done} of ${known} migrations of the database are done; run "paidonce migrate" with the same DATABASE_URL, and start again`,
    );
}
