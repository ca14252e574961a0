/**
 * The files of `test/store/statements/`: the statements of a build of each schema, named after its newest
 * migration.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { FOLDER as MIGRATIONS } from '../../src/store/migrations.ts';
import { oneOfEachShape } from './statement-shapes.ts';

const FOLDER = join(import.meta.dirname, '..', 'store', 'statements');

export interface Recording {
  /** The store's functions that were seen sending, as `untold-updates.ts findUntold`. */
  readonly senders: readonly string[];
  readonly statements: readonly string[];
}

/** The tag of the newest migration. */
export function newestSchema(): string {
  const newest = journal().at(-1);
  if (newest === undefined) throw new Error(`there is no migration in ${MIGRATIONS}`);
  return newest.tag;
}

/** The statements that bring an empty database to this schema. */
export function migrationsUpTo(schema: string): string[] {
  const last = journal().find(({ tag }) => tag === schema);
  if (last === undefined) throw new Error(`there is no migration ${schema}`);
  const upTo = readMigrationFiles({ migrationsFolder: MIGRATIONS }).filter(
    ({ folderMillis }) => folderMillis <= last.when,
  );
  return [...MIGRATORS_OWN, ...upTo.flatMap(({ sql }) => sql)];
}

/** Made by the migrator itself. */
const MIGRATORS_OWN = [
  'create schema drizzle',
  'create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
];

function journal(): { readonly tag: string; readonly when: number }[] {
  const text = readFileSync(join(MIGRATIONS, 'meta', '_journal.json'), 'utf8');
  return (JSON.parse(text) as { entries: { tag: string; when: number }[] }).entries;
}

/** For each schema whose build may still run, the oldest first. */
export function readRecordings(): (Recording & { readonly schema: string })[] {
  const schemas = readdirSync(FOLDER)
    .map((file) => file.replace(/\.json$/, ''))
    .sort();
  return schemas.map((schema) => {
    const recording = JSON.parse(readFileSync(pathOf(schema), 'utf8')) as Recording;
    return { schema, ...recording };
  });
}

/** Writes the records, sorted and without duplicates. */
export function writeRecording(schema: string, seen: Recording): Recording {
  const recording = {
    senders: [...new Set(seen.senders)].sort(),
    statements: oneOfEachShape(seen.statements),
  };
  writeFileSync(pathOf(schema), `${JSON.stringify(recording, null, 2)}\n`);
  return recording;
}

function pathOf(schema: string): string {
  return join(FOLDER, `${schema}.json`);
}
