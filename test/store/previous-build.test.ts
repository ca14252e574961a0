/**
 * A deployment migrates first, and then the previous build still runs: its recorded statements must work on
 * the newest schema.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { migrationsUpTo, newestSchema, readRecordings } from '../support/recordings.ts';

const AGAIN = 'record them: npx tsx test/store/record-statements.ts';

/** Exported functions that take a database and need no statement of their own. */
const EXCUSED = new Set([
  // It calls readSchemaState, when a process starts.
  'schema-state.ts requireSchema',
]);

const recordings = readRecordings();
const latest = recordings.at(-1) ?? { schema: 'none', senders: [], statements: [] };
const everyStatement = recordings.flatMap(({ statements }) => statements);

describe('the statements of an older build', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.stop());

  /** A database as the build of this recording has it, and the statements that the build sends. */
  async function asOf({ schema: version, statements }: typeof latest) {
    const client = await connect(await postgres.createDatabase(), version);
    return { client, known: await understood(client, statements) };
  }

  it.each(recordings)('are accepted by the newest schema: those of $schema', async (recording) => {
    const { client, known } = await asOf(recording);
    const newest = await connect(await postgres.createDatabase(), newestSchema());
    expect(await refusals(newest, known)).toEqual([]);
    await Promise.all([client.end(), newest.end()]);
  });

  it.each([
    ['a column is renamed', 'alter table outbox rename column teller to told_by', /teller.* does not exist/],
    ['a table is dropped', 'drop table wakes', /relation "wakes" does not exist/],
    ['the index of a conflict is dropped', 'drop index deliveries_event', /no unique .* constraint matching/],
    [
      'a column has another type',
      'alter table audit alter column status type text',
      /wants .*text.* for .*integer/,
    ],
    ['a new column is required', 'alter table audit add why text not null', /leaves out audit\.why/],
    [
      'a column is required now',
      'alter table outbox alter claimed_until set not null',
      /leaves out outbox\.claimed_until/,
    ],
  ])('are refused where %s', async (_, change, words) => {
    const { client, known } = await asOf(latest);
    await client.query(change);
    const refused = await refusals(client, known);
    expect(refused.length).toBeGreaterThan(0);
    for (const refusal of refused) expect(refusal).toMatch(words);
    await client.end();
  });
});

describe('the recorded statements', () => {
  it('include every function of the store that sends any', () => {
    const senders = new Set(recordings.flatMap((recording) => recording.senders));
    const missing = exportedSenders().filter((name) => !senders.has(name) && !EXCUSED.has(name));
    expect({ missing, AGAIN }).toEqual({ missing: [], AGAIN });
  });

  it('include every column of every table', async () => {
    const all = await tables();
    expect(all.length).toBeGreaterThan(10);
    const missing = all.flatMap((table) => {
      const { name, columns } = getTableConfig(table);
      const about = everyStatement.filter((statement) => namesIt(statement, name));
      const isNamed = (column: string) => about.some((statement) => namesIt(statement, column));
      return columns.flatMap((column) => (isNamed(column.name) ? [] : [`${name}.${column.name}`]));
    });
    expect({ missing, AGAIN }).toEqual({ missing: [], AGAIN });
  });
});

/** A connection to a database that is migrated up to this migration, and no further. */
async function connect(connectionString: string, version: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // A test that fails leaves the connection open while its database is dropped.
  client.on('error', () => undefined);
  await client.connect();
  for (const statement of migrationsUpTo(version)) await client.query(statement);
  return client;
}

/** A statement and the types of its parameters in the schema for which it was written. */
interface Understood {
  readonly statement: string;
  readonly types: string;
}

async function understood(client: pg.Client, statements: readonly string[]): Promise<Understood[]> {
  const known: Understood[] = [];
  for (const statement of statements) known.push({ statement, types: await typesOf(client, statement) });
  return known;
}

/** Why the schema refuses some of them, each with its statement. */
async function refusals(client: pg.Client, known: readonly Understood[]): Promise<string[]> {
  const required = await requiredColumns(client);
  const refused: string[] = [];
  for (const { statement, types } of known) {
    const found = await typesOf(client, statement).catch((error: Error) => error);
    if (found instanceof Error) refused.push(`${found.message}: ${statement}`);
    else if (found !== types) refused.push(`it wants ${found} for ${types}: ${statement}`);
    const missing = leftOut(statement, required);
    if (missing.length > 0) refused.push(`it leaves out ${missing.join(', ')}: ${statement}`);
  }
  return refused;
}

/**
 * @throws Error that says what the schema lacks. Preparing checks only names; only a plan checks the index of
 * a conflict
 */
async function typesOf(client: pg.Client, statement: string): Promise<string> {
  await client.query('begin');
  try {
    await client.query(`prepare it as ${statement}`);
    const { rows } = await client.query<{ types: string }>(
      "select parameter_types::text as types from pg_prepared_statements where name = 'it'",
    );
    const types = rows[0]?.types ?? '';
    const nulls = types.split(',').map(() => 'null');
    await client.query(`explain execute it${types === '{}' ? '' : `(${nulls.join(', ')})`}`);
    return types;
  } finally {
    await client.query('rollback');
    await client.query('deallocate all');
  }
}

/** `payments.id`: the columns for which an insert must give a value. */
async function requiredColumns(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and is_nullable = 'NO' and column_default is null`,
  );
  return rows.map(({ name }) => name);
}

const INSERT = /insert into "?(\w+)"? \(([^)]*)\) (?:values \(((?:[^()]|\(\))*)\))?/g;

/** The required columns that an insert of this statement leaves out. */
function leftOut(statement: string, required: readonly string[]): string[] {
  return [...statement.matchAll(INSERT)].flatMap(([, table, names = '', row = '']) => {
    const values = row.split(', ');
    const given = names
      .replaceAll('"', '')
      .split(', ')
      .filter((_, index) => values[index] !== 'default')
      .map((name) => `${table}.${name}`);
    return required.filter((name) => name.startsWith(`${table}.`) && !given.includes(name));
  });
}

/** The store's exported functions that take a database, as `untold-updates.ts findUntold`. */
function exportedSenders(): string[] {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'store');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const functions = [
      ...text.matchAll(/^export (?:async )?function (\w+)(?:<\w+>)?\(([^]*?)\)(?:: | \{)/gm),
    ];
    return functions.flatMap(([, name, parameters = '']) =>
      /\b(?:db|tx): Db\b/.test(parameters) ? [`${file} ${name}`] : [],
    );
  });
}

/** The tables of all files of the schema. */
async function tables(): Promise<PgTable[]> {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'store', 'schema');
  const found: unknown[] = [];
  for (const file of readdirSync(folder))
    found.push(...Object.values((await import(join(folder, file))) as Record<string, unknown>));
  return found.filter((value) => value instanceof PgTable);
}

function namesIt(statement: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(statement);
}
