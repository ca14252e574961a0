/**
 * A PostgreSQL server for tests: TEST_DATABASE_URL where it is set, else one of our own that leaves nothing
 * behind.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startPostgres as startServer } from '../../kit/postgres-server.js';

export interface TestPostgres {
  /** A separate database for the caller. */
  createDatabase(): Promise<string>;
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
  return {
    async createDatabase() {
      const name = `paidonce_test_${randomBytes(6).toString('hex')}`;
      await administrate(server.url, `create database ${name}`);
      made.push(name);
      return Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
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
