/**
 * A PostgreSQL server for tests: TEST_DATABASE_URL where it is set, else one of our own that leaves nothing
 * behind.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startPostgres as startServer } from '../../kit/postgres-server.js';
import { migratePostgres } from '../../src/store/migrations.ts';

export interface TestPostgres {
  /** A separate database for the caller. */
  createDatabase(): Promise<string>;
  /** The same with the newest schema: a copy of the database that `npm test` has migrated, where there is one. */
  createMigratedDatabase(): Promise<string>;
  /** Drops the databases, and stops the server where it was started here. */
  stop(): Promise<void>;
}

/** @throws Error that says what to install where there is no server: nothing is skipped silently. */
export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env['TEST_DATABASE_URL'];
  const server =
    given === undefined
      ? await startServer({ isDurable: false })
      : { url: given, stop: () => Promise.resolve() };
  const made: string[] = [];
  async function create(template: string): Promise<string> {
    const name = `paidonce_test_${randomBytes(6).toString('hex')}`;
    await administrate(server.url, `create database ${name}${template}`);
    made.push(name);
    return Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
  }
  return {
    createDatabase: () => create(''),
    async createMigratedDatabase() {
      const template = process.env['TEST_DATABASE_TEMPLATE'];
      if (template !== undefined) return create(` template ${template}`);
      const url = await create('');
      await migratePostgres(url);
      return url;
    },
    async stop() {
      for (const name of made) await administrate(server.url, `drop database if exists ${name} with (force)`);
      await server.stop();
    },
  };
}

async function administrate(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
